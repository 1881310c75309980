"""A server under measurement: `python -m benchmarks.server URL PORT REPORT [--floor] [--warm]`.

The server that `crossdock serve` runs, on a given database. With ``--floor`` every decision is ready-made: decided once
for each set of items, then the same one again, record included; everything else, gathering and rows, is as ever. With
``--warm`` the whole picture is loaded before the first request. At its end it writes what it saw of itself (event loop
lag, memory) to REPORT.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from crossdock.app import App
from crossdock.orchestration import planning
from crossdock.promising import keeping
from crossdock.routing.decide import decide
from crossdock.routing.record import encode
from crossdock.serve import SERVING, asgi

_TICK = 0.005


def make_decisions_ready() -> None:
    """Put a dictionary of decisions in the place of deciding."""
    decisions: dict[tuple[int, ...], Any] = {}
    records: dict[int, bytes] = {}

    def ready(demand: Any, snapshot: Any, policy: Any) -> Any:
        key = tuple([line.item for line in demand.lines])
        decision = decisions.get(key)
        if decision is None:
            decision = decisions[key] = decide(demand, snapshot, policy)
        return decision

    def recorded(demand: Any, snapshot: Any, policy: Any, decision: Any, through: Any = None) -> bytes:
        record = records.get(id(decision))
        if record is None:
            record = records[id(decision)] = encode(demand, snapshot, policy, decision, through)
        return record

    for module, name, instead in ((keeping, "decide", ready), (planning, "encode", recorded)):
        if name not in vars(module):  # a floor that still decides would flatter every figure beside it
            raise RuntimeError(f"{module.__name__} does not use {name} any more")
        vars(module)[name] = instead


def warm(app: App) -> None:
    """Load the configuration and the claimable stock of every item."""

    session = app.database.session(readonly=True)
    app.engine.follow(session)
    app.engine.mirror.load(session, [row[0] for row in session.fetch("SELECT id FROM items")])
    app.promises.load(session, [row[0] for row in session.fetch("SELECT id FROM items")])
    session.close()


async def watch(lags: list[float]) -> None:
    """Note how much later than asked for the event loop wakes us."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(_TICK)
        lags.append(time.perf_counter() - before - _TICK)


def memory_mb() -> float:
    """Return the resident memory of this process."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


class Quiet(uvicorn.Server):
    """A server that ends when told, and lets the process go on to write its report."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to us: uvicorn would raise them again at the end."""
        yield

    def end(self) -> None:
        """Answer what is under way, then stop."""
        self.should_exit = True


async def serve(app: App, port: int) -> dict[str, float]:
    """Serve until SIGTERM; returns what the server saw of itself."""
    config = uvicorn.Config(asgi(app), host="127.0.0.1", port=port, **SERVING)
    server = Quiet(config)
    started = time.process_time()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.end)
    lags: list[float] = []
    watcher = asyncio.create_task(watch(lags))
    await server.serve()
    watcher.cancel()
    lags.sort()
    return {
        "lag_p99_ms": lags[int(len(lags) * 0.99)] * 1000 if lags else 0.0,
        "memory_mb": memory_mb(),
        "cpu_s": time.process_time() - started,
        "batches": app.writer.batches,
        "retries": app.writer.retries,
    }


def main(url: str, port: int, report: Path, options: set[str]) -> None:
    """Run the server and write its report."""
    if "--floor" in options:
        make_decisions_ready()
    app = App(url, data_dir=report.parent)
    if "--warm" in options:
        warm(app)
    app.start()
    seen = uvloop.run(serve(app, port))
    app.close()
    report.write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), set(sys.argv[4:]))
