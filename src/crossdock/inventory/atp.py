"""Available to promise, defined in one pure place.

    ATP = Σ visible over the view's locations − waiting demand − others' unused shares, never below 0

``visible`` is what the channel's view lets through of what is claimable at each location. By a date, what arrives until
then is added at its location before the view looks: visible(claimable + arriving). At one location it is what is
visible and open to the channel there, never more than the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np

from crossdock.catalog.model import ItemFacts

Ints = np.ndarray[Any, np.dtype[np.int64]]
Level = Literal["in_stock", "low", "out"]
LEVELS: tuple[Level, ...] = ("out", "low", "in_stock")


class Arriving(NamedTuple):
    """Units that are coming and that nobody has claimed: the ordinal day, the column of the location, how many."""

    day: int
    location_id: int
    units: int


class Counter(NamedTuple):
    """A counter of a share: whose, of which pool, units that open claims took, units that left us."""

    group: str
    pool: str
    used: int
    spent: int


class ItemStock(NamedTuple):
    """What is known of an item: claimable units by site of the network, units that wait, what is coming.

    ``shared`` and ``there`` are the units that can be claimed, and that are there at all, as shares count them.
    """

    claimable: Ints
    waiting: int = 0
    arriving: tuple[Arriving, ...] = ()
    shared: Ints | None = None
    there: Ints | None = None
    counters: tuple[Counter, ...] = ()


class View(Protocol):
    """What a channel may see and sell, made ready for one network (``inventory.view_rules.CompiledView``)."""

    def visible(self, item: ItemFacts, claimable: Ints) -> Ints:
        """Return what the channel may claim at each site: 0 where hidden, less buffers; never below 0."""


class Shares(Protocol):
    """What a channel may take in the face of others' shares, of one item (``inventory.shares``)."""

    def open_to(self, visible: Ints) -> int:
        """Return how many of the visible units the channel may take in all."""

    def rooms(self, visible: Ints) -> Ints:
        """Return how many of the visible units it may take at each site, each taken for itself."""


class Atp(NamedTuple):
    """What can be promised, and what it is made of.

    ``visible`` is what the view shows by site, ``open`` what of it others' shares leave to the channel there; ``held``
    is what is kept for other channels.
    """

    visible: Ints
    open: Ints
    available: int
    arriving: int
    waiting: int
    held: int
    total: int

    def at(self, site: int) -> int:
        """Return what can be promised from one location: what is open there, never more than the whole."""
        return min(int(self.open[site]), self.total)


def available_to_promise(
    view: View,
    item: ItemFacts,
    stock: ItemStock,
    *,
    arriving: Ints | None = None,
    shares: Shares | None = None,
) -> Atp:
    """Return what a channel can be promised of an item.

    ``arriving`` are units by site that come until the date in question; ``shares`` are None where nobody is kept any.
    """
    visible = view.visible(item, stock.claimable)
    available = int(visible.sum())
    more = 0
    if arriving is not None and arriving.any():
        visible = view.visible(item, stock.claimable + arriving)
        more = int(visible.sum()) - available
    seen = available + more
    held = 0 if shares is None else max(0, seen - shares.open_to(visible))
    total = max(0, seen - held - stock.waiting)
    return Atp(
        visible, visible if shares is None else shares.rooms(visible), available, more, stock.waiting, held, total
    )


def arriving_until(stock: ItemStock, day: int, sites: dict[int, int]) -> Ints:
    """Return what comes until a day, that day included, by site; what comes to closed locations is left out."""
    units = np.zeros(len(stock.claimable), dtype=np.int64)
    for line in stock.arriving:
        site = sites.get(line.location_id)
        if line.day <= day and site is not None:
            units[site] += line.units
    return units


def of_bundle(parts: Sequence[tuple[Atp, int]]) -> Atp:
    """Return what can be promised of a bundle, of whose parts (each with its units in one bundle) so much can be.

    Of the whole it is as many as the scarcest part allows, wherever the parts are; at one location as many as can be
    made there.
    """
    visible = np.min([atp.open // count for atp, count in parts], axis=0)
    available = min(atp.available // count for atp, count in parts)
    with_arriving = min((atp.available + atp.arriving) // count for atp, count in parts)
    total = min(atp.total // count for atp, count in parts)
    return Atp(visible, visible, available, with_arriving - available, 0, 0, total)


def level(total: int, low_stock: int) -> Level:
    """Return the word for a number: out at 0, low up to the channel's threshold, else in stock."""
    if total <= 0:
        return "out"
    return "low" if total <= low_stock else "in_stock"
