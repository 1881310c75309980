"""Events about goods that go through one of our locations on their way to a customer."""

from __future__ import annotations

from typing import ClassVar

from crossdock.events.base import EventData


class FulfillmentSupplied(EventData, frozen=True):
    type: ClassVar[str] = "fulfillment.supplied"
    summary: ClassVar[str] = "Goods of a leg have arrived for a fulfillment; ``complete`` when nothing more is to come."

    order_id: str
    fulfillment_id: str
    leg: str
    location: str
    demand: int
    sku: str
    quantity: int
    complete: bool = False


SAMPLES: tuple[EventData, ...] = (
    FulfillmentSupplied(
        order_id="ord_06ax7q2m00001", fulfillment_id="ful_06ax7q2m00002", leg="ful_06ax7q2m00003", location="SHOP",
        demand=1, sku="85123A", quantity=2, complete=True,
    ),
)  # fmt: skip
