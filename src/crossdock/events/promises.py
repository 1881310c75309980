"""Events of promises, each with the example that the documentation shows."""

from __future__ import annotations

from typing import ClassVar

from crossdock.events.base import EventData


class OrderPromised(EventData, frozen=True):
    type: ClassVar[str] = "order.promised"
    summary: ClassVar[str] = "An order brought a promise; `deliver_on` is when its plan arrives, kept or not."

    order_id: str
    promise_id: str
    promised_on: str
    deliver_on: str = ""
    is_kept: bool = True


class OrderPromiseAtRisk(EventData, frozen=True):
    type: ClassVar[str] = "order.promise_at_risk"
    summary: ClassVar[str] = "A promised order will be late unless somebody acts; `reason` says what stands in the way."

    order_id: str
    promise_id: str
    promised_on: str
    reason: str
    location: str = ""
    expected_on: str = ""
    supply: str = ""
    supply_previous_on: str = ""
    supply_expected_on: str = ""


class OrderPromiseLate(EventData, frozen=True):
    type: ClassVar[str] = "order.promise_late"
    summary: ClassVar[str] = "The promised day is over, and not everything has left."

    order_id: str
    promise_id: str
    promised_on: str
    reason: str
    location: str = ""
    expected_on: str = ""


class OrderPromiseRecovered(EventData, frozen=True):
    type: ClassVar[str] = "order.promise_recovered"
    summary: ClassVar[str] = "A promised order that was at risk will be kept after all."

    order_id: str
    promise_id: str
    promised_on: str


_ORDER, _PROMISE, _DAY = "ord_06ax7q2m00001", "prm_06ax7q2m00007", "2026-11-24"
SAMPLES: tuple[EventData, ...] = (
    OrderPromised(order_id=_ORDER, promise_id=_PROMISE, promised_on=_DAY, deliver_on=_DAY),
    OrderPromiseAtRisk(
        order_id=_ORDER, promise_id=_PROMISE, promised_on=_DAY, reason="supply_slipped", location="DC1",
        expected_on="2026-11-28", supply="PO-7/1", supply_previous_on="2026-11-20", supply_expected_on="2026-11-27",
    ),
    OrderPromiseLate(order_id=_ORDER, promise_id=_PROMISE, promised_on=_DAY, reason="day_over", location="DC1"),
    OrderPromiseRecovered(order_id=_ORDER, promise_id=_PROMISE, promised_on=_DAY),
)  # fmt: skip
