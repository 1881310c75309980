"""What saving finds: contradictions, routes that are never tried, fences that exclude everybody, names nobody has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.routing.model import Network, Site
from crossdock.routing.policy.check import ChannelUse, Finding, check, errors
from crossdock.routing.policy.conditions import All, Condition, Either, Not, Number, OneOf, Yes
from crossdock.routing.policy.contradictions import always, covers, never
from crossdock.routing.policy.facts import Facts
from crossdock.routing.policy.truth import compiled
from tests.routing.policy.documents import CARD, condition, document
from tests.routing.policy.test_conditions import UTC, trees


def _site(id_: int, code: str, kind: str, **more: Any) -> Site:
    return Site(id=id_, code=code, name=code, kind=kind, country="GB", x=0, y=0, z=0, **more)


NETWORK = Network((_site(1, "DC1", "dc"), _site(2, "S1", "store", tags=("city",)), _site(3, "S2", "store")))
LINK = {"up_to_km": 50, "base": 1, "per_kg": 1, "transit_days": 1}
WEB = ChannelUse("web", "GBP", ("standard", "express"), uses=True)


def _found(*routes: dict[str, Any], **changes: Any) -> list[tuple[str, str, str]]:
    return [(f.severity, f.pointer, f.code) for f in check(document(*routes, **changes), NETWORK, (WEB,))]


def _one(*routes: dict[str, Any], **changes: Any) -> Finding:
    (found,) = check(document(*routes, **changes), NETWORK, (WEB,))
    return found


def _when(**said: Any) -> dict[str, Any]:
    return said


def test_nothing_is_wrong_with_a_plain_policy():
    assert _found() == []


@pytest.mark.parametrize(
    "never_holds",
    [
        _when(type="number", fact="units", at_least=10, at_most=9),
        _when(
            type="all",
            of=[
                _when(type="number", fact="units", at_least=10),
                _when(type="all", of=[_when(type="number", fact="units", at_most=5)]),
            ],
        ),
        _when(
            type="all",
            of=[
                _when(type="one_of", fact="channel", values=["web"]),
                _when(type="one_of", fact="channel", values=["pos"]),
            ],
        ),
        _when(
            type="all",
            of=[
                _when(type="one_of", fact="country", values=["GB"]),
                _when(type="not", of=_when(type="one_of", fact="country", values=["GB", "IE"])),
            ],
        ),
        _when(type="all", of=[_when(type="yes", fact="gift"), _when(type="yes", fact="gift", value=False)]),
        _when(type="contains", fact="sku", any=["MUG"], none=["MUG"]),
        _when(type="during", first_day="2026-12-01", last_day="2026-11-01"),
    ],
)
def test_a_route_that_can_never_hold_is_an_error_at_its_condition(never_holds: dict[str, Any]):
    found = _found({"name": "odd", "when": never_holds}, {"name": "rest"})
    assert ("error", "/routes/0/when", "contradiction") in found


def test_a_route_behind_one_that_leaves_nothing_is_never_tried():
    found = _one({"name": "all"}, {"name": "later"})
    assert (found.severity, found.pointer, found.code) == ("error", "/routes/1", "unreachable")
    assert found.message == (
        "'later' is never tried: 'all' (route 1) holds whenever it does and leaves nothing to the next "
        "(`leftover: backorder`)."
    )
    assert _found({"name": "all", "leftover": "next_route"}, {"name": "later"}) == []


def test_a_narrower_condition_behind_a_wider_one_is_never_tried():
    big = _when(type="number", fact="units", at_least=10)
    bigger = _when(type="all", of=[_when(type="number", fact="units", at_least=20), _when(type="yes", fact="gift")])
    assert ("error", "/routes/1", "unreachable") in _found(
        {"name": "big", "when": big}, {"name": "bigger", "when": bigger}, {"name": "rest"}
    )
    assert _found({"name": "bigger", "when": bigger}, {"name": "big", "when": big}, {"name": "rest"}) == []


def test_a_fence_that_excludes_everybody_is_an_error_unless_the_route_is_meant_to_serve_nobody():
    nobody = [{"type": "among", "sites": {"kinds": ["dc"]}}, {"type": "without", "sites": {"codes": ["DC1"]}}]
    found = _one({"name": "odd", "fences": nobody})
    assert (found.severity, found.pointer, found.code) == ("error", "/routes/0/fences/1", "excludes_everybody")
    assert "'DC1', all that the rules before it leave" in found.message
    assert "Of 3 locations none may serve the route 'odd'" in found.message
    parked = _found({"name": "odd", "fences": nobody, "leftover": "queue", "queue": "fraud"})
    assert parked == [("warning", "/routes/0/fences/1", "excludes_everybody")]


def test_names_that_no_location_has_are_told():
    fence = {"type": "among", "sites": {"tags": ["city", "mall"]}}
    assert _found({"name": "x", "fences": [fence], "excluded": ["DC9"]}) == [
        ("warning", "/routes/0/excluded", "unknown_location"),
        ("warning", "/routes/0/fences/0/sites/tags", "unknown_location"),
    ]


def test_routes_have_names_of_their_own():
    routes = ({"name": "a", "leftover": "next_route"}, {"name": "a"})
    assert _found(*routes) == [("error", "/routes/1/name", "repeated")]


def test_what_is_left_must_have_somewhere_to_go():
    assert _found({"name": "a", "leftover": "queue"}) == [("error", "/routes/0/queue", "no_queue")]
    assert _found({"name": "a", "leftover": "queue", "queue": "review"}) == [("error", "/routes/0/queue", "reserved")]
    assert _found({"name": "a", "leftover": "next_route"}) == [("warning", "/routes/0/leftover", "no_next_route")]


def test_deliveries_that_no_route_holds_for_are_told():
    only_web = {"name": "web", "when": _when(type="one_of", fact="channel", values=["web"])}
    assert _found(only_web) == [("warning", "/routes", "not_covered")]


def test_channels_and_currencies_that_do_not_fit_are_told():
    strange = {"name": "x", "when": _when(type="one_of", fact="channel", values=["wbe"]), "leftover": "next_route"}
    assert _found(strange, {"name": "rest"}) == [("warning", "/routes/0/when/values", "unknown_channel")]
    assert _found(card={**CARD, "currency": "EUR"}) == [("warning", "/card/currency", "missing_currency")]


@pytest.mark.parametrize(
    ("route", "pointer", "severity"),
    [
        ({"weights": [["workload", 500]]}, "/routes/0/weights/0", "warning"),
        ({"weights": [["fuel", 500], ["fuel", 1]]}, "/routes/0/weights/1", "error"),
        ({"prefer": [{"by": "nearest"}, {"by": "nearest"}]}, "/routes/0/prefer/1", "warning"),
        ({"prefer": [{"by": "nearest", "band": 0}]}, "/routes/0/prefer/0/band", "error"),
        ({"costs": [{"type": "carbon", "per_kg": -1}]}, "/routes/0/costs/0/per_kg", "error"),
        ({"costs": [{"type": "workload", "steps": []}]}, "/routes/0/costs/0/steps", "error"),
        ({"fences": [{"type": "has_share", "permille": 1_500}]}, "/routes/0/fences/0", "error"),
        ({"fences": [{"type": "near", "km": 30_000}]}, "/routes/0/fences/0", "error"),
        ({"fences": [{"type": "keeps_stock", "units": 10**10}]}, "/routes/0/fences/0", "error"),
        ({"merge": {"sources": True, "zones": [LINK, LINK]}}, "/routes/0/merge/zones", "error"),
        ({"split": "never", "max_locations": 3}, "/routes/0/max_locations", "warning"),
    ],
)
def test_numbers_that_make_no_sense_are_told_at_their_place(route: dict[str, Any], pointer: str, severity: str):
    assert [(s, p) for s, p, _ in _found({"name": "x", **route})] == [(severity, pointer)]


def test_aims_that_would_never_count_are_told():
    many = [{"by": by} for by in ("cheapest", "nearest", "fullest", "soonest", "fewest_parcels")]
    found = _found({"name": "x", "prefer": many})
    assert [(severity, code) for severity, _, code in found] == [("error", "points")]
    assert _found({"name": "x", "prefer": [{"by": "fewest_parcels"}, {"by": "nearest", "band": 50}]}) == []


def test_a_fence_that_asks_for_what_nobody_knows_is_an_error():
    fence = {"type": "when", "condition": {"type": "test", "fact": "location.colour", "op": "in", "values": ["red"]}}
    assert _found({"name": "x", "fences": [fence]}) == [("error", "/routes/0/fences/0/condition", "unknown_fact")]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("units >=", "Syntax error"),
        ("unitz > 3", "Nothing is known under unitz"),
        ("units + 1", "instead of true or false"),
        ("units > 'a'", "No such overload"),
        ("sku.all(a, sku.all(b, a == b))", "at most once"),
        ("(" * 40 + "true" + ")" * 40, "nested at most 20 deep"),
        ("open('/etc/passwd') == ''", "Undefined variable or function: 'open'"),
    ],
)
def test_an_expression_that_cannot_be_asked_is_an_error_that_says_why(expression: str, said: str):
    routes = ({"name": "odd", "when": {"type": "cel", "expression": expression}}, {"name": "rest"})
    found = check(document(*routes), NETWORK, (WEB,))
    assert [(one.severity, one.pointer) for one in found] == [("error", "/routes/0/when/expression")]
    assert said in found[0].message


def test_zones_rise_and_time_zones_exist():
    falling = {**CARD, "zones": [CARD["zones"][1], CARD["zones"][0]]}
    assert _found(card=falling) == [("error", "/card/zones", "rate_card")]
    assert _found(time_zone="Europe/Londn") == [("error", "/time_zone", "unknown_time_zone")]
    assert errors(check(document(time_zone="Mars/Base"), NETWORK)) != ()


KNOWN = st.builds(
    Facts,
    channel=st.sampled_from("ABC"),
    country=st.sampled_from("ABC"),
    units=st.integers(0, 4),
    lines=st.integers(0, 4),
    gift=st.booleans(),
)


@given(trees, KNOWN)
def test_what_is_called_a_contradiction_never_holds_and_what_always_holds_does(tree: Condition, facts: Facts):
    holds = compiled(tree, UTC)(facts)
    assert not (never(tree) and holds)
    assert holds or not always(tree)


@given(trees, trees, KNOWN)
def test_what_is_said_to_cover_another_condition_holds_wherever_that_one_does(
    wide: Condition, narrow: Condition, facts: Facts
):
    if covers(wide, narrow) and compiled(narrow, UTC)(facts):
        assert compiled(wide, UTC)(facts)


def test_covering_sees_through_sets_and_ranges():
    web = OneOf("channel", ("web", "app"))
    assert covers(web, All((OneOf("channel", ("web",)), Yes("gift"))))
    assert not covers(OneOf("channel", ("web",)), web)
    assert covers(Number("units", at_least=3), Number("units", at_least=5, at_most=9))
    assert covers(Either((web, Yes("gift"))), web)
    assert not covers(Not(web), web)
    assert covers(None, condition(type="during", days=["mon"]))
