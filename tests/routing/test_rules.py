"""Each fence and each cost of a policy by itself, in amounts that can be checked by hand, and as it is explained."""

from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from crossdock.routing import Demand, DemandLine, Network, Policy, Snapshot, decide
from crossdock.routing.rules import (
    Among,
    Carbon,
    Carrier,
    Clear,
    CostName,
    FailedPick,
    Fence,
    Handling,
    HasShare,
    InTime,
    KeepsStock,
    Near,
    Preference,
    Scarce,
    ServesMarket,
    Sites,
    Step,
    Surcharge,
    When,
    Without,
    Workload,
)
from crossdock.routing.rules import Test as Asks
from tests.routing.builders import CARD, TODAY, demand, network, snapshot
from tests.routing.test_fences import failed

DC, LEEDS, YORK = 1, 2, 3
STORES = Sites(kinds=("store",))


def changed(where: Network, **facts: dict[str, Any]) -> Network:
    """Say something of single locations: `LEEDS={"tags": …}`."""
    return Network(tuple(replace(site, **facts.get(site.code, {})) for site in where.sites))


def first(policy: Policy, seen: Snapshot, *lines: tuple[int, int], **facts: Any) -> tuple[int, ...]:
    return decide(demand(*lines or ((1, 100),), **facts), seen, policy).site_ids


def keeps_out(fence: Fence, seen: Snapshot, code: str, **facts: Any) -> list[str]:
    """Name the fences that a location fails; in which words they are told is settled by the golden texts."""
    return why(demand((1, 100), **facts), seen, Policy(card=CARD, fences=(fence,)), code)


def why(asked: Demand, seen: Snapshot, policy: Policy, code: str) -> list[str]:
    return [fence for fence, _, _ in failed(asked, seen, policy, code)]


def more_of(policy: Policy, seen: Snapshot, asked: Demand | None = None) -> dict[str, int]:
    (bill,) = decide(asked or demand((2, 1_500)), seen, policy).bill
    return dict(bill.more)


# -- fences ------------------------------------------------------------------------------------------------------------


def test_only_the_locations_that_a_rule_names_ship():
    seen = snapshot(network(), (1, 1, 1))
    fence = Among(Sites(codes=("YORK", "DC"), but=("DC",)))
    assert first(Policy(card=CARD, fences=(fence,)), seen) == (YORK,)
    assert keeps_out(fence, seen, "LEEDS") == ["among"]


def test_locations_are_named_by_group_tag_and_kind():
    where = changed(network(), LEEDS={"groups": ("north",), "tags": ("closing",)}, YORK={"groups": ("north",)})
    seen = snapshot(where, (1, 1, 1))
    assert first(Policy(card=CARD, fences=(Among(Sites(groups=("north",))),)), seen) == (LEEDS,)
    both = Without(Sites(groups=("north",), tags=("closing",)))
    assert first(Policy(card=CARD, fences=(both,)), seen) == (YORK,)
    assert keeps_out(both, seen, "LEEDS") == ["without"]


def test_locations_further_away_than_a_rule_allows_do_not_ship():
    seen = snapshot(network(), (1, 1, 1))
    assert first(Policy(card=CARD, fences=(Near(20),)), snapshot(network(), (1, 0, 0))) == ()
    assert keeps_out(Near(20), seen, "DC") == ["near"]
    assert keeps_out(Near(174), seen, "DC") == ["near"]
    assert keeps_out(Near(175), seen, "DC") == []


def test_a_location_serves_the_markets_that_it_lists_or_its_own():
    where = changed(network(), LEEDS={"markets": ("IE",)})
    seen = snapshot(where, (1, 1, 1))
    assert first(Policy(card=CARD, fences=(ServesMarket(),)), seen) == (YORK,)
    assert keeps_out(ServesMarket(), seen, "LEEDS") == ["serves_market"]


def test_what_would_be_late_is_fenced_with_the_days_of_grace_that_a_rule_gives():
    seen = snapshot(network(), (1, 1, 1), days=(TODAY, TODAY + 2, TODAY + 2))
    assert first(Policy(card=CARD, fences=(InTime(),)), seen, due_day=TODAY + 2) == (DC,)
    assert first(Policy(card=CARD, fences=(InTime(1),)), seen, due_day=TODAY + 2) == (LEEDS,)
    assert keeps_out(InTime(), seen, "LEEDS", due_day=TODAY + 2) == ["in_time"]
    assert first(Policy(card=CARD, fences=(InTime(),)), seen) == (LEEDS,)  # nothing was promised


def test_a_location_with_too_small_a_part_of_the_order_is_not_asked_unless_nobody_has_more():
    fence = HasShare(permille=600)
    asked = demand((1, 100), (1, 100))
    some = snapshot(network(), (1, 1, 0), (1, 0, 1))
    assert decide(asked, some, Policy(card=CARD, fences=(fence,))).site_ids == (DC,)
    assert why(asked, some, Policy(card=CARD, fences=(fence,)), "LEEDS") == ["has_share"]
    none = snapshot(network(), (0, 1, 0), (0, 0, 1))
    assert decide(asked, none, Policy(card=CARD, fences=(fence,))).site_ids == (LEEDS, YORK)
    assert why(asked, none, Policy(card=CARD, fences=(fence,)), "LEEDS") == []
    strict = replace(fence, strict=True)
    assert decide(asked, none, Policy(card=CARD, fences=(strict,))).assignments == ()


def test_units_that_must_stay_do_not_ship():
    seen = snapshot(network(), (0, 3, 3))
    fence = KeepsStock(2, Sites(codes=("LEEDS",)))
    assert decide(demand((2, 100)), seen, Policy(card=CARD, fences=(fence,))).assignments == ((YORK, 1, 2),)
    bare = snapshot(network(), (0, 2, 3))
    assert keeps_out(fence, bare, "LEEDS") == ["keeps_stock", "stock"]


def test_a_carrier_must_collect_at_the_location():
    seen = snapshot(changed(network(), LEEDS={"carriers": ("dhl",)}), (1, 1, 1))
    assert first(Policy(card=CARD, fences=(Carrier("ups"),)), seen) == (YORK,)
    assert keeps_out(Carrier("ups"), seen, "LEEDS") == ["carrier"]


def test_chilled_goods_need_a_location_a_carrier_and_a_short_way():
    chills = {"capabilities": ("ship", "chill")}
    where = changed(network(), DC=chills, LEEDS={**chills, "carriers": ("dhl",)}, YORK=chills)
    asked = demand((1, 100))
    asked = replace(asked, lines=(replace(asked.lines[0], requires=("chill",)),))
    seen = snapshot(where, (1, 1, 1))
    fence = Handling("chill", most_transit_days=1, carriers=("coolex",))
    policy = Policy(card=CARD, fences=(fence,))
    assert decide(asked, seen, policy).site_ids == (YORK,)
    assert "handling" in why(asked, seen, policy, "LEEDS")
    assert "handling" in why(asked, seen, policy, "DC")


def test_a_location_ships_no_more_units_than_it_has_room_for():
    seen = replace(snapshot(network(), (0, 9, 9)), units_room=np.array([9, 2, 9]))
    assert decide(demand((2, 100)), seen, Policy(card=CARD)).assignments == ((LEEDS, 1, 2),)
    assert decide(demand((3, 100)), seen, Policy(card=CARD)).assignments == ((YORK, 1, 3),)
    two = snapshot(network(("LEEDS", "YORK")), (9, 9), (9, 9))
    seen = replace(two, units_room=np.array([3, 1]))
    decision = decide(demand((2, 100), (2, 100)), seen, Policy(card=CARD))
    assert {site: sum(n for s, _, n in decision.assignments if s == site) for site in (1, 2)} == {1: 3, 2: 1}


def test_a_location_that_takes_no_work_or_said_no_is_not_asked():
    seen = replace(snapshot(network(), (1, 1, 1)), paused=np.array([False, True, False]))
    assert first(Policy(card=CARD), seen) == (YORK,)
    assert why(demand((1, 100)), seen, Policy(card=CARD), "LEEDS") == ["accepting"]
    seen = replace(snapshot(network(), (1, 1, 1)), barred=np.array([[False, True, False]]))
    assert first(Policy(card=CARD), seen) == (YORK,)
    assert "barred" in why(demand((1, 100)), seen, Policy(card=CARD), "LEEDS")


def test_a_condition_over_location_and_delivery_is_a_fence():
    dear = When(Asks("delivery.value", "at_most", (5_000,)), name="cheap orders only")
    seen = snapshot(network(), (1, 1, 1))
    assert first(Policy(card=CARD, fences=(dear,)), seen, value=4_000) == (LEEDS,)
    assert first(Policy(card=CARD, fences=(dear,)), seen, value=6_000) == ()
    assert keeps_out(dear, seen, "LEEDS", value=6_000) == ["when"]
    abroad = When(Asks("location.country", "in", than="delivery.country"))
    assert first(Policy(card=CARD, fences=(abroad,)), seen) == (LEEDS,)


# -- costs -------------------------------------------------------------------------------------------------------------


def test_a_bulky_unit_is_charged_by_its_volume_and_packed_by_its_weight():
    card = replace(CARD, dim_divisor=5_000)
    asked = demand((1, 1_000))
    asked = replace(asked, lines=(replace(asked.lines[0], volume_cm3=20_000),))
    (bill,) = decide(asked, snapshot(network(), (0, 1, 0)), Policy(card=card)).bill
    assert (bill.weight, bill.weight_g, bill.parcels) == (4_000 * 10, 1_000, 1)  # 20 l ÷ 5000 are 4 kg


def test_surcharges_and_fuel_are_lines_of_the_bill():
    card = replace(
        CARD,
        surcharges=(
            Surcharge("remote", 70_000, zones=(0,)),
            Surcharge("abroad", 1, countries=("FR",)),
            Surcharge("heavy", 40_000, over_g=1_000),
        ),
        fuel_permille=100,
    )
    (bill,) = decide(demand((2, 1_500)), snapshot(network(), (0, 5, 0)), Policy(card=card)).bill
    assert dict(bill.more) == {"surcharges": 70_000 + 2 * 40_000, "fuel": 37_000 + 2 * 5_500}
    assert bill.total == 392_000 + 150_000 + 48_000


def test_work_costs_more_where_the_day_is_fuller():
    steps = (Step(500, 60_000), Step(900, 300_000))
    seen = replace(snapshot(network(), (0, 9, 9)), used=np.array([0, 950, 600]))
    policy = Policy(card=CARD, costs=(Workload(steps),))
    assert first(policy, seen) == (YORK,)
    assert more_of(policy, seen) == {"workload": 60_000}
    by_unit = Policy(card=CARD, costs=(Workload(steps, per="unit"),))
    assert more_of(by_unit, seen) == {"workload": 120_000}


def test_scarce_units_cost_what_they_may_still_be_worth():
    policy = Policy(card=CARD, costs=(Scarce(per_unit=100_000, below=10, sites=STORES),))
    assert more_of(policy, snapshot(network(), (0, 4, 0))) == {"scarce": 2 * 60_000}
    assert more_of(policy, snapshot(network(), (0, 10, 0))) == {}


def test_goods_that_should_go_are_credited_and_go_first():
    policy = Policy(card=CARD, costs=(Clear(per_unit=250_000, sites=Sites(codes=("DC",))),))
    seen = snapshot(network(), (2, 2, 2))
    decision = decide(demand((2, 1_500)), seen, policy)
    assert decision.site_ids == (DC,)
    assert dict(decision.bill[0].more) == {"clear": -500_000}
    assert decision.proven
    soon = Policy(card=CARD, costs=(Clear(per_unit=250_000, within_days=7, name="expiry"),))
    seen = replace(seen, days_left=np.array([[30, -1, 7]]))
    assert decide(demand((2, 1_500)), seen, soon).site_ids == (YORK,)
    assert more_of(soon, seen) == {"expiry": -500_000}


def test_a_markdown_counts_with_the_value_and_the_category():
    asked = demand((1, 1_500))
    line = DemandLine(1, 101, 1, 1_500, (), 2_000, category="fashion")
    policy = Policy(card=CARD, costs=(Clear(permille=100, categories=("fashion",)),))
    seen = snapshot(network(), (0, 1, 0))
    assert more_of(policy, seen, replace(asked, lines=(line,))) == {"clear": -200_000}  # a tenth of 20.00
    assert more_of(policy, seen, replace(asked, lines=(replace(line, category="garden"),))) == {}


def test_a_pick_that_may_fail_costs_its_share():
    policy = Policy(card=CARD, costs=(FailedPick(per_unit=400_000),))
    seen = replace(snapshot(network(), (0, 9, 9)), find=np.array([[1_000, 750, 990]]))
    assert first(policy, seen) == (YORK,)
    assert more_of(policy, seen) == {"failed_pick": 2 * 4_000}


def test_carbon_is_priced_by_weight_and_distance():
    policy = Policy(card=CARD, costs=(Carbon(per_kg=10_000_000),))
    decision = decide(demand((2, 1_500)), snapshot(network(), (2, 0, 0)), policy)
    # 1.5 kg × 174 km × 137 g per tonne-kilometre are 35.757 g; at 100.00 a kilogram
    assert decision.bill[0].km == 174
    assert dict(decision.bill[0].more) == {"carbon": 2 * 357_570}


def test_a_location_that_the_merchant_would_rather_not_use_counts_dearer():
    policy = Policy(card=CARD, costs=(Preference(200_000, Sites(codes=("LEEDS",)), name="keep Leeds free"),))
    assert first(policy, snapshot(network(), (0, 9, 9))) == (YORK,)
    assert more_of(policy, snapshot(network(), (0, 9, 0))) == {"keep Leeds free": 200_000}


def test_each_location_but_the_first_costs_what_the_policy_says():
    seen = snapshot(network(), (0, 3, 3))
    decision = decide(demand((5, 100)), seen, Policy(card=CARD, extra_location=90_000))
    assert decision.extra_locations == 90_000
    assert decision.cost == sum(bill.total for bill in decision.bill) + 90_000
    alone = decide(demand((3, 100)), seen, Policy(card=CARD, extra_location=90_000))
    assert alone.extra_locations == 0


@pytest.mark.parametrize(("weight", "counted"), [(0, 0), (500, 196_000), (2_000, 784_000)])
def test_weights_change_what_counts_and_the_bill_says_by_how_much(weight, counted):
    names: tuple[CostName, ...] = ("carriage", "weight", "handling_parcel", "handling_line", "handling_unit")
    policy = Policy(card=CARD, weights=tuple((name, weight) for name in names))
    (bill,) = decide(demand((2, 1_500)), snapshot(network(), (0, 5, 0)), policy).bill
    assert (bill.base, bill.weight) == (300_000, 30_000)  # what is paid stays what it is
    assert dict(bill.more) == {"weights": counted - 392_000}
    assert bill.total == counted
