"""What every write has in common: who asks, under which Idempotency-Key, against which version."""

from __future__ import annotations

import hashlib
import re

from crossdock.api.errors import InvalidParameter
from crossdock.api.http import Call
from crossdock.kernel.errors import FieldError
from crossdock.orchestration import Actor, RequestKey

IDEMPOTENCY_KEY = r"^[\x21-\x7e]{1,200}$"
IF_MATCH = r'^("[0-9]{1,18}"|[0-9]{1,18}|[*])$'
_KEY = re.compile(IDEMPOTENCY_KEY)
_MATCH = re.compile(IF_MATCH)
REPLAYED = (b"idempotency-replayed", b"true")


def actor(call: Call) -> Actor:
    """Return who asks, for the log."""
    return Actor(call.credential.actor, call.request_id)


def idempotency_key(call: Call) -> str | None:
    """Return the request's Idempotency-Key; raises InvalidParameter when it is not 1 to 200 visible characters."""
    given = call.headers.get(b"idempotency-key")
    if given is None:
        return None
    text = given.decode("latin-1")
    if not _KEY.fullmatch(text):
        raise _invalid("Idempotency-Key", "Expected 1 to 200 visible ASCII characters.")
    return text


def key_scope(call: Call) -> str:
    """Return what an Idempotency-Key is valid for: this credential, this operation."""
    return f"{call.credential.id}:{call.operation.id}"


def request_key(call: Call, part: str = "") -> RequestKey | None:
    """Return the Idempotency-Key with the fingerprint of what is asked; ``part`` names one of many in a body."""
    key = idempotency_key(call)
    if key is None:
        return None
    place = "/".join(map(str, call.path.values())).encode()
    mark = hashlib.blake2b(place + b"\0" + call.raw, digest_size=16).digest()
    return RequestKey(key_scope(call), key + part, mark)


def wanted_version(call: Call) -> int | None:
    """Return the version that If-Match asks for; None when any will do."""
    given = call.headers.get(b"if-match")
    if given is None:
        return None
    text = given.decode("latin-1").strip()
    if not _MATCH.fullmatch(text):
        raise _invalid("If-Match", 'Expected the ETag of an earlier answer, such as "3", or *.')
    return None if text == "*" else int(text.strip('"'))


def _invalid(header: str, message: str) -> InvalidParameter:
    return InvalidParameter(f"{header}: {message}", (FieldError(f"header:{header}", "invalid", message),))
