"""Channels and locations as documents: the public schema and the stored form are one."""

from __future__ import annotations

import enum
from typing import Annotated, Literal

from msgspec import Meta

from crossdock.kernel.document import Code, Country, Currency, Day, Input, Words

Clock = Annotated[
    str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="local time HH:MM", examples=["15:00"])
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Milli = Annotated[int, Meta(ge=0, le=10**12, description="1/1000 of the minor unit")]
Minutes = Annotated[int, Meta(ge=1, le=40_320)]
LocationKind = Literal["dc", "store", "3pl", "supplier", "pickup_point"]
Capability = Literal["ship", "collect", "ambient", "chill", "frozen", "hazmat", "oversize", "gift"]


class Service(Input):
    """A service level: the policy that decides it (with its rate card and lateness), when it is due, what is asked."""

    code: Code
    name: Words = ""
    policy: Annotated[Code | None, Meta(description="a routing policy; absent for the channel's")] = None
    days: (
        Annotated[int, Meta(ge=0, le=365, description="days to the promised delivery; absent for `service_days`")]
        | None
    ) = None
    price: Annotated[int, Meta(ge=0, le=10**9, description="what the customer is asked, in minor units")] = 0
    slack_days: Annotated[
        int, Meta(ge=0, le=60, description="days after the promised one by which nine of ten packages have come")
    ] = 1


class Channel(Input):
    """A source of demand: its currency, legal entity, routing policy and service levels."""

    code: Code
    name: Words
    currency: Currency
    legal_entity: Words = ""
    policy: Code = "standard"
    view: Annotated[Code | None, Meta(description="the stock view; without one all stock is seen")] = None
    service_days: Annotated[int, Meta(ge=0, le=365, description="days from order to the promised delivery")] = 3
    services: Annotated[tuple[Service, ...], Meta(max_length=20)] = ()
    low_stock: (
        Annotated[
            int,
            Meta(
                ge=0, le=10**9, description="up to so many units an item is low; absent for no events of availability"
            ),
        ]
        | None
    ) = None

    def service(self, code: str) -> Service:
        """Return a service level; one that the channel does not list is decided by the channel's own policy."""
        return next((service for service in self.services if service.code == code), Service(code=code))


class Address(Input):
    """Where a location stands (a business address, not a person's)."""

    country: Country
    line1: Words = ""
    city: Words = ""
    region: Words = ""
    postal_code: Words = ""


class Calendar(Input):
    """When a location works: week days, closed days, and until when today's orders leave today."""

    work_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    closed_on: Annotated[tuple[Day, ...], Meta(max_length=400)] = ()
    holidays: Annotated[
        str,
        Meta(pattern="^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$", description="country(-region) whose holidays are closed"),
    ] = ""
    cut_off: Clock = "15:00"
    processing_days: Annotated[int, Meta(ge=0, le=60)] = 0


class Location(Input):
    """A source of supply: where it is, what it can do, when it works, what work costs there."""

    code: Code
    name: Words
    kind: LocationKind
    address: Address
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    time_zone: Annotated[
        str,
        Meta(max_length=60, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$", description="IANA name", examples=["Europe/London"]),
    ] = "UTC"
    capabilities: tuple[Capability, ...] = ("ship", "ambient")
    calendar: Calendar = Calendar()
    daily_capacity: (
        Annotated[int, Meta(ge=0, le=10**9, description="fulfillments a work day; absent for no limit")] | None
    ) = None
    daily_units: (
        Annotated[
            int, Meta(ge=0, le=10**9, description="units a work day, not exceeded knowingly; absent for no limit")
        ]
        | None
    ) = None
    carriers: Annotated[tuple[Code, ...], Meta(max_length=100, description="who collects there; none is all")] = ()
    handling_parcel: Milli = 0
    handling_line: Milli = 0
    handling_unit: Milli = 0
    rank: Annotated[int, Meta(ge=0, le=10**6, description="lower is preferred between equals")] = 100
    groups: Annotated[tuple[Code, ...], Meta(max_length=100, description="what views and rules may call it by")] = ()
    tags: Annotated[tuple[Code, ...], Meta(max_length=100)] = ()
    markets: Annotated[
        tuple[Country, ...], Meta(max_length=250, description="countries it serves; none is its own country")
    ] = ()
    accept_minutes: Annotated[
        Minutes | None, Meta(description="from release to acceptance; absent for the work rules'")
    ] = None
    start_minutes: Annotated[
        Minutes | None, Meta(description="from acceptance to start; absent for the work rules'")
    ] = None
    active: bool = True


class StockMode(enum.IntEnum):
    """What a quantity at a location means."""

    COUNTED = 0
    ADVISED = 1
    UNLIMITED = 2
