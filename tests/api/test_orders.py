from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.shop import STORE, Shop, order, put, put_stock


def capture(http: httpx.Client, *args: Any, **changes: Any) -> str:
    answer = http.post("/v1/orders", json=order(*args, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def act(http: httpx.Client, order_id: str, action: str, **body: Any) -> httpx.Response:
    return http.post(f"/v1/orders/{order_id}/actions/{action}", json=body)


def available(http: httpx.Client, sku: str = "HEART") -> int:
    return int(http.get("/v1/inventory/availability", params={"sku": sku}).json()["data"][0]["available"])


def test_an_order_shows_everything_that_is_known_about_it(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 12), ("LANTERN", 1), holds=["fraud"], tags=["gift"], metadata={"basket": "b"})
    answer = http.get(f"/v1/orders/{id_}")
    shown = answer.json()
    assert answer.headers["etag"] == f'"{shown["version"]}"'
    assert (shown["channel"], shown["external_id"], shown["status"]) == ("web", "A-1", "partly_allocated")
    assert shown["parts"] | {"waiting": 0, "allocated": 0} == dict.fromkeys(shown["parts"], 0)
    assert (shown["parts"]["waiting"], shown["parts"]["allocated"]) == (2, 11)
    assert [(line["sku"], line["quantity"], line["parts"]["allocated"]) for line in shown["lines"]] == [
        ("HEART", 12, 10),
        ("LANTERN", 1, 1),
    ]
    assert shown["total"] == {"amount": 13 * 295, "currency": "GBP"}
    assert shown["deliveries"][0]["address"]["line1"] == "12 St James's Square"
    assert [(entry["queue"], entry["quantity"], entry["reason"]) for entry in shown["queue"]] == [
        ("backorder", 2, "not_enough_stock")
    ]
    assert [hold["reason"] for hold in shown["holds"]] == ["fraud"]
    assert [(f["location"], f["execution"], f["units"]) for f in shown["fulfillments"]] == [("DC1", "planned", 11)]
    assert [decision["cause"] for decision in shown["decisions"]] == ["capture"]
    assert shown["supported_actions"] == ["cancel", "amend_address", "route", "hold", "release_hold"]
    assert (shown["tags"], shown["metadata"]) == (["gift"], {"basket": "b"})


def test_who_may_not_read_customers_sees_no_person(shop: Shop, http: httpx.Client) -> None:
    id_ = capture(http, "A-1")
    with shop.client(shop.new_secret("clerk", "orders:read")) as clerk:
        shown = clerk.get(f"/v1/orders/{id_}")
    assert shown.status_code == 200
    assert (shown.json()["customer"], shown.json()["deliveries"][0]["address"]) == (None, None)
    assert "Ada" not in shown.text
    assert "SW1Y 4JH" not in shown.text


def test_an_order_is_found_by_the_channels_own_id(http: httpx.Client) -> None:
    id_ = capture(http, "shop/2026 #7")
    assert http.get("/v1/channels/web/orders/shop%2F2026%20%237").json()["id"] == id_
    assert http.get("/v1/channels/web/orders/A-8").status_code == 404


def test_units_a_line_and_the_rest_are_canceled_and_their_stock_is_free_again(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 4), ("LANTERN", 2))
    assert available(http) == 6
    shown = act(http, id_, "cancel", lines=[{"line": 1, "quantity": 1}], reason="too many").json()
    assert shown["lines"][0]["parts"]["canceled"] == 1
    assert available(http) == 7
    shown = act(http, id_, "cancel", lines=[{"line": 1, "quantity": 3}]).json()
    assert (shown["lines"][0]["parts"]["canceled"], shown["status"]) == (4, "allocated")
    shown = act(http, id_, "cancel").json()
    assert (shown["status"], shown["supported_actions"]) == ("canceled", [])
    assert (available(http), available(http, "LANTERN")) == (10, 4)


def test_more_than_there_is_cannot_be_canceled_and_nothing_changes(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 2))
    before = http.get(f"/v1/orders/{id_}").json()
    answer = act(http, id_, "cancel", lines=[{"line": 1, "quantity": 3}])
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_cancel")
    repeated = act(http, id_, "cancel", lines=[{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}])
    assert (repeated.status_code, repeated.json()["errors"][0]["pointer"]) == (422, "/lines/1/line")
    assert http.get(f"/v1/orders/{id_}").json() == before


def test_a_change_against_an_older_version_is_refused(http: httpx.Client) -> None:
    id_ = capture(http, "A-1")
    tag = http.get(f"/v1/orders/{id_}").headers["etag"]
    hold = http.post(f"/v1/orders/{id_}/actions/hold", json={"reason": "fraud"}, headers={"if-match": tag})
    assert hold.status_code == 200
    assert hold.headers["etag"] != tag
    late = http.post(f"/v1/orders/{id_}/actions/cancel", json={}, headers={"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "version_mismatch")
    assert http.get(f"/v1/orders/{id_}").json()["parts"]["canceled"] == 0


def test_a_hold_is_placed_once_and_lifted_once(http: httpx.Client) -> None:
    id_ = capture(http, "A-1")
    assert act(http, id_, "hold", reason="fraud", note="score 81").json()["on_hold"] is True
    assert act(http, id_, "hold", reason="fraud").status_code == 422
    assert act(http, id_, "release_hold", reason="fraud").json()["on_hold"] is False
    assert act(http, id_, "release_hold", reason="fraud").status_code == 422


def test_an_amended_address_routes_the_order_anew_and_stays_in_the_vault(shop: Shop, http: httpx.Client) -> None:
    id_ = capture(http, "A-1")
    there = {"country": "GB", "postal_code": "M3 1AZ", "line1": "1 Deansgate"}
    shown = act(http, id_, "amend_address", destination=there, reason="moved").json()
    assert shown["deliveries"][0]["address"]["line1"] == "1 Deansgate"
    assert shown["parts"]["allocated"] == 1
    assert shop.count("events", "data LIKE '%Deansgate%'") == 0
    assert "order.address_amended" in [e["type"].removeprefix("org.crossdock.") for e in events_of(http, id_)]


def events_of(http: httpx.Client, id_: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/v1/orders/{id_}/timeline").json()["data"]
    return found


def test_routing_again_finds_the_stock_that_came_meanwhile(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 12))
    put_stock(http, "S1", HEART=5)
    shown = http.get(f"/v1/orders/{id_}").json()
    assert shown["parts"]["allocated"] == 12
    again = act(http, id_, "route")
    assert again.status_code == 200, again.text
    assert again.json()["parts"]["allocated"] == 12


def test_the_timeline_tells_an_order_in_order(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 12))
    act(http, id_, "cancel", lines=[{"line": 1, "quantity": 12}], reason="changed mind")
    told = events_of(http, id_)
    kinds = [event["type"].removeprefix("org.crossdock.") for event in told]
    assert kinds[:3] == ["order.captured", "order.routed", "fulfillment.planned"]
    assert "order.queued" in kinds
    assert kinds.index("order.canceled") > kinds.index("order.queued")
    assert {event["actor"] for event in told} == {"key:test"}
    assert [int(event["id"]) for event in told] == sorted(int(event["id"]) for event in told)
    canceled = next(event for event in told if event["type"] == "org.crossdock.order.canceled")
    assert (canceled["subject"], canceled["data"]["reason"]) == (id_, "changed mind")


def test_the_decision_says_what_was_chosen_at_what_price_and_why(http: httpx.Client) -> None:
    put_stock(http, "S1", HEART=5)
    id_ = capture(http, "A-1", ("HEART", 3))
    (listed,) = http.get(f"/v1/orders/{id_}/decisions").json()["data"]
    told = http.get(f"/v1/decisions/{listed['id']}").json()
    assert listed == told | {"explanation": None}
    assert [(site["location"], site["units"]) for site in told["plan"]["locations"]] == [("S1", 3)]
    assert told["plan"]["cost"]["amount"] == told["plan"]["locations"][0]["total"]["amount"] > 0
    assert (told["proven"], told["gap"]["amount"]) == (True, 0)
    assert told["passed_over"]["locations"][0]["location"] == "DC1"
    assert told["saved"]["amount"] > 0
    standing = {verdict["location"]: verdict["standing"] for verdict in told["explanation"]["verdicts"]}
    assert standing == {"S1": "chosen", "DC1": "passed_over"}
    assert sum(line["amount"]["amount"] for line in told["explanation"]["bill"]) == told["plan"]["cost"]["amount"]
    assert told["explanation"]["words"]
    assert http.get(f"/v1/decisions/{listed['id']}?explain=false").json() == listed


def test_the_decision_says_what_would_have_changed_it(http: httpx.Client) -> None:
    put_stock(http, "S1", HEART=5)
    id_ = capture(http, "A-1", ("HEART", 3))
    (listed,) = http.get(f"/v1/orders/{id_}/decisions").json()["data"]
    told = http.get(f"/v1/decisions/{listed['id']}/flips").json()
    assert (told["same"], told["complete"]) == (True, True)
    chosen, other = told["locations"]
    assert (chosen["location"], chosen["chosen"], other["location"], other["chosen"]) == ("S1", True, "DC1", False)
    (without,) = [flip for flip in chosen["flips"] if flip["kind"] == "without"]
    assert without["outcome"]["locations"] == ["DC1"]
    assert without["outcome"]["more_cost"] == listed["saved"]
    (cheaper,) = [flip for flip in other["flips"] if flip["kind"] == "parcel_price"]
    assert cheaper["changes"][0]["amount"]["amount"] == -cheaper["by"] < 0
    assert all(sentence in told["words"] for one in told["locations"] for sentence in one["words"])
    alone = http.get(f"/v1/decisions/{listed['id']}/flips?location=DC1").json()
    assert [one["location"] for one in alone["locations"]] == ["DC1"]
    assert http.get(f"/v1/decisions/{listed['id']}/flips?location=DC1").content == (
        http.get(f"/v1/decisions/{listed['id']}/flips?location=DC1").content
    )


def test_what_would_have_changed_it_is_asked_of_a_location_that_there_is(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 3))
    (decision,) = http.get(f"/v1/orders/{id_}/decisions").json()["data"]
    refused = http.get(f"/v1/decisions/{decision['id']}/flips?location=HULL")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_location")
    assert http.get("/v1/decisions/dec_06ax7q2m00003/flips").status_code == 404


def test_fulfillments_are_read_alone_by_order_and_by_location(http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 2))
    (own,) = http.get(f"/v1/orders/{id_}/fulfillments").json()["data"]
    assert (own["location"], own["execution"], own["units"]) == ("DC1", "planned", 2)
    assert [(x["sku"], x["quantity"]) for x in own["lines"]] == [("HEART", 2)]
    assert http.get(f"/v1/fulfillments/{own['id']}").json() == own
    assert http.get("/v1/fulfillments", params={"location": "DC1", "execution": "planned"}).json()["data"] == [own]
    assert http.get("/v1/fulfillments", params={"location": "S1"}).json()["data"] == []
    act(http, id_, "cancel")
    assert http.get(f"/v1/fulfillments/{own['id']}").json()["execution"] == "canceled"


def ids(http: httpx.Client, **query: Any) -> list[str]:
    answer = http.get("/v1/orders", params=query)
    assert answer.status_code == 200, answer.text
    return [found["external_id"] for found in answer.json()["data"]]


def test_the_list_is_filtered_by_everything_that_is_given(http: httpx.Client) -> None:
    put(http, "/v1/locations/S1", STORE)
    capture(http, "A-1", ("HEART", 2), placed_at="2026-11-01T00:00:00Z")
    capture(http, "A-2", ("LANTERN", 9), placed_at="2026-11-02T00:00:00Z")
    held = capture(http, "B-3", ("HEART", 1), placed_at="2026-11-03T00:00:00Z", holds=["fraud"])
    act(http, capture(http, "B-4", ("LANTERN", 1), placed_at="2026-11-04T00:00:00Z"), "cancel")
    assert ids(http) == ["B-4", "B-3", "A-2", "A-1"]
    assert ids(http, sort="placed_at") == ["A-1", "A-2", "B-3", "B-4"]
    assert ids(http, sort="captured_at") == ["A-1", "A-2", "B-3", "B-4"]
    assert ids(http, status=["allocated"]) == ["B-3", "A-1"]
    assert ids(http, status=["allocated", "canceled"]) == ["B-4", "B-3", "A-1"]
    assert ids(http, sku="LANTERN") == ["B-4", "A-2"]
    assert ids(http, q="B-") == ["B-4", "B-3"]
    assert ids(http, q=held) == ["B-3"]
    assert ids(http, on_hold=True) == ["B-3"]
    assert ids(http, queued=True) == ["A-2"]
    assert ids(http, location="DC1") == ["B-3", "A-2", "A-1"]
    assert ids(http, channel="web", q="A") == ["A-2", "A-1"]
    assert ids(http, channel="other") == []
    assert ids(http, placed_from="2026-11-02T00:00:00Z", placed_to="2026-11-03T00:00:00Z") == ["A-2"]
    counts = http.get("/v1/orders", params={"counts": True, "limit": 1}).json()["counts"]
    assert counts == {"partly_allocated": 1, "allocated": 2, "canceled": 1}


@pytest.mark.parametrize("sort", ["-placed_at", "placed_at", "-captured_at", "captured_at"])
def test_pages_follow_each_other_and_show_every_order_once(http: httpx.Client, sort: str) -> None:
    orders = [order(f"A-{n}", placed_at=f"2026-11-0{1 + n % 3}T00:00:00Z") for n in range(7)]
    http.post("/v1/orders:batch", json={"orders": orders})
    whole = ids(http, sort=sort)
    seen: list[str] = []
    address = f"/v1/orders?limit=2&sort={sort}"
    while True:
        page = http.get(address)
        seen += [found["external_id"] for found in page.json()["data"]]
        if "next" not in page.links:
            break
        address = page.links["next"]["url"]
        if len(seen) == 4:
            capture(http, "late", placed_at="2026-11-02T00:00:00Z")
    assert [found for found in seen if found != "late"] == whole
    assert len(seen) == len(set(seen))


def test_a_read_sees_the_write_whose_position_it_brings_back(http: httpx.Client) -> None:
    answer = http.post("/v1/orders", json=order("A-1"))
    at = {"crossdock-log-position": answer.headers["crossdock-log-position"]}
    assert http.get("/v1/orders", headers=at).json()["data"][0]["external_id"] == "A-1"
    assert http.get("/v1/orders", headers={"crossdock-log-position": "x"}).status_code == 400


def test_a_newer_revision_amends_the_order_and_an_older_one_is_ignored(shop: Shop, http: httpx.Client) -> None:
    id_ = capture(http, "A-1", ("HEART", 2), revision=1)
    newer = http.post("/v1/orders", json=order("A-1", ("HEART", 5), revision=2))
    assert (newer.status_code, newer.json()["id"]) == (200, id_)
    assert available(http) == 5
    older = http.post("/v1/orders", json=order("A-1", ("HEART", 2), revision=1))
    assert (older.status_code, available(http)) == (200, 5)
    assert shop.count("orders") == 1
