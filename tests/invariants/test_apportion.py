"""Money and units split over parts: nothing is lost and nothing is made, and no part is a whole unit off."""

from hypothesis import given
from hypothesis import strategies as st

from crossdock.kernel.money import apportion

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)
TOTALS = st.integers(-(10**12), 10**12)


@given(TOTALS, WEIGHTS)
def test_the_parts_add_up(total: int, weights: list[int]):
    assert sum(apportion(total, weights)) == total


@given(TOTALS, WEIGHTS)
def test_no_part_is_a_unit_off_its_share(total: int, weights: list[int]):
    base = sum(weights) or len(weights)
    shares = weights if sum(weights) else [1] * len(weights)
    for part, weight in zip(apportion(total, weights), shares, strict=True):
        assert abs(part * base - total * weight) < base


@given(TOTALS, WEIGHTS)
def test_a_larger_share_never_gets_less(total: int, weights: list[int]):
    parts = apportion(abs(total), weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    assert [part for _, part in by_weight] == sorted(parts)


@given(TOTALS, WEIGHTS)
def test_what_is_given_back_is_what_was_taken(total: int, weights: list[int]):
    assert apportion(-total, weights) == [-part for part in apportion(total, weights)]


@given(TOTALS)
def test_nothing_is_split_over_nobody(total: int):
    assert apportion(total, []) == []
