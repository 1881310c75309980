"""What a view shows, rule by rule: selectors, exclusions, buffers, what is surely found, safety stock, precedence."""

from math import comb
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.find import TABLE, found_table, surely_found
from crossdock.inventory.mirror import UNLIMITED
from crossdock.inventory.selectors import Place, describe, picks
from crossdock.inventory.view_checks import faults
from crossdock.inventory.view_model import Selector, StockView
from crossdock.inventory.view_rules import CompiledView
from crossdock.kernel.geo import xyz

LONDON, LEEDS, PARIS = xyz(51.5, -0.1), xyz(53.8, -1.55), xyz(48.86, 2.35)
PLACES = (
    Place(1, "DC", "dc", "GB", LONDON, frozenset({"south"}), frozenset(), frozenset({"GB", "FR"})),
    Place(2, "LEEDS", "store", "GB", LEEDS, frozenset({"north"}), frozenset({"small"})),
    Place(3, "PARIS", "store", "FR", PARIS, frozenset({"south"}), frozenset({"small", "new"})),
    Place(4, "DROP", "supplier", "GB", LEEDS),
)
MUG = ItemFacts(10, "MUG", 400, ("ambient",), (), "kitchen")
PEN = ItemFacts(11, "PEN", 10, ("ambient",), (), "office")


def view(*, stale: tuple[int, ...] = (), **fields: Any) -> CompiledView:
    return CompiledView(msgspec.convert({"code": "web", **fields}, StockView), PLACES, frozenset(stale))


def seen(compiled: CompiledView, *claimable: int, item: ItemFacts = MUG) -> list[int]:
    stock = np.array(claimable or (10, 10, 10, 10), dtype=np.int64)
    before = stock.copy()
    visible: list[int] = compiled.visible(item, stock).tolist()
    assert (stock == before).all(), "what is given is not written to"
    told = compiled.explain(item, stock)
    assert [place.visible for place in told] == visible
    for place in told:
        assert place.claimable - sum(step.units for step in place.steps) == place.visible
    return visible


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ({}, "DC LEEDS PARIS DROP"),
        ({"kinds": ["store"]}, "LEEDS PARIS"),
        ({"kinds": ["store", "dc"]}, "DC LEEDS PARIS"),
        ({"groups": ["south"]}, "DC PARIS"),
        ({"tags": ["new"]}, "PARIS"),
        ({"countries": ["GB"]}, "DC LEEDS DROP"),
        ({"markets": ["FR"]}, "DC PARIS"),
        ({"markets": ["GB"]}, "DC LEEDS DROP"),
        ({"codes": ["DROP", "NOWHERE"]}, "DROP"),
        ({"within": {"latitude": 51.5, "longitude": -0.1, "km": 100}}, "DC"),
        ({"within": {"latitude": 51.5, "longitude": -0.1, "km": 300}}, "DC LEEDS DROP"),
        ({"within": {"latitude": 51.5, "longitude": -0.1, "km": 0}}, "DC"),
        ({"kinds": ["store"], "groups": ["south"]}, "PARIS"),
        ({"kinds": ["pickup_point"]}, ""),
    ],
)
def test_a_selector_picks_what_fits_all_of_its_fields(selector: dict[str, Any], codes: str):
    chosen = msgspec.convert(selector, Selector)
    assert " ".join(p.code for p, yes in zip(PLACES, picks(chosen, PLACES), strict=True) if yes) == codes
    assert describe(chosen)


def test_a_view_without_rules_shows_everything_as_it_is():
    assert view().identity
    assert seen(view()) == [10, 10, 10, 10]


def test_only_the_locations_of_some_selector_are_shown():
    assert seen(view(locations=[{"kinds": ["dc"]}, {"tags": ["new"]}])) == [10, 0, 10, 0]


@pytest.mark.parametrize(
    ("exclusion", "mugs", "pens"),
    [
        ({}, [0, 0, 0, 0], [0, 0, 0, 0]),
        ({"items": ["MUG"]}, [0, 0, 0, 0], [10, 10, 10, 10]),
        ({"categories": ["office"]}, [10, 10, 10, 10], [0, 0, 0, 0]),
        ({"locations": {"codes": ["DC"]}}, [0, 10, 10, 10], [0, 10, 10, 10]),
        ({"items": ["MUG"], "locations": {"kinds": ["store"]}}, [10, 0, 0, 10], [10, 10, 10, 10]),
        ({"conditions": ["refurbished"]}, [10, 10, 10, 10], [10, 10, 10, 10]),
        ({"conditions": ["new", "refurbished"]}, [0, 0, 0, 0], [0, 0, 0, 0]),
        ({"stale": True}, [10, 0, 10, 10], [10, 0, 10, 10]),
    ],
)
def test_an_exclusion_hides_what_it_names(exclusion: dict[str, Any], mugs: list[int], pens: list[int]):
    compiled = view(exclusions=[exclusion], stale=(2,))
    assert seen(compiled) == mugs
    assert seen(compiled, item=PEN) == pens


def test_a_buffer_keeps_units_or_percent_back_whichever_is_more():
    assert seen(view(buffers=[{"units": 3}]), 10, 3, 2, 0) == [7, 0, 0, 0]
    assert seen(view(buffers=[{"percent": 25}]), 10, 4, 1, 0) == [7, 3, 0, 0]
    assert seen(view(buffers=[{"units": 2, "percent": 25}]), 40, 8, 4, 1) == [30, 6, 2, 0]


def test_stock_without_end_passes_buffers_but_not_exclusions():
    endless = (UNLIMITED, 1, 1, UNLIMITED)
    assert seen(view(buffers=[{"units": 5}], find=[{"permille": 500}]), *endless) == [UNLIMITED, 0, 0, UNLIMITED]
    assert seen(view(exclusions=[{"locations": {"kinds": ["supplier"]}}]), *endless) == [UNLIMITED, 1, 1, 0]


def test_the_safety_stock_is_taken_where_there_are_fewest():
    assert seen(view(safety_stock=[{"units": 5}]), 10, 3, 1, 4) == [10, 0, 0, 3]
    assert seen(view(safety_stock=[{"units": 99}]), 10, 3, 1, 4) == [0, 0, 0, 0]
    assert seen(view(safety_stock=[{"units": 2}]), 2, 2, 2, 2) == [0, 2, 2, 2]
    assert seen(view(safety_stock=[{"units": 3}]), UNLIMITED, 2, 2, 0) == [UNLIMITED, 0, 1, 0]


def test_thin_stock_is_discounted_to_what_is_surely_found():
    compiled = view(find=[{"permille": 900, "locations": {"kinds": ["store"]}}])
    assert seen(compiled, 10, 10, 1, 10) == [10, 7, 0, 10]
    assert seen(compiled, 1_000, 1_000, 2, 10) == [1_000, 1_000 * surely_found(512, 900, 950) // 512, 1, 10]


def test_steps_follow_each_other_buffer_then_discount_then_safety_stock():
    compiled = view(
        buffers=[{"units": 2}], find=[{"permille": 900}], safety_stock=[{"units": 3}], locations=[{"countries": ["GB"]}]
    )
    assert seen(compiled, 12, 6, 50, 2) == [6, 0, 0, 0]
    steps = compiled.explain(MUG, np.array([12, 6, 50, 2], dtype=np.int64))
    taken = [(step.rule, step.units) for step in steps[0].steps]
    assert taken == [("/buffers/0", 2), ("/find/0", 3), ("/safety_stock/0", 1)]
    assert [(step.rule, step.text) for step in steps[2].steps] == [
        ("/locations", "the view does not show this location")
    ]


# From the least to the most specific: each takes the place of all before it.
LADDER: list[dict[str, Any]] = [
    {},
    {"locations": {"kinds": ["store"]}},
    {"locations": {"tags": ["small"]}},
    {"locations": {"codes": ["LEEDS"]}},
    {"categories": ["kitchen"]},
    {"categories": ["kitchen"], "locations": {"countries": ["GB"]}},
    {"categories": ["kitchen"], "locations": {"groups": ["north"]}},
    {"categories": ["kitchen"], "locations": {"codes": ["LEEDS"]}},
    {"items": ["MUG"]},
    {"items": ["MUG"], "locations": {"within": {"latitude": 53.8, "longitude": -1.55, "km": 10}}},
    {"items": ["MUG"], "locations": {"tags": ["small"]}},
    {"items": ["MUG"], "locations": {"codes": ["LEEDS"]}},
]


@given(st.permutations(range(len(LADDER))), st.integers(1, len(LADDER)))
def test_the_most_specific_rule_applies_alone_in_whatever_order_they_stand(order: list[int], count: int):
    chosen = order[:count]
    compiled = view(buffers=[{**LADDER[step], "units": step + 1} for step in chosen])
    assert seen(compiled, 100, 100, 100, 100)[1] == 100 - (max(chosen) + 1)


def test_between_equals_the_first_of_the_document_applies():
    rules = [{"units": 1, "locations": {"tags": ["small"]}}, {"units": 5, "locations": {"groups": ["north"]}}]
    assert seen(view(buffers=rules))[1] == 9
    assert seen(view(buffers=rules[::-1]))[1] == 5


def test_a_rule_of_nothing_takes_an_item_out_of_a_broader_one():
    compiled = view(buffers=[{"units": 4}, {"items": ["MUG"], "units": 0}])
    assert seen(compiled) == [10, 10, 10, 10]
    assert seen(compiled, item=PEN) == [6, 6, 6, 6]


def test_what_contradicts_itself_is_named_by_its_place():
    document = msgspec.convert(
        {"code": "web", "buffers": [{}, {"items": ["MUG"], "categories": ["kitchen"], "units": 1}]}, StockView
    )
    assert [(fault.pointer, fault.code) for fault in faults(document)] == [
        ("/buffers/0", "does_nothing"),
        ("/buffers/1/categories", "contradiction"),
    ]


def test_a_document_is_the_same_after_yaml_and_its_version_is_its_content():
    document = msgspec.convert({"code": "web", "buffers": [{"units": 3}]}, StockView)
    again = msgspec.yaml.decode(msgspec.yaml.encode(msgspec.to_builtins(document)), type=StockView)
    assert again == document
    assert again.version == document.version
    assert msgspec.structs.replace(document, name="x").version != document.version


# -- what is surely found -------------------------------------------------------------------------------------------


def naive(units: int, permille: int, confidence: int) -> int:
    """The definition in exact whole numbers: the largest k with P(X ≥ k) ≥ a."""
    best, tail = 0, 0
    for k in range(units, 0, -1):
        tail += comb(units, k) * permille**k * (1000 - permille) ** (units - k)
        if tail * 1000 >= confidence * 1000**units:
            best = max(best, k)
    return best


@given(st.integers(0, 60), st.integers(1, 1000), st.integers(500, 999))
def test_what_is_surely_found_is_what_the_definition_says(units: int, permille: int, confidence: int):
    assert surely_found(units, permille, confidence) == naive(units, permille, confidence)


@given(st.integers(1, 1000), st.sampled_from([500, 900, 950, 999]))
def test_more_units_never_show_fewer_and_one_more_shows_at_most_one_more(permille: int, confidence: int):
    steps = np.diff(found_table(permille, confidence))
    assert steps.min() >= 0
    assert steps.max() <= 1
    beyond = [surely_found(n, permille, confidence) for n in range(TABLE, TABLE + 50)]
    assert beyond == sorted(beyond)
    assert all(n <= units for n, units in zip(beyond, range(TABLE, TABLE + 50), strict=True))


def test_what_is_certain_is_shown_in_full():
    assert [surely_found(n, 1000, 999) for n in (0, 1, 7, 512, 5_000)] == [0, 1, 7, 512, 5_000]


# -- any view at all ---------------------------------------------------------------------------------------------------

SCOPES = st.fixed_dictionaries(
    {},
    optional={
        "items": st.just(["MUG"]),
        "locations": st.sampled_from([{"kinds": ["store"]}, {"codes": ["DC"]}, {"tags": ["small"]}, {}]),
    },
)
BUFFERS = st.builds(
    lambda scope, units, percent: {**scope, "units": units, "percent": percent},
    SCOPES,
    st.integers(0, 9),
    st.integers(0, 100),
)
RULES = st.fixed_dictionaries(
    {},
    optional={
        "buffers": st.lists(BUFFERS, max_size=4),
        "exclusions": st.lists(SCOPES, max_size=2),
        "safety_stock": st.lists(st.builds(lambda u: {"units": u}, st.integers(0, 20)), max_size=1),
        "find": st.lists(st.builds(lambda s, p: {**s, "permille": p}, SCOPES, st.integers(1, 1000)), max_size=3),
    },
)


@given(RULES, st.lists(st.integers(0, 30), min_size=4, max_size=4), st.integers(0, 3))
def test_any_view_shows_between_nothing_and_all_and_a_unit_more_never_shows_less(
    rules: dict[str, Any], stock: list[int], where: int
):
    compiled = view(**rules)
    visible = seen(compiled, *stock)
    assert all(0 <= shown <= there for shown, there in zip(visible, stock, strict=True))
    stock[where] += 1
    assert sum(seen(compiled, *stock)) >= sum(visible)


@given(RULES, st.lists(st.lists(st.integers(0, 30), min_size=4, max_size=4), min_size=1, max_size=4), st.booleans())
def test_several_items_at_once_are_seen_as_each_by_itself(rules: dict[str, Any], stock: list[list[int]], same: bool):
    compiled = view(**rules)
    items = [MUG if same or at % 2 else PEN for at in range(len(stock))]
    at_once = compiled.rows(items, np.array(stock, dtype=np.int64)).tolist()
    assert at_once == [seen(compiled, *row, item=item) for item, row in zip(items, stock, strict=True)]
