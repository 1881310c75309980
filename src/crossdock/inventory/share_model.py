"""Shares between channels as documents: who is kept how much of what, and how each goes beyond its own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from crossdock.inventory.view_model import Categories, Percent, Selector, Skus
from crossdock.kernel.content import content_hash
from crossdock.kernel.document import Code, Input, Words

NETWORK = "network"
"""The pool of all locations."""
Strategy = Literal["restrict", "regular", "reserve"]


class Pool(Input, frozen=True):
    """Locations of which a share is kept together; the pool ``network``, of all of them, need not be named."""

    code: Code
    locations: Selector


class Amount(Input, frozen=True):
    """How much of an item a group is kept in a pool: units, or percent.

    Percent are of what stands in the pool and is free or claimed; in a group with a parent, of the parent's amount.
    Of the amounts of one pool the most specific applies: for the item before its category before every item; between
    equals the first.
    """

    pool: Code = NETWORK
    items: Skus = ()
    categories: Categories = ()
    units: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    percent: Percent | None = None


class ShareGroup(Input, frozen=True):
    """Channels that share stock which nobody else may take.

    ``restrict``: only the own share. ``regular``: the own share first, then what is free. ``reserve``: what is free
    first, the own share last. Free is, in a group with a parent, first what the parent is kept and no child of it is.
    """

    code: Code
    name: Words = ""
    parent: Code | None = None
    channels: Annotated[tuple[Code, ...], Meta(max_length=1_000)] = ()
    strategy: Strategy = "regular"
    pools: Annotated[tuple[Pool, ...], Meta(max_length=100)] = ()
    amounts: Annotated[tuple[Amount, ...], Meta(max_length=20_000)] = ()

    @property
    def version(self) -> str:
        """The content hash."""
        return content_hash(self).hex()
