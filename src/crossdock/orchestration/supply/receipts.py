"""What arrives of supply lines: a fact, recorded whatever it does to the numbers.

The same transaction gives it to whom it was promised: first to who is bound to the line, in their order, then to the
others who wait, and only then does a new order see what is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from crossdock.events.catalog import new_event
from crossdock.events.supply import SupplyReceived as SupplyReceivedEvent
from crossdock.inventory import ledger, records
from crossdock.inventory import supply as store
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.facts import with_on_hand
from crossdock.inventory.model import CauseKind, ClaimKind, Counters, Movement, MovementType, PositionKey
from crossdock.inventory.supply import SupplyClaim, SupplyRow
from crossdock.inventory.supply_model import SupplyKind, SupplyState, state_of
from crossdock.kernel.content import content_hash
from crossdock.orchestration import loading
from crossdock.orchestration.changes import Changes, open_changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.supply.commands import ReceiveSupply, SupplyOutcome, SupplyReceipt, SupplyReceived
from crossdock.orchestration.supply.holders import LineHolders
from crossdock.orchestration.supply.lines import named
from crossdock.orchestration.supply.waiting import MORE, serve, serve_bound
from crossdock.orchestration.transfers.arriving import Arrivals
from crossdock.orders import queues
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

_TYPES = {
    SupplyKind.PURCHASE: MovementType.RECEIVED,
    SupplyKind.TRANSFER: MovementType.TRANSFERRED_IN,
    SupplyKind.RETURN: MovementType.RETURNED,
}


class _Arrived(NamedTuple):
    """A receipt that is new, and its place in the command."""

    place: int
    receipt: SupplyReceipt
    line_id: int
    id: int
    mark: bytes


class ReceiveSupplyHandler:
    """Does ReceiveSupply: one command, one transaction, as many receipts as it carries."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: ReceiveSupply) -> int:
        return len(command.receipts)

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[ReceiveSupply], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, session, actor = self._engine, unit.session, command.actor.name
        engine.follow(session)
        outcomes: list[SupplyOutcome] = [SupplyOutcome("failed")] * len(command.receipts)
        lines, arrived = self._admit(unit, command, outcomes)
        if not arrived:
            return [SupplyReceived(outcomes=tuple(outcomes))]
        items = {row.item_id for row in lines.values()}
        engine.directory.load_items_by_id(session, items)
        bound = store.claims_on(session, lines)
        waiting = queues.next_in_line(session, _units(lines, arrived))
        brought = store.pegged_to(session, [row.id for row in lines.values() if row.fulfillment_id is not None])
        owners = {c.owner_id for c in bound if c.kind == ClaimKind.ALLOCATION}
        loaded = loading.load(session, {*waiting, *owners, *brought})
        holders = LineHolders(unit, engine, lines)
        # Before anybody binds or claims anything of them: all open lines of the items, and these, in one order.
        every = items | {item for order in loaded.values() for item in order.item_ids}
        open_ids = {row.id for row in store.open_lines(session, every)}
        locked = store.lock(session, open_ids | lines.keys())
        holders.locked()
        before = [locked[id_] for id_ in lines]
        keys = {(row.item_id, row.location_id, row.stock_class) for row in before}
        ledger.make_positions(unit, keys)
        changes = open_changes(unit, engine, loaded.values(), also=sorted(items))
        left_from = {
            (leg.item_id, leg.location_id, leg.stock_class) for o in loaded.values() for leg in o.legs.values()
        }
        counts = records.last_counts(session, keys | left_from)
        legs = Arrivals(unit, engine.directory, changes, loaded, counts)
        now = {row.id: row for row in before}
        came: dict[int, int] = defaultdict(int)
        for each in arrived:
            row = now[each.line_id] = self._apply(changes, legs, each, now[each.line_id], counts)
            came[row.id] += each.receipt.quantity
            position = changes.positions[row.item_id, row.location_id, row.stock_class]
            outcomes[each.place] = SupplyOutcome("recorded", row.id, position.on_hand, row.state)
            self._tell(unit, each, row, actor)
        changed = [
            row._replace(claimed=0 if row.fulfillment_id is None else row.claimed, changed_at=unit.now)
            for row in now.values()
        ]
        store.change(unit, changed)
        legs.write()
        for row in changed:
            came[row.id] -= holders.arrive(changes, row, came[row.id])
            holders.lose(row)
        holders.write()
        # Who is bound may have changed before the lines were locked.
        bound = [claim for claim in store.claims_on(session, lines) if claim.kind == ClaimKind.ALLOCATION]
        serve_bound(changes, loaded, _first(bound, waiting, came), actor)
        serve(changes, engine, loaded, waiting, items, actor)
        changes.write(before)
        return [SupplyReceived(outcomes=tuple(outcomes))]

    def _admit(
        self, unit: Unit, command: ReceiveSupply, outcomes: list[SupplyOutcome]
    ) -> tuple[dict[int, SupplyRow], list[_Arrived]]:
        """Answer receipts of unknown lines and those that were told before; store and return the rest."""
        session = unit.session
        rows = store.named(session, [(r.reference, r.line) for r in command.receipts])
        known = store.told(session, [(r.source, r.record) for r in command.receipts])
        lines: dict[int, SupplyRow] = {}
        arrived: list[_Arrived] = []
        ids = unit.ids.take(len(command.receipts))
        for place, receipt in enumerate(command.receipts):
            mark = content_hash(receipt)
            told, row = known.get((receipt.source, receipt.record)), rows.get((receipt.reference, receipt.line))
            if told is not None:
                outcomes[place] = _told(told, mark, receipt)
            elif row is None:
                text = f"There is no supply line '{receipt.reference}' '{receipt.line}'."
                outcomes[place] = SupplyOutcome("failed", message=text, code="unknown_supply_line")
            else:
                known[receipt.source, receipt.record] = mark
                lines[row.id] = row
                arrived.append(_Arrived(place, receipt, row.id, ids[place], mark))
        unit.insert(
            inventory_tables.supply_receipts,
            [
                (
                    a.receipt.source,
                    a.receipt.record,
                    a.id,
                    a.line_id,
                    a.receipt.quantity,
                    a.mark,
                    min(a.receipt.occurred_at, unit.now),
                    unit.now,
                    command.actor.name,
                )
                for a in arrived
            ],
        )
        return lines, arrived

    def _apply(
        self, changes: Changes, legs: Arrivals, each: _Arrived, row: SupplyRow, counts: dict[PositionKey, int]
    ) -> SupplyRow:
        """Raise what is there by what came, if no later count has seen it already; returns the line as it is then."""
        if row.fulfillment_id is not None:
            at = min(each.receipt.occurred_at, changes.now)
            return legs.arrive(row, each.receipt.quantity, at, each.id, final=each.receipt.final)
        key = (row.item_id, row.location_id, row.stock_class)
        receipt, position, last = each.receipt, changes.positions[key], counts.get(key)
        at = min(receipt.occurred_at, changes.now)
        change = Counters()
        if last is None or at > last:
            change = with_on_hand(position, position.on_hand + receipt.quantity)
        kind = _TYPES[SupplyKind(row.kind)]
        changes.fact(Movement(kind, key, change, at, CauseKind.SUPPLY_RECEIPT, each.id))
        received = row.received + receipt.quantity
        state = row.state
        if state == SupplyState.OPEN:
            state = SupplyState.CLOSED if receipt.final else state_of(row.quantity, received)
        return row._replace(received=received, state=int(state))

    def _tell(self, unit: Unit, each: _Arrived, row: SupplyRow, actor: str) -> None:
        event = SupplyReceivedEvent(
            **named(self._engine.directory, row),
            record=each.receipt.record,
            received=each.receipt.quantity,
            quantity=row.quantity,
            total=row.received,
            state=SupplyState(row.state).name.lower(),
        )
        unit.event(new_event(event, at=unit.now, subject=row.reference, actor=actor))


def _units(lines: dict[int, SupplyRow], arrived: Sequence[_Arrived]) -> list[tuple[int, int]]:
    """Return how many units of each item arrive, and a few more."""
    units: dict[int, int] = defaultdict(int)
    for each in arrived:
        units[lines[each.line_id].item_id] += each.receipt.quantity
    return [(item, n + MORE) for item, n in units.items()]


def _first(bound: Sequence[SupplyClaim], waiting: Sequence[int], came: dict[int, int]) -> list[tuple[int, int, int]]:
    """Return who is served first (order, demand, units): those bound to the lines, in the order in which they wait."""
    place = {order_id: n for n, order_id in enumerate(waiting)}
    left = dict(came)
    out = []
    for claim in sorted(bound, key=lambda c: (place.get(c.owner_id, len(place)), c.owner_no, c.id)):
        units = min(claim.quantity, left[claim.line_id])
        if units:
            left[claim.line_id] -= units
            out.append((claim.owner_id, claim.owner_no, units))
    return out


def _told(told: bytes, mark: bytes, receipt: SupplyReceipt) -> SupplyOutcome:
    if told == mark:
        return SupplyOutcome("repeated")
    text = f"The record '{receipt.record}' of '{receipt.source}' was told before with another content."
    return SupplyOutcome("failed", message=text, code="record_differs")
