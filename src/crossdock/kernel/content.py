"""Content hashes: the name of an immutable version is what it contains."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

_canonical = msgspec.json.Encoder(order="deterministic")


def canonical(value: Any) -> bytes:
    """Return the one JSON spelling of a value: keys sorted, no spaces."""
    return _canonical.encode(value)


def content_hash(value: Any) -> bytes:
    """Return the 16-byte BLAKE2b hash of a value's canonical JSON."""
    return hashlib.blake2b(_canonical.encode(value), digest_size=16).digest()
