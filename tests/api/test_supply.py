"""Supply over HTTP: batches with a result for each, lists, and the dates on the order."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.api.shop import order


def line(reference: str = "PO-1", **changes: Any) -> dict[str, Any]:
    return {
        "reference": reference,
        "sku": "LANTERN",
        "location": "DC1",
        "expected_on": "2026-12-07",
        "quantity": 5,
        **changes,
    }


def announce(http: httpx.Client, *lines: dict[str, Any]) -> dict[str, Any]:
    answer = http.post("/v1/supply-lines:batch", json={"lines": lines})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def arrive(http: httpx.Client, *receipts: dict[str, Any]) -> dict[str, Any]:
    at = {"occurred_at": "2026-11-20T10:00:00Z"}
    sent = {"source": "wms", "receipts": [{**at, **receipt} for receipt in receipts]}
    answer = http.post("/v1/supply-receipts:batch", json=sent)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_each_line_has_its_result_and_the_good_ones_land(http: httpx.Client) -> None:
    done = announce(http, line(), line("PO-2", sku="NOPE"), line("PO-3", expected_on="2026-02-30"))
    assert (done["created"], done["failed"]) == (1, 2)
    assert [result["code"] for result in done["results"]] == ["", "unknown_item", "invalid_day"]
    assert announce(http, line())["unchanged"] == 1
    assert announce(http, line(quantity=7))["changed"] == 1
    (found,) = http.get("/v1/supply-lines").json()["data"]
    assert (found["reference"], found["quantity"], found["open"], found["state"]) == ("PO-1", 7, 7, "open")


def test_an_order_says_when_its_units_come_and_from_where(http: httpx.Client) -> None:
    announce(http, line())
    placed = http.post("/v1/orders", json=order("A-1", ("LANTERN", 6))).json()
    (demand,) = http.get(f"/v1/orders/{placed['id']}").json()["demand"]
    assert demand["parts"]["waiting"] == 2
    (expected,) = demand["expected"]
    line_id = expected.pop("supply_line_id")
    assert expected == {"on": "2026-12-07", "quantity": 2, "location": "DC1", "supply": "PO-1/1"}
    detail = http.get(f"/v1/supply-lines/{line_id}").json()
    assert detail["bound"] == [{"owner_id": placed["id"], "demand": 1, "quantity": 2}]
    assert detail["line"]["claimed"] == 2


def test_what_arrives_is_recorded_once_and_serves_who_waits(http: httpx.Client) -> None:
    announce(http, line())
    placed = http.post("/v1/orders", json=order("A-1", ("LANTERN", 6))).json()
    receipt = {"record": "G1", "reference": "PO-1", "quantity": 5}
    done = arrive(http, receipt, {"record": "G2", "reference": "PO-9", "quantity": 1})
    assert [(r["result"], r["code"]) for r in done["results"]] == [("recorded", ""), ("failed", "unknown_supply_line")]
    assert done["results"][0]["on_hand"] == 9
    assert arrive(http, receipt)["repeated"] == 1
    assert http.get(f"/v1/orders/{placed['id']}").json()["status"] == "allocated"
    detail = http.get(f"/v1/supply-lines/{done['results'][0]['id']}").json()
    assert (detail["line"]["state"], detail["bound"]) == ("closed", [])
    assert [receipt["record"] for receipt in detail["receipts"]] == ["G1"]
    (moved,) = http.get("/v1/inventory/movements", params={"sku": "LANTERN", "limit": 2}).json()["data"][1:]
    assert (moved["cause"], moved["source"], moved["record"]) == ("supply_receipt", "wms", "G1")


def test_lines_are_listed_by_day_page_by_page_and_by_filter(http: httpx.Client) -> None:
    announce(
        http,
        line("PO-3", expected_on="2026-12-09"),
        line("PO-1", expected_on="2020-01-01"),
        line("PO-2", sku="HEART", canceled=True),
    )
    names, query = [], {"limit": "1"}
    while True:
        page = http.get("/v1/supply-lines", params=query).json()
        names += [each["reference"] for each in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert names == ["PO-1", "PO-2", "PO-3"]

    def found(**filters: str) -> list[str]:
        return [each["reference"] for each in http.get("/v1/supply-lines", params=filters).json()["data"]]

    assert found(late="true") == ["PO-1"]
    assert found(late="false") == ["PO-2", "PO-3"]
    assert found(state="canceled") == ["PO-2"]
    assert found(sku="HEART") == ["PO-2"]
    assert found(reference="PO-3", location="DC1") == ["PO-3"]
    assert found(location="S1") == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"lines": []}, "/lines"),
        ({"lines": [line(quantity=0)]}, "/lines/0/quantity"),
        ({"lines": [line(expected_on="soon")]}, "/lines/0/expected_on"),
        ({"lines": [line(kind="gift")]}, "/lines/0/kind"),
        ({"lines": [line(color="red")]}, "/lines/0/color"),
    ],
)
def test_what_does_not_follow_the_schema_is_refused_as_a_whole(http: httpx.Client, body: Any, pointer: str) -> None:
    answer = http.post("/v1/supply-lines:batch", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert http.get("/v1/supply-lines").json()["data"] == []


def test_a_line_that_is_not_there_is_said_so(http: httpx.Client) -> None:
    assert http.get("/v1/supply-lines/sup_0000000000000").status_code == 404
