"""Work at locations over HTTP: each answer says what can be done next, each refusal changes nothing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.shop import STORE, Shop, order, put, put_stock
from tests.api.test_orders import capture


@pytest.fixture
def two(http: httpx.Client) -> httpx.Client:
    """A shop whose Soho store has hearts too."""
    put_stock(http, "S1", HEART=10)
    return http


def job(http: httpx.Client, order_id: str) -> dict[str, Any]:
    """The one fulfillment of an order that stands."""
    found = http.get(f"/v1/orders/{order_id}/fulfillments").json()["data"]
    (one,) = [each for each in found if each["execution"] != "canceled"]
    return dict(one)


def act(
    http: httpx.Client, id_: str, action: str, headers: dict[str, str] | None = None, **body: Any
) -> httpx.Response:
    return http.post(f"/v1/fulfillments/{id_}/actions/{action}", json=body, headers=headers or {})


def walk(http: httpx.Client) -> None:
    """Do everything that can be done with work once: random requests seldom come upon a pick-up that was rejected."""
    put(http, "/v1/locations/S1", {**STORE, "capabilities": ["ship", "collect", "ambient"]})
    put_stock(http, "S1", "walk", HEART=20)

    def done(answer: httpx.Response) -> Any:
        assert answer.status_code < 300, answer.text
        return answer.json()

    def elsewhere(id_: str) -> dict[str, Any]:
        at = http.get(f"/v1/fulfillments/{id_}").json()["location"]
        return {"location": ({"DC1", "S1"} - {at}).pop()}

    order_id = capture(http, "walk-1", ("HEART", 2))
    (decision,) = http.get(f"/v1/orders/{order_id}").json()["decisions"]
    done(http.get(f"/v1/decisions/{decision['id']}/flips"))
    id_ = job(http, order_id)["id"]
    asked = {"fulfillment_id": id_, **elsewhere(id_)}
    done(http.post(f"/v1/orders/{order_id}/actions/preview_assignment", json=asked))
    id_ = done(act(http, id_, "assign", **elsewhere(id_), reason="a walk"))["fulfillment"]["id"]
    offer = done(act(http, id_, "offer", locations=["DC1", "S1"]))["id"]
    done(http.get(f"/v1/offers/{offer}"))
    id_ = done(http.post(f"/v1/offers/{offer}/actions/claim", json=elsewhere(id_)))["fulfillment"]["id"]
    for action in ("release", "start", "pick", "restock"):
        done(act(http, id_, action))
    done(act(http, id_, "short_pick", lines=[{"demand": 1, "quantity": 1}], reason="mismatch"))
    done(act(http, id_, "reject", reason="too_busy"))
    where = {"country": "GB", "postal_code": "SW1Y 4JH"}
    delivery = {"destination": where, "method": "pickup", "location": "S1"}
    order_id = capture(http, "walk-2", deliveries=[delivery])
    id_ = job(http, order_id)["id"]
    for action in ("release", "accept"):
        done(act(http, id_, action))
    done(act(http, id_, "reject", reason="too_busy"))
    assert done(http.get(f"/v1/orders/{order_id}/choices"))["data"]
    done(http.post(f"/v1/orders/{order_id}/actions/choose", json={"option": "wait"}))


def test_each_step_says_what_can_be_done_next(two: httpx.Client) -> None:
    one = job(two, capture(two))
    assert (one["execution"], one["supported_actions"]) == ("planned", ["release", "assign", "offer"])
    steps = []
    for action in ("release", "accept", "start", "pick", "restock"):
        answer = act(two, one["id"], action)
        assert answer.status_code == 200, answer.text
        shown = answer.json()["fulfillment"]
        assert answer.headers["etag"] == f'"{shown["version"]}"'
        steps.append((shown["execution"], shown["negotiation"], shown["supported_actions"]))
    assert steps == [
        ("released", "sent", ["accept", "start", "reject", "assign"]),
        ("released", "accepted", ["start", "reject", "assign"]),
        ("in_progress", "accepted", ["pick", "short_pick", "reject"]),
        ("picked", "accepted", ["restock"]),
        ("in_progress", "accepted", ["pick", "short_pick", "reject"]),
    ]


def test_a_rejection_moves_the_work_and_the_same_request_again_is_the_same_answer(two: httpx.Client) -> None:
    order_id = capture(two)
    one = job(two, order_id)
    act(two, one["id"], "release")
    stale = act(two, one["id"], "reject", {"if-match": '"1"'}, reason="damaged")
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    first = act(two, one["id"], "reject", {"idempotency-key": "r-1"}, reason="damaged", note="torn")
    again = act(two, one["id"], "reject", {"idempotency-key": "r-1"}, reason="damaged", note="torn")
    assert (first.json()["moved"], first.json()["fulfillment"]["execution"]) == (1, "canceled")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert job(two, order_id)["location"] == ({"DC1", "S1"} - {one["location"]}).pop()
    lines = two.get("/v1/inventory/movements", params={"sku": "HEART"}).json()["data"]
    cause = [(line["on_hand"], line["reason"], line["order_id"]) for line in lines if line["cause"] == "rejection"]
    assert sorted(cause) == [(-1, "damaged", order_id), (1, "damaged", order_id)]
    gone = act(two, one["id"], "reject", reason="damaged")
    assert (gone.status_code, gone.json()["code"]) == (409, "wrong_state")


def test_bad_input_is_refused_with_its_place(two: httpx.Client) -> None:
    one = job(two, capture(two))
    act(two, one["id"], "release")
    wrong = act(two, one["id"], "reject", reason="sunday")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/reason")
    many = act(two, one["id"], "reject", reason="other", lines=[{"demand": 1, "quantity": 9}])
    assert (many.status_code, many.json()["code"]) == (422, "not_that_many")
    twice = act(two, one["id"], "reject", reason="other", lines=[{"demand": 1, "quantity": 1}] * 2)
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/lines/1/demand")
    assert two.get(f"/v1/fulfillments/{one['id']}").json()["execution"] == "released"


def test_another_location_is_seen_before_it_is_chosen(two: httpx.Client) -> None:
    order_id = capture(two)
    one = job(two, order_id)
    other = ({"DC1", "S1"} - {one["location"]}).pop()
    body = {"fulfillment_id": one["id"], "location": other}
    seen = two.post(f"/v1/orders/{order_id}/actions/preview_assignment", json=body).json()
    assert (seen["present"]["locations"], seen["proposed"]["locations"]) == ([one["location"]], [other])
    assert seen["cost_difference"]["amount"] > 0
    assert job(two, order_id) == one
    done = act(two, one["id"], "assign", location=other, reason="She asked for it.")
    assert (done.json()["moved"], done.json()["fulfillment"]["location"]) == (1, other)
    refused = act(two, done.json()["fulfillment"]["id"], "assign", location="MARS", reason="Why not?")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_location")


def test_a_job_is_offered_and_claimed_once(two: httpx.Client) -> None:
    order_id = capture(two)
    one = job(two, order_id)
    made = act(two, one["id"], "offer", locations=["DC1", "S1"])
    offer = made.json()
    assert (made.status_code, made.headers["location"]) == (201, f"/v1/offers/{offer['id']}")
    assert (offer["state"], sorted(each["location"] for each in offer["locations"])) == ("open", ["DC1", "S1"])
    other = ({"DC1", "S1"} - {one["location"]}).pop()
    url = f"/v1/offers/{offer['id']}"
    won = two.post(f"{url}/actions/claim", json={"location": other})
    assert (won.status_code, won.json()["fulfillment"]["negotiation"]) == (200, "accepted")
    lost = two.post(f"{url}/actions/claim", json={"location": one["location"]})
    assert (lost.status_code, lost.json()["code"]) == (409, "offer_gone")
    shown = two.get(url).json()
    assert (shown["state"], shown["claimed_by"], shown["supported_actions"]) == ("claimed", other, [])


def test_a_paused_location_is_listed_and_gets_no_work(two: httpx.Client) -> None:
    usual = job(two, capture(two))["location"]
    url = f"/v1/locations/{usual}/actions"
    paused = two.post(f"{url}/pause", json={"until": "2100-01-01T00:00:00Z", "reason": "flood"})
    assert paused.json() == {"location": usual, "paused": True, "result": "created"}
    (listed,) = two.get("/v1/pauses").json()["data"]
    assert (listed["location"], listed["until"], listed["reason"]) == (usual, "2100-01-01T00:00:00Z", "flood")
    assert job(two, capture(two, "A-2"))["location"] != usual
    moved = two.post(f"{url}/move_work", json={}).json()
    assert moved == {"moved": 1, "kept": 0, "after": None}
    assert two.post(f"{url}/resume", json={}).json()["result"] == "changed"
    assert two.get("/v1/pauses").json() == {"data": []}
    past = two.post(f"{url}/pause", json={"until": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["errors"][0]["pointer"]) == (422, "/until")


def test_an_empty_shelf_is_told(two: httpx.Client) -> None:
    order_id = capture(two)
    place = job(two, order_id)["location"]
    told = two.post("/v1/inventory/actions/zero", json={"sku": "HEART", "location": place})
    assert told.json() == {"on_hand": 0, "orders": 1}
    assert job(two, order_id)["location"] != place
    wrong = two.post("/v1/inventory/actions/zero", json={"sku": "NOTHING", "location": place})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_item")


def test_the_work_rules_hold_for_the_next_release(two: httpx.Client) -> None:
    assert two.get("/v1/work-rules").json()["version"] == 0
    put_ = two.put("/v1/work-rules", json={"accept_minutes": 30, "notice_minutes": 5})
    assert (put_.json()["rules"]["accept_minutes"], put_.json()["version"]) == (30, 1)
    shown = act(two, job(two, capture(two))["id"], "release").json()["fulfillment"]
    assert (shown["waits_for"], shown["due_at"] is not None) == ("accept", True)


def test_the_customer_of_a_pick_up_chooses(shop: Shop, http: httpx.Client) -> None:
    put(http, "/v1/locations/S1", {**STORE, "capabilities": ["ship", "collect", "ambient"]})
    put_stock(http, "S1", HEART=1)
    delivery = {
        "destination": {"country": "GB", "postal_code": "SW1Y 4JH", "line1": "12 St James's Square"},
        "method": "pickup", "location": "S1",
    }  # fmt: skip
    answer = http.post("/v1/orders", json=order("P-1", deliveries=[delivery]))
    order_id = answer.json()["id"]
    assert http.get(f"/v1/orders/{order_id}/choices").json() == {"order_id": order_id, "data": []}
    one = job(http, order_id)
    act(http, one["id"], "release")
    assert act(http, one["id"], "reject", reason="not_in_stock").status_code == 200
    shown = http.get(f"/v1/orders/{order_id}").json()
    assert shown["supported_actions"][-1] == "choose"
    (asked,) = http.get(f"/v1/orders/{order_id}/choices").json()["data"]
    assert [choice["option"] for choice in asked["choices"]] == ["ship", "wait", "cancel"]
    done = http.post(f"/v1/orders/{order_id}/actions/choose", json={"option": "ship"})
    assert (done.status_code, done.json()["deliveries"][0]["method"]) == (200, "ship")
    late = http.post(f"/v1/orders/{order_id}/actions/choose", json={"option": "cancel"})
    assert (late.status_code, late.json()["code"]) == (422, "nothing_to_choose")


def test_all_that_is_documented_of_work_can_be_done(http: httpx.Client) -> None:
    walk(http)
