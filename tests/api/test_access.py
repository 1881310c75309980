from __future__ import annotations

import httpx
import pytest

from crossdock.api.table import operations
from tests.api.shop import Shop, order

CLOSED = [op for op in operations() if op.scope is not None]


def address(path: str) -> str:
    for name, value in (("order_id", "ord"), ("decision_id", "dec"), ("fulfillment_id", "ful"), ("job_id", "job")):
        path = path.replace(f"{{{name}}}", f"{value}_0000000000000")
    return path.replace("{key_id}", "key_0000000000000").replace("{code}", "x").replace("{sku}", "x").replace(
        "{external_id}", "x"
    )  # fmt: skip


@pytest.mark.parametrize("operation", CLOSED, ids=[op.id for op in CLOSED])
def test_nothing_but_health_and_docs_is_open(shared_shop: Shop, operation: object) -> None:
    op = next(known for known in CLOSED if known is operation)
    for headers in ({}, {"authorization": "Bearer cdk_wrong"}, {"authorization": f"Basic {shared_shop.secret}"}):
        answer = httpx.request(op.method, shared_shop.address + address(op.path), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", CLOSED, ids=[op.id for op in CLOSED])
def test_a_key_without_the_scope_is_turned_away(shared_shop: Shop, operation: object) -> None:
    op = next(known for known in CLOSED if known is operation)
    if not op.scope:
        return
    secret = shared_shop.new_secret("narrow", "customers:read")
    answer = httpx.request(
        op.method, shared_shop.address + address(op.path), headers={"authorization": f"Bearer {secret}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert op.scope in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/errors"])
def test_health_and_docs_are_open(shared_shop: Shop, path: str) -> None:
    answer = httpx.get(shared_shop.address + path)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"]
    assert httpx.head(shared_shop.address + path).content == b""


def test_a_key_is_made_shown_once_used_and_revoked(shop: Shop, http: httpx.Client) -> None:
    made = http.post("/v1/api-keys", json={"name": "web shop", "scopes": ["orders:write", "orders:read"]})
    assert made.status_code == 201, made.text
    secret, key = made.json()["secret"], made.json()["key"]
    assert secret.startswith(key["hint"])
    assert secret not in http.get("/v1/api-keys").text
    with shop.client(secret) as own:
        assert own.post("/v1/orders", json=order("A-1")).status_code == 201
        assert own.get("/v1/me").json() == {
            "id": key["id"],
            "name": "web shop",
            "scopes": ["orders:read", "orders:write"],
            "expires_at": None,
        }
        assert http.delete(f"/v1/api-keys/{key['id']}").json()["revoked_at"] is not None
        assert own.post("/v1/orders", json=order("A-2")).status_code == 401
    assert shop.count("orders") == 1
    assert [e["subject"] for e in http.get("/v1/events?types=api_key.revoked").json()["data"]] == [key["id"]]


def test_no_secret_is_stored(shop: Shop) -> None:
    rows = shop.app.database.read_now(lambda session: session.fetch("SELECT name, hint, secret_hash FROM api_keys"))
    assert all(shop.secret.encode() not in bytes(row[2]) and len(row[1]) < 10 for row in rows)


def test_a_key_cannot_hand_out_more_than_it_has_nor_revoke_itself(shop: Shop) -> None:
    with shop.client(shop.new_secret("admin", "keys:write", "orders:read")) as admin:
        refused = admin.post("/v1/api-keys", json={"name": "x", "scopes": ["orders:read", "orders:write"]})
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_not_yours")
        own = admin.get("/v1/me").json()["id"]
        assert (admin.delete(f"/v1/api-keys/{own}").json()["code"]) == "own_key"
        assert admin.get("/v1/me").status_code == 200


def test_a_repeated_request_for_a_key_makes_one_key_and_keeps_its_secret(http: httpx.Client) -> None:
    body = {"name": "web shop", "scopes": ["orders:read"]}
    first, again = (http.post("/v1/api-keys", json=body, headers={"idempotency-key": "k"}) for _ in range(2))
    assert (again.json()["key"], again.json()["secret"]) == (first.json()["key"], None)
    assert again.headers["idempotency-replayed"] == "true"


def test_an_expired_key_opens_nothing(shop: Shop) -> None:
    with shop.client(shop.new_secret("old", "*", expires_at=shop.app.clock() - 1)) as old:
        assert old.get("/v1/me").status_code == 401


def test_a_request_keeps_the_id_that_it_came_with(shared_http: httpx.Client) -> None:
    answer = shared_http.get("/v1/items/NOPE", headers={"x-request-id": "trace-7"})
    assert (answer.headers["x-request-id"], answer.json()["request_id"]) == ("trace-7", "trace-7")
    odd = shared_http.get("/v1/me", headers={"x-request-id": "<script>"})
    assert "<" not in odd.headers["x-request-id"]
