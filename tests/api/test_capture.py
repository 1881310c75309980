from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest

from crossdock.api import examples
from crossdock.orders.model import OrderIn
from tests.api.shop import Shop, money, order


def test_an_order_is_captured_routed_and_answered_with_where_it_went(http: httpx.Client) -> None:
    answer = http.post("/v1/orders", json=order("A-1", ("HEART", 2)))
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["status"] == "allocated"
    assert [(f["location"], f["lines"]) for f in receipt["fulfillments"]] == [("DC1", [{"demand": 1, "quantity": 2}])]
    assert answer.headers["location"] == f"/v1/orders/{receipt['id']}"
    assert int(answer.headers["crossdock-log-position"]) > 0
    assert http.get(answer.headers["location"]).json()["parts"]["allocated"] == 2


def test_what_cannot_be_assigned_waits_in_a_queue_that_the_answer_names(http: httpx.Client) -> None:
    receipt = http.post("/v1/orders", json=order("A-1", ("HEART", 12))).json()
    assert receipt["status"] == "partly_allocated"
    assert receipt["queued"] == [{"demand": 1, "quantity": 2, "queue": "backorder"}]


def test_the_same_order_again_is_answered_with_the_one_that_is_there(shop: Shop, http: httpx.Client) -> None:
    first = http.post("/v1/orders", json=order("A-1"))
    again = http.post("/v1/orders", json=order("A-1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert shop.count("orders") == 1


def test_another_content_under_the_same_id_is_a_conflict_that_names_the_difference(
    shop: Shop, http: httpx.Client
) -> None:
    http.post("/v1/orders", json=order("A-1", ("HEART", 1)))
    answer = http.post("/v1/orders", json=order("A-1", ("HEART", 3), priority=5))
    assert (answer.status_code, answer.json()["code"]) == (409, "order_content_differs")
    assert {fault["pointer"]: fault["message"] for fault in answer.json()["errors"]} == {
        "/lines/0/quantity": "Captured was 1, sent is 3.",
        "/total/amount": "Captured was 295, sent is 885.",
        "/priority": "Captured was 0, sent is 5.",
    }
    assert shop.count("orders") == 1
    assert shop.count("demand", "quantity = 1") == 1


def test_a_difference_in_the_address_does_not_give_the_captured_address_away(http: httpx.Client) -> None:
    http.post("/v1/orders", json=order("A-1"))
    elsewhere = [{"destination": {"country": "GB", "postal_code": "M3 1AZ"}}]
    answer = http.post("/v1/orders", json=order("A-1", deliveries=elsewhere))
    assert answer.status_code == 409
    assert "SW1Y" not in answer.text
    assert "/deliveries/0/destination/postal_code" in answer.text


def test_a_request_with_an_idempotency_key_is_done_once_and_answered_the_same(shop: Shop, http: httpx.Client) -> None:
    key = {"idempotency-key": "k-1"}
    first = http.post("/v1/orders", json=order("A-1"), headers=key)
    again = http.post("/v1/orders", json=order("A-1"), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert shop.count("orders") == 1


def test_an_idempotency_key_with_another_body_is_refused_and_changes_nothing(shop: Shop, http: httpx.Client) -> None:
    key = {"idempotency-key": "k-1"}
    http.post("/v1/orders", json=order("A-1"), headers=key)
    answer = http.post("/v1/orders", json=order("A-2"), headers=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert shop.count("orders") == 1


def test_two_keys_do_not_share_their_idempotency_keys(shop: Shop, http: httpx.Client) -> None:
    key = {"idempotency-key": "k-1"}
    http.post("/v1/orders", json=order("A-1"), headers=key)
    with shop.client(shop.new_secret("other", "orders:write")) as other:
        assert other.post("/v1/orders", json=order("A-2"), headers=key).status_code == 201
    assert shop.count("orders") == 2


def test_the_same_order_sent_twenty_times_at_once_is_one_order(shop: Shop, http: httpx.Client) -> None:
    def send(_: int) -> int:
        return http.post("/v1/orders", json=order("A-1")).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(send, range(20)))
    assert statuses == [200] * 19 + [201]
    assert shop.count("orders") == 1


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"channel": "nowhere"}, "unknown_channel", None),
        ({"lines": [{"sku": "NOPE", "quantity": 1, "unit_price": money(1)}]}, "unknown_item", "/lines/0/sku"),
        ({"currency": "EUR"}, "order_refused", "/currency"),
        ({"placed_at": "2199-01-01T00:00:00Z"}, "order_refused", "/placed_at"),
    ],
)
def test_an_order_that_the_business_does_not_allow_is_refused_and_nothing_is_stored(
    shop: Shop, http: httpx.Client, changes: dict[str, object], code: str, pointer: str | None
) -> None:
    before = http.get("/v1/inventory/availability", params={"sku": "HEART"}).json()
    answer = http.post("/v1/orders", json=order("A-1", **changes))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, code), problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer is None or pointer in {fault["pointer"] for fault in problem["errors"]}
    assert [shop.count(table) for table in ("orders", "order_keys", "parties", "claims")] == [0, 0, 0, 0]
    assert http.get("/v1/inventory/availability", params={"sku": "HEART"}).json() == before


def test_a_batch_has_a_result_for_each_order_and_one_refusal_touches_no_other(shop: Shop, http: httpx.Client) -> None:
    http.post("/v1/orders", json=order("A-1"))
    orders = [order("A-1"), order("A-2"), order("A-3", ("NOPE", 1)), order("A-4", ("LANTERN", 1))]
    answer = http.post("/v1/orders:batch", json={"orders": orders})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["created"], body["existing"], body["refused"]) == (2, 1, 1)
    assert [result["status"] for result in body["results"]] == [200, 201, 422, 201]
    assert body["results"][2]["problem"]["code"] == "unknown_item"
    assert body["results"][2]["order"] is None
    assert shop.count("orders") == 3


def test_a_batch_with_an_order_outside_the_schema_is_refused_whole_with_its_place(
    shop: Shop, http: httpx.Client
) -> None:
    bad = order("A-2")
    bad["lines"][0]["quantity"] = 0
    answer = http.post("/v1/orders:batch", json={"orders": [order("A-1"), bad]})
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/orders/1/lines/0/quantity"]
    assert shop.count("orders") == 0


def test_more_than_five_hundred_orders_in_a_batch_are_refused(shop: Shop, http: httpx.Client) -> None:
    answer = http.post("/v1/orders:batch", json={"orders": [order(f"A-{n}") for n in range(501)]})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_long")
    assert shop.count("orders") == 0


def test_the_examples_of_the_documentation_are_orders() -> None:
    for example in examples.ORDERS.values():
        assert msgspec.convert(example, OrderIn).channel == "web"
