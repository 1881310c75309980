"""What would have changed a decision: each answer is true, and the next smaller change is not one."""

import msgspec
import numpy as np
import pytest

from crossdock.routing import Decision, DemandLine, RoutingError, Versions, decide, decode, encode
from crossdock.routing.changes import Case, Change, applied, case_of
from crossdock.routing.flips import About, Flips, flips
from crossdock.routing.model import Snapshot
from crossdock.routing.record import Through
from crossdock.routing.rules import Near, ServesMarket, Sites, Without
from crossdock.routing.study import Flip
from tests.routing.builders import POLICY, TODAY, demand, network, snapshot
from tests.routing.rich_orders import rich_order
from tests.routing.small_orders import Order, order

DC, LEEDS, YORK = 1, 2, 3


def asked_of(order: Order, location: str | None = None, through: Through | None = None) -> tuple[Case, Decision, Flips]:
    asked, seen, policy = order
    decision = decide(asked, seen, policy)
    record = encode(asked, seen, policy, decision, through)
    versions = Versions({seen.network.version: seen.network}, {policy.version: policy})
    return case_of(decode(record), versions), decision, flips(record, versions, location)


def about(told: Flips, code: str) -> About:
    return next(one for one in told.abouts if one.code == code)


def flip(one: About, kind: str) -> Flip:
    (found,) = [flip for flip in one.flips if flip.kind == kind]
    return found


def smaller(one: Flip) -> list[tuple[Change, ...]]:
    """The changes with one step less of each that is a number."""
    out = []
    for at, change in enumerate(one.changes):
        if change.what not in {"units", "parcel_price", "due_day", "ship_day"} or change.before == -1:
            out.append((*one.changes[:at], *one.changes[at + 1 :]))
            continue
        step = 1_000 if change.what == "parcel_price" else 1
        nearer = change.after - step if change.after > change.before else change.after + step
        out.append((*one.changes[:at], msgspec.structs.replace(change, after=nearer), *one.changes[at + 1 :]))
    return out


def flipped(one: About, decision: Decision, instead: tuple[int, ...]) -> bool:
    return instead != decision.site_ids if one.chosen else one.site_id in instead


def test_every_change_that_is_told_flips_the_choice_and_a_smaller_one_does_not():
    looked_at = set()
    for seed in range(30):
        case, decision, told = asked_of(order(seed))
        assert told.same
        assert told.complete
        for one, found in ((about, found) for about in told.abouts for found in about.flips):
            assert found.changes
            instead = applied(case, found.changes).decided().site_ids
            assert instead == found.outcome.site_ids
            assert flipped(one, decision, instead), (seed, found)
            for less in smaller(found):
                assert not flipped(one, decision, applied(case, less).decided().site_ids), (seed, found, less)
            looked_at.add((one.chosen, found.kind))
        for found in told.days:
            assert applied(case, found.changes).decided().site_ids != decision.site_ids
            for less in smaller(found):
                assert applied(case, less).decided().site_ids == decision.site_ids
        for rule in told.rules:
            without = applied(case, (Change(what="rule", name=rule.name),)).decided()
            assert (without.site_ids != decision.site_ids) == rule.flips
            assert rule.outcome.more_cost + without.penalty <= decision.penalty or not without.proven
    assert {
        (True, "without"), (True, "units"), (True, "parcel_price"), (True, "ship_day"), (False, "units"),
        (False, "parcel_price"), (False, "ship_day"), (False, "together"),
    } <= looked_at  # fmt: skip


def test_so_it_is_with_every_kind_of_rule_cost_and_preference():
    looked_at = set()
    for seed in range(100, 145):
        asked, seen, policy = rich_order(seed, aims=seed % 2 == 0)
        case, decision, told = asked_of((asked, seen, policy))
        for one, found in ((about, found) for about in told.abouts for found in about.flips):
            assert flipped(one, decision, applied(case, found.changes).decided().site_ids), (seed, found)
            for less in smaller(found):
                assert not flipped(one, decision, applied(case, less).decided().site_ids), (seed, found, less)
            looked_at |= {change.what for change in found.changes}
    assert {"units", "parcel_price", "room", "rule"} <= looked_at


def test_several_fences_of_the_policy_are_left_out_together():
    fences = (Near(100), ServesMarket(), Without(Sites(codes=("DC",))))
    seen = snapshot(network(), (9, 0, 0))
    _, _, told = asked_of((demand((1, 500)), seen, msgspec.structs.replace(POLICY, fences=fences)), "DC")
    found = flip(about(told, "DC"), "fences")
    assert [change.name for change in found.changes] == ["/fences/2", "/fences/0"]
    assert found.outcome.site_ids == (DC,)


def test_more_stock_and_a_cheaper_parcel_are_the_smallest_of_all():
    for seed in range(30, 45):
        case, _, told = asked_of(order(seed))
        for one in told.abouts:
            for found in one.flips if not one.chosen else ():
                if found.kind == "units" and len(found.changes) == 1:
                    (change,) = found.changes
                    for fewer in range(change.before, change.after):
                        less = (msgspec.structs.replace(change, after=fewer),)
                        assert one.site_id not in applied(case, less).decided().site_ids
                if found.kind == "parcel_price":
                    (change,) = found.changes
                    for dearer in range(change.after + 1_000, 1, max(1_000, -change.after // 8)):
                        less = (msgspec.structs.replace(change, after=dearer),)
                        assert one.site_id not in applied(case, less).decided().site_ids


def test_a_store_reads_how_many_more_units_would_have_brought_it_the_order():
    seen = snapshot(network(), (9, 1, 9))
    _, decision, told = asked_of((demand((4, 500)), seen, POLICY), "LEEDS")
    assert decision.site_ids == (YORK,)
    found = flip(about(told, "LEEDS"), "units")
    assert (found.by, found.outcome.site_ids) == (3, (LEEDS,))
    assert found.changes == (Change(what="units", site=LEEDS, item=101, before=1, after=4),)


def test_a_chosen_location_reads_at_which_price_of_a_parcel_another_one_wins():
    seen = snapshot(network(), (9, 9, 0))
    _, decision, told = asked_of((demand((1, 500)), seen, POLICY))
    assert decision.site_ids == (LEEDS,)
    assert decision.passed_over is not None
    assert decision.passed_over.plan.total - decision.total == 105_000  # and ties go to the lower id, Daventry
    dearer, cheaper = flip(about(told, "LEEDS"), "parcel_price"), flip(about(told, "DC"), "parcel_price")
    assert (dearer.by, cheaper.by) == (105, 105)
    assert dearer.outcome.site_ids == cheaper.outcome.site_ids == (DC,)


def test_without_the_chosen_location_the_order_costs_more():
    seen = snapshot(network(), (9, 9, 0))
    _, decision, told = asked_of((demand((1, 500)), seen, POLICY))
    found = flip(about(told, "LEEDS"), "without")
    assert found.outcome.site_ids == (DC,)
    assert decision.passed_over is not None
    assert found.outcome.more_cost == decision.passed_over.plan.total - decision.total
    alone = about(told, "DC").alone
    assert alone is not None
    assert alone.cost == decision.passed_over.plan.cost


def test_a_location_whose_calendar_is_closed_would_have_been_chosen_had_it_been_open():
    seen = snapshot(network(), (9, 9, 9), days=(TODAY, -1, TODAY))
    _, _, told = asked_of((demand((1, 500)), seen, POLICY), "LEEDS")
    found = flip(about(told, "LEEDS"), "fences")
    assert found.changes == (Change(what="ship_day", site=LEEDS, before=-1, after=TODAY),)
    assert found.outcome.site_ids == (LEEDS,)


def test_several_fences_are_lifted_together_and_none_can_be_left_out():
    rules = msgspec.structs.replace(POLICY, excluded=("LEEDS",))
    seen = snapshot(network(), (9, 9, 9), room=(9, 0, 9))
    _, _, told = asked_of((demand((1, 500)), seen, rules), "LEEDS")
    found = flip(about(told, "LEEDS"), "fences")
    assert [(change.what, change.name) for change in found.changes] == [("rule", "/excluded/LEEDS"), ("room", "")]
    (rule,) = told.rules
    assert (rule.name, rule.flips) == ("/excluded/LEEDS", False)


def test_a_location_that_no_tariff_leads_from_is_beyond_any_change():
    seen = snapshot(network(("DC", "LEEDS", "YORK", "PARIS")), (1, 1, 1, 9))
    asked = demand((1, 100), country="DE", near=(52.5, 13.4))
    _, _, told = asked_of((asked, seen, POLICY), "DC")
    assert about(told, "DC").beyond == ("country",)
    assert about(told, "DC").flips == ()


def test_one_day_earlier_beats_what_lateness_costs():
    rules = msgspec.structs.replace(POLICY, lateness_per_day=500_000)
    seen = snapshot(network(), (9, 9, 0), days=(TODAY, TODAY + 3, TODAY))
    asked = demand((1, 500), due_day=TODAY + 2)
    _, decision, told = asked_of((asked, seen, rules), "LEEDS")
    assert decision.site_ids == (DC,)
    earlier = flip(about(told, "LEEDS"), "ship_day")
    assert (earlier.by, earlier.changes[0].after) == (2, TODAY + 1)
    assert [(one.by, one.outcome.site_ids) for one in told.days] == [(2, (LEEDS,))]
    (rule,) = told.rules
    assert (rule.name, rule.fence, rule.flips, rule.outcome.more_days) == ("/lateness_per_day", False, True, 2)
    assert rule.outcome.more_cost < 0


def test_a_rule_against_splits_has_its_price():
    rules = msgspec.structs.replace(POLICY, split="never")
    seen = snapshot(network(), (0, 4, 0), (1, 0, 1))
    _, decision, told = asked_of((demand((4, 100), (1, 100)), seen, rules))
    assert decision.unfilled == ((2, 1),)
    (rule,) = told.rules
    assert (rule.name, rule.flips, rule.outcome.more_unfilled, rule.outcome.more_parcels) == ("/split", True, -1, 1)


def test_what_the_view_hides_is_shown_again():
    seen = snapshot(network(), (9, 0, 9))
    hidden = np.array([[0, 5, 0]], dtype=np.int64)
    through = Through("ab" * 16, hidden, ((("", "/buffers/0"), np.array([0, 1, 0])),))
    _, _, told = asked_of((demand((4, 500)), seen, POLICY), "LEEDS", through)
    found = flip(about(told, "LEEDS"), "fences")
    assert found.changes == (Change(what="shown", site=LEEDS, item=101, before=0, after=5),)
    (rule,) = told.rules
    assert (rule.name, rule.of_view, rule.flips, rule.outcome.site_ids) == ("/buffers/0", True, True, (LEEDS,))


def test_a_line_that_needs_what_a_location_cannot_do_keeps_it_out():
    where = network()
    cold = tuple(
        msgspec.structs.replace(s, capabilities=("ship", "chill") if s.id == DC else ("ship",)) for s in where.sites
    )
    seen = snapshot(msgspec.structs.replace(where, sites=cold), (9, 9, 9))
    asked = msgspec.structs.replace(demand((1, 500)), lines=(DemandLine(1, 101, 1, 500, ("chill",)),))
    _, decision, told = asked_of((asked, seen, POLICY), "LEEDS")
    assert decision.site_ids == (DC,)
    found = flip(about(told, "LEEDS"), "ability")
    assert found.changes == (Change(what="ability", site=LEEDS, name="chill"),)


def test_a_location_that_lacks_several_items_needs_them_together():
    seen = snapshot(network(), (0, 1, 9), (0, 0, 9), (0, 0, 9))
    rules = msgspec.structs.replace(POLICY, split="never")
    _, decision, told = asked_of((demand((1, 500), (2, 500), (3, 500)), seen, rules), "LEEDS")
    assert decision.site_ids == (YORK,)
    one = about(told, "LEEDS")
    assert "units" in one.none
    found = flip(one, "together")
    assert [(change.item, change.after) for change in found.changes] == [(102, 2), (103, 3)]
    assert found.by == 5


def test_when_nobody_else_has_the_units_no_price_drives_them_away():
    seen = snapshot(network(), (0, 9, 0))
    _, _, told = asked_of((demand((4, 500)), seen, POLICY))
    one = about(told, "LEEDS")
    assert "parcel_price" in one.none
    assert flip(one, "without").outcome.more_unfilled == 4


def test_the_search_ends_after_a_number_of_decisions_and_says_so():
    asked, seen, policy = order(3)
    record = encode(asked, seen, policy, decide(asked, seen, policy))
    versions = Versions({seen.network.version: seen.network}, {policy.version: policy})
    told = flips(record, versions, most=4)
    assert (told.complete, told.decisions) == (False, 4)
    assert flips(record, versions) == flips(record, versions)


def test_a_location_that_the_network_does_not_have_is_refused():
    with pytest.raises(RoutingError, match="no location HULL"):
        asked_of((demand((1, 500)), snapshot(network(), (9, 9, 9)), POLICY), "HULL")


def test_a_parcel_costs_nothing_at_the_least():
    where = network()
    gift = (msgspec.structs.replace(where.sites[0], handling_parcel=-10_000_000), *where.sites[1:])
    seen: Snapshot = snapshot(msgspec.structs.replace(where, sites=gift), (9, 9, 9))
    with pytest.raises(RoutingError, match="nothing at the least"):
        decide(demand((1, 500)), seen, POLICY)
