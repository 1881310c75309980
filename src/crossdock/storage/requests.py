"""Remembered answers: a request with an Idempotency-Key is done once and answered the same ever after (72 h)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crossdock.kernel.clock import HOUR
from crossdock.storage import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

RETENTION = 72 * HOUR


class Remembered(NamedTuple):
    """What was answered, and to what body."""

    fingerprint: bytes
    status: int
    body: str


def recall(session: Session, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Remembered]:
    """Return the remembered answers of these (scope, key) pairs."""
    sql = """
        WITH k(scope, key) AS ({keys})
        SELECT i.scope, i.key, i.fingerprint, i.status, i.body
        FROM k JOIN idempotency_keys i ON i.scope = k.scope AND i.key = k.key
    """
    rows = session.fetch_keys(sql, ("text", "text"), keys)
    return {(scope, key): Remembered(bytes(mark), status, body) for scope, key, mark, status, body in rows}


def remember(unit: Unit, answers: Sequence[tuple[str, str, bytes, int, str]]) -> None:
    """Store answers: scope, key, fingerprint, status, body."""
    unit.insert(tables.idempotency_keys, [(*answer, unit.now) for answer in answers])
