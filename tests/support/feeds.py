"""Words for feeds in tests: sources, and rows told by them."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from crossdock.inventory import feed_store
from crossdock.inventory.feed_arithmetic import NEVER
from crossdock.inventory.feed_decoding import read_ndjson
from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_rows import BUNDLE, Names, pack_details, resolve
from crossdock.kernel.clock import rfc3339
from crossdock.orchestration.feeds.commands import FeedPart, FeedPartDone, PutFeeds
from crossdock.orchestration.feeds.handler import REFUSED, REPEATED, FeedHandler
from crossdock.storage.jobs import Work
from tests.support.world import World

WORDS = {0: "changed", 1: "unchanged", 2: "late", REPEATED: "repeated", REFUSED: "refused"}


def put_feed(world: World, code: str = "wms", **facts: Any) -> int:
    """Put a source; returns its id."""
    source = FeedSource(code=code, name=code.upper(), **facts)
    world.app.submit_now(PutFeeds(actor=world.actor, sources=(source,)))
    return int(world.rows("SELECT id FROM feed_sources WHERE code = ?", code)[0][0])


def go_one_by_one(world: World) -> None:
    """Let every row go the way of those that concern orders."""
    world.app.writer._handlers[FeedPart] = FeedHandler(world.app.engine, by_column=False)  # type: ignore[index]


def row(kind: str, sku: str, place: str, quantity: int, at: int, record: str = "", **more: Any) -> dict[str, Any]:
    told = {"kind": kind, "sku": sku, "location": place, "quantity": quantity, "occurred_at": rfc3339(at)}
    return told | ({"record": record} if record else {}) | more


def part_of(world: World, rows: list[dict[str, Any]], source: str = "wms", **changes: Any) -> FeedPart:
    """Return the command that tells rows."""
    stored = next(s for s in world.read(feed_store.sources) if s.source.code == source)
    parts = {row[0] for row in world.rows("SELECT sku FROM items WHERE data LIKE '%components%'")}
    items = {sku: BUNDLE if sku in parts else id_ for sku, id_ in world.rows("SELECT sku, id FROM items")}
    names = Names(items, dict(map(tuple, world.rows("SELECT code, id FROM locations"))), None)
    chunk = read_ndjson(b"".join(msgspec.json.encode(row) + b"\n" for row in rows), 0, 1)
    known, faults = resolve(chunk.told, names, stored.source, world.clock.at, world.clock.at, NEVER)
    assert not faults, faults
    run = world.app.submit_now(Work(lambda unit: feed_store.open_run(unit, stored.id, "test")))
    details = pack_details(known.record, known.reason)
    fields: dict[str, Any] = {"source_id": stored.id, "run_id": run, "rows": known, "details": details}
    return FeedPart(actor=world.actor, **fields | changes)


def tell(world: World, *rows: dict[str, Any], source: str = "wms", **changes: Any) -> FeedPartDone:
    """Tell rows in one part."""
    done: FeedPartDone = world.app.submit_now(part_of(world, list(rows), source, **changes))
    return done


def words(done: FeedPartDone) -> list[str]:
    return [WORDS[result] for result in np.asarray(done.results).tolist()]
