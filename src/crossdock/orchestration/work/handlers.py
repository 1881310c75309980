"""Every handler of work at locations, by its command."""

from __future__ import annotations

from crossdock.orchestration.engine import Engine
from crossdock.orchestration.work import commands as c
from crossdock.orchestration.work.bench import WorkHandler
from crossdock.orchestration.work.moving import (
    AcceptHandler,
    PickHandler,
    ReleaseHandler,
    RestockHandler,
    StartHandler,
)
from crossdock.orchestration.work.refusing import RejectHandler, ShortPickHandler


def work_handlers(engine: Engine) -> dict[type, WorkHandler]:
    """Return the handlers of the commands about work."""
    return {
        c.Release: ReleaseHandler(engine),
        c.Accept: AcceptHandler(engine),
        c.Start: StartHandler(engine),
        c.Pick: PickHandler(engine),
        c.Restock: RestockHandler(engine),
        c.Reject: RejectHandler(engine),
        c.ShortPick: ShortPickHandler(engine),
    }
