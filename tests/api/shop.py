"""A small retailer behind a real server: two locations, two items, stock to sell."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import httpx
import uvicorn
from litestar import Litestar

from crossdock.api import api_handlers, create_api
from crossdock.app import App
from crossdock.identity.keys import create_key
from crossdock.storage.jobs import Work
from crossdock.storage.migrate import upgrade
from tests.support.processes import free_port

ALL = ("*",)
GBP = "GBP"


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": GBP}


def order(external_id: str = "A-1", *lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """An order of a heart, or of the lines given as (SKU, quantity)."""
    return {
        "channel": "web",
        "external_id": external_id,
        "placed_at": "2026-11-21T09:00:00Z",
        "currency": GBP,
        "customer": {"name": "Ada Lovelace", "email": "ada@example.org"},
        "lines": [
            {"sku": sku, "quantity": quantity, "unit_price": money(295)} for sku, quantity in lines or [("HEART", 1)]
        ],
        "deliveries": [{"destination": {"country": "GB", "postal_code": "SW1Y 4JH", "line1": "12 St James's Square"}}],
        **changes,
    }


@cache
def template() -> bytes:
    """An empty SQLite database with the present schema, made once by the migrations."""
    with TemporaryDirectory() as folder:
        upgrade(f"sqlite:///{folder}/empty.db")
        return Path(folder, "empty.db").read_bytes()


def prepare(url: str) -> None:
    """Bring the database to the present schema; a SQLite file that is not there yet is copied."""
    file = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:///") and not file.exists():
        file.write_bytes(template())
    elif not url.startswith("sqlite:///"):
        upgrade(url)


class Shop:
    """The application and a server of its API on a free port, in a thread of its own."""

    def __init__(self, url: str, data_dir: Path) -> None:
        prepare(url)
        self.app = App(url, data_dir=data_dir)
        self.app.start()
        self.api = create_api(self.app)
        self.port = free_port()
        self.secret = self.new_secret("test", *ALL)
        site = Litestar(route_handlers=api_handlers(self.api), lifespan=[self._lifespan], openapi_config=None)
        config = uvicorn.Config(
            site, port=self.port, log_level="warning", loop="asyncio", lifespan="on", timeout_graceful_shutdown=2
        )
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=lambda: asyncio.run(self.server.serve()), name="server")

    @asynccontextmanager
    async def _lifespan(self, _: Litestar) -> AsyncIterator[None]:
        self.app.imports.start()
        self.app.feeds.start()
        self.app.supplies.start()
        self.app.trials.start()
        yield
        await self.app.imports.stop()
        await self.app.feeds.stop()
        await self.app.supplies.stop()
        await self.app.trials.stop()

    def __enter__(self) -> Self:
        self._thread.start()
        while not self.server.started:
            assert self._thread.is_alive(), "the server did not start"
            self._thread.join(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join()
        self.app.close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_secret(self, name: str, *scopes: str, expires_at: int | None = None) -> str:
        _, secret = self.app.submit_now(Work(lambda unit: create_key(unit, name, scopes, "system:test", expires_at)))
        self.app.keys.forget()
        return str(secret)

    def client(self, secret: str | None = None) -> httpx.Client:
        headers = {"authorization": f"Bearer {secret or self.secret}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=30)

    def count(self, table: str, where: str = "1 = 1") -> int:
        rows = self.app.database.read_now(lambda session: session.fetch(f"SELECT count(*) FROM {table} WHERE {where}"))
        return int(rows[0][0])

    def furnish(self) -> None:
        """Put the policy, channel, locations, items and stock there, by the API itself."""
        with self.client() as http:
            for path, document in FURNITURE:
                put(http, path, document)
            put_stock(http, HEART=10, LANTERN=4)


def put(http: httpx.Client, path: str, document: dict[str, Any]) -> None:
    answer = http.put(path, json=document)
    assert answer.status_code in (200, 201), answer.text


def put_stock(http: httpx.Client, location: str = "DC1", source: str = "wms", **units: int) -> None:
    """Receive units of each SKU; a source tells each SKU once."""
    facts = [
        {"record": f"{location}-{sku}-{source}", "kind": "received", "sku": sku, "location": location,
         "quantity": quantity, "occurred_at": "2026-11-20T08:00:00Z"}
        for sku, quantity in units.items()
    ]  # fmt: skip
    answer = http.post("/v1/inventory/facts:batch", json={"source": source, "facts": facts})
    assert answer.status_code == 200, answer.text
    assert answer.json()["recorded"] == len(facts), answer.text


POLICY = {
    "card": {
        "currency": GBP,
        "zones": [
            {"up_to_km": 80, "base": 290_000, "per_kg": 25_000, "transit_days": 1},
            {"up_to_km": 20_016, "base": 390_000, "per_kg": 35_000, "transit_days": 2},
        ],
    }
}
CHANNEL = {"code": "web", "name": "Web shop", "currency": GBP, "policy": "standard"}
DC1 = {
    "code": "DC1",
    "name": "Daventry",
    "kind": "dc",
    "address": {"country": "GB"},
    "latitude": 52.27,
    "longitude": -1.15,
    "time_zone": "Europe/London",
}
STORE = {**DC1, "code": "S1", "name": "Soho", "kind": "store", "latitude": 51.51, "longitude": -0.13}
FURNITURE: list[tuple[str, dict[str, Any]]] = [
    ("/v1/policies/standard", POLICY),
    ("/v1/channels/web", CHANNEL),
    ("/v1/locations/DC1", DC1),
    ("/v1/locations/S1", STORE),
    ("/v1/items/HEART", {"sku": "HEART", "name": "White hanging heart", "weight_g": 240}),
    ("/v1/items/LANTERN", {"sku": "LANTERN", "name": "White metal lantern", "weight_g": 610}),
]
