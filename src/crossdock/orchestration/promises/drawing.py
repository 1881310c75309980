"""Offers that draw on supply: units that are not there, promised for the day on which what is coming would arrive.

They are given the lines that an order at the end of the line would be bound to, by the same rule, and arrive by the
arithmetic by which the watch judges such orders. Nothing is held: the order binds the lines when it comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from crossdock.inventory import limits as counters
from crossdock.inventory import supply
from crossdock.inventory.supply import SupplyRow
from crossdock.inventory.supply_model import PREORDER
from crossdock.inventory.supply_rules import Line, Waiting, bind
from crossdock.kernel.clock import utc_day
from crossdock.network.calendars import WorkCalendar
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Destination, NewDemand
from crossdock.orchestration.promises.chain import Chain
from crossdock.orchestration.promises.coming import Road, arrival
from crossdock.orchestration.promises.model import Wanted, Way
from crossdock.orchestration.reach import Permitted
from crossdock.orchestration.supply import limits
from crossdock.orchestration.supply.launches import is_preorder
from crossdock.promising import Awaited
from crossdock.storage.session import Session


class Drawing:
    """What is coming of a basket and nobody has a claim on; read when a way first needs it."""

    def __init__(
        self, session: Session, directory: Directory, calendars: Mapping[int, WorkCalendar], wanted: Wanted
    ) -> None:
        self._session = session
        self._directory = directory
        self._calendars = calendars
        self._wanted = wanted
        self._lines: dict[int, SupplyRow] | None = None
        self._room: dict[int, int] = {}
        self._places = Permitted(directory)

    @property
    def lines(self) -> Mapping[int, SupplyRow]:
        """The open supply lines of the basket's items, by id."""
        if self._lines is None:
            rows = supply.open_lines(self._session, {d.item_id for d in self._wanted.demand})
            self._lines = {row.id: row for row in rows}
            self._room = self._waiting_room({row.item_id for row in rows})
        return self._lines

    def draw(self, way: Way, where: Destination, chain: Chain) -> tuple[Awaited, ...]:
        """Return what supply gives of the units that are not there, where such units would wait for it.

        Nothing for a window that begins later, and of an item nothing beyond what may wait of it.
        """
        decision = chain.links[-1].kept.decision
        if decision.leftover != "backorder" or self._wanted.not_before is not None or not self.lines:
            return ()
        demand = {d.no: d for d in self._wanted.demand}
        missing: dict[int, int] = defaultdict(int)
        for no, units in decision.unfilled:
            missing[demand[no].item_id] += units
        waits = [
            (demand[no], units)
            for no, units in decision.unfilled
            if missing[demand[no].item_id] <= self._room.get(demand[no].item_id, 0)
        ]
        return self._arriving(way, where, waits)

    def _arriving(self, way: Way, where: Destination, waits: Sequence[tuple[NewDemand, int]]) -> tuple[Awaited, ...]:
        channel, at, found = self._wanted.channel, self._wanted.at, []
        road = Road(channel.id, way.method, way.level, where.country, where.point)
        offered: dict[int, list[Line]] = defaultdict(list)
        for row in self.lines.values():
            offered[row.item_id].append(Line(row.id, row.expected_day, row.location_id, row.open - row.claimed))
        by_item: dict[int, list[Waiting]] = defaultdict(list)
        for asked, units in waits:
            item = self._directory.item_by_id(asked.item_id)
            allowed = self._places.of(channel.id, way.method, way.level, where.country, where.point, item)
            by_item[item.id].append(Waiting((0, asked.no), units, allowed))
        for item_id, entries in by_item.items():
            launch = self._directory.item_by_id(item_id).launch_day
            for (_, no), line_id, units in bind(entries, offered[item_id]):
                line = self.lines[line_id]
                begin = max(line.expected_day, utc_day(at), launch)
                days = arrival(self._directory, self._calendars, line.location_id, begin, road, at)
                if days is not None:
                    found.append(Awaited(no, units, line_id, line.location_id, *days))
        return tuple(found)

    def _waiting_room(self, items: set[int]) -> dict[int, int]:
        """Return how many more units of each item the channel may let wait."""
        room: dict[int, int] = {}
        for item_id in items:
            facts = self._directory.item_by_id(item_id)
            reason = PREORDER if is_preorder(facts, self._wanted.at) else ""
            keys = limits.keys_of(item_id, self._wanted.channel.id, reason)
            used = counters.read(self._session, keys)
            room[item_id] = min(
                limits.allowed(self._directory, key) - (used[key].used if key in used else 0) for key in keys
            )
        return room
