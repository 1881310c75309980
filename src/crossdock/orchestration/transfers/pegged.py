"""What a batch takes back of transfers: units of the lines that legs bring and that nobody needs there any more."""

from __future__ import annotations

from collections import defaultdict

from crossdock.inventory.model import Source
from crossdock.inventory.supply_model import SupplyState
from crossdock.orchestration.loading import HeldClaim, LoadedOrder
from crossdock.storage.unit import Unit


class Pegged:
    """Units that pegged supply lines are to bring no more; lines change only under the lock of their order."""

    def __init__(self) -> None:
        self._less: dict[int, int] = defaultdict(int)

    def less(self, order: LoadedOrder, claim: HeldClaim, quantity: int) -> HeldClaim | None:
        """Let the line of a claim bring so many units less; returns the claim of the leg that gives them back.

        None when the goods have left already: then they arrive for nobody.
        """
        if claim.source != Source.PEGGED or claim.supply_line_id is None:
            return None
        self._less[claim.supply_line_id] += quantity
        leg = order.legs.get(claim.supply_line_id)
        if leg is None or leg.quantity < quantity:
            return None
        order.legs[claim.supply_line_id] = leg._replace(quantity=leg.quantity - quantity)
        return leg

    def write(self, unit: Unit) -> None:
        """Write the lines; one that brings nothing more is called off, or closed when some of it has come."""
        sql = """
            WITH v(id, n) AS ({keys})
            UPDATE supply_lines SET quantity = supply_lines.quantity - v.n, claimed = supply_lines.claimed - v.n,
                state = CASE WHEN supply_lines.quantity - v.n > supply_lines.received THEN supply_lines.state
                             WHEN supply_lines.received > 0 THEN CAST(? AS smallint) ELSE CAST(? AS smallint) END,
                changed_at = CAST(? AS bigint)
            FROM v WHERE supply_lines.id = v.id
        """
        if self._less:
            ended = SupplyState.CLOSED.value, SupplyState.CANCELED.value
            unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(self._less.items()), *ended, unit.now)
            unit.dirty = True
