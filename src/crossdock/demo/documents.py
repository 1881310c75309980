"""The demonstration retailer as the documents that the API takes: items, locations, channel, policy, orders."""

from __future__ import annotations

import msgspec

from crossdock.catalog import Item
from crossdock.demo.feed import OrderPlaced
from crossdock.demo.items import ItemSpec
from crossdock.demo.network import LocationSpec
from crossdock.demo.places import Destination
from crossdock.demo.sales import SaleLine, SaleOrder
from crossdock.demo.terms import ChannelSpec, PolicySpec
from crossdock.network import Address, Calendar, Channel, Location
from crossdock.orders import AddressIn, Adjustment, CustomerIn, DeliveryIn, LineIn, MoneyIn, OrderIn
from crossdock.routing import Policy


def item(spec: ItemSpec) -> Item:
    """Give an item as it is put into the catalogue."""
    return Item(sku=spec.sku, name=spec.name, weight_g=spec.weight_g, handling_class=spec.handling_class)  # type: ignore[arg-type]


def location(spec: LocationSpec) -> Location:
    """Give a location as it is put into the network; only what schema and spec name differently is said here."""
    flat = msgspec.to_builtins(spec)
    calendar = {name: flat.pop(name) for name in ("work_days", "holidays", "cut_off", "processing_days")}
    address = {name: flat.pop(name) for name in ("country", "city", "region")} | {"postal_code": flat.pop("outcode")}
    return Location(
        **{**flat, "capabilities": spec.capabilities},
        address=Address(**address),
        calendar=msgspec.convert(calendar, Calendar),
    )


def channel(spec: ChannelSpec) -> Channel:
    """Give the channel."""
    return msgspec.convert(msgspec.to_builtins(spec), Channel)


def policy(spec: PolicySpec) -> Policy:
    """Give the routing policy with its rate card."""
    return msgspec.convert(msgspec.to_builtins(spec), Policy)


def order(event: OrderPlaced, channel: str, currency: str) -> OrderIn:
    """Give an order as its channel would have sent it."""
    sale = event.order
    return OrderIn(
        channel=channel,
        external_id=sale.external_id,
        placed_at=sale.placed_at,
        currency=currency,
        lines=tuple([_line(line, currency) for line in sale.lines]),
        deliveries=(DeliveryIn(destination=_address(event.destination, event.party.name)),),
        customer=CustomerIn(external_id=event.party.external_id, name=event.party.name),
        charges=tuple(
            [Adjustment(charge.code, MoneyIn(charge.amount, currency), charge.description) for charge in sale.charges]
        ),
        total=MoneyIn(_total(sale), currency),
        metadata={} if sale.review is None else {"review": sale.review},
    )


def _total(sale: SaleOrder) -> int:
    return sale.goods_total + sum(charge.amount for charge in sale.charges)


def _line(line: SaleLine, currency: str) -> LineIn:
    return LineIn(
        line.sku,
        line.quantity,
        MoneyIn(line.unit_price, currency),
        name=line.description[:300],
        external_id=str(line.row),
    )


def _address(place: Destination, name: str) -> AddressIn:
    return AddressIn(
        country=place.country,
        name=name,
        city=place.town,
        region=place.region,
        postal_code=place.outcode,
        latitude=place.lat,
        longitude=place.lon,
    )
