from __future__ import annotations

import socket
from typing import Any

import httpx
import pytest

from tests.api.shop import Shop, money, order

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
HOSTILE = [
    "'; DROP TABLE orders; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "{{7*7}} ${7*7} %s %n",
    "../../etc/passwd",
    "\u202eevil\u202c 💥 ﷽",
    "\\u0000 is written, not meant",
]


@pytest.fixture(autouse=True)
def before(shared_shop: Shop) -> list[int]:
    return counts(shared_shop)


def counts(shop: Shop) -> list[int]:
    return [shop.count(table) for table in ("orders", "order_keys", "lines", "demand", "claims", "parties", "events")]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_text_says_it_is_stored_and_given_back_as_it_is(
    shared_shop: Shop, shared_http: httpx.Client, text: str
) -> None:
    shared_http.put(f"/v1/items/{httpx.URL('/').copy_with(path=text).raw_path.decode()[1:]}", json={"sku": text})
    document = order(text, ("HEART", 1), tags=[text], metadata={text: text})
    document["customer"] = {"name": text, "email": text, "external_id": text, "phone": text}
    document["deliveries"][0]["destination"] |= {"name": text, "line1": text, "city": text, "region": text}
    document["lines"][0] |= {"name": text, "external_id": text, "metadata": {"note": text}}
    receipt = shared_http.post("/v1/orders", json=document)
    assert receipt.status_code == 201, receipt.text
    stored = shared_http.get(f"/v1/orders/{receipt.json()['id']}").json()
    assert (stored["external_id"], stored["tags"], stored["metadata"]) == (text, [text], {text: text})
    assert stored["customer"] == {"external_id": text, "name": text, "email": text, "phone": text}
    assert stored["deliveries"][0]["address"]["line1"] == text
    assert stored["lines"][0]["name"] == text
    assert [o["external_id"] for o in shared_http.get("/v1/orders", params={"q": text}).json()["data"]] == [text]


def field(path: str, value: Any) -> dict[str, Any]:
    """An order with one field, named by its pointer, set to a value."""
    document: Any = order()
    *parents, last = path.split("/")[1:]
    place = document
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    place[last] = value
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [
        ("/lines/0/quantity", "two", "wrong_type"),
        ("/lines/0/quantity", 2.5, "wrong_type"),
        ("/lines/0/quantity", True, "wrong_type"),
        ("/lines/0/quantity", 0, "minimum"),
        ("/lines/0/quantity", -1, "minimum"),
        ("/lines/0/quantity", 1_000_001, "maximum"),
        ("/lines/0/quantity", 2**31, "maximum"),
        ("/lines/0/quantity", 2**63, "maximum"),
        ("/lines/0/quantity", 10**40, "maximum"),
        ("/lines/0/unit_price/amount", 10**18, "maximum"),
        ("/lines/0/unit_price/currency", "gbp", "pattern"),
        ("/lines/0/sku", "x" * 65, "too_long"),
        ("/lines/0/sku", None, "wrong_type"),
        ("/lines/0/colour", "red", "unknown_field"),
        ("/lines/0/unit_price/tax", 1, "unknown_field"),
        ("/lines", [], "too_short"),
        ("/lines", {}, "wrong_type"),
        ("/placed_at", "2026-11-21T09:00:00", "no_time_zone"),
        ("/placed_at", "yesterday", "not_an_instant"),
        ("/placed_at", 1_795_000_000, "wrong_type"),
        ("/external_id", "", "too_short"),
        ("/external_id", "nul \x00 inside", "control_character"),
        ("/customer/name", "\x00", "control_character"),
        ("/deliveries/0/destination/country", "United Kingdom", "pattern"),
        ("/deliveries/0/destination/latitude", 91, "maximum"),
        ("/deliveries/0/method", "teleport", "not_one_of"),
        ("/metadata", {"a": 1}, "wrong_type"),
        ("/status", "shipped", "unknown_field"),
    ],
)
def test_a_field_outside_the_schema_is_named_with_its_place_and_nothing_is_stored(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int], pointer: str, value: Any, code: str
) -> None:
    answer = shared_http.post("/v1/orders", json=field(pointer, value))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request"), answer.text
    found = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert [entry[1] for entry in found] == [code]
    assert found[0][0].startswith(pointer)
    assert counts(shared_shop) == before


def test_every_fault_of_a_document_is_found_at_once(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int]
) -> None:
    document = order("", ("HEART", 0), colour="red", placed_at="noon")
    del document["currency"]
    answer = shared_http.post("/v1/orders", json=document)
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        "/external_id",
        "/lines/0/quantity",
        "/colour",
        "/placed_at",
        "/currency",
    }
    assert counts(shared_shop) == before


def test_a_whole_number_written_with_a_point_is_that_number(shared_http: httpx.Client) -> None:
    receipt = shared_http.post("/v1/orders", json=field("/lines/0/quantity", 2.0) | {"external_id": "P-1"}).json()
    assert receipt["fulfillments"][0]["lines"] == [{"demand": 1, "quantity": 2}]


def test_a_clock_of_another_zone_is_understood(shared_http: httpx.Client) -> None:
    receipt = shared_http.post("/v1/orders", json=order("Z-1", placed_at="2026-11-21T18:30:00+09:30")).json()
    assert receipt["placed_at"] == "2026-11-21T09:00:00Z"


@pytest.mark.parametrize("body", [b"", b"{", b'{"a":1', b"[1,]", b"\xff\xfe", b'"\\ud800"', b"nil", b"[" * 5000])
def test_what_is_no_json_is_refused_as_such(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int], body: bytes
) -> None:
    answer = shared_http.post("/v1/orders", content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in ("invalid_json", "invalid_request")
    assert counts(shared_shop) == before


def test_five_thousand_lines_are_taken_and_one_more_is_not(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int]
) -> None:
    line = {"sku": "HEART", "quantity": 1, "unit_price": money(295)}
    answer = shared_http.post("/v1/orders", json=order("A-1", lines=[line] * 5001))
    assert [(f["pointer"], f["code"]) for f in answer.json()["errors"]] == [("/lines", "too_long")]
    assert counts(shared_shop) == before
    assert shared_http.post("/v1/orders", json=order("A-2", lines=[line] * 5000)).status_code == 201
    assert counts(shared_shop)[2] == before[2] + 5000


def test_a_body_above_eight_megabytes_is_refused(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int]
) -> None:
    answer = shared_http.post("/v1/orders", content=b" " * (8 * 1024 * 1024 + 1), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert counts(shared_shop) == before


def test_a_body_that_grows_without_saying_so_is_refused(
    shared_shop: Shop, shared_http: httpx.Client, before: list[int]
) -> None:
    def endless() -> Any:
        for _ in range(200):
            yield b" " * 65_536

    answer = shared_http.post("/v1/orders", content=endless(), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_another_media_type_is_refused(shared_http: httpx.Client) -> None:
    answer = shared_http.post("/v1/orders", content=b"a=1", headers=FORM)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_client_that_breaks_off_stores_nothing(shared_shop: Shop, before: list[int]) -> None:
    with socket.create_connection(("127.0.0.1", shared_shop.port)) as raw:
        raw.sendall(
            b"POST /v1/orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n"
            b"authorization: Bearer " + shared_shop.secret.encode() + b'\r\n\r\n{"channel":"web"'
        )
    with shared_shop.client() as http:
        assert http.get("/healthz").status_code == 200
    assert counts(shared_shop) == before


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "query:limit"),
        ("limit=501", "query:limit"),
        ("limit=ten", "query:limit"),
        ("limit=5&limit=6", "query:limit"),
        ("status=lost", "query:status"),
        ("placed_from=2026-11-21", "query:placed_from"),
        ("placed_from=1795000000", "query:placed_from"),
        ("colour=red", "query:colour"),
        ("on_hold=maybe", "query:on_hold"),
        ("q=%00", "query:q"),
        ("channel=null%20", "query:channel"),
    ],
)
def test_a_parameter_outside_the_schema_is_named(shared_http: httpx.Client, query: str, pointer: str) -> None:
    answer = shared_http.get(f"/v1/orders?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("cursor", ["abc", "W10", "WyJpdGVtcyIsIngiXQ", "x" * 999])
def test_a_cursor_of_another_list_is_refused(shared_http: httpx.Client, cursor: str) -> None:
    answer = shared_http.get("/v1/orders", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "no_such_route"),
        ("GET", "/v1", 404, "no_such_route"),
        ("DELETE", "/v1/orders", 405, "method_not_allowed"),
        ("GET", "/v1/orders/ord_0000000000000", 404, "order_not_found"),
        ("GET", "/v1/orders/ful_0000000000000", 400, "invalid_parameter"),
        ("GET", "/v1/orders/ord_zzzzzzzzzzzzz", 400, "invalid_parameter"),
        ("GET", "/v1/items/%FF", 400, "invalid_parameter"),
        ("GET", "/v1/items/NOPE", 404, "not_found"),
        ("GET", "/v1/channels/web/orders/NOPE", 404, "order_not_found"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_problem_too(
    shared_http: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = shared_http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    if status == 405:
        assert answer.headers["allow"] == "GET, HEAD, POST"
