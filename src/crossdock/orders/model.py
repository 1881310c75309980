"""An order as a channel sends it, and the words for where it stands.

These structs are the public input schema (`POST /v1/orders`) and the value that capture plans with: one type for both.
Unknown fields are refused outside ``metadata``.
"""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from msgspec import Meta

from crossdock.kernel.document import (
    Amount,
    Code,
    Country,
    Currency,
    ExternalId,
    Input,
    Instant,
    Metadata,
    Words,
    clean,
)

MAX_LINES = 5_000
MAX_QUANTITY = 1_000_000

# A demand's quantity is always the sum of these parts, in this order.
PARTITION = ("waiting", "reserved", "allocated", "released", "picked", "shipped", "delivered", "lost", "canceled")

PROMISE_ID = "^prm_[0-7][0-9a-hjkmnp-tv-z]{12}$"
Quantity = Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
Number = Annotated[int, Meta(ge=1, le=MAX_LINES)]


class MoneyIn(Input):
    """An amount in integer minor units and its currency."""

    amount: Amount
    currency: Currency


class Adjustment(Input):
    """A named charge or discount, as the channel priced it."""

    code: Words
    amount: MoneyIn
    name: Words = ""


class Tax(Input):
    """A tax as the channel reckoned it; ``rate`` in basis points, ``included`` when the price contains it."""

    amount: MoneyIn
    rate: Annotated[int, Meta(ge=0, le=100_000, description="basis points: 2000 is 20 %")] = 0
    jurisdiction: Words = ""
    included: bool = True


class CustomerIn(Input):
    """Who ordered; kept in the vault alone. Without ``external_id`` a guest."""

    external_id: ExternalId | None = None
    name: Words = ""
    email: Words = ""
    phone: Words = ""


class AddressIn(Input):
    """Where a delivery goes; kept in the vault alone, but for country, postal area and coordinates."""

    country: Country
    name: Words = ""
    company: Words = ""
    line1: Words = ""
    line2: Words = ""
    city: Words = ""
    region: Words = ""
    postal_code: Annotated[str, clean(max_length=20)] = ""
    phone: Words = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class DeliveryIn(Input):
    """Where and when a part of the order is to go."""

    destination: AddressIn
    method: Literal["ship", "pickup", "ship_to_store"] = "ship"
    location: Annotated[
        Code | None, Meta(description="where it is picked up, for the methods `pickup` and `ship_to_store`")
    ] = None
    service_level: Code = "standard"
    not_before: Instant | None = None
    by: Instant | None = None
    gift: bool = False


class LineIn(Input):
    """One line as it was bought and priced."""

    sku: Annotated[str, clean(min_length=1, max_length=64)]
    quantity: Quantity
    unit_price: MoneyIn
    external_id: ExternalId | None = None
    name: Words = ""
    delivery: Annotated[int, Meta(ge=1, le=100, description="which of `deliveries`, from 1")] = 1
    unit: Code = "each"
    unit_factor: Annotated[int, Meta(ge=1, le=100_000, description="base units in one ordered unit")] = 1
    together: Annotated[int, Meta(ge=0, le=1_000, description="lines of the same number leave together; 0 is none")] = 0
    discounts: Annotated[tuple[Adjustment, ...], Meta(max_length=50)] = ()
    charges: Annotated[tuple[Adjustment, ...], Meta(max_length=50)] = ()
    taxes: Annotated[tuple[Tax, ...], Meta(max_length=20)] = ()
    metadata: Metadata = {}


class OrderIn(Input):
    """An order of a channel: `POST /v1/orders`."""

    channel: Code
    external_id: ExternalId
    placed_at: Instant
    currency: Currency
    lines: Annotated[tuple[LineIn, ...], Meta(min_length=1, max_length=MAX_LINES)]
    deliveries: Annotated[tuple[DeliveryIn, ...], Meta(min_length=1, max_length=100)]
    revision: Annotated[int, Meta(ge=0, le=2**53)] = 0
    customer: CustomerIn = CustomerIn()
    charges: Annotated[tuple[Adjustment, ...], Meta(max_length=100)] = ()
    discounts: Annotated[tuple[Adjustment, ...], Meta(max_length=100)] = ()
    total: MoneyIn | None = None
    payment: Literal["pending", "authorized", "paid"] = "paid"
    holds: Annotated[tuple[Code, ...], Meta(max_length=10)] = ()
    priority: Annotated[int, Meta(ge=-100, le=100, description="higher is served first")] = 0
    tags: Annotated[tuple[Words, ...], Meta(max_length=50)] = ()
    metadata: Metadata = {}
    promise_id: Annotated[str, Meta(pattern=PROMISE_ID, description="the promise that the order is to keep")] | None = (
        None
    )
    reservation_id: (
        Annotated[str, clean(min_length=1, max_length=64), Meta(description="what the cart had reserved (`rsv_…`)")]
        | None
    ) = None


class Status(enum.IntEnum):
    """Where an order stands, derived from its demand's quantities (orders.status), never set."""

    WAITING = 1
    PARTLY_ALLOCATED = 2
    ALLOCATED = 3
    IN_PROGRESS = 4
    PARTLY_SHIPPED = 5
    SHIPPED = 6
    DELIVERED = 7
    CANCELED = 8


class Payment(enum.IntEnum):
    """The payment axis."""

    PENDING = 1
    AUTHORIZED = 2
    PAID = 3


class Promise(enum.IntEnum):
    """The promise axis."""

    KEPT = 1
    AT_RISK = 2
    LATE = 3


class Cancellation(enum.IntEnum):
    """The cancellation axis."""

    NONE = 1
    REQUESTED = 2
    ACCEPTED = 3
    REFUSED = 4


class Origin(enum.IntEnum):
    """Why a demand exists."""

    SALE = 1
    REPLACEMENT = 2
    EXCHANGE = 3
