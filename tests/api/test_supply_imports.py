"""Supply lines as NDJSON of any size: each is put or ends in the error file, and a crash loses and doubles nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from crossdock.orchestration import line_imports
from tests.api.shop import Shop
from tests.api.test_imports import NDJSON, faults, finished


def line(reference: str, quantity: int = 5, sku: str = "HEART", **more: Any) -> dict[str, Any]:
    told = {"reference": reference, "sku": sku, "location": "DC1", "expected_on": "2027-03-01", "quantity": quantity}
    return told | more


def body(*lines: Any) -> bytes:
    return b"".join((each if isinstance(each, bytes) else msgspec.json.encode(each)) + b"\n" for each in lines)


def send(http: httpx.Client, *lines: Any, **more: Any) -> dict[str, Any]:
    headers = NDJSON | more.pop("headers", {})
    answer = http.post("/v1/supply-lines:import", content=body(*lines), headers=headers, **more)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def put(http: httpx.Client) -> list[tuple[str, int]]:
    found = http.get("/v1/supply-lines").json()["data"]
    return sorted((each["reference"], each["quantity"]) for each in found)


def test_every_line_is_put_or_ends_in_the_error_file(shop: Shop, http: httpx.Client) -> None:
    wrong_day = line("PO-5", expected_on="soon")
    job = send(
        http, line("PO-1"), line("PO-2", sku="NOPE"), b"{", line("PO-1", 7), line("PO-3", location="MOON"), wrong_day
    )
    job = finished(http, job)
    assert (job["kind"], job["state"], job["done"], job["failed"], job["progress"]) == (
        "supply.import",
        "succeeded",
        2,
        4,
        100,
    )
    assert [(fault["line"], fault["code"], fault.get("reference")) for fault in faults(http, job)] == [
        (2, "unknown_item", "PO-2"),
        (3, "invalid_json", None),
        (5, "unknown_location", "PO-3"),
        (6, "invalid_request", None),
    ]
    assert put(http) == [("PO-1", 7)], "told twice, the later one holds"


def test_the_same_file_again_changes_nothing_and_its_key_names_the_first_job(shop: Shop, http: httpx.Client) -> None:
    key = {"Idempotency-Key": "container-7"}
    first = finished(http, send(http, line("PO-1"), line("PO-2"), headers=key))
    assert send(http, line("PO-1"), line("PO-2"), headers=key)["id"] == first["id"]
    events = shop.count("events")
    again = finished(http, send(http, line("PO-1"), line("PO-2")))
    assert (again["done"], again["failed"]) == (2, 0)
    assert shop.count("events") == events + 1, "only the job's end is news"


def test_a_dry_run_finds_the_faults_and_puts_nothing(shop: Shop, http: httpx.Client) -> None:
    job = finished(http, send(http, line("PO-1"), b"{}", params={"dry_run": True}))
    assert (job["dry_run"], job["done"], job["failed"]) == (True, 1, 1)
    assert put(http) == []


def test_an_import_goes_on_after_a_crash_where_it_stopped(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_imports, "WINDOW", 2)
    with Shop(sqlite_url, tmp_path / "data") as shop, shop.client() as http:
        shop.furnish()
        shop.app.supplies.wake = lambda: None  # type: ignore[method-assign]  # nobody works on it
        job = send(http, *(line(f"PO-{n}", n + 1) for n in range(5)))
        # The first window was put before the crash, but its offset was not written any more.
        http.post("/v1/supply-lines:batch", json={"lines": [line("PO-0", 1), line("PO-1", 2)]}).raise_for_status()
    with Shop(sqlite_url, tmp_path / "data") as shop, shop.client() as http:
        job = finished(http, job)
        assert (job["state"], job["done"], job["failed"]) == ("succeeded", 5, 0)
        assert put(http) == [(f"PO-{n}", n + 1) for n in range(5)]
