"""Routing policies over the API: drafts with findings at their places, activation, comparison, taking back."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from crossdock.api.examples import ROUTING_POLICY
from crossdock.routing import RoutingPolicy
from tests.api.shop import order

DRAFT = "/v1/policies/standard/draft"


def _save(http: httpx.Client, note: str = "", **changes: Any) -> dict[str, Any]:
    saved = http.put(DRAFT, json={"document": {**ROUTING_POLICY, **changes}, "note": note})
    assert saved.status_code == 200, saved.text
    document: dict[str, Any] = saved.json()
    return document


def _act(http: httpx.Client, number: int, action: str, **body: Any) -> httpx.Response:
    return http.post(f"/v1/policies/standard/versions/{number}/actions/{action}", json=body)


def test_a_draft_is_saved_validated_activated_and_rolled_back(http: httpx.Client) -> None:
    saved = _save(http, "Big orders from the centres")
    assert (saved["number"], saved["state"], saved["note"]) == (2, "draft", "Big orders from the centres")
    assert saved["supported_actions"] == ["validate", "activate"]
    assert http.get(DRAFT).json() == saved
    assert _act(http, 2, "validate").json()["state"] == "validated"
    untried = _act(http, 2, "activate", note="go")
    assert (untried.status_code, untried.json()["code"]) == (409, "policy_untried")
    active = _act(http, 2, "activate", note="go", untried=True).json()
    assert (active["state"], active["untried"]) == ("active", True)
    assert (active["changes"][0]["state"], active["changes"][0]["note"]) == ("active", "go")
    shown = http.get("/v1/policies/standard").json()
    assert (shown["number"], shown["policy"]) == (2, None)
    assert msgspec.convert(shown["document"], RoutingPolicy) == msgspec.convert(ROUTING_POLICY, RoutingPolicy)
    assert [one["number"] for one in http.get("/v1/policies/standard/versions").json()["data"]] == [2, 1]
    back = _act(http, 2, "roll_back", note="Leeds is swamped").json()
    assert (back["number"], back["state"]) == (1, "active")
    again = _act(http, 2, "roll_back")
    assert (again.status_code, again.json()["code"]) == (409, "policy_not_ready")


def test_an_error_keeps_a_version_from_becoming_active_and_names_its_place(http: httpx.Client) -> None:
    routes = [{"name": "all"}, {"name": "later"}]
    saved = _save(http, routes=routes)
    assert [(f["severity"], f["pointer"], f["code"]) for f in saved["findings"]] == [
        ("error", "/routes/1", "unreachable")
    ]
    refused = _act(http, saved["number"], "activate", untried=True)
    assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid")
    assert refused.json()["errors"][0]["pointer"] == "/routes/1"
    assert http.get("/v1/policies/standard").json()["number"] == 1


def test_what_does_not_follow_the_schema_is_refused_with_its_place_and_nothing_is_saved(http: httpx.Client) -> None:
    wrong = {**ROUTING_POLICY, "routes": [{"name": "x", "when": {"type": "number", "fact": "unitz"}}]}
    refused = http.put(DRAFT, json={"document": wrong})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["pointer"] == "/document/routes/0/when/fact"
    kinds = {
        **ROUTING_POLICY,
        "routes": [{"name": "x", "fences": [{"type": "among", "sites": {}}, {"type": "nearby"}]}],
    }
    unknown = http.put(DRAFT, json={"document": kinds}).json()
    assert [(e["pointer"], e["code"]) for e in unknown["errors"]] == [
        ("/document/routes/0/fences/1/type", "not_one_of")
    ]
    long = {**ROUTING_POLICY, "routes": [{"name": "x", "fences": [{"type": "near"}, {"type": "near", "km": "3"}]}]}
    assert [(e["pointer"], e["code"]) for e in http.put(DRAFT, json={"document": long}).json()["errors"]] == [
        ("/document/routes/0/fences/0/km", "missing"),
        ("/document/routes/0/fences/1/km", "wrong_type"),
    ]
    whole = {**ROUTING_POLICY, "name": "Whole", "routes": [{"name": "x", "fences": [{"type": "near", "km": 3.0}]}]}
    assert http.put(DRAFT, json={"document": whole}).status_code == 200
    other = http.put(DRAFT, json={"document": {**ROUTING_POLICY, "code": "express"}})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/document/code")
    assert len(http.get("/v1/policies/standard/versions").json()["data"]) == 2  # the last but one


def test_whoever_saves_on_an_old_version_is_told(http: httpx.Client) -> None:
    first = _save(http)
    body = {"document": {**ROUTING_POLICY, "name": "Mine"}}
    assert http.put(DRAFT, json=body, headers={"if-match": f'"{first["number"]}"'}).status_code == 200
    late = http.put(DRAFT, json={"document": ROUTING_POLICY}, headers={"if-match": f'"{first["number"]}"'})
    assert (late.status_code, late.json()["code"]) == (412, "policy_moved_on")


def test_two_versions_are_compared_place_by_place(http: httpx.Client) -> None:
    _save(http)
    _save(http, name="Other")
    found = http.get("/v1/policies/standard/diff?from=2&to=3").json()
    assert found["differences"] == [{"pointer": "/name", "before": ROUTING_POLICY["name"], "after": "Other"}]
    assert http.get("/v1/policies/standard/diff").json()["before"] == 1
    assert http.get("/v1/policies/standard/diff?from=2&to=9").status_code == 404
    assert http.get("/v1/policies/nope/versions").json()["code"] == "unknown_policy_version"


def test_the_schema_of_documents_is_published(http: httpx.Client) -> None:
    assert "RoutingPolicy" in http.get("/v1/policies:schema").json()["$defs"]


def test_a_decision_says_which_routes_were_tried(http: httpx.Client) -> None:
    _act(http, _save(http)["number"], "activate", untried=True)
    captured = http.post("/v1/orders", json=order("R-1", ("HEART", 2))).json()
    (listed,) = http.get(f"/v1/orders/{captured['id']}/decisions").json()["data"]
    decision = http.get(f"/v1/decisions/{listed['id']}").json()
    assert decision["routes"]["policy"] == "standard"
    assert [(r["route"], r["held"]) for r in decision["routes"]["routes"]] == [
        ("Big orders from the centres", False),
        ("Everything", True),
    ]
    assert decision["routes"]["routes"][0]["why"] == "it holds when it has at least 10 units; here it is 2"
