"""Availability for whoever keeps a copy: all of it, or what may have changed since a position of the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

import msgspec
import numpy as np

from crossdock.catalog import list_items
from crossdock.catalog import store as catalog
from crossdock.orchestration.availability.questions import Ask
from crossdock.orchestration.availability.reader import AtpReader
from crossdock.orchestration.availability.views import document
from crossdock.orchestration.bundles import bundles_of
from crossdock.orchestration.errors import UnknownChannel
from crossdock.storage.session import Session
from crossdock.storage.unit import CONFIG_KINDS, CONFIGURATION, unpack_changes

T = TypeVar("T")
_ITEMS_AT_ONCE = 500
_ENTRIES_AT_ONCE = 1_000
_MOST_CHANGED = 200_000
_ITEMS_ONLY = CONFIG_KINDS.index("item")
_encode = msgspec.json.Encoder().encode


class Reads(Protocol):
    """The readers of the database."""

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run a query function on a reader's thread, in one snapshot."""


class ExportHead(msgspec.Struct, frozen=True):
    """The first line of an export: ask next time for what came after ``position``.

    ``complete``: every item follows; else only those that may have changed.
    """

    position: int
    complete: bool


class Changed(NamedTuple):
    """The items that may have changed, by id; None when all may have."""

    position: int
    items: list[int] | None


async def export(
    atp: AtpReader, database: Reads, channel: str, after: int, *, by_location: bool
) -> AsyncIterator[bytes]:
    """Yield NDJSON: the head, then Availability for each item; raises UnknownChannel before anything is yielded.

    What is yielded is at least as new as the head's position.
    """
    known = await atp.answer([Ask("", channel)], after)
    if known.told[0].fault == "unknown_channel":
        raise UnknownChannel(f"There is no channel '{channel}'.")
    changed = await database.read(lambda session: changed_since(session, after))
    return _lines(atp, database, channel, changed, by_location=by_location)


async def _lines(
    atp: AtpReader, database: Reads, channel: str, changed: Changed, *, by_location: bool
) -> AsyncIterator[bytes]:
    yield _encode(ExportHead(changed.position, changed.items is None)) + b"\n"
    async for skus in _skus(database, changed.items):
        answer = await atp.answer([Ask(sku, channel) for sku in skus], changed.position)
        told = [each for each in answer.told if not each.fault]
        yield b"".join(_encode(document(answer, each, by_location=by_location)) + b"\n" for each in told)


async def _skus(database: Reads, items: list[int] | None) -> AsyncIterator[list[str]]:
    if items is not None:
        for start in range(0, len(items), _ITEMS_AT_ONCE):
            part = items[start : start + _ITEMS_AT_ONCE]
            facts = await database.read(partial(catalog.facts_by_id, ids=part))
            yield sorted(each.sku for each in facts.values())
        return
    last = ""
    while page := await database.read(partial(list_items, after=last, limit=_ITEMS_AT_ONCE)):
        yield [item.sku for item in page]
        last = page[-1].sku


def changed_since(session: Session, after: int) -> Changed:
    """Return the items whose availability may be another one than at a position, bundles of changed parts included.

    All may be when a view, a channel or the network was changed since, or when the log does not reach back so far.
    """
    first, last = session.fetch("SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM stock_log")[0]
    if after <= 0 or after < first or after > last:
        return Changed(last, None)
    found: set[int] = set()
    place = after
    while rows := session.fetch(_LOG, place, _ENTRIES_AT_ONCE):
        for _, packed in rows:
            changes = unpack_changes(packed)
            configured = changes[changes[:, 1] == CONFIGURATION]
            if (configured[:, 2] != _ITEMS_ONLY).any() or len(found) > _MOST_CHANGED:
                return Changed(last, None)
            found.update(np.unique(np.abs(changes[:, 0])).tolist())
        place = rows[-1][0]
    found.discard(0)
    bundles = bundles_of(session)
    found.update(bundle for item in [*found] for bundle in bundles.get(item, ()))
    return Changed(last, sorted(found))


_LOG = "SELECT id, changes FROM stock_log WHERE id > ? ORDER BY id LIMIT ?"
