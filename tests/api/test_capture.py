from __future__ import annotations

import httpx

from tests.api.shop import Shop, order


def test_an_order_is_captured_routed_and_answered_with_where_it_went(shop: Shop, http: httpx.Client) -> None:
    answer = http.post("/v1/orders", json=order("A-1", ("HEART", 2)))
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert receipt["status"] == "allocated"
    assert [(f["location"], f["lines"]) for f in receipt["fulfillments"]] == [("DC1", [{"demand": 1, "quantity": 2}])]
    assert answer.headers["location"] == f"/v1/orders/{receipt['id']}"
    assert int(answer.headers["crossdock-log-position"]) > 0
    assert http.get(answer.headers["location"]).json()["parts"]["allocated"] == 2


def test_the_same_order_again_is_answered_with_the_one_that_is_there(shop: Shop, http: httpx.Client) -> None:
    first = http.post("/v1/orders", json=order("A-1"))
    again = http.post("/v1/orders", json=order("A-1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert shop.count("orders") == 1
