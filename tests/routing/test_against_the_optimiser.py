"""What the solver claims holds before another solver."""

import pytest

from tests.routing.judged import judge
from tests.routing.small_orders import order


@pytest.mark.parametrize("block", range(8))
def test_claims_hold_before_highs(block):
    """Optimal where it says so, never a bound above the optimum, never a plan that cannot be."""
    for seed in range(block * 40, block * 40 + 40):
        _, wrong = judge(order(seed))
        assert not wrong, f"order {seed}: {wrong}"
