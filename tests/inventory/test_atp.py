"""What can be promised is what the definition says, however it is computed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.atp import Arriving, Atp, ItemStock, arriving_until, available_to_promise, level, of_bundle
from crossdock.inventory.selectors import Place
from crossdock.inventory.view_model import Buffer, Exclusion, SafetyStock, Selector, StockView
from crossdock.inventory.view_rules import CompiledView
from tests.inventory.naive_atp import naive_atp

CODES = ("DC", "NORTH", "SOUTH", "EAST", "WEST")
PLACES = tuple(Place(n, code, "dc", "GB", (0, 0, 0)) for n, code in enumerate(CODES))
SITES = {n: n for n in range(len(CODES))}
MUG = ItemFacts(1, "MUG", 400, ("ambient",))
units = st.integers(0, 60)
somewhere = st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True).map(
    lambda c: Selector(codes=tuple(c))
)
views = st.builds(
    StockView,
    code=st.just("web"),
    locations=st.one_of(st.just(()), st.tuples(somewhere)),
    exclusions=st.lists(st.builds(Exclusion, locations=somewhere), max_size=2).map(tuple),
    buffers=st.lists(
        st.builds(Buffer, locations=st.none() | somewhere, units=units, percent=st.integers(0, 100)), max_size=3
    ).map(tuple),
    safety_stock=st.lists(st.builds(SafetyStock, units=units), max_size=1).map(tuple),
)
stocks = st.lists(units, min_size=len(CODES), max_size=len(CODES))
lines = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(CODES), st.integers(1, 40)), max_size=4)


@given(views, stocks, units, lines, st.none() | st.integers(1, 9))
def test_what_can_be_promised_equals_the_definition(view, there, waiting, coming, day):
    stock = ItemStock(
        np.array(there, dtype=np.int64),
        waiting,
        tuple(Arriving(when, CODES.index(code), n) for when, code, n in coming),
    )
    arriving = None if day is None else arriving_until(stock, day, SITES)
    atp = available_to_promise(CompiledView(view, PLACES), MUG, stock, arriving=arriving)
    claimable = dict(zip(CODES, there, strict=True))
    visible, total = naive_atp(view, CODES, claimable, waiting, coming, day)
    assert dict(zip(CODES, atp.visible.tolist(), strict=True)) == visible
    assert atp.total == total
    assert [atp.at(n) for n in range(len(CODES))] == [min(visible[code], total) for code in CODES]
    assert atp.total == max(0, atp.available + atp.arriving - atp.waiting - atp.held)


class HalfOfIt:
    """The shares of a channel that may have half of what it sees."""

    def open_to(self, visible):
        return int(visible.sum()) // 2

    def rooms(self, visible):
        return visible // 2


@given(stocks, units)
def test_others_shares_are_kept_back_and_waiting_demand_too(there, waiting):
    everything = CompiledView(StockView(code="all"), PLACES)
    stock = ItemStock(np.array(there, dtype=np.int64), waiting)
    atp = available_to_promise(everything, MUG, stock, shares=HalfOfIt())
    assert atp.held == sum(there) - sum(there) // 2
    assert atp.total == max(0, sum(there) // 2 - waiting)
    assert [atp.at(n) for n in range(len(CODES))] == [min(units // 2, atp.total) for units in there]


def test_of_a_bundle_there_are_as_many_as_the_scarcest_part_allows():
    """Two cups at the DC and one at the store; three saucers at the store: one set of a cup and a saucer per store…"""
    cups = Atp(np.array([2, 1]), np.array([2, 1]), 3, 0, 0, 0, 3)
    saucers = Atp(np.array([0, 4]), np.array([0, 4]), 4, 2, 0, 0, 6)
    sets = of_bundle([(cups, 1), (saucers, 2)])
    assert (sets.total, sets.available, sets.arriving) == (3, 2, 1)
    assert sets.visible.tolist() == [0, 1]


def test_a_number_is_out_low_or_in_stock_by_the_channels_threshold():
    assert [level(total, 5) for total in (0, 1, 5, 6)] == ["out", "low", "low", "in_stock"]
    assert level(1, 0) == "in_stock"
