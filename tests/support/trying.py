"""Trials in tests: begin one, let it run to its end or until something is so, and read what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crossdock.kernel.ids import decode_id
from crossdock.orchestration import DecisionDifference, SortWord, TrialView, read_differences, read_trial
from crossdock.orchestration.trials.request import TrialRequest
from crossdock.orchestration.trials.rules import checked
from crossdock.orchestration.trials.runner import TrialRunner, new_trial, sized
from crossdock.routing.model import Policy
from crossdock.routing.policy.compile import from_rules
from crossdock.routing.policy.document import RoutingPolicy
from tests.support.world import World

TrialSeen = Callable[[TrialView], bool]


def asked(world: World, policy: Policy | RoutingPolicy, code: str = "standard", **changes: Any) -> TrialRequest:
    """What is asked of a trial: by default of all orders until now, with the price of each rule."""
    fields: dict[str, Any] = {"orders": 10_000, "since": None, "until": world.clock.at, "price_rules": True, **changes}
    document = from_rules(code, policy) if isinstance(policy, Policy) else policy
    request = TrialRequest(code=code, rules=checked(document), **fields)
    return world.read(lambda session: sized(session, request))


def run(world: World, request: TrialRequest, data_dir: Path, until: TrialSeen | None = None) -> TrialView:
    """Begin a trial and work on it until it is over, or `until` says so."""
    world.app.data_dir = data_dir
    return asyncio.run(_run(world, request, until))


async def _run(world: World, request: TrialRequest, until: TrialSeen | None) -> TrialView:
    job, _ = await world.app.submit(new_trial(request, "key:test"))
    return await work_on(world, decode_id("job", job.id), until)


def resume(world: World, trial: TrialView) -> TrialView:
    """Work on a trial that broke off until it is over."""
    return asyncio.run(work_on(world, decode_id("job", trial.id), None))


async def work_on(world: World, job_id: int, until: TrialSeen | None) -> TrialView:
    app = world.app
    runner = TrialRunner(app)  # one a loop
    runner.start()
    try:
        while True:
            view = await app.database.read(lambda session: read_trial(session, app.data_dir, job_id))
            assert view is not None
            if view.state not in ("waiting", "running") or (until is not None and until(view)):
                return view
            await asyncio.sleep(0.01)
    finally:
        await runner.stop()


def differences(world: World, trial: TrialView, sort: SortWord = "money") -> list[DecisionDifference]:
    id_ = decode_id("job", trial.id)
    return world.read(lambda session: read_differences(session, world.app.data_dir, id_, sort)).differences
