"""Promises over HTTP: asked, read again, ordered, held."""

from __future__ import annotations

from typing import Any

import httpx

from tests.api.shop import Shop, order

BASKET: dict[str, Any] = {
    "channel": "web",
    "lines": [{"sku": "HEART", "quantity": 2, "unit_price": 295}],
    "destination": {"country": "GB", "postal_code": "SW1Y 4JH"},
    "methods": ["ship"],
}


def ask(http: httpx.Client, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = http.post("/v1/promises", json={**BASKET, **changes})
    return answer.status_code, dict(answer.json())


def test_a_promise_is_read_again_and_ordered(http: httpx.Client) -> None:
    status, answer = ask(http)
    assert status == 201
    (offer,) = answer["data"]
    assert http.get(offer["links"]["self"]).json() == offer
    captured = http.post("/v1/orders", json=order("P-1", ("HEART", 2), promise_id=offer["id"]))
    assert captured.status_code == 201, captured.text
    places = [fulfillment["location"] for fulfillment in captured.json()["fulfillments"]]
    assert places == [package["location"] for package in offer["packages"]]
    now = http.get(offer["links"]["self"]).json()
    assert (now["state"], now["order_id"]) == ("ordered", captured.json()["id"])
    kinds = [event["type"] for event in http.get(captured.json()["links"]["timeline"]).json()["data"]]
    assert "org.crossdock.order.promised" in kinds


def test_what_is_only_asked_for_leaves_nothing_behind(shop: Shop, http: httpx.Client) -> None:
    status, answer = ask(http, keep=False)
    assert (status, answer["data"][0]["state"]) == (200, "quoted")
    assert shop.count("promises") == 0


def test_a_promise_that_holds_its_units_names_the_reservation(shop: Shop, http: httpx.Client) -> None:
    _, answer = ask(http, reserve=True)
    assert answer["data"][0]["reservation_id"].startswith("rsv_")
    assert shop.count("positions", "reserved = 2") == 1


def test_a_repeated_request_is_answered_as_the_first_and_holds_nothing_again(shop: Shop, http: httpx.Client) -> None:
    key = {"Idempotency-Key": "basket-1"}
    first = http.post("/v1/promises", json={**BASKET, "reserve": True}, headers=key)
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    again = http.post("/v1/promises", json={**BASKET, "reserve": True}, headers=key)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json()
    other = http.post("/v1/promises", json=BASKET, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert shop.count("positions", "reserved = 2") == 1
    assert (shop.count("reservations"), shop.count("promises")) == (1, 1)


def test_another_basket_than_promised_is_refused_with_its_place(http: httpx.Client) -> None:
    _, answer = ask(http)
    refused = http.post("/v1/orders", json=order("P-1", ("HEART", 3), promise_id=answer["data"][0]["id"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "promise_mismatch")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/lines"]


def test_a_window_that_ends_before_it_begins_is_refused(http: httpx.Client) -> None:
    status, answer = ask(http, by="2026-11-20", not_before="2026-11-21")
    assert (status, answer["code"]) == (422, "promise_refused")


def test_asking_needs_its_scope(shop: Shop) -> None:
    with shop.client(shop.new_secret("reader", "orders:read")) as http:
        assert ask(http)[0] == 403
