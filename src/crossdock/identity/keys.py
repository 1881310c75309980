"""API keys: random secrets, stored as SHA-256 only, each with its scopes; found by one dictionary look-up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Literal

import msgspec

from crossdock.events.catalog import ApiKeyCreated, ApiKeyRevoked, new_event
from crossdock.identity import tables
from crossdock.kernel.clock import SECOND, moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

Scope = Literal[
    "*",
    "orders:read",
    "orders:write",
    "customers:read",
    "config:read",
    "config:write",
    "inventory:read",
    "inventory:write",
    "promises:read",
    "promises:write",
    "events:read",
    "jobs:read",
    "keys:write",
]
PREFIX = "cdk_"
_REFRESH = 5 * SECOND
_UNKNOWN_REFRESH = SECOND


class Credential(msgspec.Struct, frozen=True):
    """A key that opens something: whose it is and what it may do."""

    id: int
    name: str
    scopes: frozenset[str]
    expires_at: int | None = None

    @property
    def actor(self) -> str:
        """How the log names who did it."""
        return f"key:{self.name}"

    def may(self, scope: str) -> bool:
        """Say whether the key has the scope."""
        return scope in self.scopes or "*" in self.scopes


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret; ``hint`` is how the secret begins."""

    id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None


def secret_hash(secret: str) -> bytes:
    """Return what is stored of a secret. It has 160 random bits, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()


class KeyRing:
    """The living keys in memory. Changes made here count at once, those of other processes after five seconds."""

    def __init__(self) -> None:
        self._keys: dict[bytes, Credential] = {}
        self._loaded_at = -_REFRESH

    def find(self, secret: str, now: int) -> Credential | None:
        """Return whom a secret belongs to; None when it opens nothing."""
        credential = self._keys.get(hashlib.sha256(secret.encode()).digest())
        if credential is None or (credential.expires_at is not None and credential.expires_at <= now):
            return None
        return credential

    def is_stale(self, now: int, *, missed: bool = False) -> bool:
        """Say whether the keys should be read again: after a while, or sooner when a secret was not found."""
        return now - self._loaded_at >= (_UNKNOWN_REFRESH if missed else _REFRESH)

    def load(self, session: Session, now: int) -> None:
        """Read all living keys."""
        sql = "SELECT id, name, secret_hash, scopes, expires_at FROM api_keys WHERE revoked_at IS NULL"
        self._keys = {
            bytes(mark): Credential(id_, name, frozenset(scopes.split()), expires)
            for id_, name, mark, scopes, expires in session.fetch(sql)
        }
        self._loaded_at = now

    def forget(self) -> None:
        """Have the keys read again before the next look-up."""
        self._loaded_at = -_REFRESH


def create_key(
    unit: Unit, name: str, scopes: Iterable[str], actor: str, expires_at: int | None = None
) -> tuple[KeyView, str]:
    """Make a key and return it with its secret, which is shown now and never again."""
    secret = PREFIX + secrets.token_urlsafe(24)
    id_, wanted = unit.ids.one(), tuple(sorted(set(scopes)))
    row = (id_, name, secret[:8], secret_hash(secret), " ".join(wanted), unit.now, expires_at, None)
    unit.insert(tables.api_keys, [row])
    public = encode_id("key", id_)
    created = ApiKeyCreated(key_id=public, name=name, scopes=wanted)
    unit.event(new_event(created, at=unit.now, subject=public, actor=actor))
    return _view((id_, name, secret[:8], " ".join(wanted), unit.now, expires_at, None)), secret


def revoke_key(unit: Unit, key_id: int, actor: str) -> KeyView | None:
    """Revoke a key for good; None when there is none. Revoking it again changes nothing."""
    sql = "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
    changed = unit.session.execute(sql, unit.now, key_id)
    view = read_key(unit.session, key_id)
    if changed and view is not None:
        revoked = ApiKeyRevoked(key_id=view.id, name=view.name)
        unit.event(new_event(revoked, at=unit.now, subject=view.id, actor=actor))
    return view


def read_key(session: Session, key_id: int) -> KeyView | None:
    """Return a key, a revoked one too."""
    rows = session.fetch(f"{_SELECT} WHERE id = ?", key_id)
    return _view(rows[0]) if rows else None


def list_keys(session: Session) -> list[KeyView]:
    """Return all keys, newest first, the revoked ones too."""
    return [_view(row) for row in session.fetch(f"{_SELECT} ORDER BY id DESC")]


_SELECT = "SELECT id, name, hint, scopes, created_at, expires_at, revoked_at FROM api_keys"


def _view(row: Iterable[object]) -> KeyView:
    id_, name, hint, scopes, created, expires, revoked = row
    return msgspec.convert(
        {
            "id": encode_id("key", int(str(id_))),
            "name": name,
            "hint": hint,
            "scopes": tuple(str(scopes).split()),
            "created_at": moment(int(str(created))),
            "expires_at": None if expires is None else moment(int(str(expires))),
            "revoked_at": None if revoked is None else moment(int(str(revoked))),
        },
        KeyView,
    )


def bare_id(view: KeyView) -> int:
    """Return the number behind a key's public id."""
    return decode_id("key", view.id)
