from __future__ import annotations

from typing import Any

import httpx
import msgspec
import pytest

from crossdock.orchestration.feeds import imports as feed_imports
from crossdock.orchestration.feeds import reading as feed_reading
from tests.api.shop import Shop, order
from tests.api.test_imports import faults, finished

NDJSON = {"content-type": "application/x-ndjson"}
CSV = {"content-type": "text/csv"}
AT = "2026-11-20T08:00:00Z"
LATER = "2026-11-20T09:00:00Z"


@pytest.fixture
def feed(http: httpx.Client) -> str:
    put(http)
    return "wms"


def put(http: httpx.Client, code: str = "wms", **facts: Any) -> httpx.Response:
    answer = http.put(f"/v1/feeds/{code}", json={"code": code, "name": "Warehouse"} | facts)
    assert answer.status_code in (200, 201), answer.text
    return answer


def counted(sku: str, place: str, quantity: Any, at: str = AT, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "location": place, "quantity": quantity, "occurred_at": at} | more


def received(record: str, sku: str, place: str, quantity: int, at: str = AT) -> dict[str, Any]:
    return counted(sku, place, quantity, at, kind="received", record=record)


def told(http: httpx.Client, *rows: Any, form: str = "", **query: Any) -> dict[str, Any]:
    if form:
        body, headers, address = "\n".join(rows).encode(), CSV, "/v1/feeds/wms/actions/import-csv"
    else:
        body = b"".join((row if isinstance(row, bytes) else msgspec.json.encode(row)) + b"\n" for row in rows)
        headers, address = NDJSON, "/v1/feeds/wms/actions/import"
    answer = http.post(address, content=body, headers=headers, params=query)
    assert answer.status_code == 202, answer.text
    return finished(http, answer.json())


def stock(http: httpx.Client, sku: str) -> dict[str, int]:
    rows = http.get("/v1/inventory/positions", params={"sku": sku}).json()["data"]
    return {row["location"]: row["on_hand"] for row in rows}


def test_rows_land_and_bad_ones_end_in_the_error_file(shop: Shop, http: httpx.Client, feed: str) -> None:
    job = told(
        http,
        received("R1", "LANTERN", "S1", 7),
        b'{"sku": "LANTERN", "location"',
        b"",
        counted("LANTERN", "S1", "many"),
        counted("NOPE", "S1", 1),
        counted("LANTERN", "NOWHERE", 1),
        {"sku": "LANTERN", "location": "S1", "quantity": 1, "kind": "sold"},
        counted("HEART", "S1", 12),
    )
    assert (job["state"], job["done"], job["failed"], job["progress"]) == ("succeeded", 2, 5, 100)
    assert job["result"] == {
        "rows": 7,
        "changed": 2,
        "unchanged": 0,
        "late": 0,
        "repeated": 0,
        "failed": 5,
        "zeroed": 0,
    }
    assert [(fault["line"], fault["code"]) for fault in faults(http, job)] == [
        (2, "malformed"),
        (4, "invalid"),
        (5, "unknown_item"),
        (6, "unknown_location"),
        (7, "record_required"),
    ]
    assert stock(http, "HEART")["S1"] == 12


def test_a_feed_with_one_bad_row_in_twenty_lands_the_others(shop: Shop, http: httpx.Client, feed: str) -> None:
    rows = [received(f"R{n}", "LANTERN" if n % 20 else "NOPE", "S1", 1) for n in range(200)]
    before = stock(http, "LANTERN").get("S1", 0)
    job = told(http, *rows)
    assert (job["done"], job["failed"], len(faults(http, job))) == (190, 10, 10)
    assert stock(http, "LANTERN")["S1"] == before + 190
    again = told(http, *rows)
    assert again["result"]["repeated"] == 190
    assert stock(http, "LANTERN")["S1"] == before + 190


def test_a_csv_is_read_by_the_profile_of_its_source(shop: Shop, http: httpx.Client) -> None:
    put(http, csv={"sku": "Artikel", "quantity": "Bestand", "location": "S1", "delimiter": ";",
                   "kinds": {"WE": "received"},
                   "kind_column": "Art", "record": "Beleg", "occurred_at": "Zeit", "time_format": "%d.%m.%Y %H:%M",
                   "time_zone": "Europe/Berlin"})  # fmt: skip
    job = told(
        http,
        "Artikel;Bestand;Art;Beleg;Zeit",
        "LANTERN;5;;;20.11.2026 09:00",
        "LANTERN;2.0;WE;B1;20.11.2026 10:00",
        "LANTERN;x;;;20.11.2026 09:00",
        'LANTERN;"1;;;',
        "LANTERN;1;;;gestern",
        form="csv",
    )
    assert (job["done"], job["failed"]) == (2, 3)
    assert stock(http, "LANTERN")["S1"] == 7
    assert [fault["line"] for fault in faults(http, job)] == [4, 5, 6]
    moved = http.get("/v1/inventory/movements", params={"sku": "LANTERN", "location": "S1"}).json()["data"]
    assert moved[0]["occurred_at"] == "2026-11-20T09:00:00Z"


def test_a_csv_without_a_needed_column_fails_and_says_which(shop: Shop, http: httpx.Client, feed: str) -> None:
    job = told(http, "sku,units", "LANTERN,5", form="csv")
    assert (job["state"], "'quantity'" in job["error"]) == ("failed", True)


def test_a_dry_run_says_what_each_row_would_change_and_changes_nothing(
    shop: Shop, http: httpx.Client, feed: str
) -> None:
    told(http, counted("LANTERN", "S1", 5))
    before = http.get("/v1/inventory/movements").json()
    job = told(
        http, counted("LANTERN", "S1", 9, LATER), received("R1", "LANTERN", "S1", 1, "2026-11-20T10:00:00Z"),
        counted("NOPE", "S1", 1), dry_run=True,
    )  # fmt: skip
    lines = [msgspec.json.decode(row) for row in http.get(f"/v1/jobs/{job['id']}/diff").content.splitlines()]
    seen = [(line["line"], line["sku"], line["location"], line["before"], line["after"]) for line in lines]
    assert seen == [(1, "LANTERN", "S1", 5, 9), (2, "LANTERN", "S1", 9, 10)]
    assert (job["result"]["changed"], job["failed"]) == (2, 1)
    assert http.get("/v1/inventory/movements").json() == before


def test_a_full_snapshot_zeroes_what_it_leaves_out_where_it_was_told_to(
    shop: Shop, http: httpx.Client, feed: str
) -> None:
    told(http, counted("LANTERN", "S1", 5), counted("HEART", "S1", 6), counted("HEART", "DC1", 7))
    told(http, received("R1", "LANTERN", "S1", 2, "2026-11-20T10:00:00Z"))
    snapshot = [counted("HEART", "S1", 4, LATER)]
    dry = told(http, *snapshot, full="S1", as_of=LATER, dry_run=True)
    assert dry["result"]["zeroed"] == 1
    job = told(http, *snapshot, full="S1", as_of=LATER)
    assert job["result"]["zeroed"] == 1
    # What came after the snapshot was begun is there; the other location was not named.
    assert (stock(http, "LANTERN")["S1"], stock(http, "HEART")) == (2, {"DC1": 7, "S1": 4})


def test_a_full_snapshot_with_a_line_nobody_can_read_zeroes_nothing(shop: Shop, http: httpx.Client, feed: str) -> None:
    told(http, counted("LANTERN", "S1", 5), counted("HEART", "S1", 6))
    job = told(http, counted("HEART", "S1", 4, LATER), b'{"sku":', full="S1", as_of=LATER)
    assert (job["state"], job["result"]["zeroing_withheld"], stock(http, "LANTERN")["S1"]) == ("succeeded", 1, 5)
    spared = told(http, counted("LANTERN", "S1", "x", LATER), full="S1", as_of=LATER)
    assert (spared["result"]["zeroed"], stock(http, "LANTERN")["S1"], stock(http, "HEART")["S1"]) == (0, 5, 4)


@pytest.mark.parametrize("query", [{"full": "NOPE"}, {"as_of": "2099-01-01T00:00:00Z"}])
def test_a_snapshot_that_cannot_be_is_refused(shop: Shop, http: httpx.Client, feed: str, query: dict[str, Any]) -> None:
    answer = http.post("/v1/feeds/wms/actions/import", content=b"{}\n", headers=NDJSON, params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "snapshot_refused")


def test_a_source_speaks_of_its_own_locations_alone(shop: Shop, http: httpx.Client) -> None:
    put(http, locations=["S1"])
    job = told(http, counted("LANTERN", "DC1", 5), counted("LANTERN", "S1", 5))
    assert [fault["code"] for fault in faults(http, job)] == ["location_not_of_source"]


def test_a_message_and_an_upload_share_one_memory(shop: Shop, http: httpx.Client, feed: str) -> None:
    fact = {"record": "R1", "kind": "received", "sku": "LANTERN", "location": "S1", "quantity": 3, "occurred_at": AT}
    one = http.post("/v1/inventory/facts:batch", json={"source": "wms", "facts": [fact]}).json()
    assert one["results"][0]["result"] == "recorded"
    assert told(http, fact)["result"]["repeated"] == 1
    again = http.post(
        "/v1/inventory/facts:batch", json={"source": "wms", "facts": [fact, fact | {"quantity": 4}]}
    ).json()
    assert [result["result"] for result in again["results"]] == ["repeated", "failed"]
    runs = http.get("/v1/feeds/wms/runs").json()["data"]
    assert [(run["job_id"] is None, run["changed"], run["repeated"]) for run in runs] == [(False, 0, 1), (True, 1, 1)]


def test_what_was_heard_of_a_source_can_be_read(shop: Shop, http: httpx.Client, feed: str) -> None:
    assert http.get("/v1/feeds/wms").json()["state"] == "never_heard"
    told(http, counted("LANTERN", "S1", 5), name="nightly")
    view = http.get("/v1/feeds").json()["data"][0]
    assert (view["state"], view["last_run"]["name"], view["told_until"]) == ("heard", "nightly", AT)
    assert view["lag_s"] > 0
    missing = http.get("/v1/feeds/nope/runs")
    assert (missing.status_code, missing.json()["code"]) == (404, "unknown_feed")


def test_a_source_that_cannot_be_is_refused_with_every_fault(shop: Shop, http: httpx.Client) -> None:
    answer = http.put("/v1/feeds/pos", json={
        "code": "pos", "name": "Tills", "when_silent": "distrust", "locations": ["NOPE"],
        "csv": {"time_zone": "Moon/Base"},
    })  # fmt: skip
    assert [fault["code"] for fault in answer.json()["errors"]] == ["unknown_location", "incomplete", "invalid"]
    assert http.get("/v1/feeds").json()["data"] == []


def test_an_order_that_waits_is_served_by_an_upload(shop: Shop, http: httpx.Client, feed: str) -> None:
    waiting = http.post("/v1/orders", json=order("W-1", ("LANTERN", 900))).json()
    told(http, received("R1", "LANTERN", "DC1", 1000))
    assert http.get(f"/v1/orders/{waiting['id']}").json()["status"] == "allocated"


def test_an_import_goes_on_where_it_stopped(shop: Shop, http: httpx.Client, feed: str, monkeypatch: Any) -> None:
    """Many blocks and parts, each line in one of them, and faults counted once."""
    monkeypatch.setattr(feed_reading, "BLOCK", 1_400)
    monkeypatch.setattr(feed_reading, "_PIECE", 700)
    monkeypatch.setattr(feed_imports, "PART", 3)
    rows = [received(f"R{n}", "LANTERN" if n % 7 else "NOPE", "S1", 1) for n in range(60)]
    before = stock(http, "LANTERN").get("S1", 0)
    job = told(http, *rows)
    assert (job["done"], job["failed"], stock(http, "LANTERN")["S1"]) == (51, 9, before + 51)
    assert [fault["line"] for fault in faults(http, job)] == [n + 1 for n in range(0, 60, 7)]
    assert job["result"]["rows"] == 60
