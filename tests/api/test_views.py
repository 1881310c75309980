"""Views and shares over HTTP: put, read, previewed, refused; and what they do to an order."""

import httpx

from tests.api.shop import CHANNEL, put

VIEW = {"code": "web", "buffers": [{"units": 3}], "exclusions": [{"items": ["LANTERN"], "note": "for the stores"}]}
GROUP = {"code": "shops", "channels": ["web"], "strategy": "restrict", "amounts": [{"units": 4}]}
ORDER = {
    "channel": "web",
    "external_id": "A-1",
    "placed_at": "2026-11-20T09:00:00Z",
    "currency": "GBP",
    "lines": [{"sku": "HEART", "quantity": 9, "unit_price": {"amount": 295, "currency": "GBP"}}],
    "deliveries": [{"destination": {"country": "GB", "postal_code": "SW1Y 4JH"}}],
}


def test_a_view_is_put_read_and_kept_by_its_content(http: httpx.Client):
    created = http.put("/v1/views/web", json=VIEW)
    assert created.status_code == 201
    assert created.headers["location"] == "/v1/views/web"
    document = created.json()
    assert document["view"] == VIEW
    assert http.get("/v1/views/web").json() == document
    again = http.put("/v1/views/web", json=VIEW)
    assert (again.status_code, again.json()["version"]) == (200, document["version"])
    changed = http.put("/v1/views/web", json={**VIEW, "buffers": []})
    assert changed.json()["version"] != document["version"]
    put(http, "/v1/channels/web", {**CHANNEL, "view": "web"})
    listed = http.get("/v1/views").json()["data"]
    assert [(view["code"], view["channels"]) for view in listed] == [("web", ["web"])]


def test_what_a_view_would_change_is_told_before(http: httpx.Client):
    told = http.post("/v1/views:preview", json=VIEW)
    assert told.status_code == 200, told.text
    effect = told.json()
    assert (effect["units_before"], effect["units_after"]) == (14, 7)
    assert [(one["sku"], one["before"], one["after"]) for one in effect["lost_items"]] == [("LANTERN", 4, 0)]
    assert [(one["sku"], one["before"], one["after"]) for one in effect["changed_items"]] == [("HEART", 10, 7)]
    assert http.get("/v1/views").json() == {"data": []}


def test_a_view_that_hides_everything_is_warned_of(http: httpx.Client):
    told = http.put("/v1/views/web", json={"code": "web", "exclusions": [{}]}).json()
    assert told["warnings"] == ["The view hides everything: /exclusions/0 excludes every item at every location."]


def test_a_view_that_contradicts_itself_is_refused_at_its_place(http: httpx.Client):
    bad = {"code": "web", "buffers": [{"items": ["HEART"], "categories": ["x"], "units": 1}]}
    for answer in (http.put("/v1/views/web", json=bad), http.post("/v1/views:preview", json=bad)):
        assert answer.status_code == 422
        problem = answer.json()
        assert problem["code"] == "configuration_refused"
        assert [error["pointer"] for error in problem["errors"]] == ["/buffers/0/categories"]
    unknown = http.put("/v1/views/web", json={"code": "web", "buffer": []})
    assert unknown.status_code == 400
    assert http.put("/v1/views/other", json=VIEW).status_code == 422
    assert http.get("/v1/views/web").status_code == 404


def test_an_order_gets_what_the_view_and_the_share_leave(http: httpx.Client):
    put(http, "/v1/views/web", VIEW)
    put(http, "/v1/channels/web", {**CHANNEL, "view": "web"})
    put(http, "/v1/share-groups/shops", GROUP)
    order = http.post("/v1/orders", json=ORDER).json()
    assert sum(line["quantity"] for f in order["fulfillments"] for line in f["lines"]) == 4
    decision = http.get(f"/v1/decisions/{order['decisions'][0]}").json()
    verdict = next(v for v in decision["explanation"]["verdicts"] if v["location"] == "DC1")
    check = next(check for check in verdict["checks"] if check["fence"] == "view")
    assert check["actual"] == (
        "6 of 10 units are hidden: buffer of 3 units for every item at every location; "
        "kept for the shares of other channels"
    )
    shares = http.get("/v1/shares", params={"sku": "HEART"}).json()["data"][0]
    assert shares["counters"] == [
        {
            "group": "shops",
            "parent": None,
            "pool": "network",
            "strategy": "restrict",
            "amount": 4,
            "taken": 4,
            "left": 0,
            "own": 0,
        }
    ]
    assert shares["pools"][0]["free"] == 6


def test_share_groups_are_put_together_or_not_at_all(http: httpx.Client):
    orphan = {"code": "child", "parent": "nobody"}
    refused = http.post("/v1/share-groups:batch", json={"groups": [GROUP, orphan]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/groups/1/parent"
    assert http.get("/v1/share-groups").json() == {"data": []}
    saved = http.post("/v1/share-groups:batch", json={"groups": [GROUP, {"code": "child", "parent": "shops"}]})
    assert [one["result"] for one in saved.json()["results"]] == ["created", "created"]
    assert http.get("/v1/share-groups/shops").json()["group"] == GROUP
    assert http.get("/v1/share-groups/none").status_code == 404
