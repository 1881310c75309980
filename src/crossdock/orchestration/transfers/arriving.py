"""What legs bring: allocated, in the movement that tells of it, to whom it was brought for, so never for sale there.

A receipt also proves that the goods have left where they came from: the leg's claim is consumed, and they are no longer
on hand there. (Telling at the hour when they leave belongs to the work on the floor.)
"""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.events.catalog import new_event
from crossdock.events.transfers import FulfillmentSupplied
from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment import tables as fulfillment_tables
from crossdock.inventory import claims
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.facts import with_allocated, with_on_hand
from crossdock.inventory.model import (
    CauseKind,
    ClaimKind,
    ClaimState,
    Counters,
    Movement,
    MovementType,
    PositionKey,
    Source,
)
from crossdock.inventory.supply import SupplyRow
from crossdock.inventory.supply_model import SupplyState
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.loading import HeldClaim, LoadedOrder
from crossdock.storage.unit import Unit


class Arrivals:
    """What one transaction hears of legs; their orders are locked and loaded, and the lines after them."""

    def __init__(
        self,
        unit: Unit,
        directory: Directory,
        changes: Changes,
        loaded: Mapping[int, LoadedOrder],
        counts: Mapping[PositionKey, int],
    ) -> None:
        self._unit = unit
        self._directory = directory
        self._changes = changes
        self._loaded = loaded
        self._counts = counts
        self._for = {
            claim.supply_line_id: (order, claim.id)
            for order in loaded.values()
            for claim in order.claims.values()
            if claim.source == Source.PEGGED
        }
        self._lost: list[tuple[LoadedOrder, int, int]] = []
        self._went: list[tuple[int, int, int, int]] = []

    def arrive(self, row: SupplyRow, units: int, at: int, receipt_id: int, *, final: bool) -> SupplyRow:
        """Record that units of a leg's line have come; returns the line as it is then.

        Units beyond what the line is pegged to are free. What ``final`` says will not come waits again, and is taken
        to be still where it was.
        """
        key = (row.item_id, row.location_id, row.stock_class)
        order, claim = self._whose(row)
        before, was_counted = self._changes.positions[key], self._is_counted(key, at)
        wanted = 0 if claim is None else claim.quantity
        took = min(units, wanted, max(0, before.claimable)) if was_counted else min(units, wanted)
        own = Counters(allocated=took) if was_counted else Counters(on_hand=took, allocated=took)
        beyond = Counters()
        if not was_counted and units > took:
            after = before.plus(own)
            beyond = with_on_hand(after, after.on_hand + units - took)
        kind = MovementType.TRANSFERRED_IN
        self._changes.fact(Movement(kind, key, own.plus(beyond), at, CauseKind.SUPPLY_RECEIPT, receipt_id))
        left = wanted - took
        if order is not None and claim is not None and took:
            self._leave(order, row, took, at, receipt_id)
            self._settle(order, claim, row, took)
        lost = left if final else min(left, max(0, units - took))
        if order is not None and claim is not None and lost:
            self._lost.append((order, claim.id, lost))
        received = row.received + units
        state = SupplyState.OPEN if left else SupplyState.CLOSED
        return row._replace(received=received, quantity=received + left, claimed=left, state=state.value)

    def _whose(self, row: SupplyRow) -> tuple[LoadedOrder | None, HeldClaim | None]:
        order, claim_id = self._for.get(row.id, (None, 0))
        return order, None if order is None else order.claims[claim_id]

    def _is_counted(self, key: PositionKey, at: int) -> bool:
        """Say whether a later count has seen already what happened at a position."""
        last = self._counts.get(key)
        return last is not None and at <= last

    def _leave(self, order: LoadedOrder, row: SupplyRow, units: int, at: int, receipt_id: int) -> None:
        """Take what has come off the position it came from."""
        leg = order.legs.get(row.id)
        if leg is None:
            return
        key = (leg.item_id, leg.location_id, leg.stock_class)
        if leg.source == Source.POSITION:
            before = self._changes.positions[key]
            change = Counters(on_hand=-units, allocated=-units)
            if self._is_counted(key, at):
                change = with_allocated(before, before.allocated - units)
            kind = MovementType.TRANSFERRED_OUT
            self._changes.fact(Movement(kind, key, change, at, CauseKind.SUPPLY_RECEIPT, receipt_id))
        order.legs[row.id] = leg._replace(quantity=leg.quantity - units)
        self._went.append((leg.fulfillment_id, leg.demand_no, leg.id, units))

    def _settle(self, order: LoadedOrder, claim: HeldClaim, row: SupplyRow, took: int) -> None:
        """Let what has come stand on the position: the whole claim, or a new one for a part of it."""
        unit, leg = self._unit, order.legs.get(row.id)
        target = claim.id
        if took == claim.quantity:
            unit.session.execute(_STANDS, Source.POSITION.value, claim.id)
            order.claims[claim.id] = claim._replace(source=Source.POSITION.value, supply_line_id=None)
        else:
            target = unit.ids.one()
            stand = (Source.POSITION.value, claim.item_id, claim.location_id, claim.stock_class, None, took)
            owner = (ClaimKind.ALLOCATION.value, claim.order_id, claim.demand_no)
            unit.insert(inventory_tables.claims, [(target, *owner, *stand, ClaimState.OPEN.value, None, unit.now)])
            fulfillments.move_lines(unit, [(claim.fulfillment_id, claim.demand_no, claim.id, took)])
            line = (claim.fulfillment_id, claim.demand_no, target, took, 0, 0, 0, 0)
            unit.insert(fulfillment_tables.fulfillment_lines, [line])
            claims.shrink(unit, [(claim.id, claim.quantity - took)])
            order.claims[claim.id] = claim._replace(quantity=claim.quantity - took)
            new = claim._replace(id=target, source=Source.POSITION.value, supply_line_id=None, quantity=took)
            order.claims[target] = new
        if leg is not None:
            claims.hand_on_shares(unit, leg.id, leg.quantity, target)
        self._changes.touch(order)
        self._tell(order, claim, row, took)

    def _tell(self, order: LoadedOrder, claim: HeldClaim, row: SupplyRow, took: int) -> None:
        subject = encode_id("ful", claim.fulfillment_id)
        pegged = [c for c in order.claims.values() if c.fulfillment_id == claim.fulfillment_id]
        event = FulfillmentSupplied(
            order_id=encode_id("ord", order.row.id),
            fulfillment_id=subject,
            leg=encode_id("ful", row.fulfillment_id or 0),
            location=self._directory.locations[claim.location_id].location.code,
            demand=claim.demand_no,
            sku=self._directory.item_by_id(claim.item_id).sku,
            quantity=took,
            complete=not any(c.source == Source.PEGGED and c.quantity for c in pegged),
        )
        actor = "system:supply"
        self._unit.event(new_event(event, at=self._unit.now, subject=subject, actor=actor, order_id=order.row.id))

    def write(self) -> None:
        """Write what has left, and let what will not come wait again and be routed; the lines are written before."""
        unit, left = self._unit, {leg.id: leg.quantity for o in self._loaded.values() for leg in o.legs.values()}
        if self._went:
            gone = sorted({(claim, left[claim]) for _, _, claim, _ in self._went})
            claims.consume(unit, gone)
            fulfillments.ship_lines(unit, self._went)
        for order, claim_id, lost in self._lost:
            claim = order.claims[claim_id]
            self._changes.unclaim(order, claim_id, lost, "not_arrived", "system:supply")
            delivery_no = order.demand[claim.demand_no].delivery_no
            self._changes.route(order, delivery_no, {claim.demand_no: lost}, "supply", "system:supply")


_STANDS = "UPDATE claims SET source = CAST(? AS smallint), supply_line_id = NULL WHERE id = ?"
