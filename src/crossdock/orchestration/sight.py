"""What a decision sees: its demand, the channel's view of the stock less others' shares, the day's work left."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec.structs import replace

from crossdock.inventory.mirror import StockMirror
from crossdock.inventory.view_rules import SHARES, CompiledView
from crossdock.kernel.clock import day_start, utc_day
from crossdock.network.store import StoredChannel
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.views.shares import ShareBook
from crossdock.promising.keeping import Kept
from crossdock.promising.methods import capability
from crossdock.routing.leg_terms import places
from crossdock.routing.merging import Merge
from crossdock.routing.model import Decision, Demand, DemandLine, Snapshot
from crossdock.routing.onward import DAYS_AHEAD
from crossdock.routing.record import Through
from crossdock.storage.session import Session

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Own = Mapping[tuple[int, int], int]
Choose = Callable[[Demand, Snapshot], Kept]


class Sight:
    """Shows decisions the picture as it is at this moment of the batch; orders and promises see alike."""

    def __init__(self, directory: Directory, mirror: StockMirror, shares: ShareBook) -> None:
        self.directory = directory
        self.mirror = mirror
        self.shares = shares
        self.columns = {id_: column for column, id_ in enumerate(directory.location_ids)}
        """The column of each location in every array."""
        self._capacity: dict[bytes, Ints] = {}
        self._moments: dict[int, tuple[Ints, Ints]] = {}
        self._overfull = False
        self._rooms: dict[bytes, Ints] = {}
        self._allowed = np.array([directory.limited.get(id_, 0) for id_ in self.columns], dtype=np.int64)

    def prepare(
        self, session: Session, instants: Iterable[int], items: Sequence[int], later: Iterable[int | None] = ()
    ) -> None:
        """Load what the decisions of a batch will look at: the items' stock, and the days' capacity left.

        ``later`` are ordinal days on which some of the work may begin, besides the launch days of the items.
        """
        self.mirror.load(session, items)
        self.shares.load(session, items)
        capacity: dict[bytes, Ints] = {}
        self._moments = {}
        for at in instants:
            days = self.directory.calendars.ship_days(at)
            key = days.tobytes()
            if key not in capacity:
                known = self._capacity.get(key)
                capacity[key] = self.directory.capacity(session, days) if known is None else known
            self._moments[at] = (days, capacity[key])
        today = utc_day(min(self._moments, default=0))
        for day in {*self.directory.launches(items, today), *(d for d in later if d is not None and d > today)}:
            days = self.directory.calendars.first_ship_days(day)
            key = days.tobytes()
            if key not in capacity:
                known = self._capacity.get(key)
                capacity[key] = self.directory.capacity(session, days) if known is None else known
            self._moments[day_start(day)] = (days, capacity[key])
        self._capacity = capacity
        self._overfull = any(bool((left < 0).any()) for left in capacity.values())
        if self.directory.limited_units:
            before = self._rooms
            self._rooms = {}
            for days, _ in self._moments.values():
                key = days.tobytes()
                known = before.get(key)
                self._rooms[key] = self.directory.units_room(session, days) if known is None else known

    def forget_capacity(self) -> None:
        """Read the capacity left anew before the next decision."""
        self._capacity = {}
        self._rooms = {}

    def moment(self, where: Destination, at: int) -> tuple[Ints, Ints]:
        """Return for each location the day on which work asked for now is handed over, and what it may still take."""
        return self._moments[where.begin or at]

    def capacities(self) -> list[tuple[Ints, Ints]]:
        """Return each day's work that is left, once, with the days that it is for."""
        return list({id(capacity): (days, capacity) for days, capacity in self._moments.values()}.values())

    def room(self, days: Ints) -> Ints | None:
        """Return the units that each location may still take on its day; None where none has a limit.

        It is soft: read once, then counted down by this process's own decisions until capacity is forgotten.
        """
        return self._rooms.get(days.tobytes()) if self._rooms else None

    def room_beside(self, capacity: Ints) -> Ints | None:
        """Return the room in units on the days that this capacity is for; None where no location has a limit."""
        if not self._rooms:
            return None
        return next((self.room(days) for days, other in self._moments.values() if other is capacity), None)

    def rooms(self) -> list[Ints]:
        """Return the rooms in units of all days."""
        return list(self._rooms.values())

    def settle(
        self,
        demand: Sequence[NewDemand],
        where: Destination,
        at: int,
        channel: StoredChannel,
        choose: Choose,
        own: Own | None = None,
        *,
        merge: Merge | None = None,
    ) -> tuple[Kept, Snapshot, Through | None]:
        """Decide by ``choose`` until the plan takes no more than the channel's shares allow; debits nothing.

        Returns the decision with what it saw and through what; orders and promises are settled alike. Where goods may
        be gathered (``merge``) it also sees when those places are open.
        """
        asked, snapshot, through = self.look(demand, where, at, channel, own)
        if merge is not None:
            snapshot = self._with_days(snapshot, merge, utc_day(where.begin or at))
        for turn in itertools.count(1):
            kept = choose(asked, snapshot)
            less = self.within_shares(kept.decision, demand, snapshot, channel, turn)
            if less is None:
                return kept, snapshot, through
            snapshot, through = self._narrower(demand, snapshot, through, less)
        raise AssertionError  # the count has no end

    def look(
        self,
        demand: Sequence[NewDemand],
        where: Destination,
        at: int,
        channel: StoredChannel,
        own: Own | None = None,
    ) -> tuple[Demand, Snapshot, Through | None]:
        """Return what a decision is asked, what it sees, and through which view; orders and promises look alike."""
        days, capacity = self.moment(where, at)
        x, y, z = where.point or (None, None, None)
        asked = Demand(
            lines=tuple([self._line(d) for d in demand]),
            country=where.country,
            x=x,
            y=y,
            z=z,
            due_day=where.due_day,
            priority=where.priority,
            requires=(capability(where.method),),
            asked_day=utc_day(at),
            channel=channel.channel.code,
            service=where.service,
            value=sum([d.unit_value * d.quantity for d in demand]),
        )
        items = [d.item_id for d in demand]
        view = self.directory.view_of(channel, at)
        stock, through = self._seen(items, view)
        if own:
            self._add_own(stock, demand, own)
        if where.bound is not None:
            stock = self._only_at(stock, where.bound)
        room = np.maximum(capacity, 0) if self._overfull else capacity
        snapshot = Snapshot(
            self.directory.network,
            stock,
            days,
            room,
            used=self._used(capacity),
            units_room=self.room(days),
            barred=self._barred(demand),
            paused=self._paused(),
            find=self._find(items, view),
        )
        shown = self.shares.shown(items, stock, self.directory.shares.group_of.get(channel.channel.code))
        if shown is not stock:
            snapshot, through = self._narrower(demand, snapshot, through, shown)
        return asked, snapshot, through

    def _with_days(self, snapshot: Snapshot, merge: Merge, first_day: int) -> Snapshot:
        """Return a snapshot that knows when the places are open where goods may be gathered."""
        concerned = np.zeros(len(snapshot.network.sites), dtype=bool)
        if merge.hubs is not None:
            concerned |= places(merge.hubs, snapshot.network)
        if merge.sources:
            concerned |= snapshot.stock.any(axis=0)
        days = np.where(concerned, self.directory.calendars.open_days(first_day, DAYS_AHEAD), 0)
        return replace(snapshot, open_days=days, first_day=first_day)

    def open_to(self, channel: StoredChannel, items: Sequence[int], at: int) -> list[int]:
        """Return those of these items (loaded, shares too) of which a channel may take a unit anywhere."""
        if not items:
            return []
        stock, _ = self._seen(items, self.directory.view_of(channel, at))
        shown = self.shares.shown(items, stock, self.directory.shares.group_of.get(channel.channel.code))
        return [item for item, units in zip(items, shown.max(axis=1).tolist(), strict=True) if units > 0]

    def within_shares(
        self, decision: Decision, demand: Sequence[NewDemand], snapshot: Snapshot, channel: StoredChannel, turn: int
    ) -> Ints | None:
        """Return the stock to decide upon again where a decision takes more than the channel's shares allow."""
        group = self.directory.shares.group_of.get(channel.channel.code)
        items = {d.no: d.item_id for d in demand}
        return self.shares.trimmed(decision, items, snapshot.stock, group, turn)

    def _narrower(
        self, demand: Sequence[NewDemand], snapshot: Snapshot, through: Through | None, stock: Ints
    ) -> tuple[Snapshot, Through | None]:
        """Return a snapshot of less stock, which counts as hidden by the shares of others."""
        less = snapshot.stock - stock
        seen = replace(snapshot, stock=stock)
        if not less.any():
            return seen, through
        if through is None:
            whole = self.directory.everything
            why = tuple([whole.why(self.directory.item_by_id(d.item_id)) for d in demand])
            through = Through("", np.zeros_like(stock), why)
        rules = tuple([_and_shares(names, why, cut) for (names, why), cut in zip(through.rules, less, strict=True)])
        return seen, Through(through.version, through.hidden + less, rules)

    def _seen(self, items: Sequence[int], view: CompiledView) -> tuple[Ints, Through | None]:
        """Return what the view shows of these items now, and what it hides; None where it shows all as it is."""
        claimable = self.mirror.stock(items)
        if view.identity:
            return claimable, None
        facts = [self.directory.item_by_id(item) for item in items]
        visible = view.rows(facts, claimable)
        return visible, Through(view.version, claimable - visible, tuple([view.why(item) for item in facts]))

    def _add_own(self, stock: Ints, demand: Sequence[NewDemand], own: Own) -> None:
        for row, wanted in enumerate(demand):
            for (item, location), units in own.items():
                if item == wanted.item_id and location in self.columns:
                    stock[row, self.columns[location]] += units

    def _only_at(self, stock: Ints, location: int) -> Ints:
        """Let a decision see one location alone."""
        seen = np.zeros_like(stock)
        column = self.columns.get(location)
        if column is not None:
            seen[:, column] = stock[:, column]
        return seen

    def _line(self, wanted: NewDemand) -> DemandLine:
        facts = self.directory.item_by_id(wanted.item_id)
        return DemandLine(
            wanted.no,
            wanted.item_id,
            wanted.quantity,
            wanted.weight_g,
            wanted.requires,
            wanted.unit_value,
            facts.volume_cm3,
            facts.category,
            wanted.group,
            wanted.line_no if wanted.in_bundle else 0,
            wanted.in_bundle or 1,
        )

    def _used(self, capacity: Ints) -> Ints | None:
        """Return how much of each location's day is taken, in permille; 0 where it has no limit."""
        if not self.directory.limited:
            return None
        taken = (self._allowed - capacity) * 1_000 // np.maximum(self._allowed, 1)
        return np.where(self._allowed > 0, np.clip(taken, 0, 1_000), 0)

    def _find(self, items: Sequence[int], view: CompiledView) -> Ints | None:
        """Return how likely a unit of each line is found at each location, by the view; None where nobody doubts."""
        if view.identity or not view.view.find:
            return None
        rows = [view.find_row(self.directory.item_by_id(item)) for item in items]
        if all(row is None for row in rows):
            return None
        sure = np.full(len(self.columns), 1_000, dtype=np.int64)
        return np.array([sure if row is None else row for row in rows], dtype=np.int64)

    def _paused(self) -> Bools | None:
        """Return which locations take no new work for now; None when all do."""
        paused = [self.columns[id_] for id_ in self.directory.paused if id_ in self.columns]
        if not paused:
            return None
        mask = np.zeros(len(self.columns), dtype=bool)
        mask[paused] = True
        return mask

    def _barred(self, demand: Sequence[NewDemand]) -> Bools | None:
        """Return where each line must not come from because it was refused there; None when nothing was."""
        if not any(wanted.barred for wanted in demand):
            return None
        mask = np.zeros((len(demand), len(self.columns)), dtype=bool)
        for row, wanted in enumerate(demand):
            mask[row, [self.columns[id_] for id_ in wanted.barred if id_ in self.columns]] = True
        return mask


def _and_shares(names: tuple[str, ...], why: Ints, less: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return the rules that decide by location, where shares take something away with them added."""
    if not less.any() or any(SHARES in name.split() for name in names):
        return names, why
    return (*names, *[f"{name} {SHARES}".strip() for name in names]), np.where(less != 0, why + len(names), why)
