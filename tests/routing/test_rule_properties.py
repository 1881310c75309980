"""What holds for every fence and every cost, whatever the order: hypothesis looks for one that breaks it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crossdock.routing import Versions, decide, encode, explain
from tests.routing.rich_orders import rich_order

SEEDS = st.integers(min_value=0, max_value=2**40)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(SEEDS)
def test_a_fenced_location_never_ships_and_says_what_was_expected_and_found(seed):
    asked, seen, policy = rich_order(seed)
    decision = decide(asked, seen, policy)
    versions = Versions({seen.network.version: seen.network}, {policy.version: policy})
    told = explain(encode(asked, seen, policy, decision), versions)
    ships = set(decision.site_ids) | set(decision.passed_over.plan.site_ids if decision.passed_over else ())
    for verdict in told.verdicts:
        assert all(check.expected and check.actual for check in verdict.checks)
        if verdict.failed:
            assert verdict.site_id not in ships
    names = {check.fence for verdict in told.verdicts for check in verdict.checks}
    assert {fence.__struct_config__.tag for fence in policy.fences} - {"units_room"} <= names


@FEW
@given(SEEDS)
def test_a_bill_adds_up_and_what_it_tells_adds_up_to_it(seed):
    asked, seen, policy = rich_order(seed)
    decision = decide(asked, seen, policy)
    assert sum(bill.total for bill in decision.bill) + decision.extra_parcels + decision.extra_locations == (
        decision.cost
    )
    versions = Versions({seen.network.version: seen.network}, {policy.version: policy})
    told = explain(encode(asked, seen, policy, decision), versions)
    assert sum(line.amount for line in told.chosen.lines) == decision.total
    assert all(amount for bill in decision.bill for _, amount in bill.more)


@FEW
@given(SEEDS, st.integers(min_value=0, max_value=10))
def test_a_fence_less_never_costs_more(seed, which):
    asked, seen, policy = rich_order(seed, splits=False)
    if not policy.fences:
        return
    at = which % len(policy.fences)
    without = replace(policy, fences=policy.fences[:at] + policy.fences[at + 1 :])
    if any(type(fence).__name__ == "HasShare" for fence in policy.fences):
        return  # it may fall where nobody meets it, so one fence less can bring it back
    assert decide(asked, seen, without).bound <= decide(asked, seen, policy).total


@FEW
@given(SEEDS, st.integers(min_value=0, max_value=10))
def test_a_cost_more_never_makes_a_plan_cheaper_and_a_credit_never_dearer(seed, which):
    asked, seen, policy = rich_order(seed)
    if not policy.costs or policy.weights:
        return
    at = which % len(policy.costs)
    without = replace(policy, costs=policy.costs[:at] + policy.costs[at + 1 :])
    with_it, alone = decide(asked, seen, policy), decide(asked, seen, without)
    if type(policy.costs[at]).__name__ == "Clear":
        assert with_it.bound <= alone.total
    else:
        assert alone.bound <= with_it.total


@FEW
@given(SEEDS)
def test_equal_arguments_give_equal_decisions_and_change_nothing(seed):
    asked, seen, policy = rich_order(seed, aims=seed % 2 == 0)
    before = {name: None if (a := getattr(seen, name)) is None else a.copy() for name in seen.__struct_fields__[1:7]}
    assert decide(asked, seen, policy) == decide(asked, seen, policy)
    for name, array in before.items():
        assert array is None or (getattr(seen, name) == array).all()
