"""Capture over HTTP: single orders, one hot item, bulk NDJSON; each beside its floor, on both databases."""

from __future__ import annotations

import concurrent.futures
import json
import random
import statistics
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks import world, wrk
from benchmarks.result import Result, result
from benchmarks.servers import Databases, Running, serving

CONNECTIONS = 256
ROUNDS = 3
SECONDS = 6
WARM_UP = 3
BULK = 20_000
HOT = "S00000"


def measure(databases: Databases, kinds: tuple[str, ...] = ("sqlite", "postgres")) -> Iterator[Result]:
    """Yield the figures of capture."""
    for kind in kinds:
        floor = _floor(databases, kind)
        uniform = yield from _single(databases, kind, floor)
        yield from _hot(databases, kind, uniform)
        if kind == "sqlite":
            yield _full_policy(databases, kind, uniform)
        yield from _bulk(databases, kind)


def _bodies(hot: str | None = None) -> list[dict[str, Any]]:
    rng = random.Random(3)
    return [world.order(number, rng, hot=hot) for number in range(2_000)]


def _rounds(server: Running, bodies: list[dict[str, Any]], name: str, connections: int) -> wrk.Load:
    """Warm up, then take the round with the median rate."""
    url = f"{server.url}/v1/orders"
    wrk.post(url, server.key, bodies, f"{name}w", connections, WARM_UP)
    loads = [wrk.post(url, server.key, bodies, f"{name}{n}", connections, SECONDS) for n in range(ROUNDS)]
    if sum(load.errors for load in loads):
        raise RuntimeError(f"{sum(load.errors for load in loads)} requests of {name} were not answered with success")
    return sorted(loads, key=lambda load: load.rate)[ROUNDS // 2]


def _floor(databases: Databases, kind: str) -> wrk.Load:
    url = databases.fresh(kind)
    world.plenty(url)
    with serving(url, databases.folder, "--warm", "--floor") as server:
        return _rounds(server, _bodies(), "floor", CONNECTIONS)


def _single(databases: Databases, kind: str, floor: wrk.Load) -> Generator[Result, None, float]:
    command = f"wrk -t1 -c{CONNECTIONS} -d{SECONDS}s POST /v1/orders, median of {ROUNDS}"
    with serving(databases.fresh(kind), databases.folder, "--warm") as server:
        bodies = _bodies()
        load = _rounds(server, bodies, "one", CONNECTIONS)
        yield result(f"capture_single_{kind}", load.rate, "orders/s", command, floor.rate)
        # With so many connections at once an answer takes connections ÷ rate on average: the floor's own says how much
        # of the wait is the machine's.
        yield result(f"capture_single_{kind}_p99_ms", load.p99_ms, "ms", command, floor.p99_ms)
        half = _at_rate(server, bodies, load.rate / 2)
        yield result(f"capture_single_{kind}_half_rate_p99_ms", half.p99_ms, "ms", f"{command}, held at half the rate")
        beside = _with_readers(server, bodies)
        yield result(
            f"capture_single_{kind}_beside_atp_readers", beside, "orders/s", f"{command}, 4 readers", load.rate
        )
    if kind == "sqlite":
        yield result("memory_1m_positions_mb", server.report["memory_mb"], "MB", "resident, all items loaded")
    return load.rate


def _at_rate(server: Running, bodies: list[dict[str, Any]], rate: float) -> wrk.Load:
    delay = int(1000 * CONNECTIONS / rate)
    return wrk.post(f"{server.url}/v1/orders", server.key, bodies, "half", CONNECTIONS, SECONDS, delay_ms=delay)


def _with_readers(server: Running, bodies: list[dict[str, Any]]) -> float:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        readers = pool.submit(wrk.read_atp, server.url, server.key, world.ITEMS, 4, SECONDS)
        load = wrk.post(f"{server.url}/v1/orders", server.key, bodies, "beside", CONNECTIONS, SECONDS)
        read = readers.result()
    if read.errors or not read.rate:
        raise RuntimeError(f"{read.errors} reads were not answered with success")
    return load.rate


def _hot(databases: Databases, kind: str, uniform: float) -> Iterator[Result]:
    with serving(databases.fresh(kind), databases.folder, "--warm") as server:
        load = _rounds(server, _bodies(HOT), "hot", CONNECTIONS)
    command = f"wrk -t1 -c{CONNECTIONS} -d{SECONDS}s, one line of each order the same item; floor: uniform orders"
    yield result(f"hot_item_{kind}", load.rate, "orders/s", command, uniform)


def _full_policy(databases: Databases, kind: str, plain: float) -> Result:
    """Capture with every fence and cost in force; the ratio says how much is left of the rate with the plain policy."""
    url = databases.fresh(kind)
    world.rule_by_everything(url)
    with serving(url, databases.folder, "--warm") as server:
        load = _rounds(server, _bodies(), "full", CONNECTIONS)
    command = f"wrk -t1 -c{CONNECTIONS} -d{SECONDS}s, every fence and cost in force, beside the plain policy"
    return result("capture_full_policy_ratio", load.rate / plain, "", command)


def _bulk(databases: Databases, kind: str) -> Iterator[Result]:
    lags, rates = [], []
    for _ in range(ROUNDS):
        with serving(databases.fresh(kind), databases.folder, "--warm") as server:
            rates.append(_import(server, databases.folder))
        lags.append(server.report["lag_p99_ms"])
    command = f"POST /v1/orders:import, {BULK} orders of 3 lines, median of {ROUNDS}"
    yield result(f"capture_bulk_{kind}", statistics.median(rates), "orders/s", command)
    if kind == "sqlite":
        yield result("loop_lag_p99_ms", statistics.median(lags), "ms", f"event loop's delay during {command}")


def _client(server: Running) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=60)


def _import(server: Running, folder: Path) -> float:
    rng = random.Random(4)
    path = folder / "orders.ndjson"
    with path.open("w", encoding="utf-8") as lines:
        for number in range(BULK):
            lines.write(json.dumps(world.order(number, rng)) + "\n")
    with _client(server) as client:
        started = time.perf_counter()
        sent = client.post(
            "/v1/orders:import", content=path.read_bytes(), headers={"Content-Type": "application/x-ndjson"}
        )
        job = sent.raise_for_status().json()
        while job["state"] not in ("succeeded", "failed", "canceled"):
            time.sleep(0.05)
            job = client.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
        took = time.perf_counter() - started
    if job["state"] != "succeeded" or job["failed"]:
        raise RuntimeError(f"the import ended as {job}")
    return BULK / took
