"""When a route holds: every test on a delivery's facts, in words, and what was found instead."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kernel.clock import instant
from crossdock.routing.policy.conditions import All, Condition, Either, Not, Number, OneOf, Yes, facts_of
from crossdock.routing.policy.facts import Facts
from crossdock.routing.policy.truth import compiled, why_not, words
from tests.routing.policy.documents import condition

UTC = ZoneInfo("UTC")
LONDON = ZoneInfo("Europe/London")
ORDER = Facts(
    channel="web",
    service="standard",
    method="ship",
    country="GB",
    area="SW1",
    known_customer=True,
    gift=False,
    priority=0,
    lines=2,
    units=3,
    value=4_500,
    weight_g=1_200,
    sku=("LAMP", "MUG"),
    category=("lights", "kitchen"),
    handling=("ambient",),
    tag=("vip",),
    at=0,
)


def _holds(said: Condition, facts: Facts = ORDER, zone: ZoneInfo = UTC) -> bool | None:
    return compiled(said, zone)(facts)


@pytest.mark.parametrize(
    ("said", "holds", "in_words"),
    [
        ({"type": "one_of", "fact": "channel", "values": ["web", "app"]}, True, "the channel is web or app"),
        ({"type": "one_of", "fact": "country", "values": ["FR"]}, False, "the country is FR"),
        ({"type": "number", "fact": "units", "at_least": 3}, True, "it has at least 3 units"),
        ({"type": "number", "fact": "units", "at_most": 2}, False, "it has at most 2 units"),
        ({"type": "number", "fact": "lines", "at_least": 1, "at_most": 1}, False, "it has exactly 1 line"),
        (
            {"type": "number", "fact": "value", "at_least": 0, "at_most": 4_500},
            True,
            "it has 0 to 4,500 minor units of value",
        ),
        ({"type": "number", "fact": "priority", "at_least": 5}, False, "the priority is at least 5"),
        ({"type": "contains", "fact": "sku", "any": ["MUG", "PEN"]}, True, "it has the item MUG or PEN"),
        ({"type": "contains", "fact": "sku", "all": ["MUG", "PEN"]}, False, "it has the item MUG and PEN"),
        (
            {"type": "contains", "fact": "handling", "only": ["ambient"]},
            True,
            "it has nothing but the handling class ambient",
        ),
        ({"type": "contains", "fact": "tag", "none": ["vip"]}, False, "it has none of the tag vip"),
        ({"type": "yes", "fact": "known_customer"}, True, "the customer is known"),
        ({"type": "yes", "fact": "gift", "value": False}, True, "it is no gift"),
    ],
)
def test_each_test_holds_or_not_and_says_itself_in_words(said: dict[str, Any], holds: bool, in_words: str):
    leaf = condition(**said)
    assert _holds(leaf) is holds
    assert words(leaf) == in_words
    assert bool(why_not(leaf, ORDER, UTC)) is not holds


def test_what_failed_is_said_with_what_was_found():
    big = condition(type="number", fact="units", at_least=10)
    assert why_not(big, ORDER, UTC) == "it holds when it has at least 10 units; here it is 3"
    abroad = condition(type="one_of", fact="country", values=["FR", "DE"])
    assert why_not(All((Yes("gift", value=False), abroad)), ORDER, UTC) == (
        "it holds when the country is FR or DE; here it is GB"
    )
    frozen = condition(type="contains", fact="handling", any=["frozen"])
    assert why_not(frozen, ORDER, UTC) == "it holds when it has the handling class frozen; here there are ambient"


def test_a_condition_on_what_nobody_knows_yet_neither_holds_nor_fails():
    vip = condition(type="contains", fact="tag", any=["vip"])
    cart = Facts(channel="web", units=3)
    assert _holds(vip, cart) is None
    assert _holds(Not(vip), cart) is None
    assert _holds(All((vip, Number("units", at_most=1))), cart) is False
    assert _holds(Either((vip, Number("units", at_least=3))), cart) is True
    assert why_not(vip, cart, UTC).endswith("this is not known here")


@pytest.mark.parametrize(
    ("said", "at", "holds"),
    [
        ({"days": ["sat", "sun"]}, "2026-11-21T12:00", True),
        ({"days": ["sat", "sun"]}, "2026-11-20T23:59", False),
        ({"begin": "08:00", "end": "20:00"}, "2026-11-20T20:00", False),
        ({"begin": "22:00", "end": "06:00", "days": ["fri"]}, "2026-11-21T05:59", True),
        ({"begin": "22:00", "end": "06:00", "days": ["fri"]}, "2026-11-20T05:59", False),
        ({"first_day": "2026-11-20", "last_day": "2026-11-27"}, "2026-11-27T23:59", True),
        ({"first_day": "2026-11-20", "last_day": "2026-11-27"}, "2026-11-28T00:00", False),
        ({"every_year_from": "11-20", "every_year_until": "01-06"}, "2027-01-06T10:00", True),
        ({"every_year_from": "11-20", "every_year_until": "01-06"}, "2027-01-07T10:00", False),
        ({"nth": [-1], "days": ["fri"]}, "2026-11-27T10:00", True),
        ({"nth": [-1], "days": ["fri"]}, "2026-11-20T10:00", False),
        ({"nth": [1], "days": ["mon"]}, "2026-11-02T10:00", True),
        ({"days_of_month": [-1]}, "2026-02-28T10:00", True),
        ({"every_weeks": 2, "first_day": "2026-11-02"}, "2026-11-18T10:00", True),
        ({"every_weeks": 2, "first_day": "2026-11-02"}, "2026-11-11T10:00", False),
    ],
)
def test_times_are_those_of_the_policys_clock(said: dict[str, Any], at: str, holds: bool):
    moment = datetime.fromisoformat(at).replace(tzinfo=LONDON)
    facts = Facts(at=instant(moment))
    assert _holds(condition(type="during", **said), facts, LONDON) is holds


def test_summer_time_moves_with_the_clock_on_the_wall():
    office = condition(type="during", begin="09:00", end="17:00")
    in_july = Facts(at=instant(datetime.fromisoformat("2026-07-01T08:30:00+00:00")))
    in_december = Facts(at=instant(datetime.fromisoformat("2026-12-01T08:30:00+00:00")))
    assert _holds(office, in_july, LONDON) is True
    assert _holds(office, in_december, LONDON) is False


def test_a_time_is_said_in_words():
    said = condition(type="during", days=["sat", "sun"], begin="08:00", end="20:00", first_day="2026-11-01")
    assert words(said) == "it is decided from 2026-11-01 on on a Saturday or Sunday between 08:00 and 20:00"


def test_a_tree_names_the_facts_that_it_asks():
    tree = All((OneOf("channel", ("web",)), Either((Yes("gift"), Not(Number("units", at_least=2))))))
    assert facts_of(tree) == {"channel", "gift", "units"}
    assert facts_of(condition(type="during", days=["mon"])) == {"at"}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("units >= 3 && channel in ['web', 'app']", True),
        ("'MUG' in sku && !('frozen' in handling)", True),
        ("value / 100 > 100", False),
        ("weekday == 'thu' && hour < 12", True),
        ("sku.exists(one, one.startsWith('LA'))", True),
        ("100 / (units - 3) > 1", None),
    ],
)
def test_experts_write_an_expression_over_the_same_facts(expression: str, holds: bool | None):
    leaf = condition(type="cel", expression=expression)
    assert _holds(leaf) is holds
    assert words(leaf) == f"`{expression}`"
    for name in facts_of(leaf):
        assert _holds(leaf, ORDER.only(facts_of(leaf) - {name})) is None


def test_an_expression_asks_for_the_facts_that_it_names():
    assert facts_of(condition(type="cel", expression="units > 1 && hour > 3")) == {"units", "at"}


leaves = st.one_of(
    st.builds(OneOf, st.sampled_from(("channel", "country")), st.lists(st.sampled_from("AB"), min_size=1).map(tuple)),
    st.builds(Number, st.sampled_from(("units", "lines")), st.integers(0, 4), st.integers(0, 4)),
    st.builds(Yes, st.just("gift"), st.booleans()),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(trees, st.sampled_from("ABC"), st.integers(0, 4), st.booleans())
def test_a_condition_holds_or_says_why_not_and_what_is_unknown_never_settles_it_wrongly(
    tree: Condition, channel: str, units: int, gift: bool
):
    known = Facts(channel=channel, country="A", units=units, lines=1, gift=gift)
    holds = _holds(tree, known)
    assert holds is not None
    assert bool(why_not(tree, known, UTC)) is not holds
    assert _holds(Not(tree), known) is not holds
    for name in facts_of(tree):
        said = _holds(tree, known.only(facts_of(tree) - {name}))
        assert said is None or said is holds
