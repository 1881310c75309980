"""What shipping costs the demonstration retailer, and what being late, splitting and not shipping are worth to it.

All of it is assumed. Costs are in 1/1000 of a penny.
"""

from __future__ import annotations

import msgspec

from crossdock.demo.network import POUND

PARCEL_LIMIT_G = 70_000
"""The heaviest parcel that the large express carriers take. These are trade orders, half of them of 150 units and
more: with 30 kg three in ten would be several parcels, with 70 kg one in twelve."""

_CROWN = ("JE", "GG", "IM")
_NEAR = ("FR", "BE", "NL", "DE", "LU", "DK")
_EUROPE = ("AT", "CH", "CY", "CZ", "ES", "FI", "GR", "IS", "IT", "LT", "MT", "NO", "PL", "PT", "SE")


class ZoneSpec(msgspec.Struct, frozen=True):
    """Within the United Kingdom: the price of a parcel up to a distance, and the days it is on the road."""

    up_to_km: int
    base: int
    per_kg: int
    transit_days: int


class LaneSpec(msgspec.Struct, frozen=True):
    """Across a border: the first lane that names both countries counts, ``*`` is any."""

    origins: tuple[str, ...]
    destinations: tuple[str, ...]
    base: int
    per_kg: int
    transit_days: int


class RateCardSpec(msgspec.Struct, frozen=True):
    """The carrier's prices; a parcel weighs at most ``parcel_limit_g``."""

    currency: str
    zones: tuple[ZoneSpec, ...]
    lanes: tuple[LaneSpec, ...]
    parcel_limit_g: int


class PolicySpec(msgspec.Struct, frozen=True):
    """The routing policy's values in money, named as routing names them."""

    card: RateCardSpec
    unfilled_per_unit: int
    unfilled_permille: int
    lateness_per_day: int
    extra_parcel: int
    split: str
    leftover: str


class ChannelSpec(msgspec.Struct, frozen=True):
    """The one channel that all orders of the year come from."""

    code: str
    name: str
    currency: str
    legal_entity: str
    policy: str
    service_days: int


RATE_CARD = RateCardSpec(
    currency="GBP",
    zones=(
        ZoneSpec(50, 320 * POUND // 100, 12 * POUND // 100, 1),
        ZoneSpec(150, 365 * POUND // 100, 15 * POUND // 100, 1),
        ZoneSpec(300, 410 * POUND // 100, 18 * POUND // 100, 1),
        ZoneSpec(550, 495 * POUND // 100, 24 * POUND // 100, 2),
        ZoneSpec(20_016, 790 * POUND // 100, 45 * POUND // 100, 3),
    ),
    lanes=(
        LaneSpec(("GB",), _CROWN, 850 * POUND // 100, 60 * POUND // 100, 3),
        LaneSpec(("GB",), ("IE",), 750 * POUND // 100, 55 * POUND // 100, 3),
        LaneSpec(("GB",), _NEAR, 980 * POUND // 100, 85 * POUND // 100, 4),
        LaneSpec(("GB",), _EUROPE, 1250 * POUND // 100, 120 * POUND // 100, 6),
        LaneSpec(("*",), ("*",), 2400 * POUND // 100, 550 * POUND // 100, 9),
    ),
    parcel_limit_g=PARCEL_LIMIT_G,
)

POLICY = PolicySpec(
    card=RATE_CARD,
    unfilled_per_unit=1_000 * POUND,
    unfilled_permille=1_000,
    lateness_per_day=150 * POUND // 100,
    extra_parcel=50 * POUND // 100,
    split="unit",
    leftover="backorder",
)

CHANNEL = ChannelSpec("web", "Online shop", "GBP", "Demonstration Retail Ltd", "standard", 3)
