from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from crossdock.api import build, examples
from crossdock.api.http import Call, Reply
from crossdock.api.operations import Operation
from crossdock.api.resources import events
from crossdock.api.table import operations
from crossdock.kernel.errors import CrossdockError
from tests.api.shop import Shop, put, put_stock
from tests.api.test_reservations import walk as walk_reservations
from tests.api.test_trials import walk as walk_trials
from tests.api.test_work import walk

HERE = Path(__file__).parent
Answers = defaultdict[str, Counter[int]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Counts the statuses with which each operation is answered."""
    seen: Answers = defaultdict(Counter)

    def watched(operation: Operation) -> Operation:
        async def handler(call: Call) -> Reply:
            try:
                reply = await operation.handler(call)
            except CrossdockError as error:
                seen[operation.id][error.status] += 1
                raise
            seen[operation.id][reply.status] += 1
            return reply

        return msgspec.structs.replace(operation, handler=handler)

    table = tuple(watched(operation) for operation in operations())
    monkeypatch.setattr(build, "operations", lambda: table)
    return seen


@pytest.fixture
def watched_shop(answers: Answers, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(events, "WAIT_UNIT_SECONDS", 0.01)
    with Shop(sqlite_url, tmp_path / "data") as shop:
        shop.furnish()
        yield shop


@pytest.mark.timeout(900)
def test_the_api_does_what_its_document_says_and_nothing_else(
    watched_shop: Shop, answers: Answers, tmp_path: Path
) -> None:
    shop = watched_shop
    with shop.client() as http:
        for item in (examples.ITEM, examples.OTHER_ITEM):
            sku = str(item["sku"])
            put(http, f"/v1/items/{sku}", item)
            put_stock(http, "DC1", "plenty", **{sku: 1_000_000})
        walk(http)
        walk_reservations(http)
        walk_trials(http)
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{shop.address}/openapi.json",
            f"--header=Authorization: Bearer {shop.secret}",
            "--no-color",
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks", "PYTHONPATH": str(HERE.parents[1])},
        cwd=tmp_path,  # what it remembers between runs is not ours
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNINGS" not in done.stdout, done.stdout
    never = {op.id for op in operations() if not any(200 <= status < 300 for status in answers[op.id])}
    assert never == set(), f"never done: {never}\n{done.stdout}"
    assert not any(status >= 500 for counts in answers.values() for status in counts)
