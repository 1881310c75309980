"""Reading feeds: sources with what was heard of them, their runs, and the rows that movements lead back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_rows import unpack_details, words_of
from crossdock.inventory.feed_store import StoredSource, Tally, source, sources
from crossdock.kernel.clock import SECOND, moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

State = Literal["never_heard", "heard", "silent", "distrusted"]


class FeedRun(msgspec.Struct, frozen=True, kw_only=True):
    """An import of a source, or a day of its messages: what became of its rows.

    ``lag_s`` is how old its last part's newest fact was when it was recorded.
    """

    id: str
    name: str
    job_id: str | None
    full: bool
    started_at: Instant
    updated_at: Instant
    rows: int
    changed: int
    unchanged: int
    late: int
    repeated: int
    failed: int
    zeroed: int
    lag_s: float


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A source with what has been heard of it; ``lag_s`` is how old the newest fact is that it has told."""

    source: FeedSource
    version: int
    state: State
    heard_at: Instant | None
    told_until: Instant | None
    lag_s: float | None
    silent_since: Instant | None
    remembered: int
    last_run: FeedRun | None = None


class RunPage(NamedTuple):
    """A page of runs, and the id behind which the next one starts; None when it is the last."""

    runs: list[FeedRun]
    next: int | None


def list_feeds(session: Session, now: int) -> list[FeedView]:
    """Return every source, by code."""
    last = {row[1]: _run(row) for row in session.fetch(_LAST_RUNS)}
    counts = {row[0]: int(row[1]) for row in session.fetch(_REMEMBERED)}
    return [_view(stored, now, counts.get(stored.id, 0), last.get(stored.id)) for stored in sources(session)]


def read_feed(session: Session, code: str, now: int) -> FeedView | None:
    """Return a source by its code."""
    stored = source(session, code)
    if stored is None:
        return None
    runs = session.fetch(f"{_RUNS} WHERE source_id = ? ORDER BY id DESC LIMIT 1", stored.id)
    records = session.fetch("SELECT coalesce(sum(records), 0) FROM feed_keys WHERE source_id = ?", stored.id)
    return _view(stored, now, int(records[0][0]), _run(runs[0]) if runs else None)


def list_runs(session: Session, code: str, after: int | None = None, limit: int = 50) -> RunPage | None:
    """Return the runs of a source, newest first; None when there is no such source."""
    stored = source(session, code)
    if stored is None:
        return None
    before = (1 << 63) - 1 if after is None else after
    rows = session.fetch(
        f"{_RUNS} WHERE source_id = ? AND id < ? ORDER BY id DESC LIMIT ?", stored.id, before, limit + 1
    )
    return RunPage([_run(row) for row in rows[:limit]], rows[limit - 1][0] if len(rows) > limit else None)


def read_run(session: Session, run_id: int) -> FeedRun | None:
    """Return a run by its id, an import's is its job's; None when nothing was recorded of it."""
    rows = session.fetch(f"{_RUNS} WHERE id = ?", run_id)
    return _run(rows[0]) if rows else None


def _view(stored: StoredSource, now: int, remembered: int, last_run: FeedRun | None) -> FeedView:
    silent, told = stored.silent_since, stored.told_until
    state: State = "heard" if told is not None else "never_heard"
    if silent is not None:
        state = "distrusted" if stored.source.when_silent == "distrust" else "silent"
    return FeedView(
        source=stored.source,
        version=stored.version,
        state=state,
        heard_at=None if stored.heard_at is None or told is None else moment(stored.heard_at),
        told_until=None if told is None else moment(told),
        lag_s=None if told is None else max(0, now - told) / SECOND,
        silent_since=None if silent is None else moment(silent),
        remembered=remembered,
        last_run=last_run,
    )


def distrusted(session: Session) -> frozenset[str]:
    """Return the codes of the locations whose sources are silent and then not to be trusted."""
    return frozenset(
        code
        for stored in sources(session)
        if stored.silent_since is not None and stored.source.when_silent == "distrust"
        for code in stored.source.locations
    )


# -- the rows of parts -------------------------------------------------------------------------------------------------


def rows_told(session: Session, rows: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, str, str]]:
    """Return of rows (part, row number) their source, its own name of the record, and the reason."""
    parts = [(id_,) for id_ in sorted({part for part, _ in rows})]
    found = {
        id_: (code, unpack_details(bytes(details)))
        for id_, code, details in session.fetch_keys(_DETAILS, ("bigint",), parts)
    }
    return {(part, row): (found[part][0], *words_of(found[part][1], row)) for part, row in rows if part in found}


def _run(row: Sequence[Any]) -> FeedRun:
    id_, _, job, name, started, updated, full, *counts, lag = row
    tally = Tally(*counts)
    return FeedRun(
        id=encode_id("run", id_),
        name=name,
        job_id=None if job is None else encode_id("job", job),
        full=bool(full),
        started_at=moment(started),
        updated_at=moment(updated),
        lag_s=lag / SECOND,
        **msgspec.structs.asdict(tally),
    )


_RUNS = """
    SELECT id, source_id, job_id, name, started_at, updated_at, "full", rows, changed, unchanged, late, repeated,
        failed, zeroed, lag
    FROM feed_runs
"""
_LAST_RUNS = f"{_RUNS} WHERE id IN (SELECT max(id) FROM feed_runs GROUP BY source_id)"
_REMEMBERED = "SELECT source_id, sum(records) FROM feed_keys GROUP BY source_id"
_DETAILS = """
    WITH k(id) AS ({keys})
    SELECT p.id, s.code, p.details FROM k JOIN feed_parts p ON p.id = k.id JOIN feed_sources s ON s.id = p.source_id
"""
