"""Questions about availability and their answers, computed from what is known of stock, channels and items; pure.

Who answers brings the stock: the readers' picture, or the database itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from crossdock.catalog import store as catalog
from crossdock.catalog.model import ItemFacts
from crossdock.events import last_position
from crossdock.inventory.atp import (
    Atp,
    Ints,
    ItemStock,
    Level,
    arriving_until,
    available_to_promise,
    level,
    of_bundle,
)
from crossdock.inventory.mirror import UNLIMITED
from crossdock.inventory.picture_store import Sites, read_stock
from crossdock.inventory.shares import ItemShares
from crossdock.inventory.view_rules import CompiledView
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.errors import ConfigurationRefused, UnknownChannel
from crossdock.storage.session import Session

LIMIT_SECONDS = 0.1
"""No answer is older than this without saying so; who brings a log position waits for it so long."""
_DEEPEST_BUNDLE = 8


class Ask(NamedTuple):
    """One question: of an item, as a channel sees it (or all of it), at a location (or anywhere), by a day (or now)."""

    sku: str
    channel: str = ""
    location: str = ""
    day: int | None = None


class Told(NamedTuple):
    """An answer: what can be promised, and what that is made of; or the code of what does not exist."""

    ask: Ask
    atp: Atp | None
    total: int
    low_stock: int = 0
    fault: str = ""

    @property
    def level(self) -> Level:
        """Return the word for it: in stock, low or out, by the channel's threshold."""
        return level(self.total, self.low_stock)


class Answer(NamedTuple):
    """Answers that are all of one log position; ``lag`` in seconds is how far that may be behind."""

    told: list[Told]
    position: int
    lag: float
    sites: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Say whether the answers are older than they may be."""
        return self.lag > LIMIT_SECONDS


class Eyes(NamedTuple):
    """How a channel sees stock: its view, and from how many units downwards it calls an item low."""

    channel_id: int
    code: str
    view: CompiledView
    low_stock: int
    tells: bool = False

    def level(self, total: int) -> Level:
        """Return the channel's word for a number."""
        return level(total, self.low_stock)


class Shown:
    """The configuration as readers see it: never changed, only replaced."""

    def __init__(self, session: Session) -> None:
        self.position = last_position(session)
        self.directory = Directory()
        self.directory.refresh(session)
        network = self.directory.network.sites
        self.sites = Sites.of(site.id for site in network)
        self.codes = tuple(site.code for site in network)
        self.place_of = {code: place for place, code in enumerate(self.codes)}

    def telling(self, at: int) -> list[Eyes]:
        """Return how the channels see stock that want to be told of levels."""
        found = [self.eyes(stored.channel.code, at) for stored in self.directory.channels]
        return [eyes for eyes in found if eyes is not None and eyes.tells]

    def eyes(self, code: str, at: int) -> Eyes | None:
        """Return how a channel sees stock; the empty code sees everything. None when there is no such channel."""
        if not code:
            return Eyes(0, "", self.directory.everything, 0)
        try:
            stored = self.directory.channel(code)
        except UnknownChannel:
            return None
        return Eyes(
            stored.id,
            code,
            self.directory.view_of(stored, at),
            stored.channel.low_stock or 0,
            stored.channel.low_stock is not None,
        )


def ask_database(session: Session, asks: Sequence[Ask], now: int) -> Answer:
    """Answer questions without a picture, by the same definition."""
    shown = Shown(session)
    items = Items()
    items.load(session, {ask.sku for ask in asks})
    position, stock = read_stock(session, items.stocked(ask.sku for ask in asks), shown.sites)
    return Answer(tell(shown, items, stock, asks, now), position, 0.0, shown.codes)


def arriving_by(shown: Shown, stock: ItemStock, day: int | None) -> Ints | None:
    """Return what comes by a day, by site; None when no day is asked for or nothing is coming."""
    if day is None or not stock.arriving:
        return None
    return arriving_until(stock, day, shown.sites.places)


class Items:
    """Items as they were asked for, bundles with their parts."""

    def __init__(self) -> None:
        self.by_sku: dict[str, ItemFacts] = {}
        self._by_id: dict[int, ItemFacts] = {}

    def __len__(self) -> int:
        return len(self.by_sku)

    def missing(self, skus: Iterable[str]) -> set[str]:
        """Return the SKUs that were not looked up yet, or do not exist."""
        return {sku for sku in skus if sku not in self.by_sku}

    def load(self, session: Session, skus: Iterable[str]) -> None:
        """Look up SKUs; those that do not exist are left out."""
        missing = self.missing(skus)
        if missing:
            self._add(session, catalog.facts_by_sku(session, missing).values())

    def load_ids(self, session: Session, ids: Iterable[int]) -> None:
        """Look up items by id."""
        missing = [id_ for id_ in ids if id_ not in self._by_id]
        if missing:
            self._add(session, catalog.facts_by_id(session, missing).values())

    def _add(self, session: Session, found: Iterable[ItemFacts]) -> None:
        for facts in found:
            self.by_sku[facts.sku] = self._by_id[facts.id] = facts
        self.load(session, {part for facts in found for part, _ in facts.components})

    def of_ids(self, ids: Iterable[int]) -> list[ItemFacts]:
        """Return those of these items that were looked up."""
        return [self._by_id[id_] for id_ in ids if id_ in self._by_id]

    def parts(self, facts: ItemFacts, depth: int = 0) -> list[tuple[ItemFacts, int]]:
        """Return the items that a bundle is made of with their units in one; an item itself is its only part."""
        if not facts.components:
            return [(facts, 1)]
        if depth > _DEEPEST_BUNDLE:
            raise ConfigurationRefused(f"The bundle '{facts.sku}' contains itself.")
        units: dict[str, int] = {}
        for sku, count in facts.components:
            for part, each in self.parts(self.by_sku[sku], depth + 1):
                units[part.sku] = units.get(part.sku, 0) + each * count
        return [(self.by_sku[sku], count) for sku, count in units.items()]

    def stocked(self, skus: Iterable[str]) -> list[int]:
        """Return the ids of the items whose stock decides about these SKUs."""
        found = [self.by_sku[sku] for sku in dict.fromkeys(skus) if sku in self.by_sku]
        return list(dict.fromkeys(part.id for facts in found for part, _ in self.parts(facts)))


def tell(shown: Shown, items: Items, stock: Mapping[int, ItemStock], asks: Sequence[Ask], now: int) -> list[Told]:
    """Answer each question from what is known; the same item for the same channel and day is computed once."""
    done: dict[tuple[str, str, int | None], Atp] = {}
    eyes = {code: shown.eyes(code, now) for code in {ask.channel for ask in asks}}
    told: list[Told] = []
    for ask in asks:
        facts, seeing = items.by_sku.get(ask.sku), eyes[ask.channel]
        place = shown.place_of.get(ask.location, -1) if ask.location else -1
        if facts is None or seeing is None or (ask.location and place < 0):
            fault = "unknown_channel" if seeing is None else "unknown_item" if facts is None else "unknown_location"
            told.append(Told(ask, None, 0, 0, fault))
            continue
        key = (ask.sku, ask.channel, ask.day)
        atp = done.get(key)
        if atp is None:
            atp = done[key] = promise(shown, seeing, items.parts(facts), stock, ask.day)
        told.append(Told(ask, atp, atp.at(place) if ask.location else atp.total, seeing.low_stock))
    return told


def promise(
    shown: Shown,
    seeing: Eyes,
    parts: Sequence[tuple[ItemFacts, int]],
    stock: Mapping[int, ItemStock],
    day: int | None,
) -> Atp:
    """Return what can be promised of an item, or of a bundle of these parts."""
    found: list[tuple[Atp, int]] = []
    for part, count in parts:
        here = stock[part.id]
        coming = arriving_by(shown, here, day)
        shares = shares_of(shown, seeing, part, here, coming)
        found.append((available_to_promise(seeing.view, part, here, arriving=coming, shares=shares), count))
    return found[0][0] if len(found) == 1 and found[0][1] == 1 else of_bundle(found)


class ChannelShares:
    """What a channel may take of an item in the face of others' shares (inventory.atp.Shares)."""

    def __init__(self, group: str | None, shares: ItemShares) -> None:
        self.group = group
        self.shares = shares

    def open_to(self, visible: Ints) -> int:
        """Return how many of the visible units the channel may take in all; any number stays any number."""
        endless = visible >= UNLIMITED
        if endless.any():
            return int(visible[endless].sum()) + self.shares.open_to(self.group, np.where(endless, 0, visible))
        return self.shares.open_to(self.group, visible)

    def rooms(self, visible: Ints) -> Ints:
        """Return how many it may take at each site, each taken for itself."""
        rooms = self.shares.rooms(self.group, len(visible))
        return np.where(visible >= UNLIMITED, visible, np.minimum(visible, rooms))


def shares_of(
    shown: Shown, seeing: Eyes, item: ItemFacts, stock: ItemStock, coming: Ints | None
) -> ChannelShares | None:
    """Return the shares of an item as a channel meets them; None where nobody is kept any, or nobody asks."""
    template = shown.directory.shares.template(item) if seeing.code else None
    if template is None or stock.shared is None or stock.there is None:
        return None
    claimable, there = stock.shared, stock.there
    if coming is not None:
        claimable, there = claimable + coming, there + coming
    counted = {(counter.group, counter.pool): counter for counter in stock.counters}
    rows = [counted.get((node.group, node.pool)) for node in template.nodes]
    shares = ItemShares(
        template,
        [int(claimable[mask].sum()) for mask in template.masks],
        [int(there[mask].sum()) for mask in template.masks],
        [0 if row is None else row.used for row in rows],
        [0 if row is None else row.spent for row in rows],
    )
    return ChannelShares(shown.directory.shares.group_of.get(seeing.code), shares)
