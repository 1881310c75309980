from __future__ import annotations

from typing import Any

import httpx

from tests.api.shop import Shop, order, put, put_stock


def fact(record: str, kind: str, quantity: int, **changes: Any) -> dict[str, Any]:
    return {
        "record": record,
        "kind": kind,
        "sku": "HEART",
        "location": "DC1",
        "quantity": quantity,
        "occurred_at": "2026-11-20T10:00:00Z",
        **changes,
    }


def tell(http: httpx.Client, *facts: dict[str, Any], source: str = "wms") -> dict[str, Any]:
    answer = http.post("/v1/inventory/facts:batch", json={"source": source, "facts": facts})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def position(http: httpx.Client, sku: str = "HEART") -> dict[str, Any]:
    (found,) = http.get("/v1/inventory/positions", params={"sku": sku, "location": "DC1"}).json()["data"]
    return dict(found)


def test_facts_are_recorded_each_with_its_result(http: httpx.Client) -> None:
    told = tell(
        http, fact("1", "received", 5), fact("2", "sold", 2), fact("3", "adjusted", -1), fact("4", "counted", 9)
    )
    assert [result["result"] for result in told["results"]] == ["recorded"] * 4
    assert told["results"][-1]["on_hand"] == 9
    assert position(http)["on_hand"] == 9


def test_a_record_that_is_told_twice_counts_once(shop: Shop, http: httpx.Client) -> None:
    tell(http, fact("1", "received", 5))
    again = tell(http, fact("1", "received", 5))
    assert (again["recorded"], again["repeated"], again["failed"]) == (0, 1, 0)
    assert position(http)["on_hand"] == 15
    assert shop.count("movements", "type = 1") == 3


def test_a_fact_about_nothing_we_know_fails_alone(http: httpx.Client) -> None:
    told = tell(http, fact("1", "received", 5, sku="NOPE"), fact("2", "received", 5))
    assert [(result["result"], result["code"]) for result in told["results"]] == [
        ("failed", "unknown_item"),
        ("recorded", ""),
    ]
    assert position(http)["on_hand"] == 15


def test_a_count_below_what_is_claimed_is_a_fact_and_its_victims_are_work(http: httpx.Client) -> None:
    order_id = http.post("/v1/orders", json=order("A-1", ("HEART", 5))).json()["id"]
    tell(http, fact("1", "counted", 3, occurred_at="2026-11-22T00:00:00Z"))
    assert position(http)["on_hand"] == 3
    parts = http.get(f"/v1/orders/{order_id}").json()["parts"]
    assert (parts["allocated"], parts["waiting"]) == (3, 2)


def test_availability_tells_what_each_location_has_and_what_waits(http: httpx.Client) -> None:
    put_stock(http, "S1", HEART=2)
    http.post("/v1/orders", json=order("A-1", ("LANTERN", 6)))
    answer = http.get("/v1/inventory/availability", params={"sku": ["LANTERN", "HEART", "NOPE"]}).json()
    whole = {"channel": "", "on": None, "arriving": 0, "held_for_others": 0}
    lanterns = {"sku": "LANTERN", "available": 0, "waiting": 2, "available_to_promise": 0, "level": "out"}
    hearts = {"sku": "HEART", "available": 12, "waiting": 0, "available_to_promise": 12, "level": "in_stock"}
    places = [{"location": "DC1", "available": 10}, {"location": "S1", "available": 2}]
    assert answer == {
        "data": [whole | lanterns | {"locations": []}, whole | hearts | {"locations": places}],
        "stale": False,
    }


def test_positions_come_page_by_page(http: httpx.Client) -> None:
    put_stock(http, "S1", HEART=2, LANTERN=3)
    seen, address = [], "/v1/inventory/positions?limit=1"
    while address:
        page = http.get(address)
        seen += [(found["sku"], found["location"], found["on_hand"]) for found in page.json()["data"]]
        address = page.links.get("next", {}).get("url", "")
    assert seen == [("HEART", "DC1", 10), ("HEART", "S1", 2), ("LANTERN", "DC1", 4), ("LANTERN", "S1", 3)]


def test_the_ledger_says_what_moved_the_stock_and_for_whom(http: httpx.Client) -> None:
    order_id = http.post("/v1/orders", json=order("A-1", ("HEART", 2))).json()["id"]
    tell(http, fact("c-1", "adjusted", -1, reason="damaged"))
    moved = http.get("/v1/inventory/movements", params={"sku": "HEART"}).json()["data"]
    assert [(m["type"], m["on_hand"], m["allocated"], m["order_id"], m["source"], m["record"]) for m in moved] == [
        ("adjusted", -1, 0, "", "wms", "c-1"),
        ("allocated", 0, 2, order_id, "", ""),
        ("received", 10, 0, "", "wms", "DC1-HEART-wms"),
    ]
    assert moved[0]["reason"] == "damaged"
    first = http.get("/v1/inventory/movements", params={"sku": "HEART", "limit": 2})
    rest = http.get(first.links["next"]["url"])
    assert first.json()["data"] + rest.json()["data"] == moved


def test_more_than_five_thousand_facts_are_refused_and_none_is_recorded(shop: Shop, http: httpx.Client) -> None:
    before = shop.count("movements")
    facts = [fact(str(n), "received", 1) for n in range(5_001)]
    answer = http.post("/v1/inventory/facts:batch", json={"source": "wms", "facts": facts})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "too_long")
    assert shop.count("movements") == before


def test_items_locations_and_channels_are_put_read_and_listed(http: httpx.Client) -> None:
    vase = {"sku": "VASE/7 ½", "name": "Vase", "weight_g": 900}
    address = "/v1/items/VASE%2F7%20%C2%BD"
    made = http.put(address, json=vase)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, address, '"1"')
    assert (http.put(address, json=vase).status_code, http.get(address).json()) == (200, vase)
    changed = http.put(address, json=vase | {"weight_g": 950})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert [item["sku"] for item in http.get("/v1/items", params={"q": "vas"}).json()["data"]] == ["VASE/7 ½"]
    page = http.get("/v1/items", params={"limit": 2})
    assert [item["sku"] for item in page.json()["data"]] == ["HEART", "LANTERN"]
    assert [item["sku"] for item in http.get(page.links["next"]["url"]).json()["data"]] == ["VASE/7 ½"]
    assert [place["code"] for place in http.get("/v1/locations", params={"kind": "store"}).json()["data"]] == ["S1"]
    assert [channel["code"] for channel in http.get("/v1/channels").json()["data"]] == ["web"]


def test_a_document_under_another_address_than_its_own_is_refused(shop: Shop, http: httpx.Client) -> None:
    answer = http.put("/v1/items/VASE", json={"sku": "JUG"})
    assert (answer.status_code, answer.json()["code"]) == (422, "key_differs")
    assert shop.count("items") == 2


def test_a_batch_of_items_is_taken_whole_or_not_at_all(shop: Shop, http: httpx.Client) -> None:
    twice = http.post("/v1/items:batch", json={"items": [{"sku": "JUG"}, {"sku": "JUG"}]})
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/items/1/sku")
    bundle = {"sku": "SET", "components": [{"sku": "NOPE", "quantity": 1}]}
    broken = http.post("/v1/items:batch", json={"items": [{"sku": "JUG"}, bundle]})
    assert (broken.status_code, broken.json()["code"]) == (422, "unknown_item")
    assert shop.count("items") == 2
    done = http.post("/v1/items:batch", json={"items": [{"sku": "JUG"}, {"sku": "HEART", "name": "Heart"}]})
    assert [(r["key"], r["result"]) for r in done.json()["results"]] == [("JUG", "created"), ("HEART", "changed")]


def test_a_policy_is_activated_and_shown_as_it_was_sent(http: httpx.Client) -> None:
    first = http.get("/v1/policies/standard").json()
    changed = http.put("/v1/policies/standard", json=first["policy"] | {"extra_parcel": 100_000})
    assert changed.status_code == 200, changed.text
    assert changed.json()["version"] != first["version"]
    assert changed.json()["policy"] == first["policy"] | {"extra_parcel": 100_000}
    assert changed.json()["activated_by"] == "key:test"
    assert [policy["code"] for policy in http.get("/v1/policies").json()["data"]] == ["standard"]
    zones = [{"up_to_km": 9, "base": 0, "per_kg": 0, "transit_days": 1}] * 2
    refused = http.put("/v1/policies/standard", json={"card": {"currency": "GBP", "zones": zones}})
    assert (refused.status_code, refused.json()["code"]) == (422, "configuration_refused")
    assert http.get("/v1/policies/standard").json() == changed.json()


def test_a_location_with_a_zone_that_is_none_is_refused(shop: Shop, http: httpx.Client) -> None:
    place = http.get("/v1/locations/DC1").json()
    answer = http.put("/v1/locations/DC1", json=place | {"time_zone": "Europe/Atlantis"})
    assert (answer.status_code, answer.json()["code"]) == (422, "configuration_refused")
    assert http.get("/v1/locations/DC1").json() == place
    put(http, "/v1/locations/DC1", place)
