"""Trials over HTTP: begun, watched, read, canceled, refused."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.api.shop import POLICY, Shop, order, put_stock


@pytest.fixture
def ordered(shop: Shop, http: httpx.Client) -> None:
    """Two hearts from the shop in S1."""
    put_stock(http, "S1", "pos", HEART=5)
    for name in ("A-1", "A-2"):
        assert http.post("/v1/orders", json=order(name)).status_code == 201


def over(http: httpx.Client, trial: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + 20
    while trial["state"] not in ("succeeded", "failed", "canceled"):
        assert time.monotonic() < until, trial
        time.sleep(0.02)
        trial = http.get(trial["links"]["self"]).json()
    return trial


def document(**changes: Any) -> dict[str, Any]:
    """The policy of the shop as a document with one route."""
    rules = {name: value for name, value in {**POLICY, **changes}.items() if name != "card"}
    return {"code": "standard", "card": POLICY["card"], "routes": [{"name": "all", **rules}]}


def walk(http: httpx.Client) -> None:
    """Do once everything that is documented of trials."""
    assert http.post("/v1/orders", json=order("TRIED-1")).status_code == 201
    draft = document(excluded=["S1"])
    trial = over(http, start(http, document=draft, price_rules=True).json())
    assert trial["state"] == "succeeded", trial
    here = trial["links"]["self"]
    (one,) = http.get(f"{here}/differences", params={"limit": 1}).json()["data"] or [None]
    order_id = one["order_id"] if one else http.get("/v1/orders").json()["data"][0]["id"]
    assert http.get(f"{here}/orders/{order_id}").status_code == 200
    assert http.get("/v1/policies/standard/trials").json()["data"][0]["id"] == trial["id"]
    assert http.post(f"{here}/actions/cancel").status_code == 200
    tried = http.post("/v1/policies/standard/actions/try", json={"document": draft, "order_id": order_id})
    assert tried.status_code == 200, tried.text


def start(http: httpx.Client, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return http.post("/v1/policies/standard/trials", json={"document": document(), **body}, headers=headers or {})


@pytest.mark.usefixtures("ordered")
def test_a_trial_says_what_would_change_and_which_orders(shop: Shop, http: httpx.Client) -> None:
    before = shop.count("claims"), shop.count("decisions"), shop.count("fulfillments")
    answer = start(http, document=document(excluded=["S1"]), price_rules=True)
    assert answer.status_code == 202, answer.text
    trial = over(http, answer.json())
    assert answer.headers["location"] == trial["links"]["self"] == f"/v1/policies/standard/trials/{trial['id']}"
    result = trial["result"]
    assert (trial["state"], result["orders"], result["decisions"], result["moved"]) == ("succeeded", 2, 2, 2)
    assert result["rules"][0]["rule"] == "/routes/0/excluded/0"
    assert result["rules"][0]["decisions"] == 2
    assert result["rules"][0]["spend"]["amount"] == (
        result["would"]["spend"]["amount"] - result["was"]["spend"]["amount"]
    )
    page = http.get(trial["links"]["differences"], params={"limit": 1}).json()
    rest = http.get(trial["links"]["differences"], params={"limit": 1, "cursor": page["next_cursor"]}).json()
    assert rest["next_cursor"] is None
    assert {each["order_id"] for each in (*page["data"], *rest["data"])} == {
        each["id"] for each in http.get("/v1/orders").json()["data"]
    }
    assert [place["location"] for place in page["data"][0]["was"]["locations"]] == ["S1"]
    assert [each["id"] for each in http.get("/v1/policies/standard/trials").json()["data"]] == [trial["id"]]
    assert (shop.count("claims"), shop.count("decisions"), shop.count("fulfillments")) == before
    # it is a job like others, and of this policy alone
    assert http.get(f"/v1/jobs/{trial['id']}").json()["result"]["moved"] == 2
    assert http.get(f"/v1/policies/other/trials/{trial['id']}").status_code == 404


@pytest.mark.usefixtures("ordered")
def test_the_same_key_begins_one_trial(http: httpx.Client) -> None:
    key = {"idempotency-key": "try-1"}
    first, again = start(http, key), start(http, key)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert start(http, key, orders=5).json()["code"] == "idempotency_key_reused"


@pytest.mark.usefixtures("ordered")
def test_a_trial_that_is_over_stays_as_it_is_when_it_is_asked_to_stop(http: httpx.Client) -> None:
    trial = over(http, start(http).json())
    answer = http.post(f"{trial['links']['self']}/actions/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")


def test_without_past_orders_there_is_nothing_to_try(http: httpx.Client) -> None:
    answer = start(http)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_try")


def test_a_draft_with_an_error_is_refused_with_its_place(http: httpx.Client) -> None:
    answer = start(http, document=document(max_locations=0))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/document/routes/0/max_locations"
    assert http.get("/v1/jobs").json()["data"] == []


@pytest.mark.usefixtures("ordered")
def test_one_order_is_tried_by_its_id_or_by_the_channels_own(http: httpx.Client) -> None:
    order_id = http.get("/v1/orders").json()["data"][0]["id"]
    path, draft = "/v1/policies/standard/actions/try", document(excluded=["S1"])
    by_id = http.post(path, json={"document": draft, "order_id": order_id})
    assert by_id.status_code == 200, by_id.text
    (delivery,) = by_id.json()["deliveries"]
    assert [place["location"] for place in delivery["was"]["locations"]] == ["S1"]
    assert [place["location"] for place in delivery["would"]["locations"]] == ["DC1"]
    name = http.get(f"/v1/orders/{order_id}").json()["external_id"]
    named = http.post(path, json={"document": draft, "named": {"channel": "web", "external_id": name}})
    assert named.json() == by_id.json()
    trial = over(http, start(http, document=draft).json())
    assert http.get(f"{trial['links']['self']}/orders/{order_id}").json() == by_id.json()
    nobody = http.post(path, json={"document": draft, "named": {"channel": "web", "external_id": "NOPE"}})
    assert nobody.status_code == 404
    assert http.post(path, json={"document": draft}).json()["code"] == "try_refused"
    assert http.post(path, json={"order_id": order_id}).json()["code"] == "try_refused"
    other = http.post(path, json={"document": {**draft, "code": "other"}, "order_id": order_id})
    assert other.json()["code"] == "key_differs"


@pytest.mark.usefixtures("ordered")
def test_an_order_that_is_none_yet_is_tried_on_the_stock_as_it_is(shop: Shop, http: httpx.Client) -> None:
    tables = ("orders", "claims", "decisions", "positions WHERE allocated > 0", "versions", "config_log")
    before = [shop.count(*table.split(" WHERE ")) for table in tables]
    path, draft = "/v1/policies/standard/actions/try", document(excluded=["S1"])
    for _ in range(2):
        answer = http.post(path, json={"document": draft, "order": order("NEW", ("HEART", 2))})
        assert answer.status_code == 200, answer.text
        (delivery,) = answer.json()["deliveries"]
        assert (answer.json()["order_id"], delivery["basis"], delivery["same"]) == (None, "now", False)
        assert [place["location"] for place in delivery["was"]["locations"]] == ["S1"]
        assert [place["location"] for place in delivery["would"]["locations"]] == ["DC1"]
        assert [(route["route"], route["asked"], route["left"]) for route in delivery["routes"]] == [("all", 2, 0)]
        assert delivery["decisions"][0]["explanation"]["words"]
    assert [shop.count(*table.split(" WHERE ")) for table in tables] == before
    wrong = http.post(path, json={"document": draft, "order": order("NEW", ("NOPE", 2))})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_item")


@pytest.mark.usefixtures("ordered")
def test_a_version_counts_as_tried_when_past_orders_were_decided_under_it(http: httpx.Client) -> None:
    draft = document(excluded=["S1"])
    saved = http.put("/v1/policies/standard/draft", json={"document": draft, "note": "without the shop"})
    assert saved.status_code == 200, saved.text
    number = saved.json()["number"]
    body = {"version": number, "orders": 100}
    trial = over(http, http.post("/v1/policies/standard/trials", json=body).json())
    assert (trial["asked"]["number"], trial["result"]["moved"]) == (number, 2)
    until = time.monotonic() + 5
    while (version := http.get(f"/v1/policies/standard/versions/{number}").json())["state"] != "tried":
        assert time.monotonic() < until, version
        time.sleep(0.02)
    assert version["changes"][0]["note"] == "2 past orders, of which 2 decisions would be other plans"
    assert http.post("/v1/policies/standard/trials", json={"version": 99}).status_code == 404


def test_a_draft_with_a_day_that_no_calendar_has_is_refused(http: httpx.Client) -> None:
    draft = document(when={"type": "during", "last_day": "0000-01-01"})
    answer = start(http, document=draft)
    assert (answer.status_code, answer.json()["code"]) == (422, "configuration_refused")


def test_all_that_is_documented_of_trials_can_be_done(shop: Shop, http: httpx.Client) -> None:
    put_stock(http, "S1", "pos", HEART=5)
    walk(http)
