from __future__ import annotations

import threading
import time

import httpx
import msgspec
import pytest

from crossdock.events import CATALOG, sample
from tests.api.shop import Shop, order


def test_the_log_is_read_from_the_beginning_without_a_gap_or_a_repeat(http: httpx.Client) -> None:
    for number in range(3):
        http.post("/v1/orders", json=order(f"A-{number}"))
    seen, after = [], 0
    while True:
        page = http.get("/v1/events", params={"after": after, "limit": 4}).json()
        seen += [int(event["id"]) for event in page["data"]]
        after = page["next_after"]
        if not page["has_more"]:
            break
    whole = http.get("/v1/events", params={"limit": 1000}).json()
    assert seen == [int(event["id"]) for event in whole["data"]] == sorted(set(seen))
    assert http.get("/v1/events", params={"after": after}).json()["data"] == []


def test_an_event_is_a_cloud_event(http: httpx.Client) -> None:
    order_id = http.post("/v1/orders", json=order("A-1", ("HEART", 2))).json()["id"]
    (event,) = http.get("/v1/events", params={"types": "order.captured"}).json()["data"]
    assert event | {"id": "", "time": "", "data": {}} == {
        "specversion": "1.0",
        "id": "",
        "source": "/crossdock",
        "type": "org.crossdock.order.captured",
        "time": "",
        "actor": "key:test",
        "subject": order_id,
        "datacontenttype": "application/json",
        "data": {},
    }
    assert (event["data"]["external_id"], event["data"]["units"], event["data"]["country"]) == ("A-1", 2, "GB")


def test_no_event_carries_a_person(http: httpx.Client) -> None:
    http.post("/v1/orders", json=order("A-1"))
    log = http.get("/v1/events", params={"limit": 1000}).text
    assert "Ada" not in log
    assert "example.org" not in log
    assert "4JH" not in log


def test_a_reader_that_waits_hears_of_the_next_event_at_once(shop: Shop, http: httpx.Client) -> None:
    after = http.get("/v1/events", params={"limit": 1000}).json()["next_after"]
    threading.Timer(0.3, lambda: http.post("/v1/orders", json=order("A-1"))).start()
    started = time.monotonic()
    with shop.client() as reader:
        page = reader.get("/v1/events", params={"after": after, "types": "order.captured", "wait": 20}).json()
    assert [event["data"]["external_id"] for event in page["data"]] == ["A-1"]
    assert time.monotonic() - started < 5


def test_a_reader_of_one_type_goes_on_behind_all_that_was_looked_at(http: httpx.Client) -> None:
    http.post("/v1/orders", json=order("A-1"))
    page = http.get("/v1/events", params={"types": "order.canceled"}).json()
    assert page["data"] == []
    assert page["next_after"] == http.get("/v1/events", params={"limit": 1000}).json()["next_after"]


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_the_sample_of_each_type_is_of_its_shape(name: str) -> None:
    data = CATALOG[name].data
    assert msgspec.to_builtins(msgspec.convert(sample(name), data)) == sample(name)
    assert CATALOG[name].summary.endswith(".")
