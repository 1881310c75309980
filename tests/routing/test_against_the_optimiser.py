"""What the solver claims holds before another solver (HiGHS).

Optimal where it says so, never a bound above the optimum, the passed-over plan the best with another set of
locations where that is claimed, and every plan costs what its bill says.
"""

from itertools import islice

import pytest

from benchmarks.generators import orders, real_orders
from tests.routing.judged import judge
from tests.routing.small_orders import binding_order, order

SOAK = 6_000


@pytest.mark.parametrize("block", range(8))
def test_claims_hold_before_highs(block):
    for seed in range(block * 40, block * 40 + 40):
        _, wrong = judge(order(seed))
        assert not wrong, f"order {seed}: {wrong}"


@pytest.mark.parametrize("block", range(4))
def test_claims_hold_where_parcels_bind(block):
    for seed in range(block * 40, block * 40 + 40):
        _, wrong = judge(binding_order(seed))
        assert not wrong, f"order {seed}: {wrong}"


@pytest.mark.parametrize("seed", [4109, 5988, 6654, 7265, 8061, 8400])
def test_orders_that_once_were_wrong(seed):
    """Three open locations that pass units on; units heavier than a parcel; units exchanged for want of room."""
    _, wrong = judge(order(seed))
    assert not wrong


def test_orders_up_to_eight_whole_lines_in_one_parcel_are_proven():
    for kind in ("normal", "scarce"):
        for lines in (1, 2, 3, 5, 8):
            for number, (demand, snapshot, policy) in enumerate(orders(kind, 40, lines, 1, 12)):
                decision, wrong = judge((demand, snapshot, policy))
                assert not wrong, f"{kind}, {lines} lines, order {number}: {wrong}"
                assert decision.proven


def test_real_baskets_hold_before_highs():
    small = (order for order in real_orders("normal", 60) if len(order[0].lines) <= 25)
    for number, asked in enumerate(islice(small, 12)):
        _, wrong = judge(asked)
        assert not wrong, f"basket {number}: {wrong}"


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("drawn", [order, binding_order])
def test_thousands_of_claims_hold_before_highs(drawn):
    proven = passed_over = 0
    for seed in range(SOAK):
        decision, wrong = judge(drawn(seed))
        assert not wrong, f"order {seed}: {wrong}"
        proven += decision.proven
        passed_over += decision.passed_over is not None and decision.passed_over.proven
    print(f"{SOAK} orders: {proven} proven, {passed_over} passed-over plans proven")


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", ["normal", "scarce"])
def test_many_real_baskets_hold_before_highs(kind):
    small = (order for order in real_orders(kind, 600) if len(order[0].lines) <= 90)
    for number, asked in enumerate(islice(small, 400)):
        _, wrong = judge(asked)
        assert not wrong, f"basket {number}: {wrong}"
