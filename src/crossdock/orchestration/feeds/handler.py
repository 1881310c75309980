"""Rows of feeds by the thousand: what nobody waits for or claims goes by column, the rest one after the other.

A part is one transaction. Rows on whose item somebody waits while more becomes claimable, and rows that leave less than
is claimed, go through ``settling`` with all rows of their items; both ways give the same. The first look finds out
which rows these are; then everything is locked anew in the global order, orders before positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crossdock.events.catalog import FeedHeard, new_event
from crossdock.events.catalog import StockRecorded as StockRecordedEvent
from crossdock.inventory import feed_store as store
from crossdock.inventory.feed_arithmetic import (
    CHANGED,
    LATE,
    NEVER,
    NOT_SAID,
    UNCHANGED,
    Effects,
    Flags,
    Ints,
)
from crossdock.inventory.feed_arithmetic import settle as settle_columns
from crossdock.inventory.feed_keys import Marks, RecentKeys, repeated_within, unpack
from crossdock.inventory.feed_rows import pack_details, resolve
from crossdock.inventory.feed_store import Heard, Lines, Locked, StoredSource, Tally
from crossdock.inventory.model import PLAIN, CauseKind, CountBasis, Counters, MovementType
from crossdock.kernel.clock import DAY
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import directory as directories
from crossdock.orchestration.commands import Command, StockFact, StockOutcome
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import UnknownFeed
from crossdock.orchestration.feeds.commands import FeedPart, FeedPartDone, RefusedRow
from crossdock.orchestration.feeds.looks import facts_of, grouped, names_of, since_of, told_facts
from crossdock.orchestration.stock.settling import Fact, settle, tell_short
from crossdock.orders import queues
from crossdock.storage.errors import TransientFault
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome

REPEATED, REFUSED = 3, 4
"""Results of rows beside CHANGED, UNCHANGED and LATE."""
REMEMBERED = 7 * DAY
"""Records are remembered for so long at most, and so many of a source as its document says."""
_MOST_SINGLE = 500  # rows that go one after the other, a transaction: orders must not wait behind them
_FIRST_WEIGHT = 3_000  # orders that wait go first: a part is a batch of its own


class _Look(NamedTuple):
    """The locked positions of some rows, and what the rows do to them."""

    order: Ints
    """The rows sorted by position, in their own order within it."""
    place: Ints
    locked: Locked
    effects: Effects


class FeedHandler:
    """Does FeedPart: one command, one transaction."""

    max_batch = 1

    def __init__(self, engine: Engine, *, by_column: bool = True) -> None:
        self._engine = engine
        self._by_column = by_column
        self._recent: dict[int, RecentKeys] = {}
        self._told: list[tuple[int, Marks, Marks, int, int]] = []
        self._shifts: list[Ints] = []
        self._single: dict[int, set[int]] = {}
        """Items whose rows go one after the other, as the looks at a part have found them, by the part's rows."""
        self._done = 0

    def weight(self, command: FeedPart) -> int:
        """Return more than a batch holds: a part is done alone."""
        return _FIRST_WEIGHT

    def settled(self, *, committed: bool) -> None:
        """Keep what was told and what has moved in memory, now that it is committed."""
        self._engine.settled(committed=committed)
        if committed:
            for source_id, keys, marks, number, most in self._told:
                recent = self._recent[source_id]
                recent.add(keys, marks, number)
                recent.forget(most)
            for changes in self._shifts:
                self._engine.mirror.shift(changes)
            self._single.pop(self._done, None)
        self._told, self._shifts = [], []

    def run(self, unit: Unit, commands: Sequence[FeedPart], attempts: Sequence[int]) -> list[Outcome]:
        """Record a part, or as many of its first rows as a transaction bears."""
        (command,) = commands
        engine, session = self._engine, unit.session
        engine.follow(session)
        stored = store.lock_source(session, command.source_id)
        if stored is None:
            return [UnknownFeed("The source of this feed is not known any more.")]
        # Begun again, everything is locked anew: orders before positions.
        answer = self._part(unit, command, stored, id(command.rows))
        return [AGAIN if answer is None else answer]

    def facts(
        self, unit: Unit, stored: StoredSource, facts: Sequence[StockFact], command: Command
    ) -> list[StockOutcome] | None:
        """Record facts of a message, all in one transaction; None when that must begin again."""
        locked = store.lock_source(unit.session, stored.id)
        if locked is None:
            return None
        directory = self._engine.directory
        directory.load_items(unit.session, {fact.sku for fact in facts})
        rows, faults = resolve(told_facts(facts), names_of(directory, facts, stored.source), stored.source, unit.now, 0)
        run_id = store.run_of_the_day(unit, stored.id)
        details = pack_details(rows.record, rows.reason)
        part = FeedPart(
            actor=command.actor, source_id=stored.id, run_id=run_id, rows=rows, details=details, failed=len(faults)
        )
        answer = self._part(unit, part, locked, id(command), most=len(rows))
        if answer is None:
            return None
        outcomes = {f.line: StockOutcome("failed", None, f.message, f.code) for f in faults}
        refused = {r.row: r for r in answer.refused}
        for row, line in enumerate(rows.line.tolist()):
            if row in refused:
                outcomes[line] = StockOutcome("failed", None, refused[row].message, refused[row].code)
            elif answer.results[row] == REPEATED:
                outcomes[line] = StockOutcome("repeated")
            else:
                outcomes[line] = StockOutcome("recorded", int(answer.on_hand[row]))
        return [outcomes[n] for n in range(len(facts))]

    def _part(
        self, unit: Unit, command: FeedPart, stored: StoredSource, key: int, most: int | None = None
    ) -> FeedPartDone | None:
        """Record a part; None when that must begin again, and nothing is written yet."""
        part = _Part(unit, self._engine, command, stored, _MOST_SINGLE if most is None else most)
        part.admit(self._remembered(unit, stored))
        hint = self._single.setdefault(key, set())
        if not part.record(hint, every=not self._by_column):
            return None
        answer = part.finish()
        self._told += part.told
        self._shifts += part.shifts
        self._done = key
        return answer

    def _remembered(self, unit: Unit, stored: StoredSource) -> RecentKeys:
        """Return the records of a source, with those that other processes have told since."""
        recent = self._recent.setdefault(stored.id, RecentKeys())
        if recent.seen < 0:
            oldest = unit.now - REMEMBERED
            first = store.first_remembered(unit.session, stored.id, stored.source.remembered, oldest)
            recent.seen = first - 1 if first <= stored.parts else stored.parts
        if recent.seen < stored.parts:
            for number, packed in store.keys_behind(unit.session, stored.id, recent.seen):
                recent.add(*unpack(packed), number)
            recent.seen = stored.parts
        return recent


class _Part:
    """One part on its way through a transaction."""

    def __init__(self, unit: Unit, engine: Engine, command: FeedPart, stored: StoredSource, most: int) -> None:
        self._most = most
        self._unit, self._engine, self._command, self._stored = unit, engine, command, stored
        self._rows = command.rows
        self._count = len(command.rows)
        self._results = np.full(self._count, CHANGED, np.int64)
        self._on_hand = np.zeros(self._count, np.int64)
        self._refused: list[RefusedRow] = []
        self._fresh: Flags = np.ones(self._count, np.bool_)
        self._id = unit.ids.one()
        self._number = stored.parts + 1
        self._movements = 0
        self.told: list[tuple[int, Marks, Marks, int, int]] = []
        self.shifts: list[Ints] = []

    def admit(self, recent: RecentKeys) -> None:
        """Leave out records that were told before; the same name with another content is refused."""
        rows = self._rows
        if not rows.keyed.any():
            return
        told, marks = recent.find(rows.key)
        told &= rows.keyed
        repeats, first = repeated_within(rows.key, rows.keyed)
        marks = np.where(told, marks, rows.mark[first])
        again = told | repeats
        differs = again & (marks != rows.mark)
        self._fresh = ~again
        self._results[again] = REPEATED
        self._results[differs] = REFUSED
        for row in np.flatnonzero(differs).tolist():
            text = f"The record '{rows.record[row]}' was told before with another content."
            self._refused.append(RefusedRow(row, "record_differs", text))

    # -- which rows go by column ---------------------------------------------------------------------------------

    def record(self, single: set[int], *, every: bool) -> bool:
        """Write everything; False when that must begin again with what is now in ``single``, and nothing is written.

        Raises TransientFault when rows turn out to need orders while positions are locked already.
        """
        alone = self._unit.session.dialect == "sqlite"  # nobody else writes: no order of locks to keep
        if every:
            single.update(self._rows.item[self._fresh].tolist())
        elif not single:
            look = self._look(np.flatnonzero(self._fresh), single)
            single |= self._concerned(look)
            if not single:
                self._write(look)
                return True
            if not alone:
                return False
        self._cut_for(single)
        todo = set(single)
        while True:
            fresh = np.flatnonzero(self._fresh)
            self._one_by_one(fresh[_among(self._rows.item[fresh], todo)])
            look = self._look(fresh, single)
            todo = self._concerned(look) - single
            if not todo:
                self._write(look)
                return True
            single |= todo
            if not alone:
                raise TransientFault("rows of a feed have come to concern orders")

    def _cut_for(self, single: set[int]) -> None:
        """Leave rows to the next transaction when too many go one after the other."""
        rows = np.flatnonzero(self._fresh & _among(self._rows.item, single))
        if len(rows) > self._most:
            self._cut(int(rows[self._most]))

    def _cut(self, count: int) -> None:
        """Leave the rows from a number on to the next transaction."""
        self._count = count
        self._fresh[count:] = False
        self._refused = [refused for refused in self._refused if refused.row < count]

    def _look(self, rows: Ints, but: set[int]) -> _Look:
        """Lock the positions of rows, but for those of some items, and say what the rows do to them."""
        order, place, item, location = grouped(self._rows, rows[~_among(self._rows.item[rows], but)])
        locked = store.open_positions(self._unit, item, location)
        facts = facts_of(self._rows, order, place)
        since = since_of(self._unit.session, facts, locked)
        return _Look(order, place, locked, settle_columns(locked.columns, facts, since))

    def _concerned(self, look: _Look) -> set[int]:
        """Return the items of which more becomes claimable while somebody waits, or less is left than is claimed."""
        before, after, item = look.locked.columns, look.effects.after, look.locked.item
        shorter = (after.short > before.short) & (before.claimed > 0)
        found = set(item[shorter].tolist())
        more = after.on_hand + after.short > before.on_hand + before.short
        if more.any():
            found |= queues.waited_for(self._unit.session, np.unique(item[more]).tolist())
        return found

    # -- recording -----------------------------------------------------------------------------------------------

    def _write(self, look: _Look) -> None:
        if not len(look.order):
            return
        unit, rows, locked, effects = self._unit, self._rows, look.locked, look.effects
        order, after, before = look.order, look.effects.after, look.locked.columns
        self._results[order], self._on_hand[order] = effects.result, effects.left
        moved = np.flatnonzero(effects.result != UNCHANGED)
        ids = np.array(unit.ids.take(len(moved)), np.int64)
        previous, head, touched = store.newest(look.place[moved], ids, locked.head)
        changed = np.flatnonzero(touched)
        columns = after.only(changed)
        store.write_positions(unit, locked.item[changed], locked.location[changed], columns, head[changed])
        quiet = np.flatnonzero(~touched & (after.counted_at != before.counted_at))
        store.write_counted(unit, locked.item[quiet], locked.location[quiet], after.only(quiet))
        line = order[moved]
        lines = Lines(
            rows.type[line],
            rows.item[line],
            rows.location[line],
            effects.on_hand[moved],
            effects.short[moved],
            rows.at[line],
            line,
            previous,
        )
        if len(moved):
            store.write_movements(unit, ids.tolist(), self._id, lines)
        self._movements += len(moved)
        gain = (after.on_hand + after.short) - (before.on_hand + before.short)
        gained = np.flatnonzero(gain)
        if len(gained):
            changes = np.column_stack((locked.item[gained], locked.location[gained], gain[gained]))
            self.shifts.append(changes)
            unit.stock_columns.append(changes)
        self._tell_short(look)

    def _tell_short(self, look: _Look) -> None:
        """Tell of positions where more was taken than was ever there: nobody has a claim there."""
        locked, after = look.locked, look.effects.after
        shorter = np.flatnonzero(after.short > locked.columns.short).tolist()
        self._engine.directory.load_items_by_id(self._unit.session, [int(locked.item[n]) for n in shorter])
        for n in shorter:
            key = (int(locked.item[n]), int(locked.location[n]), PLAIN)
            counters = Counters(on_hand=int(after.on_hand[n]), short=int(after.short[n]))
            tell_short(self._unit, self._engine, key, counters, self._command.actor.name)

    def _one_by_one(self, alone: Ints) -> None:
        rows, actor = self._rows, self._command.actor.name
        facts = [
            Fact(
                key=(int(rows.item[row]), int(rows.location[row]), PLAIN),
                type=MovementType(int(rows.type[row])),
                quantity=int(rows.quantity[row]),
                at=int(rows.at[row]),
                basis=CountBasis(int(rows.basis[row])),
                acknowledged=None if rows.acknowledged[row] == NOT_SAID else int(rows.acknowledged[row]),
                cause=(CauseKind.FEED_PART, self._id, row),
            )
            for row in alone.tolist()
        ]
        for row, done in zip(alone.tolist(), settle(self._unit, self._engine, facts, actor), strict=True):
            self._results[row] = LATE if done.late else CHANGED if done.changed else UNCHANGED
            self._on_hand[row] = done.on_hand
            self._movements += done.late or done.changed

    def finish(self) -> FeedPartDone:
        """Store the part, its records and the run's numbers; the answer."""
        unit, rows, command, stored = self._unit, self._rows, self._command, self._stored
        keyed = np.flatnonzero(self._fresh & rows.keyed)
        if self._movements:
            part = (self._id, stored.id, command.run_id)
            store.add_part(unit, part, command.actor.name, self._count, command.details)
        if len(keyed):
            store.add_keys(unit, (self._id, stored.id, self._number), rows.key[keyed], rows.mark[keyed])
            self.told = [(stored.id, rows.key[keyed], rows.mark[keyed], self._number, stored.source.remembered)]
        results = self._results[: self._count]
        tally = self._tally(results)
        until = int(rows.at[: self._count].max()) if self._count else NEVER
        store.heard(unit, stored.id, Heard(int(bool(len(keyed))), unit.now, until))
        go_on, counted = (True, tally) if command.step is None else command.step(unit, self._count, tally)
        if counted is not None:
            store.count_run(unit, command.run_id, counted, unit.now - until if self._count else 0)
        self._tell(tally)
        return FeedPartDone(
            done=self._count,
            results=results,
            on_hand=self._on_hand[: self._count],
            refused=tuple(self._refused),
            tally=tally,
            go_on=go_on,
        )

    def _tally(self, results: Ints) -> Tally:
        failed = self._command.failed
        changed, unchanged, late, repeated, refused = np.bincount(results, minlength=5).tolist()
        return Tally(
            rows=0 if self._command.zeroing else self._count + failed,
            changed=changed,
            unchanged=unchanged,
            late=late,
            repeated=repeated,
            failed=refused + failed,
            zeroed=changed if self._command.zeroing else 0,
        )

    def _tell(self, tally: Tally) -> None:
        unit, stored, actor = self._unit, self._stored, self._command.actor.name
        if stored.silent_since is not None:
            event = FeedHeard(source=stored.source.code, silent_s=(unit.now - stored.silent_since) // 1_000_000)
            unit.event(new_event(event, at=unit.now, subject=stored.source.code, actor=actor))
            directories.changed(unit, "feed")
        if self._movements:
            told = StockRecordedEvent(
                source=stored.source.code,
                facts=tally.changed + tally.unchanged + tally.late,
                repeated=tally.repeated,
                failed=tally.failed,
            )
            unit.event(new_event(told, at=unit.now, subject=encode_id("rec", self._id), actor=actor))


def _among(items: Ints, wanted: set[int]) -> Flags:
    """Say which of these items are wanted ones."""
    if not wanted:
        return np.zeros(len(items), np.bool_)
    return np.isin(items, np.fromiter(wanted, np.int64, len(wanted)))
