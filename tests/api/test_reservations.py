"""Reservations over HTTP: held, read, changed, confirmed, refused with the place of the fault."""

from typing import Any

import httpx

from crossdock.kernel.ids import encode_id
from tests.api.shop import order

CART: dict[str, Any] = {
    "channel": "web",
    "lines": [{"sku": "HEART", "quantity": 2}],
    "delivery": {"destination": {"country": "GB", "postal_code": "SW1Y 4JH"}},
}


def reserve(http: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = http.post("/v1/reservations", json={**CART, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def act(http: httpx.Client, cart: dict[str, Any], action: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return http.post(f"/v1/reservations/{cart['id']}/actions/{action}", json=body, headers=headers)


def walk(http: httpx.Client) -> None:
    """Do everything that can be done with a cart once, whatever random requests come upon."""
    cart = reserve(http)
    elsewhere = ({"DC1", "S1"} - {held["location"] for held in cart["held"]}).pop()
    for action, body in (
        ("extend", {"duration_seconds": 3_600}),
        ("change", {"lines": [{"sku": "HEART", "quantity": 1}]}),
        ("move", {"location": elsewhere}),
        ("release", {}),
    ):
        answer = act(http, cart, action, body)
        assert answer.status_code == 200, answer.text


def test_a_cart_is_held_and_read(http: httpx.Client):
    cart = reserve(http, external_id="cart-1", duration_seconds=600)
    assert (cart["state"], cart["complete"], cart["version"]) == ("open", True, 1)
    assert cart["lines"] == [{"line": 1, "sku": "HEART", "quantity": 2, "held": 2}]
    assert sum(held["quantity"] for held in cart["held"]) == 2
    assert cart["supported_actions"] == ["extend", "change", "move", "release"]
    again = http.post("/v1/reservations", json={**CART, "external_id": "cart-1", "duration_seconds": 600})
    assert (again.status_code, again.json()) == (200, cart)
    read = http.get(f"/v1/reservations/{cart['id']}")
    assert (read.json(), read.headers["etag"]) == (cart, '"1"')
    other = http.post("/v1/reservations", json={**CART, "external_id": "cart-1", "duration_seconds": 601})
    assert (other.status_code, other.json()["code"]) == (409, "reservation_content_differs")


def test_a_request_is_done_once(http: httpx.Client):
    first = http.post("/v1/reservations", json=CART, headers={"Idempotency-Key": "once"})
    again = http.post("/v1/reservations", json=CART, headers={"Idempotency-Key": "once"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_is_not_there_is_refused_with_its_place(http: httpx.Client):
    lines = [{"sku": "HEART", "quantity": 1}, {"sku": "HEART", "quantity": 99_999}]
    answer = http.post("/v1/reservations", json={**CART, "lines": lines})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_enough_to_reserve")
    assert answer.json()["errors"][0]["pointer"].startswith("/lines/")
    part = http.post("/v1/reservations", json={**CART, "lines": lines, "partial": True})
    assert part.status_code == 201
    assert not part.json()["complete"]


def test_it_is_extended_changed_moved_and_released(http: httpx.Client):
    cart = reserve(http)
    longer = act(http, cart, "extend", {"duration_seconds": 3_600})
    assert longer.json()["expires_at"] > cart["expires_at"]
    assert act(http, cart, "extend", {}, **{"If-Match": '"1"'}).status_code == 412
    changed = act(http, cart, "change", {"lines": [{"sku": "HEART", "quantity": 1}]}, **{"If-Match": '"2"'})
    assert changed.json()["lines"][0]["quantity"] == 1
    moved = act(http, cart, "move", {"location": "NOWHERE"})
    assert (moved.status_code, moved.json()["code"]) == (422, "reservation_not_movable")
    released = act(http, cart, "release", {"reason": "cart emptied"})
    assert (released.json()["state"], released.json()["reason"], released.json()["held"]) == (
        "released", "cart emptied", [],
    )  # fmt: skip
    assert act(http, cart, "release", {}).json()["code"] == "reservation_not_open"
    assert act(http, {"id": encode_id("rsv", 5)}, "release", {}).status_code == 404


def test_an_order_takes_it(http: httpx.Client):
    cart = reserve(http)
    receipt = http.post("/v1/orders", json=order("R-1", ("HEART", 2), reservation_id=cart["id"])).json()
    assert receipt["reservation"] == {"id": cart["id"], "result": "confirmed"}
    view = http.get(f"/v1/reservations/{cart['id']}").json()
    assert (view["state"], view["order_id"], view["supported_actions"]) == ("confirmed", receipt["id"], [])
    assert http.get(f"/v1/orders/{receipt['id']}").json()["reservation_id"] == cart["id"]
    second = http.post("/v1/orders", json=order("R-2", ("HEART", 1), reservation_id=cart["id"])).json()
    assert second["reservation"]["result"] == "taken"
    found = http.get("/v1/reservations", params={"order_id": receipt["id"]}).json()["data"]
    assert [entry["id"] for entry in found] == [cart["id"]]


def test_lists_page_and_filter(http: httpx.Client):
    ids = [reserve(http, external_id=f"page-{n}")["id"] for n in range(3)]
    page = http.get("/v1/reservations", params={"state": "open", "channel": "web", "sku": "HEART", "limit": 2}).json()
    assert [entry["id"] for entry in page["data"]] == ids[:0:-1]
    rest = http.get(
        "/v1/reservations",
        params={"state": "open", "channel": "web", "sku": "HEART", "limit": 2, "cursor": page["next_cursor"]},
    ).json()
    assert rest["data"][0]["id"] == ids[0]
    assert http.get("/v1/reservations", params={"external_id": "page-1"}).json()["data"][0]["id"] == ids[1]
    assert http.get("/v1/reservations", params={"location": "NOWHERE"}).json()["data"] == []
    assert http.get("/v1/reservations", params={"expires_to": "2020-01-01T00:00:00Z"}).json()["data"] == []


def test_a_batch_has_a_result_for_each(http: httpx.Client):
    wrong = {**CART, "lines": [{"sku": "NOTHING", "quantity": 1}]}
    answer = http.post("/v1/reservations:batch", json={"reservations": [CART, wrong]}).json()
    assert (answer["created"], answer["refused"]) == (1, 1)
    assert [result["status"] for result in answer["results"]] == [201, 422]
    assert answer["results"][1]["problem"]["code"] == "unknown_item"


def test_it_says_why_its_units_are_held_there(http: httpx.Client):
    cart = reserve(http)
    told = http.get(f"/v1/reservations/{cart['id']}/explanation")
    assert told.status_code == 200
    assert told.json()["words"]
    assert [verdict["location"] for verdict in told.json()["verdicts"] if verdict["standing"] == "chosen"] == ["DC1"]
    assert http.get(f"/v1/reservations/{encode_id('rsv', 5)}/explanation").status_code == 404
