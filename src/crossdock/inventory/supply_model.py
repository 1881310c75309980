"""What is coming: the documents of supply lines and receipts, and the states of a line."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from msgspec import Meta

from crossdock.catalog.model import Sku
from crossdock.kernel.document import Code, Day, ExternalId, Input, Instant

KindWord = Literal["purchase", "transfer", "return"]
StateWord = Literal["open", "closed", "canceled"]
Units = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class SupplyKind(enum.IntEnum):
    """Where goods come from: a supplier, another location of ours, a customer."""

    PURCHASE = 1
    TRANSFER = 2
    RETURN = 3


class SupplyState(enum.IntEnum):
    """Where a supply line stands: only an open one can be claimed."""

    OPEN = 1
    CLOSED = 2
    CANCELED = 3


class LimitKind(enum.IntEnum):
    """What a limit on waiting units counts."""

    BACKORDER = 1
    PREORDER = 2


PREORDER = "preorder"
"""The reason of a queue entry for units of an item that is not launched yet."""


class SupplyLineIn(Input):
    """A line of a purchase order, transfer or return: what is coming where, and when. Sent again it is changed."""

    reference: ExternalId
    sku: Sku
    location: Code
    expected_on: Day
    quantity: Annotated[int, Meta(ge=1, le=1_000_000_000, description="all units of the line, received ones included")]
    line: Annotated[Code, Meta(description="tells the lines of one reference apart")] = "1"
    kind: KindWord = "purchase"
    canceled: bool = False


class SupplyReceiptIn(Input):
    """What arrived of a supply line: in part, in full or more; ``final`` says that nothing more will come."""

    record: ExternalId
    reference: ExternalId
    quantity: Units
    occurred_at: Instant
    line: Code = "1"
    final: bool = False


def state_of(quantity: int, received: int, *, canceled: bool = False) -> SupplyState:
    """Return the state that a line has by its numbers alone."""
    if canceled:
        return SupplyState.CANCELED
    return SupplyState.CLOSED if received >= quantity else SupplyState.OPEN
