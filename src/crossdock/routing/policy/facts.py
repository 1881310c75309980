"""What the conditions of a routing policy may ask of a delivery: facts, each of which may be unknown.

A fact that is None is not known here (a cart has no customer yet): a condition on it is then neither true nor false,
and a route with such a condition does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

TextFact = Literal["channel", "service", "method", "country", "area"]
NumberFact = Literal["lines", "units", "value", "weight_g", "priority"]
SetFact = Literal["sku", "category", "handling", "tag"]
YesNoFact = Literal["known_customer", "gift"]

Strings = tuple[str, ...]


class Facts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delivery of an order, or a cart, as conditions see it.

    `lines`, `units`, `weight_g` and `value` (minor units of the channel's currency) are those of the whole delivery as
    it was ordered, not of what is left to decide. `area` is the postal area, `handling` the classes of handling that
    its items need, `at` the instant of the decision in microseconds UTC.
    """

    channel: str | None = None
    service: str | None = None
    method: str | None = None
    country: str | None = None
    area: str | None = None
    known_customer: bool | None = None
    gift: bool | None = None
    priority: int | None = None
    lines: int | None = None
    units: int | None = None
    value: int | None = None
    weight_g: int | None = None
    sku: Strings | None = None
    category: Strings | None = None
    handling: Strings | None = None
    tag: Strings | None = None
    at: int | None = None

    def only(self, names: Iterable[str]) -> Facts:
        """Return these facts without those that nobody asks for: what is stored with a decision."""
        return Facts(**{name: getattr(self, name) for name in names})


FACTS = Facts.__struct_fields__
