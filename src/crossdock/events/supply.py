"""Events about what is coming, and about who waits for it."""

from __future__ import annotations

from typing import ClassVar

from crossdock.events.base import EventData


class BackorderEvent(EventData, frozen=True):
    """What the events about bound units say; dates are those on which the units are expected at a location."""

    order_id: str
    demand: int
    sku: str
    quantity: int
    expected_on: str = ""
    previous_on: str = ""
    supply: str = ""


class OrderBackorderBound(BackorderEvent, frozen=True):
    type: ClassVar[str] = "order.backorder_bound"
    summary: ClassVar[str] = "Units that wait have a date: they were bound to supply that is coming."


class OrderBackorderRebound(BackorderEvent, frozen=True):
    type: ClassVar[str] = "order.backorder_rebound"
    summary: ClassVar[str] = "Units that wait have another date, or more or fewer of them have one."


class OrderBackorderUnbound(BackorderEvent, frozen=True):
    type: ClassVar[str] = "order.backorder_unbound"
    summary: ClassVar[str] = "Units that wait have no date any more: the supply that they were bound to is not coming."


class SupplyChanged(EventData, frozen=True):
    type: ClassVar[str] = "supply.changed"
    summary: ClassVar[str] = "A supply line was announced, has another quantity or date, or is not coming."

    reference: str
    line: str
    sku: str
    location: str
    expected_on: str
    quantity: int
    state: str
    result: str
    previous_on: str = ""
    previous_quantity: int = 0


class SupplyReceived(EventData, frozen=True):
    type: ClassVar[str] = "supply.received"
    summary: ClassVar[str] = "Goods of a supply line arrived: in part, in full, more than announced, or none any more."

    reference: str
    line: str
    sku: str
    location: str
    record: str
    received: int
    quantity: int
    total: int
    state: str


_ORDER = "ord_06ax7q2m00001"

SAMPLES: tuple[EventData, ...] = (
    OrderBackorderBound(
        order_id=_ORDER,
        demand=1,
        sku="85123A",
        quantity=2,
        expected_on="2026-12-07",
        supply="PO-4711/1",
    ),
    OrderBackorderRebound(
        order_id=_ORDER,
        demand=1,
        sku="85123A",
        quantity=2,
        expected_on="2026-12-14",
        previous_on="2026-12-07",
        supply="PO-4712/1",
    ),
    OrderBackorderUnbound(order_id=_ORDER, demand=1, sku="85123A", quantity=0, previous_on="2026-12-14"),
    SupplyChanged(
        reference="PO-4711",
        line="1",
        sku="85123A",
        location="DC1",
        expected_on="2026-12-07",
        quantity=500,
        state="open",
        result="changed",
        previous_on="2026-12-01",
        previous_quantity=600,
    ),
    SupplyReceived(
        reference="PO-4711",
        line="1",
        sku="85123A",
        location="DC1",
        record="GRN-1",
        received=500,
        quantity=500,
        total=500,
        state="closed",
    ),
)
