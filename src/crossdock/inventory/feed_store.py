"""The statements of feeds that write: sources, parts, records, and positions and movements by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from crossdock.inventory import tables
from crossdock.inventory.feed_arithmetic import NEVER, Flags, Ints, Positions, Since
from crossdock.inventory.feed_keys import Marks, pack
from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.model import PLAIN, CauseKind
from crossdock.kernel.clock import rfc3339
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode
_source = msgspec.json.Decoder(FeedSource).decode
_KEY = ("bigint", "bigint")


class StoredSource(NamedTuple):
    """A source with its id and what has been heard of it; instants in microseconds, None for never."""

    id: int
    source: FeedSource
    version: int
    parts: int
    heard_at: int | None
    told_until: int | None
    silent_since: int | None


class Heard(NamedTuple):
    """What a part adds to what is known of its source."""

    parts: int
    at: int
    told_until: int


class Tally(msgspec.Struct, frozen=True):
    """What became of rows."""

    rows: int = 0
    changed: int = 0
    unchanged: int = 0
    late: int = 0
    repeated: int = 0
    failed: int = 0
    zeroed: int = 0

    def plus(self, other: Tally) -> Tally:
        """Add number by number."""
        return Tally(
            *(a + b for a, b in zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True))
        )


# -- sources -----------------------------------------------------------------------------------------------------------

_SOURCES = "SELECT id, data, version, parts, heard_at, told_until, silent_since FROM feed_sources"


def sources(session: Session) -> list[StoredSource]:
    """Return every source, by code."""
    return [_stored(row) for row in session.fetch(f"{_SOURCES} ORDER BY code")]


def source(session: Session, code: str) -> StoredSource | None:
    """Return a source by its code."""
    rows = session.fetch(f"{_SOURCES} WHERE code = ?", code)
    return _stored(rows[0]) if rows else None


def lock_source(session: Session, id_: int) -> StoredSource | None:
    """Lock a source: whoever writes a part does so first, so that its records are seen by the next one."""
    rows = session.fetch(f"{_SOURCES} WHERE id = ? {{lock}}", id_)
    return _stored(rows[0]) if rows else None


def _stored(row: Sequence[Any]) -> StoredSource:
    return StoredSource(row[0], _source(row[1]), *row[2:])


def put_sources(unit: Unit, documents: Sequence[FeedSource]) -> list[tuple[str, str]]:
    """Create or replace sources by code; says of each "created", "changed" or "unchanged"."""
    known = {stored.source.code: stored for stored in sources(unit.session)}
    results = []
    for document in documents:
        stored, data = known.get(document.code), _encode(document).decode()
        if stored is None:
            unit.insert(tables.feed_sources, [(unit.ids.one(), document.code, data, 1, 0, unit.now, None, None)])
        elif stored.source != document:
            sql = "UPDATE feed_sources SET data = ?, version = version + 1 WHERE id = ?"
            unit.session.execute(sql, data, stored.id)
            unit.dirty = True
        same = stored is not None and stored.source == document
        results.append((document.code, "created" if stored is None else "unchanged" if same else "changed"))
    return results


def heard(unit: Unit, id_: int, told: Heard) -> None:
    """Remember that a source was heard: how many more parts it told, and until when."""
    sql = """
        UPDATE feed_sources SET parts = parts + ?, heard_at = ?, silent_since = NULL,
            told_until = CASE WHEN coalesce(told_until, 0) < ? THEN ? ELSE told_until END
        WHERE id = ?
    """
    unit.session.execute(sql, told.parts, told.at, told.told_until, told.told_until, id_)
    unit.dirty = True


def fell_silent(unit: Unit, id_: int, since: int) -> None:
    """Remember that a source has fallen silent."""
    unit.session.execute("UPDATE feed_sources SET silent_since = ? WHERE id = ?", since, id_)
    unit.dirty = True


# -- runs, parts, records ----------------------------------------------------------------------------------------------


def open_run(unit: Unit, source_id: int, name: str, *, job_id: int | None = None, full: bool = False) -> int:
    """Start a run and return its id."""
    id_ = unit.ids.one() if job_id is None else job_id
    row = (id_, source_id, job_id, name, unit.now, unit.now, int(full), 0, 0, 0, 0, 0, 0, 0, 0)
    if unit.session.insert_new(tables.feed_runs, [row]):
        unit.dirty = True
    return id_


def run_of_the_day(unit: Unit, source_id: int) -> int:
    """Return the run that the messages of a source have today (UTC), begun with the first of them."""
    name = f"messages of {rfc3339(unit.now)[:10]}"
    sql = "SELECT max(id) FROM feed_runs WHERE source_id = ? AND name = ? AND job_id IS NULL"
    found: int | None = unit.session.fetch(sql, source_id, name)[0][0]
    return open_run(unit, source_id, name) if found is None else found


def count_run(unit: Unit, run_id: int, tally: Tally, lag: int) -> None:
    """Add to a run what became of a part's rows."""
    sets = ", ".join(f"{name} = {name} + ?" for name in Tally.__struct_fields__)
    numbers = msgspec.structs.astuple(tally)
    unit.session.execute(
        f"UPDATE feed_runs SET {sets}, lag = ?, updated_at = ? WHERE id = ?", *numbers, lag, unit.now, run_id
    )
    unit.dirty = True


def tally_of(session: Session, run_id: int) -> Tally:
    """Return what became of a run's rows."""
    columns = ", ".join(Tally.__struct_fields__)
    rows = session.fetch(f"SELECT {columns} FROM feed_runs WHERE id = ?", run_id)
    return Tally(*rows[0]) if rows else Tally()


def add_part(unit: Unit, part: tuple[int, int, int], actor: str, rows: int, details: bytes) -> None:
    """Store a part: id, source and run; the cause of the movements that name it."""
    unit.insert(tables.feed_parts, [(*part, unit.now, actor, rows, details)])


def add_keys(unit: Unit, part: tuple[int, int, int], keys: Marks, marks: Marks) -> None:
    """Store what a part's records are known by: id, source and number."""
    unit.insert(tables.feed_keys, [(*part, unit.now, len(keys), pack(keys, marks))])


def keys_behind(session: Session, source_id: int, number: int) -> list[tuple[int, bytes]]:
    """Return the records of the parts behind a number, oldest first."""
    sql = "SELECT number, marks FROM feed_keys WHERE source_id = ? AND number > ? ORDER BY number"
    return [(row[0], bytes(row[1])) for row in session.fetch(sql, source_id, number)]


def first_remembered(session: Session, source_id: int, most: int, oldest: int) -> int:
    """Return the number of the first part whose records are remembered: so many at most, none older than an instant."""
    sql = "SELECT number, records, recorded_at FROM feed_keys WHERE source_id = ? ORDER BY number DESC"
    first, count = 1 << 62, 0
    for number, records, recorded_at in session.fetch(sql, source_id):
        if count >= most or recorded_at < oldest:
            break
        first, count = number, count + records
    return first


def forget_keys(unit: Unit, source_id: int, first: int) -> int:
    """Forget the records of the parts before a number."""
    changed = unit.session.execute("DELETE FROM feed_keys WHERE source_id = ? AND number < ?", source_id, first)
    unit.dirty = unit.dirty or bool(changed)
    return changed


# -- positions and movements, by column --------------------------------------------------------------------------------

_LOCK = f"""
    WITH k(item_id, location_id) AS ({{keys}})
    SELECT p.item_id, p.location_id, p.on_hand, p.picked, p.reserved + p.allocated, p.short,
        coalesce(p.counted_at, {NEVER}), coalesce(p.count_basis, 0), coalesce(p.moved_at, {NEVER}),
        coalesce(p.last_movement, 0)
    FROM k JOIN positions p ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = {PLAIN}
    ORDER BY p.item_id, p.location_id {{lock}}
"""
_SINCE = """
    WITH RECURSIVE k(id, head, at) AS ({keys}),
    h(id, at, occurred_at, recorded_at, on_hand, picked, claimed, previous) AS (
        SELECT k.id, k.at, m.occurred_at, m.recorded_at, m.on_hand, m.picked, m.reserved + m.allocated, m.previous
        FROM k JOIN movements m ON m.id = k.head
        UNION ALL
        SELECT h.id, h.at, m.occurred_at, m.recorded_at, m.on_hand, m.picked, m.reserved + m.allocated, m.previous
        FROM h JOIN movements m ON m.id = h.previous WHERE h.recorded_at > h.at
    )
    SELECT id, CAST(sum(on_hand) AS bigint), CAST(sum(picked) AS bigint), CAST(sum(claimed) AS bigint)
    FROM h WHERE occurred_at > at GROUP BY id
"""
_WRITE = f"""
    WITH v(item_id, location_id, on_hand, short, counted_at, count_basis, moved_at, head) AS ({{keys}})
    UPDATE positions SET on_hand = v.on_hand, short = v.short, last_movement = v.head,
        counted_at = CASE WHEN v.counted_at = {NEVER} THEN NULL ELSE v.counted_at END,
        count_basis = CASE WHEN v.counted_at = {NEVER} THEN NULL ELSE CAST(v.count_basis AS smallint) END,
        moved_at = CASE WHEN v.moved_at = {NEVER} THEN NULL ELSE v.moved_at END
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id AND positions.stock_class = {PLAIN}
"""
_COUNTED = f"""
    WITH v(item_id, location_id, counted_at, count_basis) AS ({{keys}})
    UPDATE positions SET counted_at = v.counted_at, count_basis = CAST(v.count_basis AS smallint)
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id AND positions.stock_class = {PLAIN}
"""


class Locked(NamedTuple):
    """Positions that are locked, by item and location in ascending order, with the heads of their chains (0: none)."""

    item: Ints
    location: Ints
    columns: Positions
    head: Ints


def look(session: Session, item: Ints, location: Ints, *, lock: bool = True) -> Locked:
    """Return the positions that exist, in order; with ``lock`` they are locked in that order, for a writer."""
    sql = _LOCK if lock else _LOCK.replace("{lock}", "")
    rows = session.fetch_keys(sql, _KEY, list(zip(item.tolist(), location.tolist(), strict=True)))
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [np.zeros(0, np.int64)] * 10
    return Locked(columns[0], columns[1], Positions(*columns[2:9]), columns[9])


def open_positions(unit: Unit, item: Ints, location: Ints) -> Locked:
    """Lock these positions (in ascending order, each once), making empty ones where there are none."""
    found = look(unit.session, item, location)
    if len(found.item) == len(item):
        return found
    known = set(zip(found.item.tolist(), found.location.tolist(), strict=True))
    wanted = zip(item.tolist(), location.tolist(), strict=True)
    missing = [key for key in wanted if key not in known]
    empty = (0, 0, 0, 0, 0, None, None, None, None)
    unit.session.insert_new(tables.positions, [(*key, PLAIN, *empty) for key in missing])
    unit.dirty = True
    return look(unit.session, item, location)


def since(session: Session, rows: Ints, head: Ints, at: Ints, count: int) -> Since:
    """Return what moved after an instant, by the histories that end in ``head``; in columns of ``count`` rows.

    A history is walked back until a line that was recorded before: nothing is recorded before it happens.
    """
    asked = np.flatnonzero(head > 0)
    keys = list(zip(rows[asked].tolist(), head[asked].tolist(), at[asked].tolist(), strict=True))
    columns = Since(*(np.zeros(count, np.int64) for _ in Since._fields))
    for row, *sums in session.fetch_keys(_SINCE, ("bigint",) * 3, keys):
        for column, value in zip(columns, sums, strict=True):
            column[row] = value
    return columns


def write_positions(unit: Unit, item: Ints, location: Ints, after: Positions, head: Ints) -> int:
    """Write what locked positions are after their facts, and the new heads of their chains."""
    columns = (item, location, after.on_hand, after.short, after.counted_at, after.count_basis, after.moved_at, head)
    unit.dirty = unit.dirty or bool(len(item))
    return unit.session.execute_columns(_WRITE, ("bigint",) * 8, [column.tolist() for column in columns])


def write_counted(unit: Unit, item: Ints, location: Ints, after: Positions) -> int:
    """Write when positions were counted of which nothing else has changed."""
    columns = (item, location, after.counted_at, after.count_basis)
    unit.dirty = unit.dirty or bool(len(item))
    return unit.session.execute_columns(_COUNTED, ("bigint",) * 4, [column.tolist() for column in columns])


def not_counted(
    session: Session, locations: Sequence[str], at: int, after: tuple[int, int], limit: int
) -> list[tuple[int, int]]:
    """Return positions at these locations that were not counted at an instant or later, by item and location."""
    sql = f"""
        WITH k(code) AS ({{keys}})
        SELECT p.item_id, p.location_id FROM positions p
        WHERE (p.item_id, p.location_id, p.stock_class) > (?, ?, {PLAIN}) AND p.stock_class = {PLAIN}
          AND coalesce(p.counted_at, {NEVER}) < ?
          AND p.location_id IN (SELECT l.id FROM k JOIN locations l ON l.code = k.code)
        ORDER BY p.item_id, p.location_id, p.stock_class LIMIT ?
    """
    rows = session.fetch_keys(sql, ("text",), [(code,) for code in locations], *after, at, limit)
    return [(row[0], row[1]) for row in rows]


class Lines(NamedTuple):
    """Lines of the ledger about what is there, by column; ``previous`` 0 for the first of a position."""

    type: Ints
    item: Ints
    location: Ints
    on_hand: Ints
    short: Ints
    at: Ints
    sequence: Ints
    previous: Ints


def write_movements(unit: Unit, ids: Sequence[int], part_id: int, lines: Lines) -> None:
    """Write lines of the ledger whose cause is a part, and within it a row."""
    count = len(ids)
    zeros = [0] * count
    unit.session.insert_columns(
        tables.movements,
        [
            ids,
            lines.type.tolist(),
            lines.item.tolist(),
            lines.location.tolist(),
            [PLAIN] * count,
            lines.on_hand.tolist(),
            zeros,
            zeros,
            zeros,
            lines.short.tolist(),
            lines.at.tolist(),
            [unit.now] * count,
            [CauseKind.FEED_PART.value] * count,
            [part_id] * count,
            lines.sequence.tolist(),
            [head or None for head in lines.previous.tolist()],
        ],
    )
    unit.dirty = True


def newest(place: Ints, ids: Ints, head: Ints) -> tuple[Ints, Ints, Flags]:
    """Chain lines by position: the line before each, the head of each position after them, and which got one.

    ``place`` is ascending and names a position of ``head`` for each line.
    """
    previous = np.empty(len(place), np.int64)
    first = np.diff(place, prepend=-1) != 0
    previous[first] = head[place[first]]
    later = np.flatnonzero(~first)
    previous[later] = ids[later - 1]
    after = head.copy()
    after[place] = ids  # the last one of a position stays
    touched = np.zeros(len(head), np.bool_)
    touched[place] = True
    return previous, after, touched
