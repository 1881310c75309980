"""The partition of a demand's quantity, and the order status that is derived from it."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.orders.model import PARTITION, Status

WAITING, RESERVED, ALLOCATED, RELEASED, PICKED, SHIPPED, DELIVERED, LOST, CANCELED = range(len(PARTITION))

Partition = Sequence[int]


def total(partitions: Sequence[Partition]) -> list[int]:
    """Add partitions part by part."""
    return [sum(column) for column in zip(*partitions, strict=True)] if partitions else [0] * len(PARTITION)


def derive(parts: Partition) -> Status:
    """Return the status that an order with these summed parts has.

    What is canceled or lost does not count; of the rest the furthest step decides, and "partly" says that some units
    are not there yet.
    """
    live = sum(parts) - parts[CANCELED] - parts[LOST]
    if live == 0:
        return Status.CANCELED if parts[CANCELED] else Status.SHIPPED
    if parts[DELIVERED] == live:
        return Status.DELIVERED
    gone = parts[SHIPPED] + parts[DELIVERED]
    if gone == live:
        return Status.SHIPPED
    if gone:
        return Status.PARTLY_SHIPPED
    if parts[RELEASED] + parts[PICKED]:
        return Status.IN_PROGRESS
    claimed = parts[ALLOCATED] + parts[RESERVED]
    if claimed == live:
        return Status.ALLOCATED
    return Status.PARTLY_ALLOCATED if claimed else Status.WAITING
