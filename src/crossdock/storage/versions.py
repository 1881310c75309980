"""Immutable documents named by their content: what decisions rest on is never changed, only superseded."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.storage import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit


def keep(unit: Unit, documents: Sequence[tuple[str, str, bytes]]) -> None:
    """Store documents (hash, kind, body) that are not stored yet."""
    new = unit.session.insert_new(tables.versions, [(*document, unit.now) for document in documents])
    unit.dirty = unit.dirty or bool(new)


def load(session: Session, digest: str) -> bytes | None:
    """Return the body of a version; None when there is none."""
    rows = session.fetch("SELECT body FROM versions WHERE hash = ?", digest)
    return bytes(rows[0][0]) if rows else None
