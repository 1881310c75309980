"""What can be promised, asked over HTTP."""

from __future__ import annotations

import time
from typing import Any

import httpx
import msgspec
import pytest

from tests.api.shop import CHANNEL, Shop, order, put, put_stock

PATH = "/v1/inventory/availability"


@pytest.fixture
def quick(shop: Shop, http: httpx.Client) -> httpx.Client:
    """A client of a server whose picture is loaded."""
    http.get(PATH, params={"sku": "HEART"})
    while not http.get("/v1/inventory/picture").json()["loaded"]:
        time.sleep(0.005)
    return http


def atp(http: httpx.Client, sku: str = "HEART", **params: Any) -> int:
    (found,) = http.get(PATH, params={"sku": sku, **params}).json()["data"]
    return int(found["available_to_promise"])


def test_the_same_question_is_answered_anew_as_soon_as_the_answer_is_another(quick: httpx.Client):
    put_stock(quick, "S1", HEART=3)
    for _ in range(3):
        assert atp(quick, channel="web", by_location=False) == 13
    for n in range(5):
        assert quick.post("/v1/orders", json=order(f"A-{n}", ("HEART", 1))).status_code == 201
        assert atp(quick, channel="web", by_location=False) == 12 - n
        assert atp(quick, channel="web", by_location=False) == 12 - n


def test_a_remembered_answer_is_given_to_nobody_without_a_key_that_may_read(shop: Shop, quick: httpx.Client):
    for _ in range(3):
        atp(quick)
    other = shop.new_secret("orders only", "orders:read")
    for header, status in (({}, 401), ({"authorization": "Bearer cdk_wrong"}, 401)):
        assert httpx.get(f"{shop.address}{PATH}?sku=HEART", headers=header).status_code == status
    with shop.client(other) as client:
        assert client.get(PATH, params={"sku": "HEART"}).status_code == 403
    again = quick.get(PATH, params={"sku": "HEART"})
    assert {"content-type", "crossdock-log-position", "x-request-id", "x-content-type-options"} <= {*again.headers}
    named = quick.get(PATH, params={"sku": "HEART"}, headers={"x-request-id": "mine"})
    assert named.headers["x-request-id"] == "mine"
    assert named.json() == again.json()


def test_who_brings_back_the_position_of_a_write_sees_it(quick: httpx.Client):
    answer = quick.post("/v1/orders", json=order("A-1", ("HEART", 4)))
    position = answer.headers["crossdock-log-position"]
    seen = quick.get(PATH, params={"sku": "HEART"}, headers={"crossdock-log-position": position})
    assert seen.json()["data"][0]["available_to_promise"] == 6
    assert int(seen.headers["crossdock-log-position"]) >= int(position)
    pairs = quick.post(
        f"{PATH}:batch", json={"pairs": [{"sku": "HEART"}]}, headers={"crossdock-log-position": position}
    )
    assert pairs.json()["results"][0]["available_to_promise"] == 6
    wrong = quick.post(f"{PATH}:batch", json={"pairs": [{"sku": "HEART"}]}, headers={"crossdock-log-position": "x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "header:Crossdock-Log-Position")


def test_ten_thousand_pairs_are_answered_in_their_order_and_one_more_is_refused(quick: httpx.Client):
    pairs = [{"sku": "HEART", "channel": "web"}, {"sku": "LANTERN"}, {"sku": "NOPE"}, {"sku": "HEART", "channel": "no"}]
    pairs += [{"sku": "HEART", "location": "S1"}, {"sku": "HEART", "location": "NO"}]
    many = quick.post(f"{PATH}:batch", json={"pairs": (pairs * 2_000)[:10_000]})
    assert many.status_code == 200
    results = many.json()["results"]
    assert len(results) == 10_000
    assert [(r["available_to_promise"], r["level"], r["code"]) for r in results[:6]] == [
        (10, "in_stock", ""),
        (4, "in_stock", ""),
        (0, "out", "unknown_item"),
        (0, "out", "unknown_channel"),
        (0, "out", ""),
        (0, "out", "unknown_location"),
    ]
    refused = quick.post(f"{PATH}:batch", json={"pairs": [{"sku": "HEART"}] * 10_001})
    assert refused.status_code == 400


def test_the_channels_threshold_makes_the_level(quick: httpx.Client):
    put(quick, "/v1/channels/web", {**CHANNEL, "low_stock": 10})
    assert quick.get(PATH, params={"sku": "HEART", "channel": "web"}).json()["data"][0]["level"] == "low"
    assert quick.get(PATH, params={"sku": "HEART"}).json()["data"][0]["level"] == "in_stock"


def test_a_page_asks_for_a_hundred_skus_at_once(quick: httpx.Client):
    skus = ["HEART", "LANTERN", *[f"NO-{n}" for n in range(98)]]
    page = quick.get(PATH, params={"sku": skus, "channel": "web", "by_location": False}).json()
    assert [(found["sku"], found["locations"]) for found in page["data"]] == [("HEART", []), ("LANTERN", [])]
    assert quick.get(PATH, params={"sku": [*skus, "ONE-MORE"]}).status_code == 400


def test_what_does_not_exist_is_refused_with_its_place(quick: httpx.Client):
    for params, code in (
        ({"channel": "no"}, "unknown_channel"),
        ({"location": "NO"}, "unknown_location"),
        ({"on": "2026-02-31"}, "invalid_parameter"),
    ):
        answer = quick.get(PATH, params={"sku": "HEART", **params})
        assert answer.json()["code"] == code
        assert answer.json()["errors"][0]["pointer"] == f"query:{next(iter(params))}"


def test_a_number_is_explained(quick: httpx.Client):
    quick.post("/v1/orders", json=order("A-1", ("HEART", 4)))
    explained = quick.get(f"{PATH}/HEART/explanation", params={"channel": "web"}).json()
    assert explained["available_to_promise"] == atp(quick, channel="web") == 6
    assert [here["words"] for here in explained["locations"]] == ["10 on hand − 4 allocated = 6"]
    assert quick.get(f"{PATH}/NOPE/explanation").status_code == 404


# -- export -----------------------------------------------------------------------------------------------------------


def export(http: httpx.Client, **params: Any) -> tuple[dict[str, Any], dict[str, int]]:
    answer = http.get(f"{PATH}:export", params=params)
    assert answer.headers["content-type"] == "application/x-ndjson"
    head, *lines = [msgspec.json.decode(line) for line in answer.text.splitlines()]
    return head, {line["sku"]: line["available_to_promise"] for line in lines}


def test_an_export_has_everything_and_the_next_one_only_what_changed(quick: httpx.Client):
    put(quick, "/v1/items/SET", {"sku": "SET", "components": [{"sku": "HEART", "quantity": 2}]})
    head, lines = export(quick, channel="web")
    assert (head["complete"], lines) == (True, {"HEART": 10, "LANTERN": 4, "SET": 5})
    again, lines = export(quick, channel="web", after=head["position"])
    assert (again["complete"], lines) == (False, {})
    quick.post("/v1/orders", json=order("A-1", ("HEART", 3)))
    changed, lines = export(quick, channel="web", after=again["position"])
    assert (changed["complete"], lines) == (False, {"HEART": 7, "SET": 3})
    assert changed["position"] > again["position"]


def test_after_a_change_of_the_network_everything_is_exported_again(quick: httpx.Client):
    head, _ = export(quick)
    place = quick.get("/v1/locations/S1").json()
    put(quick, "/v1/locations/S1", place | {"name": "Soho Square"})
    after, lines = export(quick, after=head["position"])
    assert (after["complete"], lines) == (True, {"HEART": 10, "LANTERN": 4})


def test_a_new_item_is_part_of_the_next_export(quick: httpx.Client):
    head, _ = export(quick)
    put(quick, "/v1/items/VASE", {"sku": "VASE"})
    after, lines = export(quick, after=head["position"])
    assert (after["complete"], lines) == (False, {"VASE": 0})


def test_an_export_for_a_channel_that_does_not_exist_is_refused(quick: httpx.Client):
    answer = quick.get(f"{PATH}:export", params={"channel": "no"})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_channel")
