"""Trials from the command line: done here, or had done by the server that owns the database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import msgspec

from crossdock.cli.remote import Client
from crossdock.kernel.clock import now, rfc3339
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    DecisionDifference,
    SortWord,
    TrialRequest,
    TrialView,
    cancel_job,
    checked,
    new_trial,
    read_differences,
    read_trial,
    sized,
    version_rules,
)
from crossdock.routing import RoutingPolicy

if TYPE_CHECKING:
    from crossdock.app import App

Watch = Callable[[TrialView], None]
_POLL_SECONDS = 0.1


class Asked(NamedTuple):
    """What is asked of a trial, and how many of the differences are wanted, by what."""

    code: str
    document: RoutingPolicy | None
    number: int | None
    orders: int
    since: int | None
    until: int | None
    price_rules: bool
    sort: SortWord
    shown: int


class Tried(NamedTuple):
    """A trial that is over, and the biggest differences."""

    trial: TrialView
    differences: Sequence[DecisionDifference]


def simulate_here(app: App, asked: Asked, watch: Watch, actor: str) -> Tried:
    """Do what the server would do, until the trial is over; interrupted, cancel it."""
    code, document, number = asked.code, asked.document, asked.number
    if document is None:
        rules = app.database.read_now(lambda session: version_rules(session, code, number or 0))
    else:
        rules = checked(document)
    request = TrialRequest(
        code=code,
        rules=rules,
        number=number,
        orders=asked.orders,
        since=asked.since,
        until=now() if asked.until is None else asked.until,
        price_rules=asked.price_rules,
    )
    request = app.database.read_now(lambda session: sized(session, request))
    return asyncio.run(_work(app, request, asked, watch, actor))


async def _work(app: App, request: TrialRequest, asked: Asked, watch: Watch, actor: str) -> Tried:
    job, _ = await app.submit(new_trial(request, actor))
    job_id = decode_id("job", job.id)

    async def until_over(told: Watch) -> TrialView:
        while True:
            seen = await app.database.read(lambda session: read_trial(session, app.data_dir, job_id))
            assert seen is not None  # it has just been made
            told(seen)
            if seen.state not in ("waiting", "running"):
                return seen
            await asyncio.sleep(_POLL_SECONDS)

    app.trials.start()
    try:
        trial = await until_over(watch)
    except asyncio.CancelledError:
        await app.submit(cancel_job(job_id, actor))
        await until_over(watch)
        raise
    finally:
        await app.trials.stop()
    page = await app.database.read(
        lambda session: read_differences(session, app.data_dir, job_id, asked.sort, 0, max(1, asked.shown))
    )
    return Tried(trial, page.differences[: asked.shown])


class _Page(msgspec.Struct):
    data: list[DecisionDifference]


def simulate_there(client: Client, asked: Asked, watch: Watch) -> Tried:
    """Have the server do it and wait until the trial is over; interrupted, cancel it."""
    body: dict[str, Any] = {
        **({"version": asked.number} if asked.document is None else {"document": asked.document}),
        "orders": asked.orders,
        "price_rules": asked.price_rules,
    }
    for name, at in (("since", asked.since), ("until", asked.until)):
        if at is not None:
            body[name] = rfc3339(at)
    trial = client.post(f"/v1/policies/{quote(asked.code, safe='')}/trials", body, TrialView)
    try:
        while trial.state in ("waiting", "running"):
            time.sleep(_POLL_SECONDS)
            trial = client.ask("GET", trial.links.self, TrialView)
            watch(trial)
    except KeyboardInterrupt:
        client.post(f"{trial.links.self}/actions/cancel", {}, TrialView)
        raise
    path = f"{trial.links.differences}?sort={asked.sort}&limit={max(1, asked.shown)}"
    return Tried(trial, client.ask("GET", path, _Page).data[: asked.shown])
