"""A draft is tried on past orders before it holds."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from crossdock import local
from crossdock.routing.policy.compile import from_rules
from tests.cli.conftest import Cli
from tests.support.world import World, standard_policy


@pytest.fixture
def fenced(url: str) -> str:
    """A retailer whose distribution centre was not to ship: three orders went to the store, a pound dearer each."""
    local.upgrade(url)
    with World(url, upgrade=False) as world:
        world.standard("DC", "STORE", excluded=("DC",))
        for place in ("DC", "STORE"):
            world.receive("MUG", place, 5)
        for n in range(3):
            world.capture(f"A{n}", ("MUG", 1))
    return url


def draft(**changes: object) -> Path:
    policy = msgspec.to_builtins(from_rules("standard", standard_policy(**changes)))
    Path("draft.yaml").write_bytes(msgspec.yaml.encode(policy))
    return Path("draft.yaml")


def test_a_draft_is_simulated_over_past_orders(cli: Cli, fenced: str):
    result = cli("policy", "simulate", "standard", "--draft", draft())
    assert result.code == 0, result.err
    lines = [line.split() for line in result.out.splitlines()]
    assert ["Carriage", "and", "handling", "£13.86", "£10.74", "-£3.12"] in lines
    assert ["Days", "to", "the", "last", "parcel", "6", "3", "-3"] in lines
    assert "3 decisions of 3 orders decided again: 3 would be other plans." in result.err
    assert sum("STORE:1" in line and "DC:1" in line for line in result.out.splitlines()) == 3


def test_the_price_of_each_rule_is_told(cli: Cli, fenced: str):
    told = cli("policy", "simulate", "standard", "--draft", draft(excluded=("DC",)), "--rules", "-o", "json").json
    fence = told["trial"]["result"]["rules"][0]
    assert (fence["says"], fence["decisions"]) == ("DC never ships", 3)
    assert fence["spend"] == {"amount": 312, "currency": "GBP"}
    assert told["differences"] == []


def test_a_policy_that_decided_nothing_is_refused(cli: Cli, fenced: str):
    result = cli("policy", "simulate", "other", "--draft", draft())
    assert result.code == 4
    assert "No past order of the period is decided by the policy 'other'" in result.err
    assert "next:" in result.err


def test_a_draft_with_an_error_is_refused_with_its_place(cli: Cli, fenced: str):
    Path("draft.yaml").write_text("code: standard\ncard: {currency: GBP, zones: [{up_to_km: near}]}\n")
    result = cli("policy", "simulate", "standard", "--draft", "draft.yaml")
    assert result.code == 2
    assert "/card/zones/0/up_to_km" in result.err
