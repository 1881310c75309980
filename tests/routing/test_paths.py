"""Gathering goods at one place: the best path is found, counted again from the documents by trying every division."""

import random
import re
from itertools import product

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from crossdock.routing import Demand, Policy, Snapshot, decide, decode, encode, replay
from crossdock.routing.decide import straight
from crossdock.routing.merging import Merge, Transfer
from crossdock.routing.record import Versions
from crossdock.routing.rules import Sites
from tests.routing.builders import POLICY, TODAY, demand, network, snapshot
from tests.routing.oracle import tariff

LINK = Transfer(1_000, 60_000, 5_000, 1)
GATHER = Merge(sources=True, zones=(LINK,), per_parcel=7_000, per_unit=300)


def every_division(asked: Demand, seen: Snapshot, policy: Policy) -> list[tuple[int, ...]]:
    """List all ways to take units of each line from each site, by line and site."""
    ranges = [
        range(min(int(seen.stock[row, at]), line.quantity) + 1)
        for row, line in enumerate(asked.lines)
        for at in range(len(seen.network.sites))
    ]
    return list(product(*ranges))


def least(asked: Demand, seen: Snapshot, policy: Policy) -> int:
    """Find the least total of every plan, straight or gathered, by trying all of them in plain integers."""
    sites, lines = seen.network.sites, asked.lines
    best = sum(line.quantity * policy.penalty(line.unit_value) for line in lines)
    merge = policy.merge
    for division in every_division(asked, seen, policy):
        units = np.array(division).reshape(len(lines), len(sites))
        shipped = units.sum(axis=1)
        if not shipped.any() or any(n > line.quantity for n, line in zip(shipped, lines, strict=True)):
            continue
        penalty = sum(
            (line.quantity - int(n)) * policy.penalty(line.unit_value) for n, line in zip(shipped, lines, strict=True)
        )
        used = [at for at in range(len(sites)) if units[:, at].any()]
        if any(seen.ship_day[at] < 0 or seen.capacity[at] < 1 for at in used):
            continue
        best = min(best, penalty + _straight_cost(asked, seen, policy, units, used))
        for place in range(len(sites)) if merge is not None else ():
            if used != [place] and seen.stock[:, place].any():
                cost = _gathered_cost(asked, seen, policy, units, used, place)
                best = best if cost is None else min(best, penalty + cost)
    return best


def _straight_cost(asked: Demand, seen: Snapshot, policy: Policy, units: np.ndarray, used: list[int]) -> int:
    if policy.most_locations is not None and len(used) > policy.most_locations:
        return 1 << 60
    total = parcels = 0
    for at in used:
        site, rate = seen.network.sites[at], tariff(asked, seen.network.sites[at], policy)
        if rate is None:
            return 1 << 60
        base, per_kg, transit = rate
        number, hands = _hands(asked, units[:, at], site, policy)
        parcels += number
        late = 0 if asked.due_day is None else max(0, int(seen.ship_day[at]) + transit - asked.due_day)
        total += number * (base + site.handling_parcel) + hands + late * policy.lateness_per_day
        total += _weight(asked, units[:, at], per_kg)
    return total + policy.extra_parcel * (parcels - 1)


def _gathered_cost(
    asked: Demand, seen: Snapshot, policy: Policy, units: np.ndarray, used: list[int], place: int
) -> int | None:
    merge, hub = policy.merge, seen.network.sites[place]
    last = tariff(asked, hub, policy)
    if merge is None or last is None or seen.ship_day[place] < 0 or seen.capacity[place] < 1:
        return None
    (link,) = merge.zones
    base, per_kg, transit = last
    total, arrive = 0, 0
    for at in used:
        site = seen.network.sites[at]
        number, hands = _hands(asked, units[:, at], site, policy)
        rate, days = (0, 0) if at == place else (link.per_kg, link.transit_days)
        arrive = max(arrive, int(seen.ship_day[at]) + days)
        total += hands + _weight(asked, units[:, at], rate + per_kg)
        if at != place:
            total += number * (link.base + merge.per_parcel + site.handling_parcel)
            total += int(units[:, at].sum()) * merge.per_unit
    grams = sum(line.weight_g * int(n) for line, n in zip(asked.lines, units.sum(axis=1), strict=True))
    parcels = max(1, -(-grams // policy.card.parcel_limit_g))
    late = 0 if asked.due_day is None else max(0, arrive + merge.days + transit - asked.due_day)
    total += parcels * (base + hub.handling_parcel) + policy.extra_parcel * (parcels - 1)
    return total + late * policy.lateness_per_day


def _hands(asked: Demand, units: np.ndarray, site: object, policy: Policy) -> tuple[int, int]:
    grams = sum(line.weight_g * int(n) for line, n in zip(asked.lines, units, strict=True))
    number = max(1, -(-grams // policy.card.parcel_limit_g))
    lines, pieces = int((units > 0).sum()), int(units.sum())
    return number, lines * site.handling_line + pieces * site.handling_unit  # type: ignore[attr-defined]


def _weight(asked: Demand, units: np.ndarray, per_kg: int) -> int:
    return sum(int(n) * ((line.weight_g * per_kg + 500) // 1_000) for line, n in zip(asked.lines, units, strict=True))


def random_case(seed: int) -> tuple[Demand, Snapshot, Policy]:
    rng = random.Random(f"paths {seed}")
    where = network(handling_parcel=rng.choice((0, 40_000)), handling_unit=rng.randrange(0, 3_000))
    count = rng.choice((1, 2, 2))
    wanted = [(rng.randrange(1, 4), rng.choice((100, 2_000, 9_000))) for _ in range(count)]
    asked = demand(
        *wanted,
        near=(51.5 + rng.random() * 3, -2 + rng.random() * 2),
        due_day=rng.choice((None, TODAY + rng.randrange(1, 7))),
    )
    rows = [tuple(rng.choice((0, 0, 1, 2, 3)) for _ in where.sites) for _ in wanted]
    days = tuple(TODAY + rng.choice((0, 0, 1, 3)) for _ in where.sites)
    seen = snapshot(where, *rows, days=days)
    merge = Merge(
        sources=True,
        zones=(Transfer(1_000, rng.choice((0, 30_000, 200_000)), rng.randrange(0, 9_000), rng.randrange(1, 3)),),
        per_parcel=rng.choice((0, 7_000)),
        per_unit=rng.choice((0, 300)),
        days=rng.choice((0, 1, 2)),
    )
    policy = replace(
        POLICY,
        merge=merge,
        lateness_per_day=rng.choice((0, 30_000, 400_000)),
        extra_parcel=rng.choice((0, 50_000)),
        unfilled_per_unit=rng.choice((100_000_000, 100_000_000, 400_000)),
        split=rng.choice(("unit", "unit", "never")),
    )
    return asked, seen, policy


@pytest.mark.parametrize("block", range(6))
def test_the_best_path_is_the_best_of_all(block: int):
    gathered = 0
    for seed in range(block * 60, block * 60 + 60):
        asked, seen, policy = random_case(seed)
        found, best = decide(asked, seen, policy), least(asked, seen, policy)
        assert found.bound <= best, f"case {seed}: the bound {found.bound} is above {best}"
        assert found.total >= best, f"case {seed}: {found.total} is below {best}"
        assert not found.proven or found.total == best, f"case {seed}: proven, and {found.total} is not {best}"
        if policy.unfilled_per_unit > 10_000_000:
            assert found.total == best, f"case {seed}: {found.total} is not {best}"
        gathered += found.path is not None
    assert gathered > 5


def test_one_parcel_instead_of_two_where_a_transfer_is_cheap():
    where = network()
    asked = demand((1, 1_000), (1, 1_000))
    seen = snapshot(where, (0, 1, 0), (0, 0, 1))
    apart = decide(asked, seen, POLICY)
    assert (apart.site_ids, apart.path, len(apart.bill)) == ((2, 3), None, 2)
    together = decide(asked, seen, replace(POLICY, merge=GATHER))
    assert together.path is not None
    assert (together.site_ids, together.path.parcels, together.path.units) == ((2, 3), 1, 2)
    assert together.total < apart.total
    assert together.total == sum(bill.total for bill in together.bill) + together.path.total
    assert together.proven
    assert together.passed_over is not None
    assert together.passed_over.plan.total <= apart.total


def test_every_amount_of_a_gathered_plan_is_in_its_bill():
    asked = demand((1, 1_000), (1, 1_000))
    seen = snapshot(network(), (0, 1, 0), (0, 0, 1))
    found = decide(asked, seen, replace(POLICY, merge=GATHER))
    leeds, york = found.bill
    assert found.path is not None
    assert found.path.site_id == 2
    assert (leeds.base, leeds.weight, leeds.handling_parcel, leeds.handling_line, leeds.handling_unit) == (
        0, 0, 0, 10_000, 1_000,
    )  # fmt: skip
    assert (york.base, york.weight, york.handling_parcel, york.handling_line, york.handling_unit) == (
        60_000, 5_000, 50_000, 10_000, 1_000,
    )  # fmt: skip
    assert (found.path.base, found.path.weight, found.path.handling_parcel, found.path.gathering) == (
        300_000, 20_000, 50_000, 7_300,
    )  # fmt: skip


def test_an_order_that_is_never_split_can_be_gathered():
    asked = demand((1, 1_000), (1, 1_000))
    seen = snapshot(network(), (0, 1, 0), (0, 0, 1))
    never = replace(POLICY, split="never")
    assert decide(asked, seen, never).unfilled
    found = decide(asked, seen, replace(never, merge=GATHER))
    assert (found.unfilled, found.path is not None) == ((), True)


def test_only_places_that_are_named_gather():
    asked = demand((1, 1_000), (1, 1_000))
    seen = snapshot(network(), (0, 1, 0), (0, 0, 1))
    hub = Merge(hubs=Sites(kinds=("dc",)), zones=(LINK,))
    found = decide(asked, seen, replace(POLICY, split="never", merge=hub))
    assert found.path is not None
    assert (found.path.site_id, found.site_ids) == (1, (2, 3))
    assert decide(asked, seen, replace(POLICY, merge=Merge())) == replace(
        decide(asked, seen, POLICY), rests_on=decide(asked, seen, replace(POLICY, merge=Merge())).rests_on
    )


def test_the_day_of_delivery_is_that_of_the_last_goods_and_the_work_at_the_place():
    asked = demand((1, 1_000), (1, 1_000))
    seen = snapshot(network(), (0, 1, 0), (0, 0, 1), days=(TODAY, TODAY, TODAY + 1))
    found = decide(asked, seen, replace(POLICY, split="never", merge=GATHER))
    assert found.path is not None
    assert (found.path.arrive_day, found.path.ship_day, found.path.deliver_day) == (TODAY + 2, TODAY + 3, TODAY + 4)


def test_a_place_that_is_closed_sends_on_when_it_opens():
    asked = demand((1, 1_000), (1, 1_000))
    shut = 0b1111_0011  # closed on the third and fourth day
    seen = replace(
        snapshot(network(), (0, 1, 0), (0, 0, 1)),
        open_days=np.array((0xFF, shut, shut), dtype=np.int64),
        first_day=TODAY,
    )
    found = decide(asked, seen, replace(POLICY, split="never", merge=GATHER))
    assert found.path is not None
    assert (found.path.arrive_day, found.path.ship_day) == (TODAY + 1, TODAY + 4)


def test_what_is_late_when_gathered_goes_straight():
    asked = demand((1, 1_000), (1, 1_000), due_day=TODAY + 1)
    seen = snapshot(network(), (0, 1, 0), (0, 0, 1))
    found = decide(asked, seen, replace(POLICY, merge=GATHER, lateness_per_day=10_000_000))
    assert (found.path, len(found.bill)) == (None, 2)


def test_a_gathered_plan_is_recorded_and_replayed_to_the_same_bytes():
    asked = demand((1, 1_000), (1, 1_000), due_day=TODAY + 9)
    where = network()
    seen = replace(
        snapshot(where, (0, 1, 0), (0, 0, 1)), open_days=np.array((0, 0x7F, 0x7F), dtype=np.int64), first_day=TODAY
    )
    policy = replace(POLICY, merge=GATHER)
    found = decide(asked, seen, policy)
    record = encode(asked, seen, policy, found)
    versions = Versions({where.version: where}, {policy.version: policy})
    assert decode(record).decision == found
    assert replay(record, versions) == found


def test_straight_is_decided_as_ever():
    asked, seen = demand((2, 500)), snapshot(network(), (0, 5, 5))
    assert decide(asked, seen, POLICY) == straight(asked, seen, POLICY)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"discount_permille": 1_001}, "$.discount_permille"),
        ({"per_unit": 10**13}, "$.per_unit"),
        ({"max_sources": 0}, "$.max_sources"),
        ({"zones": [{"up_to_km": 0, "base": 1, "per_kg": 1, "transit_days": 1}]}, "$.zones[0].up_to_km"),
        ({"hubs": {"colour": ["red"]}}, "$.hubs"),
    ],
)
def test_what_gathering_cannot_cost_is_refused_with_its_place(said: dict[str, object], where: str):
    with pytest.raises(msgspec.ValidationError, match=re.escape(where)):
        msgspec.convert(said, Merge)
