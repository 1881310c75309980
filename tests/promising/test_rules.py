"""The rules of promises: order-by and calendars, keeping a day, confidence, carbon, the judgement of the watch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kernel.clock import DAY, HOUR, MINUTE, parse_instant
from crossdock.kernel.geo import xyz
from crossdock.network.calendars import CLOSED, WorkCalendar
from crossdock.network.model import Calendar, Weekday
from crossdock.promising import (
    Coming,
    OpenPromise,
    PromisePart,
    arrives,
    confidence,
    earliest,
    grams,
    keep,
    last_instant,
    missing,
    offer_of,
    policy_for,
    stand,
    urgent,
)
from crossdock.promising.confidence import at_least
from crossdock.routing.model import Demand, DemandLine, Network, Policy, RateCard, Site, Snapshot, Zone
from crossdock.routing.record import Versions, encode, replay

START = parse_instant("2026-11-02T00:00:00Z")
TODAY = date(2026, 11, 2).toordinal()
WEEK: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CARD = RateCard("GBP", (Zone(100, 300_000, 20_000, 1), Zone(300, 400_000, 30_000, 2), Zone(2_000, 500_000, 40_000, 3)))
POLICY = Policy(card=CARD, lateness_per_day=20_000, extra_parcel=50_000)

calendars = st.builds(
    WorkCalendar,
    st.builds(
        Calendar,
        work_days=st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple),
        closed_on=st.lists(st.sampled_from(["2026-11-03", "2026-11-04", "2026-11-09"]), unique=True).map(tuple),
        cut_off=st.sampled_from(["00:00", "09:30", "15:00", "23:59"]),
        processing_days=st.integers(0, 3),
    ),
    st.sampled_from(["UTC", "Europe/London", "Pacific/Auckland", "America/New_York"]),
)
instants = st.integers(0, 14 * DAY // MINUTE).map(lambda minutes: START + minutes * MINUTE)


@dataclass(frozen=True)
class Case:
    demand: Demand
    snapshot: Snapshot
    calendars: dict[int, WorkCalendar]
    at: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A basket before a few locations, each with a calendar of its own, at some instant."""
    at = draw(instants)
    count = draw(st.integers(1, 5))
    sites, days, books = [], [], {}
    for n in range(1, count + 1):
        x, y, z = xyz(50 + draw(st.integers(0, 60)) / 10, draw(st.integers(-30, 10)) / 10)
        handling = draw(st.integers(0, 300_000))
        sites.append(
            Site(id=n, code=f"L{n}", name="", kind="dc", country="GB", x=x, y=y, z=z, handling_parcel=handling)
        )
        books[n] = draw(calendars)
        days.append(books[n].handover(at))
    lines = tuple(
        DemandLine(n, n, draw(st.integers(1, 4)), draw(st.integers(0, 5_000)))
        for n in range(1, draw(st.integers(1, 3)) + 1)
    )
    stock = np.array([[draw(st.integers(0, 5)) for _ in sites] for _ in lines], dtype=np.int64)
    x, y, z = xyz(51.5, -0.1)
    demand = Demand(lines=lines, country="GB", x=x, y=y, z=z, due_day=TODAY + draw(st.integers(0, 8)))
    capacity = np.full(count, 9, dtype=np.int64)
    return Case(demand, Snapshot(Network(tuple(sites)), stock, np.array(days, dtype=np.int64), capacity), books, at)


def sure(item: int, site: int, units: int) -> float:
    return 1.0


def doubted(item: int, site: int, units: int) -> float:
    return 0.8


# -- dates ------------------------------------------------------------------------------------------------------------


@given(calendars, instants, st.integers(0, 10))
def test_until_order_by_the_day_holds_and_from_it_on_it_does_not(calendar: WorkCalendar, at: int, more: int):
    handed = calendar.handover(at)
    if handed == CLOSED:
        return
    border = last_instant(calendar, at, handed + more)
    assert border is not None
    assert border > at
    assert calendar.handover(border - 1) <= handed + more
    after = calendar.handover(border)
    assert after == CLOSED or after > handed + more


@given(cases())
def test_an_offer_is_consistent(case: Case):
    kept = keep(case.demand, case.snapshot, POLICY)
    offer = offer_of(kept, case.at, case.calendars, sure, 2)
    if offer is None:
        assert not kept.decision.assignments
        return
    assert offer.day == max(package.deliver_day for package in offer.packages)
    assert all(package.deliver_day >= package.ship_day for package in offer.packages)
    assert offer.confidence.p50 == offer.day <= offer.confidence.p90
    assert offer.order_by is not None
    assert offer.order_by.at > case.at
    for package in offer.packages:
        late = case.calendars[package.site_id].handover(offer.order_by.at - 1)
        assert late + package.deliver_day - package.ship_day <= offer.day


@given(cases())
def test_the_earliest_day_is_the_first_that_can_be_kept(case: Case):
    usual = keep(case.demand, case.snapshot, POLICY)
    first = earliest(case.demand, case.snapshot, POLICY)
    day = arrives(first.decision)
    if day is None:
        return
    assert missing(first.decision) <= missing(usual.decision)
    for before in range(TODAY - 1, day):
        tried = keep(case.demand, case.snapshot, POLICY, before)
        last = arrives(tried.decision)
        assert last is None or last > before or missing(tried.decision) > missing(usual.decision)


@given(cases(), st.integers(0, 12))
def test_asking_for_the_day_that_was_found_gives_the_same_plan(case: Case, by: int):
    found = keep(case.demand, case.snapshot, POLICY, TODAY + by)
    day = arrives(found.decision)
    if day is None:
        return
    again = keep(case.demand, case.snapshot, POLICY, day)
    if day <= TODAY + by:
        assert again == found
    record = encode(again.demand, case.snapshot, again.policy, again.decision)
    policies = {policy.version: policy for policy in (POLICY, urgent(POLICY))}
    versions = Versions({case.snapshot.network.version: case.snapshot.network}, policies)
    assert replay(record, versions) == again.decision


def test_a_made_policy_is_the_same_version_every_time():
    assert policy_for(POLICY, "ship") is POLICY
    assert (
        policy_for(POLICY, "pickup").version
        == policy_for(Policy(card=CARD, lateness_per_day=20_000, extra_parcel=50_000), "pickup").version
    )
    assert policy_for(POLICY, "pickup").version != policy_for(POLICY, "ship_to_store").version
    assert urgent(urgent(POLICY)) is urgent(POLICY)


# -- how sure, how much -----------------------------------------------------------------------------------------------


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 1_000))
def test_finding_units_is_a_probability_that_falls_with_what_is_wanted(units: int, there: int, permille: int):
    chance = at_least(units, there, permille)
    assert 0.0 <= chance <= 1.0
    assert at_least(units + 1, there, permille) <= chance + 1e-9 or permille >= 1_000
    assert at_least(units, there + 1, permille) >= chance - 1e-9


def test_two_of_three_doubtful_units():
    assert at_least(2, 3, 800) == pytest.approx(0.8**3 + 3 * 0.8**2 * 0.2)


def test_goods_that_may_not_be_found_make_the_ninth_day_in_ten_later():
    case = _two_sites()
    decision = keep(case.demand, case.snapshot, POLICY).decision
    certain = confidence(decision, case.demand.lines, 1, sure)
    doubtful = confidence(decision, case.demand.lines, 1, doubted)
    assert certain is not None
    assert doubtful is not None
    assert (certain.p50, certain.p90, certain.find) == (TODAY + 1, TODAY + 2, 1.0)
    assert (doubtful.p50, doubtful.p90, doubtful.find) == (TODAY + 1, TODAY + 5, 0.8)


def test_carbon_is_weight_times_distance_times_the_factor():
    case = _two_sites()
    (bill,) = keep(case.demand, case.snapshot, POLICY).decision.bill
    assert grams([bill]) == round(bill.weight_g * bill.km * 137 / 1_000_000)
    nowhere = Demand(lines=case.demand.lines, country="GB")
    assert grams(keep(nowhere, case.snapshot, POLICY).decision.bill) is None


def _two_sites() -> Case:
    """One location near, one far: a day and three days on the road."""
    places = (xyz(51.6, -0.1), xyz(57.1, -2.1))
    sites = tuple(
        Site(id=n, code=f"L{n}", name="", kind="dc", country="GB", x=x, y=y, z=z)
        for n, (x, y, z) in enumerate(places, 1)
    )
    x, y, z = xyz(51.5, -0.1)
    demand = Demand(lines=(DemandLine(1, 1, 1, 5_000),), country="GB", x=x, y=y, z=z, due_day=TODAY + 3)
    ones = np.ones(2, dtype=np.int64)
    return Case(demand, Snapshot(Network(sites), np.array([[3, 3]]), ones * TODAY, ones), {}, START)


# -- the watch --------------------------------------------------------------------------------------------------------

BOOK = {1: WorkCalendar(Calendar(work_days=WEEK, cut_off="15:00"), "UTC")}


def part(**changes: bool | int) -> PromisePart:
    fields = {"work_day": TODAY, "deliver_day": TODAY + 1, "has_begun": False, "has_left": False, **changes}
    return PromisePart(1, 1, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("hours", "piece", "day", "waiting", "state", "reason"),
    [
        (9, part(), 1, 0, "kept", ""),
        (12, part(), 1, 0, "kept", ""),
        (13, part(), 1, 0, "at_risk", "handover_near"),
        (13, part(has_begun=True), 1, 0, "kept", ""),
        (13, part(), 2, 0, "kept", ""),  # tomorrow's handover would do
        (15, part(), 1, 0, "at_risk", "handover_missed"),
        (15, part(has_begun=True), 1, 0, "at_risk", "handover_missed"),
        (15, part(has_left=True), 1, 0, "kept", ""),
        (9, part(deliver_day=TODAY + 2), 1, 0, "at_risk", "planned_late"),
        (9, part(), 1, 3, "at_risk", "waiting"),
        (49, part(), 1, 0, "late", "day_over"),
        (49, part(has_left=True), 1, 0, "kept", ""),
        (49, part(has_left=True), 1, 1, "late", "day_over"),
    ],
)
def test_a_promise_is_judged_by_the_clock_and_its_parts(
    hours: int, piece: PromisePart, day: int, waiting: int, state: str, reason: str
):
    found = stand(OpenPromise(1, TODAY + day, waiting, [piece]), START + hours * HOUR, BOOK)
    assert (found.state, found.reason) == (state, reason)


def test_a_location_that_is_gone_cannot_keep_a_promise():
    found = stand(OpenPromise(1, TODAY + 1, 0, [part()]), START, {})
    assert (found.state, found.reason, found.location_id) == ("at_risk", "location_closed", 1)


@pytest.mark.parametrize(
    ("coming", "state", "reason", "day"),
    [
        ([Coming(1, 3, TODAY + 1)], "kept", "", None),
        ([Coming(1, 2, TODAY), Coming(2, 1, TODAY + 1)], "kept", "", None),
        ([Coming(1, 2, TODAY), Coming(2, 1, TODAY + 2)], "at_risk", "supply_late", TODAY + 2),
        ([Coming(1, 2, TODAY)], "at_risk", "waiting", None),
        ([Coming(1, 2, TODAY), Coming(2, 1, None)], "at_risk", "location_closed", None),
    ],
)
def test_units_that_wait_keep_a_promise_when_their_supply_comes_in_time(coming, state: str, reason: str, day):
    found = stand(OpenPromise(1, TODAY + 1, 3, [], coming), START, BOOK)
    assert (found.state, found.reason, found.day) == (state, reason, day)
    late = stand(OpenPromise(1, TODAY - 1, 3, [], coming), START, BOOK)
    assert (late.state, late.reason) == ("late", "day_over")
