"""Who ordered and where to: nobody real. Names say that they are made up, addresses end at the postcode district."""

from __future__ import annotations

import msgspec

from crossdock.demo.chance import Chance
from crossdock.demo.places import NOWHERE, Destination, Places
from crossdock.demo.sales import SaleOrder


class Party(msgspec.Struct, frozen=True):
    """A customer by the number in the file, or a guest (no ``external_id``) of one order."""

    external_id: str | None
    name: str


def party_of(order: SaleOrder) -> Party:
    """Name the customer of an order."""
    if order.customer is None:
        return Party(None, f"Guest of order {order.external_id}")
    return Party(str(order.customer), f"Customer {order.customer}")


def destination_of(order: SaleOrder, places: Places, chance: Chance) -> Destination:
    """Tell where an order goes: for a customer always the same place in a country, for a guest one of its own.

    Postcode districts are drawn with equal chances. Abroad it is the country's largest city; an order whose country
    is to be reviewed goes nowhere yet.
    """
    if order.country is None:
        return NOWHERE
    districts = places.by_country.get(order.country)
    if districts is None:
        return places.cities[order.country]
    who = f"guest {order.external_id}" if order.customer is None else order.customer
    return chance.choice(districts, "destination", order.country, who)
