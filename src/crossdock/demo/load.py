"""The year, captured: every order, receipt and cancellation goes through the writer that the API uses.

The clock goes along with the year, in steps of at most a day. A load that broke off is simply run again: steps before
the newest order are through, and of the step that broke off nothing counts twice, orders by their external id, receipts
by their record, cancellations by a request key. The last order of the year is captured after everything else: where it
is, the year is whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from crossdock.demo import documents, feed
from crossdock.demo.feed import CancellationReceived, OrderPlaced, Step
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.retailer import Retailer
from crossdock.demo.supply import OPENED_AT, Receipt
from crossdock.demo.terms import CHANNEL
from crossdock.inventory import SupplyFilter, SupplyLineIn, list_supply
from crossdock.kernel.clock import instant
from crossdock.kernel.content import content_hash
from crossdock.kernel.errors import CrossdockError
from crossdock.orchestration import (
    Actor,
    CancelUnits,
    CapturedOrder,
    CaptureOrder,
    OrderChanged,
    PutChannels,
    PutItems,
    PutLocations,
    PutPolicy,
    PutSupply,
    ReceiveSupply,
    RecordStock,
    RequestKey,
    ServeWaiting,
    StockFact,
    SupplyReceipt,
)
from crossdock.orders import OrderFilter, find_order, list_orders, waiting_skus

FIRST_ORDER = "536365"
LAST_ORDER = "581587"
"""The external ids of the first and the last order of the year."""
ACTOR = Actor("system:demo")
SOURCE = "demo"
_IN_FLIGHT = 500
_FACTS_AT_ONCE = 2_000
_EVENTS_A_STEP = 2_000
_REASON = "credit note"

T = TypeVar("T")


class Writer(Protocol):
    """Who does the commands (storage.writer.Writer is one)."""

    def submit(self, command: Any) -> Future[Any]:
        """Queue a command; the future has its answer or the error that refused it."""


class Reader(Protocol):
    """Who reads from the database (storage.database.Database.read_now is one)."""

    def __call__(self, work: Callable[[Any], T]) -> T:
        """Run a query function in one snapshot."""


class YearClock:
    """The clock of a year that is over: it stands where the load is."""

    def __init__(self) -> None:
        self._at = instant(OPENED_AT)

    def __call__(self) -> int:
        """Return where the load is."""
        return self._at

    def move(self, at: int) -> None:
        """Go forward; never back."""
        self._at = max(self._at, at)


class Told(msgspec.Struct, frozen=True):
    """How far the load is: events done, of how many, orders among them."""

    done: int
    total: int
    orders: int


class Loaded(msgspec.Struct):
    """What was sent and what was refused; how it was routed is in the database."""

    orders: int = 0
    lines: int = 0
    known: int = 0
    """Orders that had been captured before: the load was run again."""
    receipts: int = 0
    cancellations: int = 0
    """Orders that a credit note took units of, counted for each note."""
    canceled_units: int = 0
    refused: dict[str, int] = {}
    """Commands that were refused, by the code of the error."""


def is_loaded(session: Any) -> bool:
    """Say whether the whole year is in the database."""
    return find_order(session, CHANNEL.code, LAST_ORDER) is not None


def is_strange(session: Any) -> bool:
    """Say whether the database has orders, and they are not the demonstration's."""
    some = list_orders(session, OrderFilter(), "captured_at", limit=1).orders
    return bool(some) and (some[0].channel, some[0].external_id) != (CHANNEL.code, FIRST_ORDER)


class Loader:
    """Feeds the year to the writer; ``clock`` must be the clock that the writer goes by."""

    def __init__(
        self, writer: Writer, read: Reader, clock: YearClock, year: Reconciliation, retailer: Retailer
    ) -> None:
        self._writer = writer
        self._read = read
        self._clock = clock
        self._year = year
        self._retailer = retailer
        self._ids: dict[str, int] = {}
        self._refused: Counter[str] = Counter()
        self._waiting: deque[tuple[Future[Any], Callable[[Any], None]]] = deque()
        self._due: dict[str, deque[Receipt]] = defaultdict(deque)
        for receipt in retailer.supply.receipts:
            self._due[receipt.sku].append(receipt)
        self._announced: set[str] = set()
        self.loaded = Loaded()

    def set_up(self) -> None:
        """Put the retailer: policy, locations, items, channel, and the stock that lies there when the year begins."""
        retailer = self._retailer
        self._do(PutPolicy(actor=ACTOR, code=retailer.channel.policy, policy=documents.policy(retailer.policy)))
        self._do(PutLocations(actor=ACTOR, locations=tuple(map(documents.location, retailer.locations))))
        self._do(PutItems(actor=ACTOR, items=tuple(map(documents.item, retailer.items))))
        self._do(PutChannels(actor=ACTOR, channels=(documents.channel(retailer.channel),)))
        at = instant(OPENED_AT)
        facts = [
            _received(f"opening {stock.location} {stock.sku}", stock.location, stock.sku, stock.quantity, at)
            for stock in retailer.supply.opening
        ]
        for part in _parts(facts, _FACTS_AT_ONCE):
            self._do(RecordStock(actor=ACTOR, facts=part))

    def run(self, told: Callable[[Told], None] = lambda _: None) -> Loaded:
        """Capture the year; ``told`` hears how far it is after each step."""
        total = (
            len(self._retailer.supply.receipts)
            + len(self._year.orders)
            + sum(bool(event.matched) for event in self._year.cancellations)
        )
        done, reached = 0, self._read(_newest_order)
        self._announced = self._read(_announced)
        for step in _last_order_last(feed.steps(feed.events(self._year, self._retailer), _EVENTS_A_STEP)):
            # Orders of a later step are there, so this one was finished: kinds and steps wait for each other.
            if reached is not None and step.until < reached:
                self.loaded.known += len(step.orders)
            else:
                self._step(step)
            done += len(step.receipts) + len(step.orders) + len(step.cancellations)
            told(Told(done, total, self.loaded.orders))
        self.loaded.refused = dict(self._refused.most_common())
        return self.loaded

    def _step(self, step: Step) -> None:
        """Do the receipts, then the orders, then the cancellations of a step, each when the others are through.

        At its beginning what waits is looked at again, as a server does from time to time: a new day has new capacity.
        """
        self._clock.move(instant(step.since))
        self._do(ServeWaiting(actor=ACTOR))
        self._announce(step.since)
        if step.receipts:
            self._clock.move(instant(step.receipts[-1].at))
            self._receive([event.receipt for event in step.receipts])
        if step.orders:
            # The clock may be ahead of an order by the length of a step; `at` says when it was placed.
            self._clock.move(instant(step.orders[-1].at))
            for placed in step.orders:
                self._capture(placed)
            self._finish()
        if step.cancellations:
            self._clock.move(instant(step.cancellations[-1].at))
            self._cancel(step.cancellations)
            self._finish()

    def _announce(self, since: datetime) -> None:
        """Say when what somebody waits for will come: the buyer asks the suppliers for these items alone."""
        lines = []
        for sku in self._read(waiting_skus):
            due = self._due[sku]
            while due and due[0].at < since:
                due.popleft()
            places: set[str] = set()
            for receipt in due:
                if receipt.location not in places and _name(receipt) not in self._announced:
                    lines.append(receipt)
                places.add(receipt.location)
        for part in _parts(lines, _FACTS_AT_ONCE):
            self._do(PutSupply(actor=ACTOR, lines=tuple(map(_coming, part))))
        self._announced.update(map(_name, lines))

    def _receive(self, receipts: Sequence[Receipt]) -> None:
        """Take in what arrives: of the lines that were announced, and without any."""
        facts = [
            _received(_name(each), each.location, each.sku, each.quantity, instant(each.at))
            for each in receipts
            if _name(each) not in self._announced
        ]
        arrived = [_arrived(each) for each in receipts if _name(each) in self._announced]
        for told in _parts(arrived, _FACTS_AT_ONCE):
            self._do(ReceiveSupply(actor=ACTOR, receipts=told))
        for part in _parts(facts, _FACTS_AT_ONCE):
            self._do(RecordStock(actor=ACTOR, facts=part))
        self.loaded.receipts += len(receipts)

    def _capture(self, placed: OrderPlaced) -> None:
        channel = self._retailer.channel
        order = documents.order(placed, channel.code, channel.currency)

        def captured(answer: CapturedOrder) -> None:
            self._ids[order.external_id] = answer.order_id
            if answer.replayed:
                self.loaded.known += 1
                return
            self.loaded.orders += 1
            self.loaded.lines += len(order.lines)

        mark, at = content_hash(order), instant(order.placed_at)
        self._send(CaptureOrder(actor=ACTOR, order=order, content_hash=mark, at=at), captured)

    def _cancel(self, credits: Sequence[CancellationReceived]) -> None:
        """Cancel what credit notes take back: for each note and order one command, whatever rows it has."""
        wanted: dict[tuple[str, str], dict[int, int]] = {}
        for received in credits:
            for part in received.cancellation.matched:
                lines = wanted.setdefault((received.cancellation.credit_note, part.external_id), {})
                lines[part.line_number] = lines.get(part.line_number, 0) + part.quantity

        def canceled(answer: OrderChanged) -> None:
            self.loaded.cancellations += 1
            self.loaded.canceled_units += answer.changed.get("units", 0)

        for (credit_note, external_id), lines in wanted.items():
            order_id = self._ids.get(external_id) or self._read(_finding(external_id))
            if order_id is None:
                self._refused["order_not_captured"] += 1
                continue
            key = RequestKey(SOURCE, f"{credit_note} {external_id}", content_hash(sorted(lines.items())))
            command = CancelUnits(actor=ACTOR, order_id=order_id, lines=lines, reason=_REASON, request=key)
            self._send(command, canceled)

    # -- the writer ----------------------------------------------------------------------------------------------

    def _do(self, command: Any) -> Any:
        return self._writer.submit(command).result()

    def _send(self, command: Any, answered: Callable[[Any], None]) -> None:
        if len(self._waiting) >= _IN_FLIGHT:
            self._settle()
        self._waiting.append((self._writer.submit(command), answered))

    def _finish(self) -> None:
        while self._waiting:
            self._settle()

    def _settle(self) -> None:
        future, answered = self._waiting.popleft()
        try:
            answer = future.result()
        except CrossdockError as error:
            if error.status >= 500:
                raise
            self._refused[error.code] += 1
            return
        answered(answer)


def _newest_order(session: Any) -> datetime | None:
    found = list_orders(session, OrderFilter(channel=CHANNEL.code), "-placed_at", limit=1).orders
    return found[0].placed_at if found else None


def _announced(session: Any) -> set[str]:
    """Return the supply lines there are: the load may go on where another one ended."""
    return {line.reference for line in list_supply(session, SupplyFilter(), 0, None, 1_000_000).lines}


def _finding(external_id: str) -> Callable[[Any], int | None]:
    return lambda session: find_order(session, CHANNEL.code, external_id)


def _received(record: str, location: str, sku: str, quantity: int, at: int) -> StockFact:
    return StockFact(
        source=SOURCE, record=record, kind="received", sku=sku, location=location, quantity=quantity, occurred_at=at
    )


def _name(receipt: Receipt) -> str:
    """Return the number of the purchase order that brings a receipt; it is the receipt's as well."""
    return f"{receipt.at:%Y-%m-%d} {receipt.location} {receipt.sku}"


def _coming(receipt: Receipt) -> SupplyLineIn:
    return SupplyLineIn(
        reference=_name(receipt), sku=receipt.sku, location=receipt.location,
        expected_on=f"{receipt.at:%Y-%m-%d}", quantity=receipt.quantity,
    )  # fmt: skip


def _arrived(receipt: Receipt) -> SupplyReceipt:
    name, at = _name(receipt), instant(receipt.at)
    return SupplyReceipt(
        source=SOURCE, record=name, reference=name, line="1", quantity=receipt.quantity, occurred_at=at
    )


def _last_order_last(steps: Iterable[Step]) -> Iterator[Step]:
    """Hold the last order of the year back until everything else is done."""
    held: list[OrderPlaced] = []
    for step in steps:
        if step.orders and step.orders[-1].order.external_id == LAST_ORDER:
            held.append(step.orders[-1])
            step = msgspec.structs.replace(step, orders=step.orders[:-1])  # noqa: PLW2901  (the same step, less one)
        if step != Step():
            yield step
    if held:
        yield Step(orders=tuple(held))


def _parts(whole: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(whole), size):
        yield tuple(whole[start : start + size])
