"""Promises over HTTP: a basket of 10 lines at 305 locations, every way in which it can be had, one request at a time.

Each request is answered with two services, the three nearest pick-ups that have everything, and three stores to send
to; the offers are kept, so a request is done when they are on disk. Also measured beside orders at 500 a second.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from benchmarks import paced, world, wrk
from benchmarks.result import Result, result
from benchmarks.servers import Databases, serving

BASKETS = 1_000
SECONDS = 12
WARM_UP = 4
ORDERS_A_SECOND = 500
CONNECTIONS = 256
COMMAND = f"wrk -t1 -c1 -d{SECONDS}s POST /v1/promises, baskets of 10 lines, 305 locations"


def measure(databases: Databases, kinds: tuple[str, ...] = ("sqlite",)) -> Iterator[Result]:
    """Yield the figures of promises."""
    rng = random.Random(17)
    bodies = [world.basket(rng) for _ in range(BASKETS)]
    orders = [world.order(number, rng) for number in range(2_000)]
    for kind in kinds:
        with serving(databases.fresh(kind), databases.folder, "--warm") as server:
            url = f"{server.url}/v1/promises"
            wrk.post(url, server.key, bodies, "warm", 1, WARM_UP)
            load = _sound(wrk.post(url, server.key, bodies, "alone", 1, SECONDS))
            yield result("promise_10x300_median_ms", load.p50_ms, "ms", COMMAND)
            yield result("promise_10x300_p99_ms", load.p99_ms, "ms", COMMAND)
            capture = f"{server.url}/v1/orders"
            seconds = SECONDS + 1
            with paced.Orders(capture, server.key, orders, "beside", ORDERS_A_SECOND, seconds, CONNECTIONS) as sender:
                beside = _sound(wrk.post(url, server.key, bodies, "both", 1, SECONDS))
                captured = sender.result()
            if captured.errors or captured.unanswered:
                raise RuntimeError(f"orders were not answered with success: {captured}")
            told = f"{COMMAND}, beside POST /v1/orders sent at {captured.sent:,.0f}/s, an open loop"
            yield result("capture_beside_promises", captured.answered, "orders/s", told)
            yield result("capture_beside_promises_p99_ms", captured.p99_ms, "ms", told)
            yield result("promise_10x300_beside_orders_median_ms", beside.p50_ms, "ms", told)
            yield result("promise_10x300_beside_orders_p99_ms", beside.p99_ms, "ms", told)


def _sound(load: wrk.Load) -> wrk.Load:
    if load.errors or not load.rate:
        raise RuntimeError(f"{load.errors} requests were not answered with success")
    return load
