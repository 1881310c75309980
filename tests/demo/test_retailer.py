"""What the file lacks is made from a seed: always the same, plausible, and nobody's personal data."""

from __future__ import annotations

from collections import Counter

import pytest

from crossdock.demo import places
from crossdock.demo.chance import Chance
from crossdock.demo.countries import BY_NAME, country_code
from crossdock.demo.items import OVERSIZE_FROM, items
from crossdock.demo.network import locations
from crossdock.demo.parties import destination_of, party_of
from crossdock.demo.places import NOWHERE, Destination, distance_km
from crossdock.demo.reconcile import Reconciliation, reconcile
from crossdock.demo.retailer import SEED, Retailer, fingerprint, make_retailer, zone_of
from crossdock.demo.terms import POLICY, RATE_CARD
from tests.demo.rows import Row, file_of, row


def small(*rows: Row) -> Reconciliation:
    return reconcile(file_of(*rows))


def made(year: Reconciliation, seed: int = SEED) -> Retailer:
    return make_retailer(year.orders, year.cancellations, seed)


SOME = tuple(row(str(540000 + i), f"{20000 + i % 7}", i + 1, customer=10000 + i % 5 or None) for i in range(40))


def test_the_same_seed_makes_the_same_retailer():
    assert fingerprint(made(small(*SOME))) == fingerprint(made(small(*SOME)))


def test_another_seed_makes_another_retailer():
    assert fingerprint(made(small(*SOME))) != fingerprint(made(small(*SOME), seed=1))


def test_a_draw_depends_on_its_keys_and_not_on_what_was_drawn_before():
    one, other = Chance(1), Chance(1)
    one.uniform("weight", "22423")
    assert one.uniform("weight", "21730") == other.uniform("weight", "21730") == 0.891636568986508
    assert one.uniform("weight", "21730") != Chance(2).uniform("weight", "21730")


def test_draws_are_spread_evenly():
    drawn = Counter(int(10 * Chance(7).uniform("spread", number)) for number in range(10_000))
    assert min(drawn.values()) > 900
    assert max(drawn.values()) < 1_100


def test_nothing_can_be_chosen_from_nothing():
    with pytest.raises(ValueError, match="nothing to choose from"):
        Chance(1).choice([], "any")


def test_the_network_is_two_centres_21_stores_a_3pl_and_a_supplier(retailer: Retailer):
    kinds = Counter(location.kind for location in retailer.locations)
    assert kinds == {"dc": 2, "store": 21, "3pl": 1, "supplier": 1}
    assert len({location.code for location in retailer.locations}) == 25


def test_every_location_stands_on_a_real_postcode_district(retailer: Retailer):
    known = places.load().outcodes
    for location in retailer.locations:
        district = known[location.outcode]
        assert (district.lat, district.lon) == (location.latitude, location.longitude)


def test_every_sold_sku_is_an_item_with_a_name_and_a_weight(retailer: Retailer, reconciled: Reconciliation):
    sold = {line.sku for order in reconciled.orders for line in order.lines}
    assert [item.sku for item in retailer.items] == sorted(sold)
    assert len(retailer.items) == 3_794
    assert all(item.name and 5 <= item.weight_g <= 25_000 for item in retailer.items)
    assert Counter(item.handling_class for item in retailer.items) == {"ambient": 3_775, "oversize": 19}


def test_an_item_has_its_most_frequent_description_and_median_price():
    year = small(
        row("540001", description="LANTERN "),
        row("540002", description="LANTERN", price="3.00"),
        row("540003", description="WHITE LANTERN", price="9.00"),
    )
    (item,) = items(year.orders, Chance(1))
    assert (item.name, item.price) == ("LANTERN", 300)


def test_furniture_is_oversize_and_heavy():
    year = small(row(price="165.00"), row(code="21730", price="0.19"))
    small_thing, furniture = items(year.orders, Chance(1))
    assert furniture.price >= OVERSIZE_FROM
    assert (furniture.handling_class, small_thing.handling_class) == ("oversize", "ambient")
    assert furniture.weight_g >= 4_000
    assert small_thing.weight_g < 100


def test_a_customer_always_lives_at_the_same_place_and_a_guest_of_each_order_elsewhere():
    year = small(
        row("540001", customer=17850),
        row("540002", customer=17850),
        row("540003", customer=None),
        row("540004", customer=None),
    )
    first, again, guest, other = (destination_of(order, places.load(), Chance(SEED)) for order in year.orders)
    assert first == again
    assert len({first, guest, other}) == 3
    assert {first.country, guest.country, other.country} == {"GB"}


def test_an_order_abroad_goes_to_the_countrys_largest_city():
    (order,) = small(row(country="EIRE")).orders
    assert destination_of(order, places.load(), Chance(1)) == Destination("IE", "", "Dublin", "", 53.3331, -6.2489)


def test_the_channel_islands_are_served_in_jersey():
    (order,) = small(row(country="Channel Islands")).orders
    destination = destination_of(order, places.load(), Chance(1))
    assert (destination.country, destination.outcode[:2]) == ("JE", "JE")


def test_an_order_to_no_country_has_no_place_yet():
    (order,) = small(row(country="Unspecified")).orders
    assert destination_of(order, places.load(), Chance(1)) == NOWHERE


def test_a_country_that_nobody_knows_is_a_reason_for_review():
    assert country_code("Atlantis") == (None, "'Atlantis' is not a country known to the demonstration")


def test_every_country_of_the_file_has_a_place():
    known = places.load()
    assert {code for code in BY_NAME.values() if code} - set(known.cities) == set()


def test_parties_say_that_they_are_made_up():
    known, guest = small(row(customer=17850), row("540002", customer=None)).orders
    assert (party_of(known).external_id, party_of(known).name) == ("17850", "Customer 17850")
    assert (party_of(guest).external_id, party_of(guest).name) == (None, "Guest of order 540002")


def test_distances_are_those_of_the_globe():
    assert round(distance_km(51.5074, -0.1278, 55.9533, -3.1883)) == 534


def test_zones_rise_with_the_distance_and_in_price():
    places_ = places.load()
    centre = locations(places_)[0]
    assert [zone_of(centre, places_.outcodes[code]) for code in ("NN11", "B2", "M2", "EH2", "IV1")] == [0, 1, 2, 3, 4]
    assert zone_of(centre, NOWHERE) == 4
    bases = [zone.base for zone in RATE_CARD.zones]
    assert bases == sorted(bases) == [320_000, 365_000, 410_000, 495_000, 790_000]


def test_not_shipping_a_unit_costs_more_than_any_parcel():
    assert POLICY.unfilled_per_unit > 10 * max(lane.base for lane in RATE_CARD.lanes)


def test_the_last_lane_serves_every_country():
    assert (RATE_CARD.lanes[-1].origins, RATE_CARD.lanes[-1].destinations) == (("*",), ("*",))
