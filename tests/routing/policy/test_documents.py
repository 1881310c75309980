"""Routing policies as documents: to YAML and back, to one policy a route, and which routes hold for a delivery."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from crossdock.routing.model import Policy
from crossdock.routing.policy.compile import RULES, compile_policy, from_rules, plain_policy, rate_card, rules_of
from crossdock.routing.policy.document import RateCardIn, RoutingPolicy
from crossdock.routing.policy.facts import Facts
from tests.routing.policy.documents import CARD, document

BIG: dict[str, Any] = {"type": "number", "fact": "units", "at_least": 10}
WEEKEND: dict[str, Any] = {"type": "during", "days": ["sat", "sun"]}
ROUTES: tuple[dict[str, Any], ...] = (
    {
        "name": "big orders from the centres",
        "when": {"type": "all", "of": [BIG, {"type": "not", "of": WEEKEND}]},
        "fences": [{"type": "among", "sites": {"kinds": ["dc"]}}],
        "leftover": "next_route",
    },
    {
        "name": "everything",
        "prefer": [{"by": "fewest_parcels"}, {"by": "nearest", "band": 50}],
        "leftover": "queue",
        "queue": "no-stock",
        "cancel_after_hours": 72,
    },
)


def test_a_document_goes_to_yaml_and_back_unchanged():
    policy = document(*ROUTES, name="Standard", time_zone="Europe/London")
    text = msgspec.yaml.encode(msgspec.to_builtins(policy))
    assert msgspec.yaml.decode(text, type=RoutingPolicy) == policy
    assert msgspec.yaml.decode(text, type=RoutingPolicy).version == policy.version
    assert b"unfilled_per_unit" not in text  # what is not said is not written


def test_the_schema_can_be_published_and_names_every_test_and_rule():
    schema = msgspec.json.encode(msgspec.json.schema(RoutingPolicy)).decode()
    for name in ("during", "one_of", "contains", "among", "near", "workload", "fewest_parcels", "cancel_after_hours"):
        assert f'"{name}"' in schema


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"colour": "red"}, "colour"),
        ({"routes": [{"name": "x", "wen": {}}]}, "$.routes[0]"),
        ({"routes": []}, "$.routes"),
        ({"routes": [{"name": "x", "when": {"type": "number", "fact": "unitz"}}]}, "$.routes[0].when.fact"),
        ({"routes": [{"name": "x", "fences": [{"type": "nearby", "km": 3}]}]}, "$.routes[0].fences[0].type"),
    ],
)
def test_what_is_not_in_the_schema_is_refused_with_its_place(changes: dict[str, Any], place: str):
    with pytest.raises(msgspec.ValidationError) as refused:
        document(**changes) if "routes" not in changes else msgspec.convert(
            {"code": "x", "card": CARD, **changes}, RoutingPolicy
        )
    assert place in str(refused.value)


def test_each_route_becomes_a_policy_that_names_its_document_and_itself():
    policy = document(*ROUTES)
    compiled = compile_policy(policy)
    assert [p.route for p in compiled.policies] == ["big orders from the centres", "everything"]
    assert {p.source for p in compiled.policies} == {policy.version}
    assert compiled.policies[0].leftover == "next_route"
    assert (compiled.policies[1].queue, compiled.policies[1].cancel_after_hours) == ("no-stock", 72)
    assert compiled.asks == {"units", "at"}


def test_routes_that_hold_are_tried_in_order_and_the_trace_says_which_did_not():
    compiled = compile_policy(document(*ROUTES))
    friday, saturday = 1_795_168_800_000_000, 1_795_255_200_000_000
    big = Facts(units=12, at=friday)
    assert [p.route for p in compiled.matching(big)] == ["big orders from the centres", "everything"]
    small = Facts(units=2, at=friday)
    assert [p.route for p in compiled.matching(small)] == ["everything"]
    told = compiled.trace(small)
    assert [(t.holds, t.why) for t in told] == [
        (False, "it holds when it has at least 10 units; here it is 2"),
        (True, ""),
    ]
    assert [p.route for p in compiled.matching(Facts(units=12, at=saturday))] == ["everything"]


def test_routes_that_may_hold_are_those_that_no_known_fact_rules_out():
    compiled = compile_policy(document(*ROUTES))
    assert len(compiled.possible(Facts())) == 2
    assert len(compiled.possible(Facts(units=3))) == 1
    assert len(compiled.matching(Facts())) == 1


def test_a_plain_set_of_rules_is_a_document_of_one_route_and_comes_back_as_it_was():
    rules = Policy(card=rate_card(document().card), extra_parcel=5, max_locations=2, leftover="review")
    policy = from_rules("standard", rules)
    assert policy.is_plain
    plain = plain_policy(policy)
    assert plain is not None
    assert rules_of(plain) == rules
    assert plain_policy(document(*ROUTES)) is None


def test_documents_and_policies_have_the_same_rules():
    own = {"card", "prices", "source", "route"}
    assert set(RULES) == set(Policy.__struct_fields__) - own
    assert set(RateCardIn.__struct_fields__) == set(rate_card(document().card).__struct_fields__)
    plain = compile_policy(document()).policies[0]
    usual = Policy(card=plain.card)
    assert {name: getattr(plain, name) for name in RULES} == {name: getattr(usual, name) for name in RULES}


def test_asking_which_routes_hold_takes_microseconds():
    compiled = compile_policy(document(*ROUTES))
    facts = Facts(units=2, at=1_795_168_800_000_000)
    times = 2_000
    start = time.process_time()
    for _ in range(times):
        compiled.matching(facts)
    assert (time.process_time() - start) / times < 100e-6  # some 2 µs where nothing else runs
