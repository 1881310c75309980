"""Stock views as documents: which stock a channel sees, and how much of it. The schema and the stored form are one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from crossdock.catalog.model import Sku
from crossdock.kernel.content import content_hash
from crossdock.kernel.document import Code, Country, Input, Words
from crossdock.network.model import LocationKind

MAX_RULES = 20_000
NEW = "new"
"""The condition of ordinary goods."""

Percent = Annotated[int, Meta(ge=0, le=100)]
Units = Annotated[int, Meta(ge=0, le=10**9)]
Permille = Annotated[int, Meta(ge=1, le=1000)]
Skus = Annotated[tuple[Sku, ...], Meta(max_length=MAX_RULES)]
Categories = Annotated[tuple[Words, ...], Meta(max_length=1_000)]
Condition = Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,30}$", examples=["new", "refurbished"])]


class Circle(Input, frozen=True):
    """The surroundings of a point: everything within so many kilometres of it, as the crow flies."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    km: Annotated[int, Meta(ge=0, le=20_016)]


class Selector(Input, frozen=True):
    """Locations by what they are: every field that is given must fit, any of its values will do.

    A location serves the markets that it names, or, naming none, its own country.
    """

    kinds: Annotated[tuple[LocationKind, ...], Meta(max_length=5)] = ()
    groups: Annotated[tuple[Code, ...], Meta(max_length=1_000)] = ()
    tags: Annotated[tuple[Code, ...], Meta(max_length=1_000)] = ()
    countries: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    markets: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    codes: Annotated[tuple[Code, ...], Meta(max_length=10_000)] = ()
    within: Circle | None = None


class Rule(Input, frozen=True):
    """What every rule of a view says: for which items, or which categories, and where. Nothing said is everything."""

    items: Skus = ()
    categories: Categories = ()
    locations: Selector | None = None
    note: Words = ""


class Exclusion(Rule, frozen=True):
    """Stock that the channel does not see.

    With ``conditions`` only goods of these conditions are hidden; with ``stale`` only where a source has fallen silent
    and is not trusted any more.
    """

    conditions: Annotated[tuple[Condition, ...], Meta(max_length=50)] = ()
    stale: bool = False


class Buffer(Rule, frozen=True):
    """Units kept back at each location; with ``units`` and ``percent`` (of what is claimable there) the larger."""

    units: Units = 0
    percent: Percent = 0


class SafetyStock(Rule, frozen=True):
    """Units of an item kept back of all that the view shows together, taken where there are fewest of it."""

    units: Units = 0


class Find(Rule, frozen=True, kw_only=True):
    """How likely a unit that the books show is found by whoever looks for it, in thousandths."""

    permille: Permille


class Limit(Rule, frozen=True):
    """How many units of an item may be ordered beyond what is there."""

    units: Units = 0


class StockView(Input, frozen=True):
    """What a channel may see and sell.

    ``locations``: shown are those that any selector picks; without any, all. Of the rules of one kind only the most
    specific one applies to an item at a location: nothing is added up. ``confidence`` (thousandths) is how certain it
    must be that the units shown where ``find`` says something are found. ``backorders`` and ``preorders`` limit what
    may be ordered beyond stock; where no rule fits there is no limit.
    """

    code: Code
    name: Words = ""
    locations: Annotated[tuple[Selector, ...], Meta(max_length=1_000)] = ()
    exclusions: Annotated[tuple[Exclusion, ...], Meta(max_length=MAX_RULES)] = ()
    buffers: Annotated[tuple[Buffer, ...], Meta(max_length=MAX_RULES)] = ()
    safety_stock: Annotated[tuple[SafetyStock, ...], Meta(max_length=MAX_RULES)] = ()
    find: Annotated[tuple[Find, ...], Meta(max_length=MAX_RULES)] = ()
    confidence: Annotated[int, Meta(ge=500, le=999, description="thousandths")] = 950
    backorders: Annotated[tuple[Limit, ...], Meta(max_length=MAX_RULES)] = ()
    preorders: Annotated[tuple[Limit, ...], Meta(max_length=MAX_RULES)] = ()

    @property
    def version(self) -> str:
        """The content hash."""
        return content_hash(self).hex()

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """Yield every rule with its place in the document, a JSON pointer."""
        for name in ("exclusions", "buffers", "safety_stock", "find", "backorders", "preorders"):
            for index, rule in enumerate(getattr(self, name)):
                yield f"/{name}/{index}", rule


def rule_at(view: StockView, pointer: str) -> Rule | None:
    """Return the rule at a place of the document; None when there is none."""
    _, name, index = (*pointer.split("/"), "")[:3]
    rules: tuple[Rule, ...] = getattr(view, name, ())
    return rules[int(index)] if index.isdecimal() and int(index) < len(rules) else None


def unlimited(code: str = "") -> StockView:
    """Return the view that shows everything: of a channel that names none."""
    return msgspec.convert({"code": code or "everything"}, StockView)
