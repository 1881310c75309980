"""Who waits is bound to what is coming, first come, first served; a changed line or a shorter line binds anew.

The open supply lines of an item are the lock of everything that is bound to them: who changes what waits for an item
for which supply is coming holds them, takes them before positions, and binds the whole line of the item anew. A new
order that goes to the end of the line is appended without looking at those before it (``backorders``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from crossdock.events.catalog import new_event
from crossdock.events.supply import (
    BackorderEvent,
    OrderBackorderBound,
    OrderBackorderRebound,
    OrderBackorderUnbound,
)
from crossdock.inventory import claims as held
from crossdock.inventory import supply, tables
from crossdock.inventory.model import ClaimKind, ClaimState, Source
from crossdock.inventory.supply import SupplyClaim, SupplyRow
from crossdock.inventory.supply_rules import Key, Line, Waiting, bind
from crossdock.kernel.clock import day_text
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.reach import Permitted
from crossdock.orders import queues
from crossdock.orders.queues import WaitingUnits
from crossdock.storage.unit import Unit


def rebind(
    unit: Unit, directory: Directory, items: Collection[int], actor: str, before: Sequence[SupplyRow] = ()
) -> None:
    """Bind everybody who waits for these items to their open supply lines, as the queue and the lines are now.

    ``before`` are lines that this transaction has changed, as they were: what is bound to them is bound anew, and the
    dates that they had are told as the previous ones. Locks the items' open lines.
    """
    was = {row.id: row for row in before}
    lines = {row.id: row for row in supply.open_lines(unit.session, items, locked=True)}
    claims = supply.claims_on(unit.session, {*lines, *was})
    if not lines and not claims:
        for item_id in sorted({row.item_id for row in before}):
            unit.supply_changed(item_id)  # nobody is bound, but those lines are not what they were
        return
    directory.load_items_by_id(unit.session, items)
    reserved: dict[int, int] = defaultdict(int)
    bound: dict[Key, list[SupplyClaim]] = defaultdict(list)
    for claim in claims:
        if claim.kind == ClaimKind.ALLOCATION:
            bound[claim.owner_id, claim.owner_no].append(claim)
        else:
            reserved[claim.line_id] += claim.quantity
    waiting = queues.waiting_units(unit.session, {row.item_id for row in lines.values()})
    wanted = _bind(directory, waiting, lines.values(), reserved)
    _write(unit, lines, was, bound, wanted, reserved)
    item_of = {(entry.order_id, entry.demand_no): entry.item_id for entry in waiting}
    units_of: dict[Key, int] = defaultdict(int)
    for entry in waiting:
        units_of[entry.order_id, entry.demand_no] += entry.quantity
    days = {row.id: row.expected_day for row in lines.values()}
    days_before = days | {row.id: row.expected_day for row in before}
    slipped = {id_ for id_, day in days.items() if days_before[id_] != day}
    for key in sorted(item_of.keys() & (bound.keys() | wanted.keys())):
        had = {claim.line_id: claim.quantity for claim in bound.get(key, ())}
        has = wanted.get(key, {})
        if had == has and slipped.isdisjoint(has):
            continue
        if _differs(had, has, days_before, days, units_of[key]):
            event = _event(directory, key, item_of[key], had, has, days_before, lines)
            tell(unit, key[0], event, actor)


def _bind(
    directory: Directory, waiting: Sequence[WaitingUnits], lines: Iterable[SupplyRow], reserved: Mapping[int, int]
) -> dict[Key, dict[int, int]]:
    """Return units by line of everybody who gets a date."""
    by_item: dict[int, list[Waiting]] = defaultdict(list)
    places = Permitted(directory)
    for entry in waiting:
        item = directory.item_by_id(entry.item_id)
        allowed = places.of(entry.channel_id, entry.method, entry.service_level, entry.country, entry.point, item)
        by_item[entry.item_id].append(Waiting((entry.order_id, entry.demand_no), entry.quantity, allowed))
    open_of: dict[int, list[Line]] = defaultdict(list)
    for row in lines:
        open_of[row.item_id].append(Line(row.id, row.expected_day, row.location_id, row.open - reserved[row.id]))
    wanted: dict[Key, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for item_id, entries in by_item.items():
        for key, line, units in bind(entries, open_of[item_id]):
            wanted[key][line] += units
    return wanted


def _write(
    unit: Unit,
    lines: Mapping[int, SupplyRow],
    was: Mapping[int, SupplyRow],
    bound: Mapping[Key, Sequence[SupplyClaim]],
    wanted: Mapping[Key, Mapping[int, int]],
    reserved: Mapping[int, int],
) -> None:
    """Make claims and lines say what was decided, and nothing else."""
    left: list[tuple[int, int]] = []
    new: list[tuple[Key, SupplyRow, int]] = []
    for key in sorted(bound.keys() | wanted.keys()):
        has = dict(wanted.get(key, {}))
        for claim in bound.get(key, ()):
            units = has.pop(claim.line_id, 0)
            if units != claim.quantity:
                left.append((claim.id, units))
        new += [(key, lines[line], units) for line, units in sorted(has.items())]
    held.shrink(unit, left)
    insert_claims(unit, new)
    counts: dict[int, int] = defaultdict(int, {id_: reserved[id_] for id_ in lines if reserved[id_]})
    for by_line in wanted.values():
        for line, units in by_line.items():
            counts[line] += units
    now = {id_: row.claimed for id_, row in lines.items()}
    changed = [row for id_, row in lines.items() if counts[id_] != now[id_]]
    for item_id in sorted({row.item_id for row in (*changed, *was.values())}):
        unit.supply_changed(item_id)
    # A line that is open no more was written with nothing claimed of it.
    supply.claimed(unit, [(id_, counts[id_]) for id_ in lines if counts[id_] != now[id_] or id_ in was])


def insert_claims(unit: Unit, new: Sequence[tuple[Key, SupplyRow, int]]) -> None:
    """Write the claims of waiting demand on supply lines."""
    unit.insert(
        tables.claims,
        [
            (
                id_,
                ClaimKind.ALLOCATION.value,
                *key,
                Source.SUPPLY_LINE.value,
                line.item_id,
                line.location_id,
                line.stock_class,
                line.id,
                units,
                ClaimState.OPEN.value,
                None,
                unit.now,
            )
            for id_, (key, line, units) in zip(unit.ids.take(len(new)), new, strict=True)
        ],
    )


def _differs(
    had: Mapping[int, int],
    has: Mapping[int, int],
    days_before: Mapping[int, int],
    days: Mapping[int, int],
    waiting: int,
) -> bool:
    """Say whether anybody would want to hear of it: another last date, or other units that have none.

    Fewer bound units because fewer wait are no news.
    """
    last_before = max((days_before[line] for line in had), default=None)
    last = max((days[line] for line in has), default=None)
    bound_before, bound = sum(had.values()), sum(has.values())
    return last_before != last or bound > bound_before or (bound < bound_before and bound < waiting)


def _event(
    directory: Directory,
    key: Key,
    item_id: int,
    had: Mapping[int, int],
    has: Mapping[int, int],
    days_before: Mapping[int, int],
    lines: Mapping[int, SupplyRow],
) -> BackorderEvent:
    previous = max((days_before[line] for line in had), default=0)
    kind = OrderBackorderBound if not had else OrderBackorderRebound if has else OrderBackorderUnbound
    return bound_event(directory, kind, key, item_id, [(lines[line], units) for line, units in has.items()], previous)


def bound_event(
    directory: Directory,
    kind: type[BackorderEvent],
    key: Key,
    item_id: int,
    has: Sequence[tuple[SupplyRow, int]],
    previous: int = 0,
) -> BackorderEvent:
    """Return the event about a demand's units: their last date, and the line that it comes from."""
    item = directory.item_by_id(item_id)
    last = max((row for row, _ in has), key=lambda row: (row.expected_day, row.id), default=None)
    return kind(
        order_id=encode_id("ord", key[0]),
        demand=key[1],
        sku=item.sku,
        quantity=sum(units for _, units in has),
        expected_on="" if last is None else day_text(max(last.expected_day, item.launch_day)),
        previous_on=day_text(max(previous, item.launch_day)) if previous else "",
        supply="" if last is None else f"{last.reference}/{last.line}",
    )


def tell(unit: Unit, order_id: int, event: BackorderEvent, actor: str) -> None:
    """Write an event about a waiting order."""
    unit.event(new_event(event, at=unit.now, subject=event.order_id, actor=actor, order_id=order_id))
