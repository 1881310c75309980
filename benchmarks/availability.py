"""What can be promised, over HTTP: one item, a page, ten thousand pairs; fresh in another process; fifty views.

`python -m benchmarks.availability URL` measures the picture itself and writes what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import httpx

from benchmarks import paced, world, wrk
from benchmarks.result import Result, result
from benchmarks.server import memory_mb
from benchmarks.servers import Databases, Running, serving
from crossdock.app import App
from crossdock.inventory import Buffer, Exclusion, SafetyStock, Selector, StockView, ledger, tables
from crossdock.network import Channel
from crossdock.orchestration import Actor, Ask, PutChannels, PutView
from crossdock.storage.database import Database

WIDE = 1_000
"""So many items stand at every location."""
SECONDS = 6
CONNECTIONS = 16
PATH = "/v1/inventory/availability"
_ONE = "?sku=S%05d&channel=web&by_location=false"
_ACTOR = Actor("system:benchmark")
_HELD_CONNECTIONS = 64
_HELD_DELAY = 3
"""So that some 16,000 to 18,000 reads a second come where 15,000 are asked for."""
_EACH_VIEW = world.ITEMS // 1_000
"""Through each view every tenth item is asked for, through the next views the others."""
_ORDERS_A_SECOND = 500


def measure(databases: Databases) -> Iterator[Result]:
    """Yield the figures of availability."""
    url = databases.fresh("sqlite")
    widen(url)
    with serving(url, databases.folder, "--warm") as server:
        _look_through_a_view(server)
        yield from _one(server)
        yield from _many(server)
        yield from _beside_orders(server)
    yield from _picture(databases)
    yield from _fresh(databases)


def widen(url: str) -> None:
    """Let the first items stand at every location."""
    rng, database = random.Random(5), Database(url)
    session = database.session()
    session.begin()
    items = [row[0] for row in session.fetch("SELECT id FROM items ORDER BY id LIMIT ?", WIDE)]
    places = [row[0] for row in session.fetch("SELECT id FROM locations ORDER BY id")]
    for item in items:
        known = {row[0] for row in session.fetch("SELECT location_id FROM positions WHERE item_id = ?", item)}
        fresh = [(item, place, 0, rng.randrange(1, 20), *ledger.EMPTY[1:]) for place in places if place not in known]
        session.insert(tables.positions, fresh)
    session.commit()
    session.close()
    database.close()


def _client(server: Running) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=60)


def _look_through_a_view(server: Running) -> None:
    """Wait until the server has its picture, and let the channel look through a view with a rule of each kind."""
    with _client(server) as client:
        view = {
            "buffers": [{"units": 1}, {"units": 2, "locations": {"kinds": ["store"]}}],
            "safety_stock": [{"units": 5}],
        }
        client.put("/v1/views/web", json={"code": "web", **view}).raise_for_status()
        channel = client.get("/v1/channels/web").raise_for_status().json()
        client.put("/v1/channels/web", json=channel | {"view": "web"}).raise_for_status()
        while not client.get("/v1/inventory/picture").raise_for_status().json()["loaded"]:
            client.get(f"{PATH}{_ONE % 0}").raise_for_status()


def _one(server: Running) -> Iterator[Result]:
    read = partial(wrk.read, server.url, server.key, PATH + _ONE, WIDE)
    read(CONNECTIONS, 2)
    loads = [read(CONNECTIONS, SECONDS) for _ in range(3)]
    held = [read(_HELD_CONNECTIONS, SECONDS, delay_ms=_HELD_DELAY) for _ in range(3)]
    if sum(each.errors for each in loads + held):
        raise RuntimeError("reads were not answered with success")
    full, load = _middle(loads), sorted(held, key=lambda each: each.p99_ms)[1]
    what = f"GET {PATH}, {WIDE} items at 305 locations, median of 3"
    command = f"wrk -t1 -c{CONNECTIONS} -d{SECONDS}s {what}"
    yield result("atp_one_item", full.rate, "reads/s", command)
    yield result("atp_one_item_saturated_p99_ms", full.p99_ms, "ms", command)
    pause = f"each of {_HELD_CONNECTIONS} connections pausing {_HELD_DELAY} ms on average"
    yield result("atp_one_item_p99_ms", load.p99_ms, "ms", f"wrk held at {load.rate:,.0f} reads/s ({pause}) {what}")


def _middle(loads: Sequence[wrk.Load]) -> wrk.Load:
    return sorted(loads, key=lambda each: each.rate)[len(loads) // 2]


def _many(server: Running) -> Iterator[Result]:
    rng = random.Random(7)
    with _client(server) as client:
        pages = []
        for _ in range(200):
            skus = [f"S{n:05}" for n in rng.sample(range(WIDE), 100)]
            before = time.perf_counter()
            page = client.get(PATH, params={"sku": skus, "channel": "web", "by_location": False}).raise_for_status()
            pages.append((time.perf_counter() - before) * 1000)
            if len(page.json()["data"]) != 100:
                raise RuntimeError("a page is not whole")
        pairs = [{"sku": f"S{n % WIDE:05}", "channel": "web", "location": f"ST{n % 300 + 5:03}"} for n in range(10_000)]
        took, answered = [], 0
        for _ in range(5):
            before = time.perf_counter()
            answer = client.post(f"{PATH}:batch", json={"pairs": pairs}).raise_for_status()
            took.append((time.perf_counter() - before) * 1000)
            answered += len(answer.json()["results"])
        if answered != 5 * len(pairs):
            raise RuntimeError("an answer is not whole")
    command = f"GET {PATH} with 100 random SKUs at 305 locations, 200 times, one client in Python"
    yield result("atp_page100_median_ms", statistics.median(pages), "ms", command)
    command = f"POST {PATH}:batch with 10,000 SKU, channel and location, median of 5"
    yield result("atp_10000_pairs_ms", statistics.median(took), "ms", command)


def _beside_orders(server: Running) -> Iterator[Result]:
    """Reads at full speed, and reads at a rate, each beside orders that come at theirs whatever becomes of them."""
    bodies = [world.order(number, random.Random(number)) for number in range(2_000)]
    url, read = f"{server.url}/v1/orders", partial(wrk.read, server.url, server.key, PATH + _ONE, WIDE)
    paced.send(url, server.key, bodies, "w", _ORDERS_A_SECOND, 2)
    for name, connections, delay in (("", CONNECTIONS, 0), ("_held", _HELD_CONNECTIONS, _HELD_DELAY)):
        with paced.Orders(url, server.key, bodies, f"b{name}", _ORDERS_A_SECOND, SECONDS + 2, 256) as orders:
            time.sleep(1)
            reads = read(connections, SECONDS, delay_ms=delay)
            captured = orders.result()
        if reads.errors or captured.errors or captured.unanswered:
            raise RuntimeError(f"{reads.errors} reads, {captured} were not answered with success")
        at_once = f"wrk GET {PATH} -c{connections}" + (f" pausing {delay} ms on average" if delay else "")
        command = f"{at_once} beside POST /v1/orders sent at {captured.sent:,.0f}/s, an open loop"
        yield result(f"atp_one_item{name}_beside_orders", reads.rate, "reads/s", command)
        yield result(f"atp_one_item{name}_beside_orders_p99_ms", reads.p99_ms, "ms", command)
        yield result(f"capture_beside_atp_one_item{name}", captured.answered, "orders/s", command)
        yield result(f"capture_beside_atp_one_item{name}_p99_ms", captured.p99_ms, "ms", command)


# -- the picture itself ------------------------------------------------------------------------------------------------


def _picture(databases: Databases) -> Iterator[Result]:
    command = [sys.executable, "-m", "benchmarks.availability", databases.fresh("sqlite")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    words = "1,000,000 positions, 50 channels with a view each, 1,000 items asked for through each; resident memory"
    yield result("picture_1m_50_views_mb", seen["memory_mb"], "MB", words)
    yield result(
        "picture_rebuild_seconds", seen["rebuild_seconds"], "s", "the picture of 1,000,000 positions read anew"
    )
    yield result("view_change_ms", seen["view_change_ms"], "ms", "PutView to the first answer that shows it, median")


def look(url: str) -> dict[str, float]:
    """Measure the picture in this process."""
    app = App(url)
    app.start()
    codes = [f"c{n:02}" for n in range(50)]
    for n, code in enumerate(codes):
        app.submit_now(PutView(actor=_ACTOR, view=_view(code, n)))
    channels = tuple(Channel(code=code, name=code, currency="GBP", view=code) for code in codes)
    app.submit_now(PutChannels(actor=_ACTOR, channels=channels))
    app.atp.start()
    _until_loaded(app)
    app.atp.picture.distrust()
    before = time.perf_counter()
    app.atp.wake()
    _until_loaded(app)
    rebuild = time.perf_counter() - before
    skus = [f"S{n:05}" for n in range(world.ITEMS)]
    for n, code in enumerate(codes):
        asyncio.run(app.atp.answer([Ask(sku, code) for sku in skus[n::_EACH_VIEW]]))
    changes = [_change_a_view(app, codes[n], n) for n in range(5)]
    seen = {"memory_mb": memory_mb(), "rebuild_seconds": rebuild, "view_change_ms": statistics.median(changes)}
    app.close()
    return seen


def _until_loaded(app: App) -> None:
    while not app.atp.picture.loaded:
        time.sleep(0.001)


def _view(code: str, n: int, keep: int = 1) -> StockView:
    return StockView(
        code=code,
        exclusions=(Exclusion(locations=Selector(codes=tuple(f"ST{m:03}" for m in range(5 + n, 300, 50)))),),
        buffers=(Buffer(units=keep), Buffer(units=keep + 1, percent=n % 20, locations=Selector(kinds=("store",)))),
        safety_stock=(SafetyStock(units=n),),
    )


def _change_a_view(app: App, code: str, n: int) -> float:
    ask = [Ask("S00001", code)]
    before = asyncio.run(app.atp.answer(ask)).told[0].total
    started = time.perf_counter()
    app.submit_now(PutView(actor=_ACTOR, view=_view(code, n, keep=7)))
    while asyncio.run(app.atp.answer(ask)).told[0].total == before:
        pass
    return (time.perf_counter() - started) * 1000


# -- fresh in another process ------------------------------------------------------------------------------------------


def _fresh(databases: Databases) -> Iterator[Result]:
    url = databases.fresh("postgres")
    with contextlib.ExitStack() as stack:
        one = stack.enter_context(serving(url, databases.folder))
        other_folder = databases.folder / "other"
        other_folder.mkdir(exist_ok=True)
        other = stack.enter_context(serving(url, other_folder))
        writer, reader = stack.enter_context(_client(one)), stack.enter_context(_client(other))
        while not reader.get("/v1/inventory/picture").raise_for_status().json()["loaded"]:
            reader.get(f"{PATH}?sku=S00001").raise_for_status()
        waits = sorted(_until_seen(writer, reader, n) for n in range(300))
    command = "a fact over one process, seen over another on the same PostgreSQL; from the answer on, 300 times"
    yield result("atp_freshness_median_ms", statistics.median(waits), "ms", command)
    yield result("atp_freshness_p99_ms", waits[int(len(waits) * 0.99)], "ms", command)


def _until_seen(writer: httpx.Client, reader: httpx.Client, n: int) -> float:
    sku = f"S{n:05}"
    query = f"{PATH}?sku={sku}&by_location=false"
    before = _number(reader, query)
    fact: dict[str, Any] = {"record": f"fresh-{n}", "kind": "received", "sku": sku, "location": "DC000", "quantity": 1}
    fact["occurred_at"] = "2026-11-20T08:00:00Z"
    answer = writer.post("/v1/inventory/facts:batch", json={"source": "bench", "facts": [fact]}).raise_for_status()
    if answer.json()["recorded"] != 1:
        raise RuntimeError(answer.text)
    started = time.perf_counter()
    while _number(reader, query) == before:
        pass
    return (time.perf_counter() - started) * 1000


def _number(reader: httpx.Client, query: str) -> int:
    return int(reader.get(query).raise_for_status().json()["data"][0]["available_to_promise"])


if __name__ == "__main__":
    print(json.dumps(look(sys.argv[1])))
