"""Supply lines in, and what arrives of them: lines bind who waits, receipts serve who is bound, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from crossdock.events.catalog import new_event
from crossdock.events.supply import SupplyChanged
from crossdock.inventory import supply as store
from crossdock.inventory.model import PLAIN
from crossdock.inventory.supply import SupplyRow
from crossdock.inventory.supply_model import SupplyKind, SupplyLineIn, SupplyState, state_of
from crossdock.kernel.clock import day_text, parse_day
from crossdock.kernel.errors import Invalid
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.supply.binding import rebind
from crossdock.orchestration.supply.commands import PutSupply, SupplyOutcome, SupplyPut
from crossdock.orchestration.supply.holders import LineHolders
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome

Name = tuple[str, str]
"""What makes a supply line the same one: its reference, and its place in it."""


class _Wanted(NamedTuple):
    """A line as it is to be, and its place in the command."""

    place: int
    sent: SupplyLineIn
    row: SupplyRow


class PutSupplyHandler:
    """Does PutSupply: each line on its own, and then everybody who waits for the items is bound anew, once."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: PutSupply) -> int:
        return len(command.lines)

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[PutSupply], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, session = self._engine, unit.session
        engine.follow(session)
        engine.directory.load_items(session, {line.sku for line in command.lines})
        outcomes: list[SupplyOutcome] = [SupplyOutcome("failed")] * len(command.lines)
        known = store.named(session, [(line.reference, line.line) for line in command.lines])
        items = {row.item_id for row in known.values()}
        items |= {facts.id for line in command.lines if (facts := engine.directory.item(line.sku)) is not None}
        holders = LineHolders(unit, engine, [row.id for row in known.values()])
        # All open lines of the items, and those named here, in one order: nobody else binds until this is done.
        pegged = {name for name, row in known.items() if row.fulfillment_id is not None}
        known = {name: row for name, row in known.items() if name not in pegged}
        open_ids = {row.id for row in store.open_lines(session, items)}
        locked = store.lock(session, open_ids | {row.id for row in known.values()})
        holders.locked()
        before = {(row.reference, row.line): locked[row.id] for row in known.values()}
        wanted = _wanted(unit, engine.directory, command, before, pegged, outcomes)
        new = [w for w in wanted if (w.sent.reference, w.sent.line) not in before]
        if len(store.announce(unit, [w.row for w in new])) < len(new):
            return [AGAIN]  # somebody announced the same line a moment ago
        changed = [w for w in wanted if (w.sent.reference, w.sent.line) in before]
        store.change(unit, [w.row._replace(claimed=0) for w in changed])
        for each in changed:
            holders.lose(each.row)
        holders.write()
        for each in wanted:
            was = before.get((each.sent.reference, each.sent.line))
            outcomes[each.place] = SupplyOutcome("changed" if was else "created", each.row.id, None, each.row.state)
            _tell(unit, engine.directory, each, was, command.actor.name)
        for item_id in sorted({w.row.item_id for w in new}):
            unit.supply_changed(item_id)
        if wanted:
            old = [before[w.sent.reference, w.sent.line] for w in changed]
            rebind(unit, engine.directory, {w.row.item_id for w in wanted}, "system:supply", old)
        return [SupplyPut(outcomes=tuple(outcomes))]


def _wanted(
    unit: Unit,
    directory: Directory,
    command: PutSupply,
    before: Mapping[Name, SupplyRow],
    pegged: Collection[Name],
    outcomes: list[SupplyOutcome],
) -> list[_Wanted]:
    """Return the lines that are to be written; those that cannot be, or are as they should be, are answered."""
    codes = {stored.location.code: id_ for id_, stored in directory.locations.items()}
    wanted: list[_Wanted] = []
    seen: set[Name] = set()
    for place, line in enumerate(command.lines):
        name = (line.reference, line.line)
        item, location = directory.item(line.sku), codes.get(line.location)
        if name in seen:
            outcomes[place] = _failed("repeated", f"The line '{line.reference}' '{line.line}' is there twice.")
            continue
        seen.add(name)
        if name in pegged:
            text = f"'{line.reference}' '{line.line}' is a transfer for an order; it changes with the order alone."
            outcomes[place] = _failed("supply_line_pegged", text)
        elif item is None:
            outcomes[place] = _failed("unknown_item", f"There is no item '{line.sku}'.")
        elif location is None:
            outcomes[place] = _failed("unknown_location", f"There is no location '{line.location}'.")
        elif item.components:
            text = f"'{line.sku}' is a bundle: its parts are bought, not itself."
            outcomes[place] = _failed("bundle_not_stocked", text)
        else:
            outcomes[place] = _one(unit, place, line, item.id, location, before.get(name), wanted)
    return wanted


def _one(
    unit: Unit, place: int, line: SupplyLineIn, item: int, location: int, was: SupplyRow | None, wanted: list[_Wanted]
) -> SupplyOutcome:
    try:
        day = parse_day(line.expected_on)
    except Invalid as fault:
        return _failed("invalid_day", fault.detail)
    if was is None:
        kind, state = SupplyKind[line.kind.upper()].value, state_of(line.quantity, 0, canceled=line.canceled).value
        numbers = (day, line.quantity, 0, 0, state, unit.now, unit.now)
        row = SupplyRow(unit.ids.one(), kind, line.reference, line.line, item, location, PLAIN, *numbers)
        wanted.append(_Wanted(place, line, row))
        return SupplyOutcome("created", row.id)
    if (was.item_id, was.location_id) != (item, location):
        text = f"The line '{line.reference}' '{line.line}' is of another item, or comes to another location."
        return _failed("supply_line_differs", text, was.id)
    kind = SupplyKind[line.kind.upper()].value
    row = was._replace(kind=kind, expected_day=day, quantity=line.quantity, changed_at=unit.now)
    canceled = was.state == SupplyState.CANCELED
    # A line that was closed short stays closed until somebody says that another number is coming.
    if line.quantity != was.quantity or line.canceled != canceled:
        row = row._replace(state=state_of(line.quantity, was.received, canceled=line.canceled).value)
    if row._replace(changed_at=was.changed_at) == was:
        return SupplyOutcome("unchanged", was.id, None, was.state)
    wanted.append(_Wanted(place, line, row))
    return SupplyOutcome("changed", was.id)


def _failed(code: str, message: str, line_id: int = 0) -> SupplyOutcome:
    return SupplyOutcome("failed", line_id, None, 0, message, code)


def _tell(unit: Unit, directory: Directory, each: _Wanted, was: SupplyRow | None, actor: str) -> None:
    row, more = each.row, {}
    if was is not None:
        more = {"previous_on": day_text(was.expected_day), "previous_quantity": was.quantity}
    event = SupplyChanged(
        **named(directory, row),
        expected_on=day_text(row.expected_day),
        quantity=row.quantity,
        state=SupplyState(row.state).name.lower(),
        result="created" if was is None else "changed",
        **more,  # type: ignore[arg-type]
    )
    unit.event(new_event(event, at=unit.now, subject=event.reference, actor=actor))


def named(directory: Directory, row: SupplyRow) -> dict[str, Any]:
    """Return how people call a line: its reference and number, the SKU, the location."""
    return {
        "reference": row.reference,
        "line": row.line,
        "sku": directory.item_by_id(row.item_id).sku,
        "location": directory.locations[row.location_id].location.code,
    }
