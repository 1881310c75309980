"""What views and shares cost: CPU time per captured order with neither, with a view, with shares; a view by itself.

The orders go straight to the writer, in batches as they pile up, on SQLite over the world of a million positions.
CPU time of the process, not wall time: other programs on the machine do not count.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from benchmarks import world
from benchmarks.result import Result, result
from benchmarks.servers import Databases
from crossdock.app import App
from crossdock.inventory.share_model import ShareGroup
from crossdock.inventory.view_model import StockView
from crossdock.kernel.content import content_hash
from crossdock.network.model import Channel
from crossdock.orchestration.commands import Actor, CaptureOrder, PutChannels
from crossdock.orchestration.views.commands import PutShareGroups, PutView
from crossdock.orders.model import OrderIn
from crossdock.storage.jobs import Work
from crossdock.storage.unit import Unit

ORDERS = 1_500
TURNS = 5
_ACTOR = Actor("system:benchmark")
STORES: dict[str, Any] = {"kinds": ["store"]}
VIEW = {
    "code": "web",
    "exclusions": [{"locations": {"codes": [f"ST{n:03}" for n in range(5, 45)]}}],
    "buffers": [{"units": 2, "locations": STORES}, {"items": [f"S{n:05}" for n in range(500)], "percent": 10}],
    "find": [{"permille": 900, "locations": STORES}],
    "safety_stock": [{"units": 5}],
}
GROUP = {"code": "shops", "channels": ["shop"], "strategy": "regular", "amounts": [{"percent": 20}]}
COMMAND = f"CPU time of {ORDERS:,} orders to the writer, SQLite, 305 locations, median of {TURNS}"


def measure(databases: Databases) -> Iterator[Result]:
    """Yield the figures of views and shares."""
    app = App(databases.fresh("sqlite"))
    app.start()
    try:
        view = msgspec.convert(VIEW, StockView)
        started = time.perf_counter()
        app.submit_now(PutView(actor=_ACTOR, view=view))
        app.submit_now(PutChannels(actor=_ACTOR, channels=(_channel("seen", view="web"), _channel("shop"))))
        _capture(app, "seen", "first", 1)
        yield result("view_effective_s", time.perf_counter() - started, "s", "a new view, its channel, the first order")
        yield from _alone(app)
        plain, seen = _turns(app, "web", "plain"), _turns(app, "seen", "seen")
        yield result("capture_cpu_plain_us", plain, "µs", COMMAND)
        yield result("capture_cpu_view_us", seen, "µs", COMMAND, plain)
        group = msgspec.convert(GROUP, ShareGroup)
        elsewhere = msgspec.structs.replace(
            group, amounts=(msgspec.structs.replace(group.amounts[0], items=("NONE",)),)
        )
        app.submit_now(PutShareGroups(actor=_ACTOR, groups=(elsewhere,)))
        yield result("capture_cpu_shares_of_others_us", _turns(app, "web", "else"), "µs", COMMAND, plain)
        app.submit_now(PutShareGroups(actor=_ACTOR, groups=(group,)))
        yield result("capture_cpu_shares_us", _turns(app, "shop", "share"), "µs", COMMAND, plain)
    finally:
        app.close()


def _alone(app: App) -> Iterator[Result]:
    """Measure the view by itself: what is visible of an item at 305 locations."""
    directory = app.engine.directory
    compiled = directory.view_of(directory.channel("seen"))
    app.submit_now(Work(lambda unit: directory.load_items(unit.session, [f"S{n:05}" for n in range(2_000)])))
    items = [item for n in range(2_000) if (item := directory.item(f"S{n:05}")) is not None]
    stock = np.random.default_rng(5).integers(0, 30, (len(items), len(directory.places)))
    spent = 0.0
    for _ in range(2):
        began = time.process_time()
        for item, row in zip(items, stock, strict=True):
            compiled.visible(item, row)
        spent = (time.process_time() - began) / len(items) * 1e6
    yield result("view_of_item_us", spent, "µs", "visible() of 2,000 items at 305 locations, CPU time each")


def _turns(app: App, channel: str, name: str) -> float:
    _warm(app)
    return statistics.median(_capture(app, channel, f"{name}{turn}", ORDERS // TURNS) for turn in range(TURNS))


def _warm(app: App) -> None:
    """Have every item in memory, as a server that has run for a while; a new configuration begins with an empty one."""

    def load(unit: Unit) -> None:
        app.engine.follow(unit.session)
        app.engine.mirror.load(unit.session, [row[0] for row in unit.session.fetch("SELECT id FROM items")])

    app.submit_now(Work(load))


def _capture(app: App, channel: str, name: str, count: int) -> float:
    """Capture orders and return the CPU time of each, in microseconds."""
    rng = random.Random(name)
    documents = [
        msgspec.convert({**world.order(n, rng), "external_id": f"{name}-{n}", "channel": channel}, OrderIn)
        for n in range(count)
    ]
    commands = [CaptureOrder(actor=_ACTOR, order=d, content_hash=content_hash(d)) for d in documents]
    began = time.process_time()
    for ticket in [app.writer.submit(command) for command in commands]:
        ticket.result()
    return (time.process_time() - began) / count * 1e6


def _channel(code: str, view: str | None = None) -> Channel:
    return Channel(code=code, name=code.title(), currency="GBP", view=view)
