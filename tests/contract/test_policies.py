"""Routing policies as a merchant changes them: saved, checked, activated, rolled back; the next order follows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from crossdock.kernel.content import canonical
from crossdock.orchestration import commands as c
from crossdock.orchestration.errors import PolicyInvalid, PolicyMovedOn, PolicyNotReady, PolicyUntried
from crossdock.orchestration.policies import commands as p
from crossdock.orchestration.policies.handlers import mark_tried
from crossdock.orchestration.policies.lifecycle import TRANSITIONS, State, actions
from crossdock.orchestration.policies.queries import (
    list_policies,
    policy_diff,
    policy_yaml,
    read_policy_draft,
    read_policy_version,
    read_policy_versions,
)
from crossdock.routing.model import RateCard, Zone
from crossdock.routing.policy.document import RoutingPolicy
from crossdock.storage import versions
from crossdock.storage.jobs import Work
from tests.routing.policy.documents import document
from tests.support.world import World, standard_policy

FROM_STORES: dict[str, Any] = {"name": "from stores", "excluded": ["DC"]}
FROM_DCS: dict[str, Any] = {"name": "from centres", "excluded": ["STORE"]}


@pytest.fixture
def shop(world: World) -> World:
    """A centre near the customer and a store far away, both with everything; the policy lets all of them ship."""
    world.standard("DC")
    world.put_location("STORE", 1, kind="store")
    for place in ("DC", "STORE"):
        world.receive("MUG", place, 10)
    return world


def _save(world: World, *routes: dict[str, Any], note: str = "", base: int | None = None, **changes: Any) -> int:
    answer: p.PolicySaved = world.do(
        p.SaveDraft(actor=world.actor, document=document(*routes, **changes), note=note, base=base)
    )
    return answer.number


def _activate(world: World, number: int, **more: Any) -> p.PolicySaved:
    command = p.ActivatePolicy(actor=world.actor, code="standard", number=number, **{"untried": True, **more})
    answer: p.PolicySaved = world.do(command)
    return answer


def _sites(world: World, order_id: int) -> list[str]:
    sql = (
        "SELECT l.code FROM fulfillments f JOIN locations l ON l.id = f.location_id WHERE f.order_id = ? ORDER BY f.id"
    )
    return [code for (code,) in world.rows(sql, order_id)]


def _states(world: World) -> dict[int, str]:
    return {one.number: one.state for one in world.read(lambda session: read_policy_versions(session, "standard"))}


def test_every_state_can_be_reached_and_says_what_may_follow():
    reached, new = {State.DRAFT}, {State.DRAFT}
    while new:
        new = {after for state in new for after in TRANSITIONS[state]} - reached
        reached |= new
    assert reached == set(State)
    assert all(actions(state) for state in State)


def test_the_next_order_follows_an_activation_without_a_restart(shop: World):
    assert _sites(shop, shop.capture("A1", ("MUG", 1)).order_id) == ["DC"]
    number = _save(shop, FROM_STORES, note="Empty the stores")
    assert _sites(shop, shop.capture("A2", ("MUG", 1)).order_id) == ["DC"]
    done = _activate(shop, number, note="Agreed on Monday")
    assert (done.state, done.result) == ("active", "changed")
    assert _sites(shop, shop.capture("A3", ("MUG", 1)).order_id) == ["STORE"]
    assert _states(shop) == {1: "retired", 2: "active"}
    told = shop.read(lambda session: read_policy_version(session, "standard", 2))
    assert [(change.state, change.actor, change.note) for change in told.changes] == [
        ("active", "key:test", "Agreed on Monday"),
        ("validated", "key:test", ""),
        ("draft", "key:test", "Empty the stores"),
    ]
    assert told.untried
    shop.assert_sound()


def test_a_second_process_follows_within_its_next_decision(shop: World):
    if shop.url.startswith("sqlite"):
        pytest.skip("one process owns the file")
    with World(shop.url, clock=shop.clock, upgrade=False) as other:
        assert _sites(shop, other.capture("A1", ("MUG", 1)).order_id) == ["DC"]
        _activate(shop, _save(shop, FROM_STORES))
        assert _sites(shop, other.capture("A2", ("MUG", 1)).order_id) == ["STORE"]


def test_a_draft_with_an_error_never_becomes_active_and_nothing_changes(shop: World):
    nobody = {"name": "nobody", "fences": [{"type": "among", "sites": {"codes": ["NOWHERE"]}}]}
    number = _save(shop, nobody, {"name": "later"})
    for command in (
        p.ValidatePolicy(actor=shop.actor, code="standard", number=number),
        p.ActivatePolicy(actor=shop.actor, code="standard", number=number, untried=True),
    ):
        with pytest.raises(PolicyInvalid) as refused:
            shop.do(command)
        assert {(fault.pointer, fault.code) for fault in refused.value.errors} == {
            ("/routes/0/fences/0", "excludes_everybody"),
            ("/routes/1", "unreachable"),
        }
    assert _states(shop) == {1: "active", 2: "draft"}
    assert _sites(shop, shop.capture("A1", ("MUG", 1)).order_id) == ["DC"]
    found = shop.read(lambda session: read_policy_version(session, "standard", number)).findings
    assert {one.severity for one in found} == {"error", "warning"}


def test_a_version_that_nobody_tried_is_activated_only_when_that_is_said(shop: World):
    number = _save(shop, FROM_STORES)
    with pytest.raises(PolicyUntried):
        _activate(shop, number, untried=False)
    assert _states(shop)[number] == "draft"
    state = shop.app.submit_now(Work(lambda unit: mark_tried(unit, "standard", number, "key:test", "1,000 orders")))
    assert state is State.TRIED
    assert _activate(shop, number, untried=False).state == "active"
    told = shop.read(lambda session: read_policy_version(session, "standard", number))
    assert not told.untried
    assert [change.state for change in told.changes] == ["active", "tried", "validated", "draft"]


def test_a_newer_draft_replaces_the_one_before_it(shop: World):
    first, second = _save(shop, FROM_STORES), _save(shop, FROM_DCS)
    assert _states(shop) == {1: "active", first: "replaced", second: "draft"}
    assert _save(shop, FROM_DCS) == second  # nothing new
    draft = shop.read(lambda session: read_policy_draft(session, "standard"))
    assert draft is not None
    assert (draft.number, draft.base) == (second, first)


def test_whoever_saves_on_an_old_version_is_told_about_the_newer_one(shop: World):
    first = _save(shop, FROM_STORES)
    assert _save(shop, FROM_DCS, base=first) == 3
    with pytest.raises(PolicyMovedOn, match=r"You began with version 2; the newest of 'standard' is 3, by key:test\."):
        _save(shop, {"name": "mine"}, base=first)
    assert len(_states(shop)) == 3
    with pytest.raises(PolicyMovedOn):
        _activate(shop, 3, instead_of=2)


def test_rolling_back_brings_the_version_before_back_and_says_why(shop: World):
    number = _save(shop, FROM_STORES)
    _activate(shop, number)
    command = p.RollBackPolicy(actor=shop.actor, code="standard", number=number, note="Too slow")
    answer: p.PolicySaved = shop.do(command)
    assert (answer.number, answer.state) == (1, "active")
    assert _states(shop) == {1: "active", number: "rolled_back"}
    assert _sites(shop, shop.capture("A1", ("MUG", 1)).order_id) == ["DC"]
    with pytest.raises(PolicyNotReady):
        shop.do(command)
    rolled = shop.rows("SELECT data FROM events WHERE type = 'policy.rolled_back'")
    assert [msgspec.json.decode(data)["note"] for (data,) in rolled] == ["Too slow"]
    assert _activate(shop, number, untried=False).state == "active"  # it was active before: that is a trial


def test_the_first_version_cannot_be_rolled_back(shop: World):
    with pytest.raises(PolicyNotReady, match="No version of 'standard' was active before"):
        shop.do(p.RollBackPolicy(actor=shop.actor, code="standard", number=1))
    assert _states(shop) == {1: "active"}


def test_a_document_goes_to_yaml_and_back_unchanged(shop: World):
    number = _save(shop, {**FROM_STORES, "leftover": "next_route"}, FROM_DCS, name="Both", time_zone="Europe/London")
    saved = shop.read(lambda session: read_policy_version(session, "standard", number)).document
    text = policy_yaml(saved)
    again = msgspec.yaml.decode(text, type=RoutingPolicy)
    assert again == saved
    answer: p.PolicySaved = shop.do(p.SaveDraft(actor=shop.actor, document=again))
    assert (answer.number, answer.result) == (number, "unchanged")


def test_what_changed_between_two_versions_is_told_place_by_place_and_as_a_text(shop: World):
    first = _save(shop, {**FROM_STORES, "leftover": "next_route"}, FROM_DCS)
    second = _save(shop, {**FROM_STORES, "leftover": "next_route", "max_locations": 2}, {"name": "rest"}, name="New")
    told = shop.read(lambda session: policy_diff(session, "standard", first, second))
    assert [(one.pointer, one.before, one.after) for one in told.differences] == [
        ("/routes/from stores/max_locations", None, 2),
        ("/routes/from centres", msgspec.to_builtins(document(FROM_DCS).routes[0]), None),
        ("/routes/rest", None, {"name": "rest"}),
        ("/name", None, "New"),
    ]
    assert (told.routes_before, told.routes_after) == (("from stores", "from centres"), ("from stores", "rest"))
    assert "+  max_locations: 2" in told.text or "+- max_locations: 2" in told.text


def test_rules_that_are_put_without_routes_are_a_version_like_any_other(shop: World):
    shop.policy(extra_parcel=7)
    assert _states(shop) == {1: "retired", 2: "active"}
    shop.policy(extra_parcel=7)
    assert _states(shop) == {1: "retired", 2: "active"}
    (one,) = shop.read(list_policies)
    assert (one.code, one.active, one.draft) == ("standard", 2, None)
    shop.policy(extra_parcel=50_000)  # the first again
    assert _states(shop) == {1: "active", 2: "retired"}


def test_rules_that_were_activated_before_there_were_versions_decide_as_they_did(shop: World):
    card = RateCard("GBP", (Zone(20_100, 350_000, 20_000, 1),))  # further than a document may say
    rules = standard_policy(excluded=("DC",), card=card)
    shop.app.submit_now(Work(lambda unit: versions.keep(unit, [(rules.version, "policy", canonical(rules))])))
    shop.change("UPDATE policies SET hash = ?, number = NULL WHERE code = 'standard'", rules.version)
    shop.change("DELETE FROM policy_changes")
    shop.change("DELETE FROM policy_versions")
    shop.restart()
    captured = shop.capture("A1", ("MUG", 1))
    assert _sites(shop, captured.order_id) == ["STORE"]
    assert shop.explanation(captured.decisions[0]) is not None
    (one,) = shop.read(list_policies)
    assert (one.code, one.active) == ("standard", None)
    _activate(shop, _save(shop, FROM_DCS))
    assert _sites(shop, shop.capture("A2", ("MUG", 1)).order_id) == ["DC"]


def test_a_request_that_is_repeated_is_answered_alike_and_done_once(shop: World):
    number = _save(shop, FROM_STORES)
    key = c.RequestKey("key:test POST", "k1", b"x")
    first = _activate(shop, number, request=key)
    again = _activate(shop, number, request=key)
    assert again.replayed
    assert (again.number, again.state) == (first.number, first.state)
