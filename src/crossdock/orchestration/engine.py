"""What the writer's handlers share: the configuration, the mirror, the planner; all owned by the writer's thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from crossdock.inventory import ledger
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.mirror import StockMirror
from crossdock.inventory.model import PLAIN, Counters, PositionKey
from crossdock.kernel.content import canonical
from crossdock.kernel.ids import IdBlock
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.planning import Planner
from crossdock.storage import guard, versions
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

SHARE = guard.Kind.SHARE


class Engine:
    """The state in memory behind the writer; never trusted by the guard, only by the decisions."""

    def __init__(self, ids: IdBlock) -> None:
        self.ids = ids
        self.directory = Directory()
        self._evict: set[int] = set()
        self._build()

    def _build(self) -> None:
        self.mirror = StockMirror(self.directory.location_ids, self.ids.worker)
        self.planner = Planner(self.directory, self.mirror, self.ids)

    def follow(self, session: Session) -> None:
        """Take in what others have changed since the last batch: configuration first, then stock."""
        if self.directory.refresh(session):
            self._build()
        self.mirror.follow(session)

    def lost_race(self, items: Iterable[int]) -> None:
        """Remember that the picture of these items was wrong: they are read again before the next decision."""
        self._evict.update(items)

    def changed_otherwise(self, items: Iterable[int]) -> None:
        """Remember that this batch changes these items in another way than by a decision's debit."""
        self._evict.update(items)

    def lock_items(self, session: Session, items: Iterable[int]) -> dict[PositionKey, Counters]:
        """Lock every position of these items before deciding, and read the picture anew: what it says then is true."""
        wanted = sorted(set(items))
        self.planner.shares.open(session, wanted)
        sql = """
            WITH k(item_id) AS ({keys})
            SELECT p.item_id, p.location_id FROM k JOIN positions p ON p.item_id = k.item_id AND p.stock_class = 0
        """
        keys = [(i, location, PLAIN) for i, location in session.fetch_keys(sql, ("bigint",), [(i,) for i in wanted])]
        positions = ledger.lock(session, keys)
        self.mirror.load(session, wanted, again=True)
        return positions

    def lock_capacity(self, session: Session, at: int, held: Iterable[tuple[int, int]]) -> None:
        """Lock the days on which limited locations would work if asked now, and those that a change may give back.

        Whoever locks positions first and capacity behind them meets capture, which goes the other way round.
        """
        days = dict(zip(self.directory.location_ids, self.directory.calendars.ship_days(at).tolist(), strict=True))
        now = {(location, days[location]) for location in self.directory.limited}
        guard.hold_capacity(session, sorted((*key, 0) for key in now.union(held)))

    def take(self, unit: Unit, wants: Sequence[Sequence[guard.Take]]) -> guard.Taken:
        """Take what commands were given by decisions of this batch (guard.take), shares included."""
        taken = guard.take(unit.session, wants, self.planner.shares.locked)
        lost = [missing is not None for missing in taken.missing]
        used = [t for want, gone in zip(wants, lost, strict=True) if not gone for t in want if t.kind is SHARE]
        self.planner.shares.tell(unit, used)
        return taken

    def open_capacity(self, unit: Unit, takes: Iterable[guard.Take]) -> None:
        """Make the counters of days whose capacity is taken for the first time."""
        limited = self.directory.limited
        keys = {take.key for take in takes if take.kind is guard.Kind.CAPACITY}
        unit.session.insert_new(inventory_tables.capacities, [(*key, 0, limited[key[0]]) for key in sorted(keys)])

    def keep_derived(self, unit: Unit) -> None:
        """Store the policies that this batch's decisions rest on and that were made from active ones."""
        derived = self.planner.derived
        if derived:
            versions.keep(unit, [(version, "policy", canonical(policy)) for version, policy in sorted(derived.items())])

    def settled(self, *, committed: bool) -> None:
        """Keep what the batch debited, or take it back; then forget what turned out to be wrong."""
        self.planner.derived.clear()
        if committed:
            self.mirror.keep()
        else:
            self.mirror.undo()
            # A load within the transaction may have seen its own uncommitted writes.
            self.mirror.forget()
        if self._evict or not committed:
            self.planner.sight.forget_capacity()
        self.mirror.evict(self._evict)
        self._evict = set()
