"""A demand's parts by what stands for them: fulfillments, reservations, queue entries. Pure."""

from __future__ import annotations

from typing import NamedTuple

from crossdock.fulfillment.model import Execution
from crossdock.orders.status import (
    ALLOCATED,
    CANCELED,
    DELIVERED,
    LOST,
    PICKED,
    RELEASED,
    RESERVED,
    SHIPPED,
    WAITING,
)


class Line(NamedTuple):
    """A fulfillment line with what it stands for."""

    fulfillment_id: int
    claim_id: int
    demand_no: int
    location_id: int
    quantity: int
    canceled: int
    shipped: int
    execution: int

    @property
    def live(self) -> int:
        """Units that are still to go out, as the line alone says."""
        return self.quantity - self.canceled - self.shipped

    @property
    def canceled_whole(self) -> bool:
        """Say whether its fulfillment is called off."""
        return self.execution == Execution.CANCELED

    @property
    def standing(self) -> int:
        """Units that are still to go out; none of a fulfillment that is called off."""
        return 0 if self.canceled_whole else self.live


class Standing:
    """What stands for the units of a demand: fulfillments, reservations, queue entries."""

    def __init__(self, queued: int) -> None:
        self.queued = queued
        self.planned = self.started = self.shipped = self.reserved = 0

    def add(self, line: Line, live: int) -> None:
        """Count a fulfillment line, of which so many units are still to go out."""
        self.shipped += line.shipped
        if line.canceled_whole or line.execution == Execution.PLANNED:
            self.planned += live
        else:
            self.started += live


def rearrange(parts: list[int], stand: Standing) -> None:
    """Let the parts of a demand be what stands for them; units that nothing stands for wait."""
    pool = 0
    for limit, chosen in (
        (stand.reserved, (RESERVED,)),
        (stand.planned, (ALLOCATED,)),
        (stand.started, (PICKED, RELEASED)),
        (stand.shipped, (DELIVERED, SHIPPED)),
    ):
        for part in chosen:
            excess = min(parts[part], max(0, sum(parts[p] for p in chosen) - limit))
            parts[part] -= excess
            pool += excess
    for part, missing in (
        (RESERVED, stand.reserved - parts[RESERVED]),
        (ALLOCATED, stand.planned - parts[ALLOCATED]),
        (RELEASED, stand.started - parts[RELEASED] - parts[PICKED]),
        (SHIPPED, stand.shipped - parts[SHIPPED] - parts[DELIVERED] - parts[LOST]),
    ):
        lacking = missing
        for giver in (None, WAITING, CANCELED, LOST):
            given = max(0, min(lacking, pool if giver is None else parts[giver]))
            if giver is None:
                pool -= given
            else:
                parts[giver] -= given
            parts[part] += given
            lacking -= given
    parts[WAITING] += pool
