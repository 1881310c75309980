"""Rows by position, and facts of a message as rows: what the ways into a feed have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crossdock.inventory import feed_store as store
from crossdock.inventory.feed_arithmetic import NOT_SAID, Facts, Ints, Since, no_since
from crossdock.inventory.feed_decoding import Told
from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_rows import BUNDLE, Names, Rows
from crossdock.inventory.feed_store import Locked
from crossdock.inventory.model import CountBasis
from crossdock.orchestration.commands import StockFact
from crossdock.orchestration.directory import Directory
from crossdock.storage.session import Session


def grouped(rows: Rows, chosen: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Sort rows by position, in their own order within it: the rows, each one's position, and the positions' keys."""
    order = chosen[np.lexsort((rows.location[chosen], rows.item[chosen]))]
    item, location = rows.item[order], rows.location[order]
    new = (np.diff(item, prepend=-1) != 0) | (np.diff(location, prepend=-1) != 0)
    return order, np.cumsum(new) - 1, item[new], location[new]


def facts_of(rows: Rows, order: Ints, place: Ints) -> Facts:
    """Return rows as facts about positions."""
    return Facts(
        place, rows.is_count[order], rows.quantity[order], rows.at[order], rows.basis[order], rows.acknowledged[order]
    )


def since_of(session: Session, facts: Facts, locked: Locked) -> Since:
    """Ask the ledger what moved after counts; not where a count can see that nothing did."""
    before = locked.columns
    asks = facts.is_count & (facts.at >= before.counted_at[facts.position])
    physical = facts.basis == CountBasis.PHYSICAL
    asks &= ~physical | (facts.at < before.moved_at[facts.position])
    rows = np.flatnonzero(asks)
    if not len(rows):
        return no_since(len(facts.at))
    return store.since(session, rows, locked.head[facts.position[rows]], facts.at[rows], len(facts.at))


def told_facts(facts: Sequence[StockFact]) -> Told:
    """Return facts of a message as rows; their line is their place in it."""
    count = len(facts)
    return Told(
        line=np.arange(count),
        offset=np.zeros(count, np.int64),
        sku=[fact.sku for fact in facts],
        location=[fact.location for fact in facts],
        kind=[fact.kind for fact in facts],
        quantity=np.fromiter((fact.quantity for fact in facts), np.int64, count),
        at=np.fromiter((fact.occurred_at for fact in facts), np.int64, count),
        record=[fact.record for fact in facts],
        reason=[fact.reason for fact in facts],
        acknowledged=np.full(count, NOT_SAID, np.int64),
    )


def names_of(directory: Directory, facts: Sequence[StockFact], source: FeedSource) -> Names:
    """Return what the words of facts stand for; the directory has loaded their items."""
    items = {}
    for sku in {fact.sku for fact in facts}:
        item = directory.item(sku)
        if item is not None:
            items[sku] = BUNDLE if item.components else item.id
    locations = {stored.location.code: id_ for id_, stored in directory.locations.items()}
    allowed = frozenset(locations[code] for code in source.locations if code in locations)
    return Names(items, locations, allowed if source.locations else None)
