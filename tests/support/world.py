"""A small retailer for tests: a database, an App over it, and words to make things happen.

    with World(database_url) as world:
        world.locations("DC", "STORE")
        world.items("MUG")
        world.receive("MUG", "DC", 5)
        order = world.capture("A1", ("MUG", 2))

Time stands still but for `world.clock`, which moves a second with every command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Self, TypeVar

import msgspec

from crossdock.app import App
from crossdock.catalog.model import Component, Item
from crossdock.fulfillment.model import Execution, Negotiation, word
from crossdock.inventory.model import Counters
from crossdock.inventory.supply_model import SupplyLineIn
from crossdock.inventory.view_model import StockView
from crossdock.kernel.clock import SECOND, day_text
from crossdock.kernel.content import content_hash
from crossdock.network.model import Channel
from crossdock.orchestration import commands as c
from crossdock.orchestration.orders.explaining import explain_decision
from crossdock.orchestration.proof.verify import VerifyReport, verify
from crossdock.orchestration.supply.commands import (
    PutSupply,
    ReceiveSupply,
    SupplyOutcome,
    SupplyPut,
    SupplyReceipt,
    SupplyReceived,
)
from crossdock.orchestration.views.commands import PutView, ViewPut
from crossdock.orders.model import PARTITION, AddressIn, OrderIn, Status
from crossdock.routing.explain import Explanation
from crossdock.storage.schema import metadata
from crossdock.storage.session import Session
from tests.support.documents import (
    CARD,
    EVERY_DAY,
    LONDON,
    MONDAY,
    PLACES,
    TestClock,
    Wanted,
    line,
    location,
    order,
    seeded,
    standard_policy,
)
from tests.support.mirrors import assert_mirror
from tests.support.schema import make_schema

__all__ = [
    "CARD",
    "EVERY_DAY",
    "LONDON",
    "MONDAY",
    "PLACES",
    "Rows",
    "TestClock",
    "Wanted",
    "World",
    "assert_mirror",
    "line",
    "location",
    "order",
    "seeded",
    "standard_policy",
]

T = TypeVar("T")
Rows = dict[str, list[tuple[Any, ...]]]


class World:
    """One App over one database, driven from the test's thread."""

    def __init__(self, url: str, *, clock: Callable[[], int] | None = None, upgrade: bool = True) -> None:
        self.url = url
        self.clock = TestClock()
        self.actor = c.Actor("key:test")
        self._records = count(1)
        if upgrade:
            make_schema(url)
        self.app = App(url, clock=clock or self.clock, readers=1)
        self.app.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.app.close()

    def restart(self) -> None:
        """End the program and start another one over the same database: nothing is left in memory."""
        self.app.close()
        self.app = App(self.url, clock=self.clock, readers=1)
        self.app.start()

    # -- configuration -------------------------------------------------------------------------------------------

    def standard(self, *codes: str, items: tuple[str, ...] = ("MUG", "PEN", "LAMP"), **policy: Any) -> Self:
        """The usual beginning: a policy, a channel `web`, these locations (near to far), these items."""
        self.policy(**policy)
        self.channel("web")
        self.locations(*(codes or ("DC", "STORE")))
        self.items(*items)
        return self

    def policy(self, code: str = "standard", **changes: Any) -> None:
        self.do(c.PutPolicy(actor=self.actor, code=code, policy=standard_policy(**changes)))

    def channel(self, code: str, **changes: Any) -> None:
        fields = {"currency": "GBP", "service_days": 3, **changes}
        self.do(c.PutChannels(actor=self.actor, channels=(Channel(code=code, name=code.title(), **fields),)))

    def view(self, code: str = "web", *, channel: str | None = "web", **changes: Any) -> ViewPut:
        """Put a stock view of these fields, and have a channel look through it."""
        document = msgspec.convert({"code": code, **changes}, StockView)
        answer: ViewPut = self.do(PutView(actor=self.actor, view=document))
        if channel is not None:
            self.channel(channel, view=code)
        return answer

    def locations(self, *codes: str, **changes: Any) -> None:
        documents = tuple(location(code, index, **changes) for index, code in enumerate(codes))
        self.do(c.PutLocations(actor=self.actor, locations=documents))

    def put_location(self, code: str, index: int = 0, **changes: Any) -> None:
        self.do(c.PutLocations(actor=self.actor, locations=(location(code, index, **changes),)))

    def items(self, *skus: str, **changes: Any) -> None:
        self.do(c.PutItems(actor=self.actor, items=tuple(Item(sku=s, **{"weight_g": 400, **changes}) for s in skus)))

    def bundle(self, sku: str, parts: Mapping[str, int]) -> None:
        components = tuple(Component(part, quantity) for part, quantity in parts.items())
        self.do(c.PutItems(actor=self.actor, items=(Item(sku=sku, components=components),)))

    # -- commands ------------------------------------------------------------------------------------------------

    def do(self, command: Any) -> Any:
        """Have a command done; raises what refused it."""
        self.clock.at += SECOND
        return self.app.submit_now(command)

    def capture(self, external_id: str, *wanted: Wanted, **changes: Any) -> c.CapturedOrder:
        return self.take(order(external_id, *wanted, **changes))

    def take(self, document: OrderIn, *, key: str | None = None, body: bytes | None = None) -> c.CapturedOrder:
        """Capture a document, with an Idempotency-Key if one is given."""
        answer: c.CapturedOrder = self.do(self.capturing(document, key=key, body=body))
        return answer

    def capturing(self, document: OrderIn, *, key: str | None = None, body: bytes | None = None) -> c.CaptureOrder:
        mark = content_hash(document)
        return c.CaptureOrder(actor=self.actor, order=document, content_hash=mark, request=_key(key, body or mark))

    def cancel(self, order_id: int, lines: dict[int, int] | None = None, **changes: Any) -> c.OrderChanged:
        answer: c.OrderChanged = self.do(c.CancelUnits(actor=self.actor, order_id=order_id, lines=lines, **changes))
        return answer

    def route(self, order_id: int, **changes: Any) -> c.OrderChanged:
        answer: c.OrderChanged = self.do(c.RouteAgain(actor=self.actor, order_id=order_id, **changes))
        return answer

    def send_elsewhere(self, order_id: int, address: AddressIn, delivery: int = 1, **changes: Any) -> c.OrderChanged:
        command = c.AmendAddress(
            actor=self.actor, order_id=order_id, delivery_no=delivery, destination=address, **changes
        )
        answer: c.OrderChanged = self.do(command)
        return answer

    def hold(self, order_id: int, reason: str, **changes: Any) -> c.OrderChanged:
        answer: c.OrderChanged = self.do(c.PlaceHold(actor=self.actor, order_id=order_id, reason=reason, **changes))
        return answer

    def release(self, order_id: int, reason: str, **changes: Any) -> c.OrderChanged:
        answer: c.OrderChanged = self.do(c.ReleaseHold(actor=self.actor, order_id=order_id, reason=reason, **changes))
        return answer

    # -- work at locations ---------------------------------------------------------------------------------------

    def work(self, command: type, fulfillment: int, **of: Any) -> Any:
        """Have something done with a fulfillment."""
        return self.do(command(actor=self.actor, fulfillment_id=fulfillment, **of))

    def at(self, order_id: int, place: str) -> int:
        """The one fulfillment of an order that stands at a location."""
        sql = """
            SELECT f.id FROM fulfillments f JOIN locations l ON l.id = f.location_id
            WHERE f.order_id = ? AND l.code = ? AND f.execution <> 8
        """
        ((id_,),) = self.rows(sql, order_id, place)
        return int(id_)

    def stands(self, fulfillment: int) -> tuple[str, str]:
        """Where a fulfillment stands: what the location does, what it has said."""
        row = self.rows("SELECT execution, negotiation FROM fulfillments WHERE id = ?", fulfillment)[0]
        return word(Execution(row[0])), word(Negotiation(row[1]))

    def told(self, type_: str) -> list[dict[str, Any]]:
        """What the events of a type say, oldest first."""
        rows = self.rows("SELECT data FROM events WHERE type = ? ORDER BY id", type_)
        return [msgspec.json.decode(data) for (data,) in rows]

    # -- facts about stock ---------------------------------------------------------------------------------------

    def fact(
        self, kind: str, sku: str, place: str, quantity: int, at: int | None = None, record: str | None = None
    ) -> c.StockFact:
        return c.StockFact(
            source="wms",
            record=record or f"{kind}-{self.app.ids.worker}-{next(self._records)}",
            kind=kind,
            sku=sku,
            location=place,
            quantity=quantity,
            occurred_at=self.clock.at if at is None else at,
        )

    def record(self, *facts: c.StockFact, key: str | None = None) -> tuple[c.StockOutcome, ...]:
        """Record facts in one transaction; what became of each."""
        request = _key(key, content_hash(facts))
        answer: c.StockRecorded = self.do(c.RecordStock(actor=self.actor, facts=facts, request=request))
        return answer.outcomes

    def receive(self, sku: str, place: str, quantity: int, **more: Any) -> c.StockOutcome:
        return self.record(self.fact("received", sku, place, quantity, **more))[0]

    def count(self, sku: str, place: str, quantity: int, **more: Any) -> c.StockOutcome:
        return self.record(self.fact("counted", sku, place, quantity, **more))[0]

    def sell(self, sku: str, place: str, quantity: int, **more: Any) -> c.StockOutcome:
        return self.record(self.fact("sold", sku, place, quantity, **more))[0]

    def adjust(self, sku: str, place: str, quantity: int, **more: Any) -> c.StockOutcome:
        return self.record(self.fact("adjusted", sku, place, quantity, **more))[0]

    # -- what is coming ------------------------------------------------------------------------------------------

    def supply_line(self, reference: str, sku: str, place: str, quantity: int, on: str, **more: Any) -> SupplyLineIn:
        return SupplyLineIn(reference=reference, sku=sku, location=place, quantity=quantity, expected_on=on, **more)

    def put_supply(self, *lines: SupplyLineIn, key: str | None = None) -> tuple[SupplyOutcome, ...]:
        """Announce or change supply lines in one transaction; what became of each."""
        request = _key(key, content_hash(lines))
        answer: SupplyPut = self.do(PutSupply(actor=self.actor, lines=lines, request=request))
        return answer.outcomes

    def announce(self, reference: str, sku: str, place: str, quantity: int, on: str, **more: Any) -> SupplyOutcome:
        return self.put_supply(self.supply_line(reference, sku, place, quantity, on, **more))[0]

    def receipt(
        self, reference: str, quantity: int, *, record: str | None = None, at: int | None = None, **more: Any
    ) -> SupplyReceipt:
        return SupplyReceipt(
            source="wms",
            record=record or f"grn-{self.app.ids.worker}-{next(self._records)}",
            reference=reference,
            line=more.pop("line", "1"),
            quantity=quantity,
            occurred_at=self.clock.at if at is None else at,
            **more,
        )

    def receive_supply(self, *receipts: SupplyReceipt, key: str | None = None) -> tuple[SupplyOutcome, ...]:
        request = _key(key, content_hash(receipts))
        answer: SupplyReceived = self.do(ReceiveSupply(actor=self.actor, receipts=receipts, request=request))
        return answer.outcomes

    def arrive(self, reference: str, quantity: int, **more: Any) -> SupplyOutcome:
        return self.receive_supply(self.receipt(reference, quantity, **more))[0]

    def bound(self, order_id: int) -> list[tuple[str, str, int]]:
        """What an order's waiting units are bound to: SKU, the day it is expected, units; the earliest first."""
        sql = """
            SELECT i.sku, s.expected_day, CAST(sum(c.quantity) AS bigint)
            FROM claims c JOIN supply_lines s ON s.id = c.supply_line_id JOIN items i ON i.id = c.item_id
            WHERE c.owner_id = ? AND c.kind = 2 AND c.state = 1 GROUP BY i.sku, s.expected_day
            ORDER BY i.sku, s.expected_day
        """
        return [(sku, day_text(day), units) for sku, day, units in self.rows(sql, order_id)]

    # -- what there is -------------------------------------------------------------------------------------------

    def read(self, work: Callable[[Session], T]) -> T:
        return self.app.database.read_now(work)

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.read(lambda session: session.fetch(sql, *params))]

    def change(self, sql: str, *params: Any) -> int:
        """Change the database behind the program's back, on a connection of its own."""
        session = self.app.database.session()
        try:
            session.begin()
            changed = session.execute(sql, *params)
            session.commit()
        finally:
            session.close()
        return changed

    def position(self, sku: str, place: str) -> Counters | None:
        sql = """
            SELECT p.on_hand, p.picked, p.reserved, p.allocated, p.short FROM positions p
            JOIN items i ON i.id = p.item_id JOIN locations l ON l.id = p.location_id
            WHERE i.sku = ? AND l.code = ? AND p.stock_class = 0
        """
        rows = self.rows(sql, sku, place)
        return Counters(*rows[0]) if rows else None

    def stock(self, sku: str, place: str) -> tuple[int, int, int]:
        """On hand, allocated, short."""
        position = self.position(sku, place)
        return (position.on_hand, position.allocated, position.short) if position else (0, 0, 0)

    def plan(self, order_id: int) -> dict[str, dict[str, int]]:
        """What goes out from where: units by location and SKU, of fulfillments that stand."""
        sql = """
            SELECT l.code, i.sku, CAST(sum(n.quantity - n.canceled) AS bigint)
            FROM fulfillments f JOIN fulfillment_lines n ON n.fulfillment_id = f.id
            JOIN demand d ON d.order_id = f.order_id AND d.no = n.demand_no
            JOIN items i ON i.id = d.item_id JOIN locations l ON l.id = f.location_id
            WHERE f.order_id = ? AND f.execution <> 8 AND n.quantity > n.canceled GROUP BY l.code, i.sku
        """
        plan: dict[str, dict[str, int]] = {}
        for code, sku, units in self.rows(sql, order_id):
            plan.setdefault(code, {})[sku] = units
        return plan

    def waiting(self, order_id: int) -> list[tuple[str, str, int, str]]:
        """What lies in queues: queue, SKU, units, reason."""
        sql = """
            SELECT q.queue, i.sku, q.quantity, q.reason FROM queue_entries q JOIN items i ON i.id = q.item_id
            WHERE q.order_id = ? AND q.closed_at IS NULL ORDER BY q.demand_no, q.id
        """
        return [(r[0], r[1], r[2], r[3]) for r in self.rows(sql, order_id)]

    def parts(self, order_id: int) -> dict[str, int]:
        """Where the order's units stand; the parts that are not 0."""
        sums = ", ".join(f"CAST(sum({name}) AS bigint)" for name in PARTITION)
        values = self.rows(f"SELECT {sums} FROM demand WHERE order_id = ?", order_id)[0]
        return {name: value for name, value in zip(PARTITION, values, strict=True) if value}

    def status(self, order_id: int) -> Status:
        return Status(self.rows("SELECT status FROM orders WHERE id = ?", order_id)[0][0])

    def events(self, order_id: int | None = None) -> list[str]:
        """The types of the log, of one order or all."""
        where = "" if order_id is None else "WHERE order_id = ?"
        params = () if order_id is None else (order_id,)
        return [row[0] for row in self.rows(f"SELECT type FROM events {where} ORDER BY id", *params)]

    def explanation(self, decision_id: int) -> Explanation | None:
        return self.read(lambda session: explain_decision(session, decision_id))

    def fences(self, order_id: int, place: str) -> list[str]:
        """Which fences kept a location out of an order's last decision."""
        ((decision,),) = self.rows("SELECT max(id) FROM decisions WHERE order_id = ?", order_id)
        told = self.explanation(decision)
        assert told is not None
        return [check.fence for v in told.verdicts if v.code == place for check in v.failed]

    def dump(self, *leave_out: str) -> Rows:
        """Every row of every table, but batches: what nothing may change when a command is refused."""
        tables = [t for t in metadata.sorted_tables if t.name not in ("batches", *leave_out)]

        def work(session: Session) -> Rows:
            return {t.name: sorted(map(tuple, session.fetch(f"SELECT * FROM {t.name}")), key=repr) for t in tables}

        return self.read(work)

    def verify(self) -> VerifyReport:
        return self.read(lambda session: verify(session, self.clock.at))

    def assert_sound(self) -> None:
        """Every law of the ledger holds, and the writer's picture is what the database says."""
        report = self.verify()
        assert report.clean, "\n".join(finding.message for finding in report.findings)
        assert_mirror(self.app)


def _key(key: str | None, body: bytes) -> c.RequestKey | None:
    return None if key is None else c.RequestKey("key:test POST", key, body)
