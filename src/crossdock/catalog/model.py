"""Items as documents: the public schema and the stored form are one."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from crossdock.kernel.document import Day, Input, Metadata, Words, clean

Sku = Annotated[str, clean(min_length=1, max_length=64)]
WaitingUnits = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Millimetres = Annotated[int, Meta(ge=0, le=10**6)]


class Component(Input):
    """One part of a bundle."""

    sku: Sku
    quantity: Annotated[int, Meta(ge=1, le=10_000)]


class Item(Input):
    """A sellable unit. With ``components`` it is a bundle: never stocked itself, exploded into its parts."""

    sku: Sku
    name: Words = ""
    weight_g: Annotated[int, Meta(ge=0, le=10**9)] = 0
    handling_class: Literal["ambient", "chill", "frozen", "hazmat", "oversize"] = "ambient"
    gtin: Annotated[str, Meta(pattern="^([0-9]{8}|[0-9]{12,14})?$")] = ""
    category: Words = ""
    length_mm: Millimetres = 0
    width_mm: Millimetres = 0
    height_mm: Millimetres = 0
    components: Annotated[tuple[Component, ...], Meta(max_length=50)] = ()
    launch_on: Annotated[Day | None, Meta(description="before this day (UTC) it is preordered and not shipped")] = None
    backorder_limit: Annotated[
        WaitingUnits | None, Meta(description="how many units may wait for stock; null for any number")
    ] = None
    preorder_limit: Annotated[
        WaitingUnits | None, Meta(description="how many units may wait that were ordered before the launch")
    ] = None
    metadata: Metadata = {}


class ItemFacts(NamedTuple):
    """What decisions need of an item: id, grams, what handling it needs, a bundle's parts, category, volume (cm³).

    ``launch_day`` is an ordinal, 0 when it was launched long ago; a limit of None lets any number of units wait.
    """

    id: int
    sku: str
    weight_g: int
    requires: tuple[str, ...]
    components: tuple[tuple[str, int], ...] = ()
    category: str = ""
    launch_day: int = 0
    backorder_limit: int | None = None
    preorder_limit: int | None = None
    volume_cm3: int = 0
