"""The supply lines that legs bring: each pegged to the one claim that it is for."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.inventory.model import PLAIN
from crossdock.inventory.supply import SupplyRow
from crossdock.inventory.supply_model import SupplyKind, SupplyState
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.plans import NewFulfillment


def supply_rows(planned: Sequence[NewFulfillment], at: int) -> list[SupplyRow]:
    """Return the supply lines of a plan's legs; their name is the leg's id and the demand's number."""
    pegged = [claim for f in planned if f.feeds is None for claim in f.claims if claim.supply is not None]
    brought = [(leg, claim) for leg in planned if leg.feeds is not None for claim in leg.claims]
    rows = []
    for (leg, claim), mine in zip(brought, pegged, strict=True):
        name = (SupplyKind.TRANSFER.value, encode_id("ful", leg.id), str(claim.demand_no))
        stand = (mine.item_id, mine.location_id, PLAIN, leg.deliver_day, mine.quantity, 0, mine.quantity)
        rows.append(SupplyRow(mine.supply or 0, *name, *stand, SupplyState.OPEN.value, at, at, leg.id))
    return rows
