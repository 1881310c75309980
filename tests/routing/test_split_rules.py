"""How an order may be divided, and which aim comes first: each rule by itself."""

from typing import Any

import numpy as np
from msgspec.structs import replace

from crossdock.routing import Demand, DemandLine, Policy, Versions, decide, encode, explain, words
from crossdock.routing.points import fitting
from crossdock.routing.rules import Prefer, Sites
from tests.routing.builders import CARD, TODAY, demand, network, snapshot

DC, LEEDS, YORK = 1, 2, 3


def lines(*asked: DemandLine, **facts: Any) -> Demand:
    return replace(demand((1, 100), **facts), lines=asked)


# -- splits ------------------------------------------------------------------------------------------------------------


def test_no_more_parcels_than_the_policy_allows():
    seen = snapshot(network(), (0, 9, 9))
    policy = Policy(card=CARD, max_parcels=2)
    decision = decide(demand((5, 9_000)), seen, policy)  # two units fit into a parcel
    assert sum(bill.parcels for bill in decision.bill) == 2
    assert decision.unfilled == ((1, 1),)
    free = decide(demand((5, 9_000)), seen, Policy(card=CARD))
    assert sum(bill.parcels for bill in free.bill) == 3


def test_one_parcel_at_most_means_one_location_where_parcels_do_not_bind():
    decision = decide(demand((5, 100)), snapshot(network(), (0, 3, 4)), Policy(card=CARD, max_parcels=1))
    assert decision.assignments == ((YORK, 1, 4),)
    assert decision.proven


def test_a_location_ships_nothing_if_it_would_ship_too_little():
    seen = snapshot(network(), (0, 1, 3))
    asked = lines(DemandLine(1, 101, 4, 100, (), 1_000))
    assert decide(asked, seen, Policy(card=CARD)).assignments == ((LEEDS, 1, 1), (YORK, 1, 3))
    least = decide(asked, seen, Policy(card=CARD, min_value_per_location=2_000))
    assert least.assignments == ((YORK, 1, 3),)
    assert least.unfilled == ((1, 1),)
    assert least.proven


def test_lines_of_a_group_leave_from_one_location_or_not_at_all():
    seen = snapshot(network(), (1, 1, 0), (1, 0, 1), (0, 1, 0))
    asked = lines(DemandLine(1, 101, 1, 100, group=1), DemandLine(2, 102, 1, 100, group=1), DemandLine(3, 103, 1, 100))
    decision = decide(asked, seen, Policy(card=CARD))
    assert decision.assignments == ((DC, 1, 1), (DC, 2, 1), (LEEDS, 3, 1))
    assert decision.proven
    nobody = snapshot(network(), (0, 1, 0), (1, 0, 1), (0, 1, 0))
    assert decide(asked, nobody, Policy(card=CARD)).assignments == ((LEEDS, 3, 1),)
    apart = decide(asked, nobody, Policy(card=CARD, keep_groups=False))
    assert len(apart.assignments) == 3


def test_all_units_of_an_item_go_with_its_group():
    seen = snapshot(network(), (3, 1, 0), (1, 1, 0), (3, 1, 0))
    asked = lines(DemandLine(1, 101, 1, 100, group=1), DemandLine(2, 102, 1, 100, group=1), DemandLine(3, 101, 2, 100))
    decision = decide(asked, seen, Policy(card=CARD))
    assert decision.assignments == ((DC, 1, 1), (DC, 2, 1), (DC, 3, 2))


def test_bundles_kept_whole_may_come_from_several_locations_but_not_their_parts():
    seen = snapshot(network(), (4, 2, 0), (0, 5, 0), (0, 0, 0))
    seen = replace(seen, stock=np.array([[2, 4, 0], [1, 1, 9]]))
    asked = lines(DemandLine(1, 101, 4, 100, bundle=7, in_bundle=2), DemandLine(2, 102, 2, 50, bundle=7, in_bundle=1))
    decision = decide(asked, seen, Policy(card=CARD, whole_bundles=True))
    assert decision.assignments == ((DC, 1, 2), (DC, 2, 1), (LEEDS, 1, 2), (LEEDS, 2, 1))
    assert decision.proven
    apart = decide(asked, seen, Policy(card=CARD))
    assert apart.site_ids == (LEEDS, YORK)


def test_all_or_nothing_ships_nothing_rather_than_a_part():
    seen = snapshot(network(), (0, 3, 1))
    policy = Policy(card=CARD, complete=True)
    assert decide(demand((4, 100)), seen, policy).assignments == ((LEEDS, 1, 3), (YORK, 1, 1))
    decision = decide(demand((5, 100)), seen, policy)
    assert decision.assignments == ()
    assert decision.unfilled == ((1, 5),)
    assert decision.proven
    cheap = replace(policy, unfilled_per_unit=100_000, unfilled_permille=0)  # it is cheaper not to ship at all
    assert decide(demand((4, 100)), seen, cheap).assignments == ()


# -- ordered preferences -----------------------------------------------------------------------------------------------


def test_fewest_parcels_come_before_what_is_nearest_and_that_before_what_is_cheapest():
    seen = snapshot(network(), (9, 2, 9))
    aims = (Prefer("fewest_parcels"), Prefer("nearest"))
    near = decide(demand((3, 100)), seen, Policy(card=CARD, prefer=aims))
    assert near.assignments == ((YORK, 1, 3),)  # Leeds is nearer, but has too few for one parcel
    assert near.points is not None
    assert near.points.levels == (("most_filled", 0), ("fewest_parcels", 1), ("nearest", 34))
    assert near.proven


def test_bands_make_nearly_equal_equal():
    seen = snapshot(network(), (3, 3, 9))
    exact = Policy(card=CARD, prefer=(Prefer("nearest"), Prefer("fullest")))
    assert decide(demand((1, 100)), seen, exact).site_ids == (LEEDS,)
    bands = Policy(card=CARD, prefer=(Prefer("nearest", 50), Prefer("fullest")))
    assert decide(demand((1, 100)), seen, bands).site_ids == (YORK,)  # 1 km and 34 km are the same now


def test_stores_first_then_what_is_there_soonest_then_money():
    stores = Prefer("sites", sites=Sites(kinds=("store",)))
    seen = snapshot(network(), (9, 9, 9), days=(TODAY, TODAY + 1, TODAY))
    policy = Policy(card=CARD, prefer=(stores, Prefer("soonest"), Prefer("cheapest", 1_000)))
    assert decide(demand((1, 100)), seen, policy).site_ids == (YORK,)


def test_what_is_filled_comes_before_every_preference_and_the_plan_keeps_its_bill_in_money():
    seen = snapshot(network(), (0, 2, 2))
    policy = Policy(card=CARD, prefer=(Prefer("fewest_locations"),))
    decision = decide(demand((4, 100)), seen, policy)
    assert decision.site_ids == (LEEDS, YORK)
    assert decision.cost == sum(bill.total for bill in decision.bill) > 0
    record = encode(demand((4, 100)), seen, policy, decision)
    told = words(explain(record, Versions({seen.network.version: seen.network}, {policy.version: policy})))
    assert any("order of preferences" in sentence or "preference" in sentence for sentence in told)


def test_aims_for_which_whole_numbers_have_no_room_are_named():
    aims = (Prefer("fewest_parcels"), Prefer("nearest"), Prefer("cheapest"), Prefer("cheapest"), Prefer("fullest"))
    policy = Policy(card=CARD, prefer=aims)
    decision = decide(demand((5, 100)), snapshot(network(), (9, 9, 9)), policy)
    assert decision.points is not None
    assert decision.points.dropped == ("cheapest", "fullest")
    assert [name for name, _ in decision.points.levels] == ["most_filled", "fewest_parcels", "nearest", "cheapest"]
    assert fitting(policy, locations=3, units=5) == ("fewest_parcels", "nearest")
