"""Everything at once before another solver (HiGHS): fences, costs, weights, ordered preferences and split rules.

Optimal where it says so, no bound above the optimum, every rule kept by every plan, and every bill adds up.
"""

import pytest

from crossdock.routing import Versions, decide, decode, encode, explain, replay, snapshot_of, words
from tests.routing.rich_judged import judge_money, judge_points
from tests.routing.rich_orders import rich_order

SOAK = 4_000


@pytest.mark.parametrize("block", range(4))
def test_fences_and_costs_hold_before_highs(block):
    for seed in range(block * 40, block * 40 + 40):
        _, wrong, _ = judge_money(rich_order(seed, splits=False))
        assert not wrong, f"order {seed}: {wrong}"


@pytest.mark.parametrize("block", range(4))
def test_split_rules_hold_before_highs(block):
    for seed in range(block * 40, block * 40 + 40):
        _, wrong, _ = judge_money(rich_order(seed))
        assert not wrong, f"order {seed}: {wrong}"


@pytest.mark.parametrize("block", range(4))
def test_ordered_preferences_hold_before_highs(block):
    for seed in range(block * 40, block * 40 + 40):
        _, wrong = judge_points(rich_order(seed, aims=True))
        assert not wrong, f"order {seed}: {wrong}"


def test_prices_on_rules_do_not_prove_what_ships_nothing():
    """Where prices were so high that nothing paid any more, the bound once rose above the optimum."""
    _, wrong, _ = judge_money(rich_order(299))
    assert not wrong


def test_a_bundle_and_loose_units_of_its_part_do_not_see_the_same_unit():
    """One location had enough of each, but not of both together."""
    _, wrong, _ = judge_money(rich_order(3856))
    assert not wrong


def test_most_plans_of_split_rules_are_proven_and_few_are_far_from_the_best():
    proven = worse = 0
    for seed in range(60):
        decision, _, best = judge_money(rich_order(seed))
        proven += decision.proven
        worse += decision.total > best
    assert proven >= 45
    assert worse <= 9


def test_a_decision_under_all_rules_replays_to_the_same_bytes_and_explains_itself():
    for seed in range(120):
        asked, seen, policy = rich_order(seed, aims=seed % 3 == 0)
        decision = decide(asked, seen, policy)
        record = encode(asked, seen, policy, decision)
        versions = Versions({seen.network.version: seen.network}, {policy.version: policy})
        read = decode(record)
        assert read.demand == asked
        again = replay(record, versions)
        assert again == decision
        assert encode(read.demand, snapshot_of(read, versions), policy, again) == record
        told = explain(record, versions)
        assert words(told)
        shown = told.chosen.lines
        assert sum(line.amount for line in shown) == decision.total
        sent = set(decision.site_ids)
        assert all(verdict.standing == "chosen" for verdict in told.verdicts if verdict.site_id in sent)
        assert all(not verdict.failed for verdict in told.verdicts if verdict.site_id in sent)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize("kind", ["costs", "splits", "preferences"])
def test_thousands_under_all_rules_hold_before_highs(kind):
    proven = worse = 0
    for seed in range(SOAK):
        if kind == "preferences":
            decision, wrong = judge_points(rich_order(seed, aims=True))
        else:
            decision, wrong, best = judge_money(rich_order(seed, splits=kind == "splits"))
            worse += decision.total > best
        assert not wrong, f"order {seed}: {wrong}"
        proven += decision.proven
    print(f"{SOAK} orders: {proven} proven, {worse} plans above the optimum, said so")
