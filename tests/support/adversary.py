"""A program of its own: an App and many clients that do their worst with its stock, and say at the end what is true.

Run as `python -m tests.support.adversary '{"url": …}'`. Carts are reserved, extended, ordered, given back or forgotten;
orders come beside them and are canceled; a store's till sells what stands there, told once, twice, or long after; its
counts come late and twice. Its clock runs sixty times as fast, so that a minute's reservation expires in a second.
At the end it says `kept <n>` (carts that were ordered in time), and `truth {sku: units}` of its own store's shelf.
"""

import asyncio
import json
import random
import sys
import time
from typing import Any

import msgspec

from crossdock.app import App
from crossdock.inventory import feed_store
from crossdock.inventory.feed_arithmetic import NEVER
from crossdock.inventory.feed_decoding import read_ndjson
from crossdock.inventory.feed_rows import Names, pack_details, resolve
from crossdock.inventory.reservations import PlaceIn, ReservationIn, ReservedDeliveryIn, ReservedLineIn
from crossdock.kernel.clock import now, rfc3339
from crossdock.kernel.content import content_hash
from crossdock.kernel.errors import CrossdockError, Internal, Unavailable
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import commands as c
from crossdock.orchestration.feeds.commands import FeedPart
from crossdock.orchestration.reservations import commands as r
from crossdock.storage.jobs import Work
from tests.support.clients import insist, say
from tests.support.world import order

ACTOR = c.Actor("key:adversary")
FAST = 60
TO_LONDON = ReservedDeliveryIn(destination=PlaceIn(country="GB", postal_code="EC1A 1BB"))


class Siege(msgspec.Struct, frozen=True, kw_only=True):
    """What the clients do: `steps` each; `store` is the one whose till and shelf are this program's."""

    url: str
    name: str
    seed: int
    clients: int
    steps: int
    store: str
    begun_at: int
    skus: tuple[str, ...]
    """What stands in the store; `safe` stands where no till takes it."""
    safe: tuple[str, ...]
    shelf: int


class Store:
    """The shelf as it is, whatever has been told of it: who sells and counts there knows the truth."""

    def __init__(self, app: App, siege: Siege) -> None:
        self.app = app
        self.siege = siege
        self.truth = dict.fromkeys(siege.skus, siege.shelf)
        self._last = 0
        self._records = 0
        self._source = 0
        self._run = 0
        self._names = Names({}, {}, None)

    async def open(self) -> None:
        def ids(session: Any) -> tuple[dict[str, int], dict[str, int]]:
            items = dict(map(tuple, session.fetch("SELECT sku, id FROM items")))
            return items, dict(map(tuple, session.fetch("SELECT code, id FROM locations")))

        sources = await self.app.database.read(feed_store.sources)
        self._stored = next(s for s in sources if s.source.code == self.siege.store)
        self._names = Names(*await self.app.database.read(ids), None)
        self._run = await self.app.submit(Work(lambda unit: feed_store.open_run(unit, self._stored.id, "test")))

    def instant(self) -> int:
        """Now, but never the same instant twice: what happens in a store happens one after the other."""
        self._last = max(self._last + 1, self.app.clock())
        return self._last

    def sale(self, sku: str) -> dict[str, Any] | None:
        if self.truth[sku] == 0:
            return None
        self.truth[sku] -= 1
        return self._row("sold", sku, 1)

    def count(self, sku: str) -> dict[str, Any]:
        return self._row("counted", sku, self.truth[sku])

    def _row(self, kind: str, sku: str, quantity: int) -> dict[str, Any]:
        self._records += 1
        at = rfc3339(self.instant())
        record = f"{self.siege.name}{self._records}"
        return {"kind": kind, "sku": sku, "location": self.siege.store, "quantity": quantity, "occurred_at": at,
                "record": record}  # fmt: skip

    async def tell(self, rows: list[dict[str, Any]]) -> None:
        at = self.app.clock()
        chunk = read_ndjson(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), 0, 1)
        known, faults = resolve(chunk.told, self._names, self._stored.source, at, at, NEVER)
        assert not faults, faults
        details = pack_details(known.record, known.reason)
        start = 0
        while start < len(known):
            part = FeedPart(
                actor=ACTOR, source_id=self._stored.id, run_id=self._run, rows=known.part(start, len(known)),
                details=details,
            )  # fmt: skip
            start += (await insist(self.app, part)).done


class Besieger:
    """One client: a customer with carts and orders, or somebody at the till."""

    def __init__(self, app: App, siege: Siege, store: Store, number: int) -> None:
        self.app = app
        self.siege = siege
        self.store = store
        self.chance = random.Random(f"{siege.seed}/{number}")
        self.name = f"{siege.name}-{number}"
        self.orders: list[int] = []
        self.sent = 0
        self.kept = 0

    async def live(self) -> None:
        for _ in range(self.siege.steps):
            what = self.chance.choices((self.cart, self.order, self.cancel, self.till, self.shelf), (8, 5, 2, 2, 1))[0]
            try:
                await what()
            except (Internal, Unavailable):
                raise
            except CrossdockError:
                continue  # refused for a reason: commands may be

    def wanted(self) -> tuple[tuple[str, int], ...]:
        skus = self.chance.sample((*self.siege.skus, *self.siege.safe), self.chance.choice((1, 1, 2)))
        return tuple((sku, self.chance.choice((1, 1, 2))) for sku in skus)

    async def cart(self) -> None:
        wanted = self.wanted()
        forgotten = self.chance.random() < 0.4
        asked = ReservationIn(
            channel="web",
            lines=tuple(ReservedLineIn(sku, units) for sku, units in wanted),
            delivery=TO_LONDON,
            duration_seconds=60 if forgotten else 3_600,
        )
        held = await insist(self.app, r.Reserve(actor=ACTOR, reservation=asked, content_hash=content_hash(asked)))
        await asyncio.sleep(self.chance.random() * 0.3)
        if forgotten:
            return
        what = self.chance.random()
        if what < 0.2:
            await insist(self.app, r.ReleaseReservation(actor=ACTOR, reservation_id=held.reservation_id))
            return
        if what < 0.4:
            await insist(self.app, r.ExtendReservation(actor=ACTOR, reservation_id=held.reservation_id))
        captured = await self.capture(wanted, reservation_id=encode_id("rsv", held.reservation_id))
        if all(sku in self.siege.safe for sku, _ in wanted):
            assert not captured.queued, f"{captured.queued} of a cart that held them"
            self.kept += 1

    async def order(self) -> None:
        await self.capture(self.wanted(), channel=self.chance.choice(("web", "web", "market")))

    async def capture(self, wanted: tuple[tuple[str, int], ...], **more: Any) -> c.CapturedOrder:
        self.sent += 1
        document = order(f"{self.name}-{self.sent}", *wanted, at=self.app.clock(), **more)
        mark = content_hash(document)
        captured: c.CapturedOrder = await insist(
            self.app, c.CaptureOrder(actor=ACTOR, order=document, content_hash=mark)
        )
        self.orders.append(captured.order_id)
        return captured

    async def cancel(self) -> None:
        if self.orders:
            id_ = self.orders.pop(self.chance.randrange(len(self.orders)))
            await insist(self.app, c.CancelUnits(actor=ACTOR, order_id=id_))

    async def till(self) -> None:
        sold = self.store.sale(self.chance.choice(self.siege.skus))
        if sold is None:
            return
        if self.chance.random() < 0.3:
            await asyncio.sleep(self.chance.random() * 0.5)  # the line was down
        await self.store.tell([sold])
        if self.chance.random() < 0.3:
            await self.store.tell([sold])

    async def shelf(self) -> None:
        counts = [self.store.count(sku) for sku in self.siege.skus]
        await asyncio.sleep(self.chance.random() * 0.5)
        await self.store.tell(counts)
        if self.chance.random() < 0.3:
            await self.store.tell(counts)


async def besiege(app: App, siege: Siege) -> tuple[int, dict[str, int]]:
    store = Store(app, siege)
    await store.open()
    clients = [Besieger(app, siege, store, number) for number in range(siege.clients)]
    over = asyncio.Event()

    async def sweep() -> None:
        while not over.is_set():
            await insist(app, r.ExpireReservations(actor=ACTOR))
            await asyncio.sleep(0.1)

    sweeper = asyncio.create_task(sweep())
    await asyncio.gather(*[client.live() for client in clients])
    over.set()
    await sweeper
    return sum(client.kept for client in clients), store.truth


def main() -> None:
    siege = msgspec.json.decode(sys.argv[1], type=Siege)
    offset = siege.begun_at - now()
    started = time.monotonic_ns() // 1000 + offset
    app = App(siege.url, readers=1, clock=lambda: siege.begun_at + FAST * (time.monotonic_ns() // 1000 - started))
    app.start()
    say("ready")
    sys.stdin.readline()
    kept, truth = asyncio.run(besiege(app, siege))
    say("kept", kept)
    say("truth", json.dumps(truth))
    app.close()


if __name__ == "__main__":
    main()
