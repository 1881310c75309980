"""Feeds over HTTP, measured when ten million movements are in the ledger: deltas and counts, beside orders, a snapshot.

The file has as many rows as there are distinct records in it, spread evenly over a million positions: the least kind
case, in which each row is on a page of its own.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from benchmarks import paced, world
from benchmarks.result import Result, result
from benchmarks.servers import Databases, Running, serving
from crossdock.inventory import tables
from crossdock.inventory.feed_rows import pack_details
from crossdock.kernel.clock import now, rfc3339
from crossdock.storage.database import Database
from crossdock.storage.session import Session

MOVEMENTS = 10_000_000
ROWS = 400_000
ROUNDS = 3
ORDERS_PER_SECOND = 500
_CONNECTIONS = 256
_PART = 8_192
_FIRST_ID = 1 << 57  # ids of 2022: older than any that are made now
_FILL = """
    INSERT INTO movements (id, type, item_id, location_id, stock_class, on_hand, picked, reserved, allocated, short,
        occurred_at, recorded_at, cause_kind, cause_id, sequence, previous)
    SELECT CAST(? AS bigint) + n, 1, item_id, location_id, 0, CAST(? AS bigint), 0, 0, 0, 0, ?, ?, 4,
        CAST(? AS bigint) + (n / 8192), n % 8192, CASE WHEN CAST(? AS bigint) = 0 THEN NULL ELSE ? + n END
    FROM (SELECT item_id, location_id, row_number() OVER (ORDER BY item_id, location_id) - 1 AS n FROM positions) AS p
"""
_HEADS = """
    UPDATE positions SET last_movement = CAST(? AS bigint) + v.n, on_hand = on_hand + ?, moved_at = ? FROM (
        SELECT item_id, location_id, row_number() OVER (ORDER BY item_id, location_id) - 1 AS n FROM positions
    ) AS v WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
"""


def measure(databases: Databases, kinds: tuple[str, ...] = ("sqlite", "postgres")) -> Iterator[Result]:
    """Yield the figures of feeds."""
    for kind in kinds:
        url = databases.fresh(kind)
        movements = fill(url)
        with serving(url, databases.folder, "--warm") as server, client_of(server) as client:
            client.put("/v1/feeds/pos", json={"code": "pos", "name": "Tills"}).raise_for_status()
            yield from _deltas(kind, url, client, databases.folder, movements)
            yield from _beside_orders(kind, url, server, client, databases.folder)
            if kind == "sqlite":
                yield from _snapshot(url, client, databases.folder)


def fill(url: str) -> int:
    """Put ten million movements into the ledger, each position's chained; returns how many there are."""
    database = Database(url)
    session = database.session()
    session.begin()
    positions = int(session.fetch("SELECT count(*) FROM positions")[0][0])
    rounds, at = -(-MOVEMENTS // positions), now() - 86_400_000_000
    parts = -(-positions // _PART)
    for turn in range(rounds):
        first, part = _FIRST_ID + turn * positions, _FIRST_ID + turn * parts
        session.execute(_FILL, first, 1, at, at, part, turn, first - positions)
        nothing = pack_details([], [])
        rows = [(part + n, 1, 1, at, "benchmark", _PART, nothing) for n in range(parts)]
        session.insert(tables.feed_parts, rows)
    session.execute(_HEADS, _FIRST_ID + (rounds - 1) * positions, rounds, at)
    session.commit()
    movements = int(session.fetch("SELECT count(*) FROM movements")[0][0])
    if url.startswith("postgres"):
        session.execute("ANALYZE")
    session.close()
    database.close()
    return movements


def client_of(server: Running) -> httpx.Client:
    """Return a client of a server."""
    return httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.key}"}, timeout=120)


def _deltas(kind: str, url: str, client: httpx.Client, folder: Path, movements: int) -> Iterator[Result]:
    rng = random.Random(5)
    places = _positions(url)
    rates = []
    for turn in range(ROUNDS):
        path = write_deltas(folder / "deltas.ndjson", places, rng, f"d{turn}", ROWS)
        took, job = upload(client, "pos", path)
        if job["result"]["changed"] != ROWS:
            raise RuntimeError(f"the feed ended as {job}")
        rates.append(ROWS / took)
    command = (
        f"POST /v1/feeds/pos/actions/import, {ROWS:,} sales and receipts on {len(places):,} positions behind "
        f"{movements:,} movements, from the first byte to the job's end, median of {ROUNDS}"
    )
    yield result(f"feed_{kind}", statistics.median(rates), "changes/s", command)


def _beside_orders(kind: str, url: str, server: Running, client: httpx.Client, folder: Path) -> Iterator[Result]:
    path = write_deltas(folder / "deltas.ndjson", _positions(url), random.Random(6), "beside", ROWS)
    bodies = [world.order(number, random.Random(number)) for number in range(2_000)]
    orders = f"{server.url}/v1/orders"
    paced.send(orders, server.key, bodies, "warm", ORDERS_PER_SECOND, 2)
    with paced.Orders(orders, server.key, bodies, "beside", ORDERS_PER_SECOND, 8, _CONNECTIONS) as sender:
        took, _ = upload(client, "pos", path)
        load = sender.result()
    if load.errors or load.unanswered:
        raise RuntimeError(f"orders were not answered with success: {load}")
    command = f"the same file while orders are sent at {load.sent:,.0f} a second for 8 s, an open loop"
    yield result(f"feed_{kind}_beside_orders", ROWS / took, "changes/s", command)
    yield result(f"orders_beside_feed_{kind}", load.answered, "orders/s", command)
    yield result(f"orders_beside_feed_{kind}_p99_ms", load.p99_ms, "ms", command)


def _snapshot(url: str, client: httpx.Client, folder: Path) -> Iterator[Result]:
    client.put("/v1/feeds/wms", json={"code": "wms", "name": "Warehouse"}).raise_for_status()
    times, rows, changed = [], 0, 0
    for turn in range(ROUNDS):
        path, at, rows, changed = write_snapshot(folder / "snapshot.ndjson", url, random.Random(turn))
        took, job = upload(client, "wms", path, as_of=at)
        seen = job["result"]
        if seen["changed"] != changed or seen["changed"] + seen["unchanged"] != rows:
            raise RuntimeError(f"the snapshot ended as {job}")
        times.append(took)
    command = f"POST /v1/feeds/wms/actions/import, {rows:,} positions, {changed:,} changed, median of {ROUNDS}"
    yield result("feed_snapshot_1m_seconds", statistics.median(times), "s", command)


def write_deltas(path: Path, places: list[tuple[str, str, int]], rng: random.Random, name: str, count: int) -> Path:
    """Write sales and receipts, each of a record of its own, spread over all positions."""
    began = now() - 60_000_000
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for number in range(count):
            sku, place, _ = places[rng.randrange(len(places))]
            row = {
                "kind": "sold" if number % 3 else "received",
                "sku": sku,
                "location": place,
                "quantity": 1,
                "occurred_at": rfc3339(began + number),
                "record": f"{name}-{number:09}",
            }
            file.write(encode(row) + b"\n")
    return path


def write_snapshot(path: Path, url: str, rng: random.Random) -> tuple[Path, str, int, int]:
    """Write a count of every position, one in a hundred another than it is; returns its instant and numbers."""
    places, at = _positions(url), rfc3339(now())
    encode = msgspec.json.Encoder().encode
    changed = 0
    with path.open("wb") as file:
        for sku, place, on_hand in places:
            other = rng.random() < 0.01
            changed += other
            file.write(encode({"sku": sku, "location": place, "quantity": max(0, on_hand) + other}) + b"\n")
    return path, at, len(places), changed


def _positions(url: str) -> list[tuple[str, str, int]]:
    """Return every position by SKU and location code, with what is there, in no order that helps anybody."""

    def read(session: Session) -> list[Any]:
        items = dict(map(tuple, session.fetch("SELECT id, sku FROM items")))
        places = dict(map(tuple, session.fetch("SELECT id, code FROM locations")))
        rows = session.fetch("SELECT item_id, location_id, on_hand FROM positions WHERE on_hand >= 0")
        return [(items[row[0]], places[row[1]], row[2]) for row in rows]

    database = Database(url)
    found = database.read_now(read)
    database.close()
    order = np.random.default_rng(7).permutation(len(found))
    return [found[n] for n in order.tolist()]


def upload(client: httpx.Client, source: str, path: Path, **query: Any) -> tuple[float, dict[str, Any]]:
    """Upload a file of NDJSON; returns the seconds from the first byte to the job's end, and the job."""
    body, headers = path.read_bytes(), {"Content-Type": "application/x-ndjson"}
    started = time.perf_counter()
    sent = client.post(f"/v1/feeds/{source}/actions/import", content=body, headers=headers, params=query)
    job: dict[str, Any] = sent.raise_for_status().json()
    while job["state"] not in ("succeeded", "failed", "canceled"):
        time.sleep(0.05)
        job = client.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
    took = time.perf_counter() - started
    if job["state"] != "succeeded" or job["failed"]:
        raise RuntimeError(f"the import ended as {job}")
    return took, job
