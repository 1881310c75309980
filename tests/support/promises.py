"""Promises for tests: ask a world, order what it promised, let its watch go round."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from crossdock.orchestration import commands as c
from crossdock.orchestration.promises.desk import quote_of
from crossdock.orchestration.promises.model import Quote
from crossdock.orchestration.promises.reserving import make_promises
from crossdock.orders.model import AddressIn, DeliveryIn, Promise
from crossdock.promising import Promises, PromiseView
from crossdock.promising.documents import PromiseIn, PromiseLineIn, PromisePlaceIn
from tests.support.world import Wanted, World, order


def promise(world: World, *wanted: Wanted, **changes: Any) -> Promises:
    """Ask what can be promised for (sku, quantity) lines; kept unless told otherwise."""
    fields: dict[str, Any] = {"channel": "web", "destination": PromisePlaceIn("GB", "EC1A 1BB"), **changes}
    lines = tuple(PromiseLineIn(sku, quantity, 1_000) for sku, quantity in wanted)
    return promise_for(world, PromiseIn(lines=lines, **fields))


def promise_for(world: World, asked: PromiseIn, request: c.RequestKey | None = None) -> Promises:
    """Ask as the API does, of the writer: an Idempotency-Key is looked up nowhere before."""

    async def ask() -> Quote:
        return await world.app.database.read(
            lambda session: quote_of(world.app.promises, session, asked, world.clock.at)
        )

    async def make() -> Promises:
        made = await make_promises(asked, ask, world.app.submit, world.actor, request)
        return msgspec.json.decode(made.document, type=Promises)

    return asyncio.run(make())


def take_promise(
    world: World, promise: PromiseView, external_id: str, *wanted: Wanted, **changes: Any
) -> c.CapturedOrder:
    """Order what was promised, without a second between."""
    address = AddressIn(country="GB", name="Ada Example", postal_code="EC1A 1BB")
    delivery = DeliveryIn(
        destination=address,
        method=promise.method,
        service_level=promise.service_level,
        location=promise.location,
    )
    document = order(external_id, *wanted, deliveries=(delivery,), promise_id=promise.id, **changes)
    answer: c.CapturedOrder = world.app.submit_now(world.capturing(document))
    return answer


def watch_promises(world: World) -> int:
    """Let the watch go over every promised order; how many stand otherwise now."""
    return asyncio.run(world.app.watch_promises())


def promise_axis(world: World, order_id: int) -> Promise:
    """Return how the order says that its promise stands."""
    return Promise(world.rows("SELECT promise FROM orders WHERE id = ?", order_id)[0][0])
