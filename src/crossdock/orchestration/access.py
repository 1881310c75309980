"""API keys as commands: made once for an Idempotency-Key, revoked for good."""

from __future__ import annotations

from collections.abc import Iterable

from crossdock.identity import keys
from crossdock.identity.keys import KeyView
from crossdock.orchestration.errors import IdempotencyKeyReused
from crossdock.storage import requests
from crossdock.storage.jobs import Work
from crossdock.storage.unit import Unit


def new_key(
    name: str,
    scopes: Iterable[str],
    actor: str,
    expires_at: int | None = None,
    key: tuple[str, str, bytes] | None = None,
) -> Work:
    """Return the command that makes a key; its answer is the key and its secret, None when it was made before.

    ``key`` is an Idempotency-Key's scope, key and fingerprint. The secret is kept nowhere, so a repeated request
    cannot have it again.
    """

    def do(unit: Unit) -> tuple[KeyView, str | None]:
        if key is not None:
            known = requests.recall(unit.session, [key[:2]]).get(key[:2])
            if known is not None:
                view = keys.read_key(unit.session, int(known.body))
                if known.fingerprint != key[2] or view is None:
                    raise IdempotencyKeyReused(f"The Idempotency-Key '{key[1]}' came with another body before.")
                return view, None
        view, secret = keys.create_key(unit, name, scopes, actor, expires_at)
        if key is not None:
            requests.remember(unit, [(*key, 201, str(keys.bare_id(view)))])
        return view, secret

    return Work(do)


def revoke_key(key_id: int, actor: str) -> Work:
    """Return the command that revokes a key; its answer is the key, None when there is none."""
    return Work(lambda unit: keys.revoke_key(unit, key_id, actor))
