"""The JSON that orders, lines, deliveries and the vault keep beside their columns, read leniently.

What capture writes are the documents of ``orders.model`` without the fields that are columns; a field that is missing
has its default, one that a later version added is passed over.
"""

from __future__ import annotations

import msgspec

from crossdock.kernel.money import Money


class Price(msgspec.Struct, frozen=True):
    """A named charge or discount."""

    code: str
    amount: Money
    name: str = ""


class TaxStored(msgspec.Struct, frozen=True):
    """A tax of a line."""

    amount: Money
    rate: int = 0
    jurisdiction: str = ""
    included: bool = True


class OrderStored(msgspec.Struct, frozen=True):
    """``orders.data``."""

    charges: tuple[Price, ...] = ()
    discounts: tuple[Price, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: dict[str, str] = {}
    reservation_id: str | None = None


class LineStored(msgspec.Struct, frozen=True):
    """``lines.data``."""

    name: str = ""
    unit: str = "each"
    unit_factor: int = 1
    discounts: tuple[Price, ...] = ()
    charges: tuple[Price, ...] = ()
    taxes: tuple[TaxStored, ...] = ()
    metadata: dict[str, str] = {}
    together: int = 0


class DeliveryStored(msgspec.Struct, frozen=True):
    """``deliveries.data``."""

    gift: bool = False
    location: str | None = None


class AddressStored(msgspec.Struct, frozen=True):
    """``addresses.data``, in the vault."""

    country: str = ""
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""


class PartyStored(msgspec.Struct, frozen=True):
    """``parties.data``, in the vault."""

    name: str = ""
    email: str = ""
    phone: str = ""
