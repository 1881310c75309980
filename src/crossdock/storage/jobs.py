"""Jobs: long work with a row of its own, so that it shows its progress, can be stopped, and goes on after a crash.

A job's ``offset`` is how far its input is done: everything before it is recorded, nothing behind it is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from crossdock.storage import tables
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

T = TypeVar("T")
State = Literal["waiting", "running", "succeeded", "failed", "canceled"]
FINAL: frozenset[str] = frozenset({"succeeded", "failed", "canceled"})
_COLUMNS = ", ".join(column.name for column in tables.jobs.columns).replace("offset", '"offset"')


class Work(msgspec.Struct, frozen=True):
    """A small write that is a function: done alone in one transaction of the writer, its result is the answer."""

    do: Callable[[Unit], Any]


class WorkHandler:
    """Does ``Work`` (storage.writer.Handler)."""

    max_batch = 1

    def weight(self, command: Work) -> int:  # noqa: ARG002  (the protocol's argument)
        """Return 1: a few rows."""
        return 1

    def run(self, unit: Unit, commands: Sequence[Work], attempts: Sequence[int]) -> list[Any]:  # noqa: ARG002
        """Run the functions; an error of one rolls its transaction back."""
        return [command.do(unit) for command in commands]

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""


class Job(msgspec.Struct, frozen=True):
    """A row of ``jobs``."""

    id: int
    kind: str
    state: State
    created_at: int
    updated_at: int
    created_by: str
    total: int | None
    done: int
    failed: int
    offset: int
    request: str
    result: str
    error: str
    cancel_requested: int


def create(unit: Unit, kind: str, created_by: str, request: str, total: int | None = None) -> Job:
    """Store a waiting job."""
    job = Job(unit.ids.one(), kind, "waiting", unit.now, unit.now, created_by, total, 0, 0, 0, request, "{}", "", 0)
    unit.insert(tables.jobs, [msgspec.structs.astuple(job)])
    return job


def get(session: Session, job_id: int) -> Job | None:
    """Return a job."""
    rows = session.fetch(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", job_id)
    return Job(*rows[0]) if rows else None


def page(session: Session, states: Sequence[str] = (), after: int | None = None, limit: int = 50) -> list[Job]:
    """Return up to ``limit`` jobs, newest first, from behind ``after`` on."""
    where, params = ["1 = 1"], [*states]
    if states:
        where.append(f"state IN ({', '.join('?' * len(states))})")
    if after is not None:
        where.append("id < ?")
        params.append(after)  # type: ignore[arg-type]
    sql = f"SELECT {_COLUMNS} FROM jobs WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"
    return [Job(*row) for row in session.fetch(sql, *params, limit)]


def of_kind(session: Session, kind: str, limit: int) -> list[Job]:
    """Return the newest jobs of a kind."""
    sql = f"SELECT {_COLUMNS} FROM jobs WHERE kind = ? ORDER BY id DESC LIMIT ?"
    return [Job(*row) for row in session.fetch(sql, kind, limit)]


def unfinished(session: Session, kind: str) -> list[Job]:
    """Return the jobs of a kind that wait or were running, oldest first."""
    sql = f"SELECT {_COLUMNS} FROM jobs WHERE state IN ('waiting', 'running') AND kind = ? ORDER BY id"
    return [Job(*row) for row in session.fetch(sql, kind)]


def begin(unit: Unit, job_id: int, idle_before: int) -> Job | None:
    """Take a job to work on it; None when somebody else does, or it is over.

    One that was running but has not moved since ``idle_before`` is taken over: whoever ran it is gone.
    """
    sql = """
        UPDATE jobs SET state = 'running', updated_at = ?
        WHERE id = ? AND (state = 'waiting' OR (state = 'running' AND updated_at < ?))
    """
    if not unit.session.execute(sql, unit.now, job_id, idle_before):
        return None
    unit.dirty = True
    return get(unit.session, job_id)


def progress(unit: Unit, job_id: int, done: int, failed: int, offset: int) -> bool:
    """Record how far a job is; says whether it is to go on."""
    sql = """
        UPDATE jobs SET done = ?, failed = ?, "offset" = ?, updated_at = ?
        WHERE id = ? AND state = 'running' RETURNING cancel_requested
    """
    rows = unit.session.fetch(sql, done, failed, offset, unit.now, job_id)
    unit.dirty = True
    return bool(rows) and not rows[0][0]


def finish(unit: Unit, job_id: int, state: State, result: str = "{}", error: str = "") -> Job | None:
    """Close a job that is not over yet and return it."""
    sql = """
        UPDATE jobs SET state = ?, result = ?, error = ?, updated_at = ?,
            total = CASE WHEN ? = 'succeeded' THEN done + failed ELSE total END
        WHERE id = ? AND state IN ('waiting', 'running')
    """
    changed = unit.session.execute(sql, state, result, error, unit.now, state, job_id)
    unit.dirty = unit.dirty or bool(changed)
    return get(unit.session, job_id)


def request_cancel(unit: Unit, job_id: int) -> Job | None:
    """Ask a job to stop: one that waits is canceled at once, a running one at its next step; a finished one stays."""
    sql = """
        UPDATE jobs SET cancel_requested = 1, updated_at = ?,
            state = CASE WHEN state = 'waiting' THEN 'canceled' ELSE state END
        WHERE id = ? AND state IN ('waiting', 'running')
    """
    if unit.session.execute(sql, unit.now, job_id):
        unit.dirty = True
    return get(unit.session, job_id)
