from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from crossdock.orchestration import error_file, line_imports, spool_dir
from tests.api.shop import Shop, order

NDJSON = {"content-type": "application/x-ndjson"}


def lines(*orders: Any) -> bytes:
    return b"".join((o if isinstance(o, bytes) else msgspec.json.encode(o)) + b"\n" for o in orders)


def finished(http: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + 20
    while job["state"] not in ("succeeded", "failed", "canceled"):
        assert time.monotonic() < until, job
        time.sleep(0.02)
        job = http.get(f"/v1/jobs/{job['id']}").json()
    return job


def send(http: httpx.Client, body: bytes, **more: Any) -> dict[str, Any]:
    answer = http.post("/v1/orders:import", content=body, headers=NDJSON | more.pop("headers", {}), **more)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    job: dict[str, Any] = answer.json()
    return job


def faults(http: httpx.Client, job: dict[str, Any]) -> list[dict[str, Any]]:
    rows = http.get(f"/v1/jobs/{job['id']}/errors")
    assert rows.headers["content-type"] == "application/x-ndjson"
    return [msgspec.json.decode(row) for row in rows.content.splitlines()]


def test_every_line_is_captured_or_ends_in_the_error_file(shop: Shop, http: httpx.Client) -> None:
    bad = order("A-3")
    bad["lines"][0]["quantity"] = 2**31
    body = lines(order("A-1"), b"", order("A-2", ("NOPE", 1)), bad, b'{"channel":"web"', order("A-1"))
    job = finished(http, send(http, body))
    assert (job["state"], job["done"], job["failed"], job["total"], job["progress"]) == ("succeeded", 2, 3, 5, 100)
    assert [(fault["line"], fault["code"]) for fault in faults(http, job)] == [
        (2, "unknown_item"),
        (3, "invalid_request"),
        (4, "invalid_json"),
    ]
    assert faults(http, job)[1]["errors"][0]["pointer"] == "/lines/0/quantity"
    assert shop.count("orders") == 1
    assert [e["subject"] for e in http.get("/v1/events?types=job.finished").json()["data"]] == [job["id"]]


def test_a_dry_run_finds_the_faults_and_captures_nothing(shop: Shop, http: httpx.Client) -> None:
    job = finished(http, send(http, lines(order("A-1"), b"{}"), params={"dry_run": True}))
    assert (job["dry_run"], job["done"], job["failed"]) == (True, 1, 1)
    assert shop.count("orders") == 0


def test_a_truncated_upload_stores_the_whole_lines_and_names_the_broken_one(shop: Shop, http: httpx.Client) -> None:
    body = lines(order("A-1"), order("A-2"))[:-40]
    job = finished(http, send(http, body))
    assert (job["done"], job["failed"]) == (1, 1)
    assert [(fault["line"], fault["code"]) for fault in faults(http, job)] == [(2, "invalid_json")]


def test_an_upload_that_breaks_off_leaves_nothing(shop: Shop, http: httpx.Client) -> None:
    def body() -> Any:
        yield lines(order("A-1"))
        raise ConnectionError

    with pytest.raises(ConnectionError):
        http.post("/v1/orders:import", content=body(), headers=NDJSON)
    assert http.get("/v1/jobs").json()["data"] == []
    assert list(spool_dir(shop.app.data_dir).iterdir()) == []


def test_the_same_upload_under_one_idempotency_key_is_one_job(shop: Shop, http: httpx.Client) -> None:
    key = {"idempotency-key": "k"}
    first = send(http, lines(order("A-1")), headers=key)
    assert send(http, lines(order("A-1")), headers=key)["id"] == first["id"]
    other = http.post("/v1/orders:import", content=lines(order("A-2")), headers=NDJSON | key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    finished(http, first)
    assert (shop.count("jobs"), shop.count("orders")) == (1, 1)


def test_an_empty_upload_is_refused(shop: Shop, http: httpx.Client) -> None:
    answer = http.post("/v1/orders:import", content=b"", headers=NDJSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_upload")
    assert shop.count("jobs") == 0


def test_a_job_is_canceled_between_two_windows(shop: Shop, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_imports, "WINDOW", 1)
    job = send(http, lines(*(order(f"A-{n}") for n in range(400))))
    asked = http.post(f"/v1/jobs/{job['id']}/actions/cancel")
    assert asked.status_code == 200
    job = finished(http, job)
    assert job["state"] == "canceled"
    assert job["supported_actions"] == []
    assert shop.count("orders") == job["done"] < 400
    again = http.post(f"/v1/jobs/{job['id']}/actions/cancel")
    assert again.json()["state"] == "canceled"


def test_what_a_crash_left_unfinished_goes_on_where_it_stopped(sqlite_url: str, tmp_path: Path) -> None:
    orders = [order(f"A-{n}", ("NOPE" if n % 10 == 3 else "HEART", 1)) for n in range(600)]
    with Shop(sqlite_url, tmp_path / "data") as shop:
        shop.furnish()
        shop.app.imports.wake = lambda: None  # type: ignore[method-assign]  # nobody works on it
        with shop.client() as http:
            job = send(http, lines(*orders))
        # As after a crash: the first window is captured, its faults are written, the offset is not yet behind it.
        claimed = shop.app.database.read_now(lambda session: session.fetch("SELECT * FROM jobs"))
        assert len(claimed) == 1
        with shop.client() as http:
            for row in orders[:100]:
                http.post("/v1/orders", json=row)
        path = error_file(shop.app.data_dir, int(claimed[0][0]))
        path.write_bytes(b'{"line":4,"offset":0,"code":"unknown_item","message":"before the crash"}\n{"line":')
    with Shop(sqlite_url, tmp_path / "data") as shop, shop.client() as http:
        job = finished(http, job)
        assert (job["state"], job["done"], job["failed"]) == ("succeeded", 540, 60)
        assert len(faults(http, job)) == 60
        assert "before the crash" not in str(faults(http, job))
        assert shop.count("orders") == 540


def test_an_old_upload_that_a_job_waits_for_is_kept_and_one_that_broke_off_is_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    with Shop(sqlite_url, tmp_path / "data") as shop:
        shop.furnish()
        shop.app.imports.wake = lambda: None  # type: ignore[method-assign]  # nobody works on it
        with shop.client() as http:
            job = send(http, lines(order("A-1")))
    folder = spool_dir(tmp_path / "data")
    (folder / "broken-off.part").write_bytes(b"half")
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    with Shop(sqlite_url, tmp_path / "data") as shop, shop.client() as http:
        assert finished(http, job)["done"] == 1
        assert shop.count("orders") == 1
    assert list(folder.iterdir()) == []
