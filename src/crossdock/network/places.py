"""Where a postal code is: the outward codes of the United Kingdom, shipped with the program (CC0)."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from crossdock.kernel.geo import Xyz, xyz


def area_of(country: str, postal_code: str) -> str:
    """Return the coarse area that may leave the vault: a British outward code, else the first three letters."""
    code = postal_code.strip().upper()
    if country == "GB":
        compact = code.replace(" ", "")
        if " " in code:
            return code.split(" ")[0][:4]
        return compact[:-3][:4] if len(compact) > 4 else compact
    return code.replace(" ", "")[:3]


def locate(country: str, area: str) -> Xyz | None:
    """Return the centre of an area in whole metres on the sphere; None when we do not know it."""
    return _outcodes().get(area) if country == "GB" else None


@cache
def _outcodes() -> dict[str, Xyz]:
    source = resources.files("crossdock.network").joinpath("data/uk_outcodes.csv")
    with source.open(encoding="utf-8") as lines:
        return {row["outcode"]: xyz(float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(lines)}
