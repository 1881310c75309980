"""What a plan costs, to the milli, and which plan is therefore chosen."""

import msgspec
import pytest

from crossdock.routing import DemandLine, Policy, Prices, RoutingError, decide
from tests.routing.builders import CARD, POLICY, TODAY, demand, network, snapshot

LEEDS, DC, YORK = 2, 1, 3


def test_a_parcel_costs_base_weight_and_hands_of_its_zone():
    decision = decide(demand((2, 1_500)), snapshot(network(), (0, 5, 0)), POLICY)
    (bill,) = decision.bill
    assert (bill.base, bill.weight, bill.km, bill.transit_days) == (300_000, 2 * 15_000, 1, 1)
    assert (bill.handling_parcel, bill.handling_line, bill.handling_unit) == (50_000, 10_000, 2_000)
    assert decision.cost == 392_000
    assert decision.assignments == ((LEEDS, 1, 2),)


def test_a_unit_s_weight_is_rounded_by_the_unit():
    # 55 g at 10 000 a kilogram are 550; 55.05 does not exist, so 3 units cost 3 × 550
    card = msgspec.structs.replace(CARD, zones=(msgspec.structs.replace(CARD.zones[0], per_kg=10_010), *CARD.zones[1:]))
    decision = decide(demand((3, 55)), snapshot(network(), (0, 5, 0)), Policy(card=card))
    assert decision.bill[0].weight == 3 * 551  # 550.55, half a milli and more goes up


def test_an_order_needs_as_many_parcels_as_it_weighs():
    decision = decide(demand((5, 9_000)), snapshot(network(), (0, 5, 0)), Policy(card=CARD, extra_parcel=70_000))
    assert decision.bill[0].parcels == 3
    assert decision.bill[0].base == 3 * 300_000
    assert decision.extra_parcels == 2 * 70_000


def test_lateness_is_priced_by_the_day_and_can_move_the_order():
    policy = Policy(card=CARD, lateness_per_day=300_000)
    asked = demand((1, 500), due_day=TODAY + 2)
    days = (TODAY, TODAY + 3, TODAY)
    decision = decide(asked, snapshot(network(("DC", "LEEDS")), (1, 1), days=days[:2]), policy)
    assert decision.assignments == ((DC, 1, 1),)
    assert decision.passed_over is not None
    assert decision.passed_over.plan.bill[0].lateness == 2 * 300_000


def test_prices_from_elsewhere_are_added_and_move_the_order():
    prices = Prices(locations=((LEEDS, 40_000),), units=((101, LEEDS, 500_000),))
    decision = decide(demand((1, 100)), snapshot(network(), (9, 9, 0)), Policy(card=CARD, prices=prices))
    assert decision.site_ids == (DC,)
    assert decision.passed_over is not None
    assert decision.passed_over.plan.bill[0].prices == 40_000 + 500_000


def test_a_line_may_be_divided_when_no_location_has_enough():
    decision = decide(demand((5, 100)), snapshot(network(), (0, 3, 3)), POLICY)
    assert decision.assignments == ((LEEDS, 1, 3), (YORK, 1, 2))
    assert decision.proven
    never = decide(demand((5, 100)), snapshot(network(), (0, 3, 3)), Policy(card=CARD, split="never"))
    assert never.assignments == ((LEEDS, 1, 3),)
    assert never.unfilled == ((1, 2),)
    line = decide(
        demand((5, 100), (1, 100)), snapshot(network(), (0, 3, 3), (0, 0, 1)), Policy(card=CARD, split="line")
    )
    assert line.assignments == ((YORK, 1, 3), (YORK, 2, 1))


def test_what_cannot_be_filled_is_penalized_apart_and_left_to_the_policy():
    policy = Policy(card=CARD, unfilled_per_unit=2_000_000, unfilled_permille=500, leftover="review")
    asked = demand((4, 100))
    asked = msgspec.structs.replace(asked, lines=(DemandLine(1, 101, 4, 100, (), 600),))
    decision = decide(asked, snapshot(network(), (0, 1, 0)), policy)
    assert decision.unfilled == ((1, 3),)
    assert decision.penalty == 3 * (2_000_000 + 600 * 500)
    assert decision.leftover == "review"
    assert decision.gap == 0


def test_a_unit_that_costs_more_to_ship_than_to_leave_stays():
    policy = Policy(card=CARD, unfilled_per_unit=100_000, unfilled_permille=0)
    decision = decide(demand((1, 100)), snapshot(network(), (1, 1, 1)), policy)
    assert decision.assignments == ()
    assert (decision.cost, decision.penalty, decision.proven) == (0, 100_000, True)


def test_two_lines_of_one_item_never_see_the_same_unit():
    asked = demand((3, 100))
    lines = (DemandLine(7, 101, 2, 100), DemandLine(8, 101, 2, 100))
    asked = msgspec.structs.replace(asked, lines=lines)
    decision = decide(asked, snapshot(network(), (0, 3, 0), (0, 3, 0)), POLICY)
    assert decision.assignments == ((LEEDS, 7, 2), (LEEDS, 8, 1))
    assert decision.unfilled == ((8, 1),)


def test_equal_locations_go_by_rank_then_id():
    where = network(("DC", "LEEDS", "YORK"))
    twins = tuple(msgspec.structs.replace(site, x=0, y=0, z=6_371_009, rank=9 - site.id) for site in where.sites)
    same = msgspec.structs.replace(where, sites=twins)
    near = demand((1, 100), x=0, y=0, z=6_371_009)
    assert decide(near, snapshot(same, (1, 1, 1)), POLICY).site_ids == (3,)
    level = msgspec.structs.replace(where, sites=tuple(msgspec.structs.replace(site, rank=0) for site in twins))
    assert decide(near, snapshot(level, (1, 1, 1)), POLICY).site_ids == (1,)


def test_whole_lines_win_ties():
    where = network(("DC", "LEEDS", "YORK"), handling_line=0)
    twins = tuple(msgspec.structs.replace(site, x=0, y=0, z=6_371_009) for site in where.sites)
    where = msgspec.structs.replace(where, sites=twins)
    decision = decide(demand((2, 100), (2, 100), x=0, y=0, z=6_371_009), snapshot(where, (2, 0, 1), (0, 2, 2)), POLICY)
    assert {line: site for site, line, _ in decision.assignments} == {1: 1, 2: 2}
    assert all(units == 2 for _, _, units in decision.assignments)


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(RoutingError, match="stock is"):
        decide(demand((1, 100)), snapshot(network(), (1, 1)), POLICY)
    with pytest.raises(RoutingError, match="at least one unit"):
        decide(demand((0, 100)), snapshot(network(), (1, 1, 1)), POLICY)
    with pytest.raises(RoutingError, match="without lines"):
        decide(demand(), snapshot(network()), POLICY)
    with pytest.raises(RoutingError, match="add up to more"):
        decide(demand((10**9, 100)), snapshot(network(), (1, 1, 1)), POLICY)


def test_the_chosen_location_with_another_beside_it_is_another_set():
    """DC holds all of it; the next best is DC with a unit from Leeds, not Leeds with its dear prices alone."""
    prices = Prices(units=((101, LEEDS, 900_000),))
    decision = decide(demand((2, 100)), snapshot(network(), (9, 9, 0)), Policy(card=CARD, prices=prices))
    assert decision.site_ids == (DC,)
    assert decision.passed_over is not None
    assert decision.passed_over.proven
    assert decision.passed_over.plan.assignments == ((DC, 1, 1), (LEEDS, 1, 1))
