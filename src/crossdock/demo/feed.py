"""The year as one stream of events in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from crossdock.demo.matching import CancellationEvent
from crossdock.demo.parties import Party, party_of
from crossdock.demo.places import Destination
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.retailer import Retailer
from crossdock.demo.sales import SaleOrder
from crossdock.demo.supply import Receipt


class ReceiptArrived(msgspec.Struct, frozen=True):
    """Goods came in."""

    at: datetime
    receipt: Receipt


class OrderPlaced(msgspec.Struct, frozen=True):
    """Somebody ordered."""

    at: datetime
    order: SaleOrder
    party: Party
    destination: Destination


class CancellationReceived(msgspec.Struct, frozen=True):
    """Units of earlier orders were taken back; what no line was found for stays outside the stream."""

    at: datetime
    cancellation: CancellationEvent


Event = ReceiptArrived | OrderPlaced | CancellationReceived


class Step(msgspec.Struct, frozen=True):
    """Events that may be taken in together: first all receipts, then all orders, then all cancellations."""

    receipts: tuple[ReceiptArrived, ...] = ()
    orders: tuple[OrderPlaced, ...] = ()
    cancellations: tuple[CancellationReceived, ...] = ()

    @property
    def since(self) -> datetime:
        """The instant of the first event in it."""
        return min(event.at for kind in (self.receipts, self.orders, self.cancellations) for event in kind[:1])

    @property
    def until(self) -> datetime:
        """The instant of the last event in it."""
        return max(event.at for kind in (self.receipts, self.orders, self.cancellations) for event in kind[-1:])


def events(year: Reconciliation, retailer: Retailer) -> Iterator[Event]:
    """Tell the year in the order of time; at the same instant goods come first, then orders, then cancellations."""
    receipts: Iterable[Event] = (ReceiptArrived(receipt.at, receipt) for receipt in retailer.supply.receipts)
    orders: Iterable[Event] = (
        OrderPlaced(order.placed_at, order, party_of(order), retailer.destinations[order.external_id])
        for order in year.orders
    )
    canceled: Iterable[Event] = (CancellationReceived(event.at, event) for event in year.cancellations if event.matched)
    # heapq.merge is stable: of equals the earlier stream comes first.
    return heapq.merge(receipts, orders, canceled, key=lambda event: event.at)


def steps(stream: Iterable[Event], most: int = 500, within: timedelta = timedelta(days=1)) -> Iterator[Step]:
    """Gather the stream into steps of at most ``most`` events of each kind, none empty, none longer than ``within``.

    Within a step a cancellation waits for the orders that were placed after it; that is all that changes its place.
    Receipts are never passed by an order or a cancellation, nor pass one.
    """
    gathered: list[Event] = []
    counts = {ReceiptArrived: 0, OrderPlaced: 0, CancellationReceived: 0}
    for event in stream:
        kind = type(event)
        late_receipt = kind is ReceiptArrived and len(gathered) > counts[ReceiptArrived]
        if gathered and (late_receipt or counts[kind] == most or event.at - gathered[0].at >= within):
            yield _step(gathered)
            gathered, counts = [], dict.fromkeys(counts, 0)
        gathered.append(event)
        counts[kind] += 1
    if gathered:
        yield _step(gathered)


def _step(gathered: list[Event]) -> Step:
    return Step(
        tuple(event for event in gathered if isinstance(event, ReceiptArrived)),
        tuple(event for event in gathered if isinstance(event, OrderPlaced)),
        tuple(event for event in gathered if isinstance(event, CancellationReceived)),
    )
