"""The items that were sold: names from the file, weights and handling classes assumed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import median_low

import msgspec

from crossdock.demo.chance import Chance
from crossdock.demo.sales import SaleOrder

OVERSIZE_FROM = 3_000
"""The median price in pence from which an item is taken to be furniture, which not everybody can handle."""

_GRAMS_AT_A_POUND = 80
_EXPONENT = 0.6
_SPREAD = 0.45
_LIGHTEST, _HEAVIEST = 5, 25_000
_OVERSIZE_LIGHTEST = 4_000


class ItemSpec(msgspec.Struct, frozen=True):
    """One sold SKU: its usual description, its weight in grams (assumed), its handling class, its median price."""

    sku: str
    name: str
    weight_g: int
    handling_class: str
    price: int


def items(orders: Sequence[SaleOrder], chance: Chance) -> tuple[ItemSpec, ...]:
    """Make an item of every SKU that was sold, sorted by SKU."""
    names: dict[str, Counter[str]] = {}
    prices: dict[str, list[int]] = {}
    for order in orders:
        for line in order.lines:
            if line.sku not in prices:
                prices[line.sku], names[line.sku] = [], Counter()
            prices[line.sku].append(line.unit_price)
            names[line.sku][line.description] += 1
    return tuple(_item(sku, names[sku], median_low(prices[sku]), chance) for sku in sorted(prices))


def _item(sku: str, names: Counter[str], price: int, chance: Chance) -> ItemSpec:
    # Of names equally frequent the first in the alphabet, so that the name is always the same.
    name = min(names, key=lambda text: (-names[text], text)) or sku
    oversize = price >= OVERSIZE_FROM
    # Dearer goods weigh more, but not in proportion; around that, weights scatter log-normally.
    usual = _GRAMS_AT_A_POUND * (max(price, 1) / 100) ** _EXPONENT
    weight = round(usual * math.exp(_SPREAD * chance.normal("weight", sku)))
    weight = min(max(weight, _OVERSIZE_LIGHTEST if oversize else _LIGHTEST), _HEAVIEST)
    return ItemSpec(sku, name, weight, "oversize" if oversize else "ambient", price)
