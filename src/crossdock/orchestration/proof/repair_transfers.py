"""Mending transfers that do not add up: the path is given up, and its units wait for a person to look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crossdock.fulfillment.model import Execution
from crossdock.inventory.model import ClaimState, Source
from crossdock.inventory.supply_model import SupplyState
from crossdock.inventory.verify import Finding

if TYPE_CHECKING:
    from crossdock.orchestration.proof.repair import Repairs


def mend(repairs: Repairs, findings: Sequence[Finding]) -> set[int]:
    """Give up what these findings of ``verify_transfers`` are about; returns the orders that are to be mended then."""
    session, orders = repairs.session, set()
    for finding in findings:
        item, id_, order_id = finding.key
        repairs.note(f"{finding.field} of {finding.subject}", finding.found, 0)
        repairs.items.add(item)
        if finding.check == "transfer_claim_has_leg":
            session.execute(_RELEASE, ClaimState.RELEASED.value, id_)
            continue
        session.execute(_UNPEG_LINES, id_, Source.PEGGED.value, ClaimState.OPEN.value)
        session.execute(_UNPEG, ClaimState.RELEASED.value, id_, Source.PEGGED.value, ClaimState.OPEN.value)
        for fulfillment, claim in session.fetch(_LEG, id_):
            session.execute(_RELEASE, ClaimState.RELEASED.value, claim)
            session.execute(_EMPTY, fulfillment, claim)
            session.execute(_END, Execution.CANCELED.value, fulfillment, Execution.SHIPPED.value)
        session.execute(_CLOSE, SupplyState.CLOSED.value, id_)
        if order_id:
            orders.add(order_id)
    if findings:
        repairs.unit.dirty = True
    return orders


_RELEASE = "UPDATE claims SET state = CAST(? AS smallint) WHERE id = ?"
_UNPEG_LINES = """
    UPDATE fulfillment_lines SET canceled = quantity - shipped WHERE EXISTS (
        SELECT 1 FROM claims c WHERE c.id = fulfillment_lines.claim_id AND c.supply_line_id = ?
            AND c.supply_line_id IS NOT NULL AND c.source = ? AND c.state = ?)
"""
_UNPEG = """
    UPDATE claims SET state = CAST(? AS smallint)
    WHERE supply_line_id = ? AND supply_line_id IS NOT NULL AND source = ? AND state = ?
"""
_LEG = """
    SELECT l.fulfillment_id, l.claim_id FROM supply_lines s
    JOIN fulfillment_lines l ON l.fulfillment_id = s.fulfillment_id AND CAST(l.demand_no AS text) = s.line
    WHERE s.id = ?
"""
_EMPTY = "UPDATE fulfillment_lines SET canceled = quantity - shipped WHERE fulfillment_id = ? AND claim_id = ?"
_END = """
    UPDATE fulfillments SET execution = CAST(? AS smallint) WHERE id = ? AND execution <> ? AND NOT EXISTS (
        SELECT 1 FROM fulfillment_lines l WHERE l.fulfillment_id = fulfillments.id
            AND l.quantity > l.canceled + l.shipped)
"""
_CLOSE = """
    UPDATE supply_lines SET claimed = 0, state = CAST(? AS smallint) WHERE id = ?
"""
