"""What is open to everybody: is it alive, and is it ready."""

from __future__ import annotations

from crossdock.api.documents import Health
from crossdock.api.http import Call, Reply, json_reply
from crossdock.api.operations import Answer, Operation, Table
from crossdock.events import last_position
from crossdock.kernel.errors import Unavailable


async def healthz(call: Call) -> Reply:  # noqa: ARG001  (every operation is called alike)
    """Say that the process answers."""
    return json_reply(Health(status="ok"))


async def readyz(call: Call) -> Reply:
    """Say that the database answers."""
    await call.backend.database.read(last_position)
    return json_reply(Health(status="ok"))


def add_to(table: Table) -> None:
    """Add the operations that need no key."""
    table.add(
        Operation(
            method="GET",
            path="/healthz",
            id="get_health",
            tag="service",
            summary="Say that the process lives",
            handler=healthz,
            scope=None,
            answers=(Answer(200, Health, "It lives."),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/readyz",
            id="get_readiness",
            tag="service",
            summary="Say that the process can work: its database answers",
            handler=readyz,
            scope=None,
            answers=(Answer(200, Health, "It is ready."),),
            errors=(Unavailable,),
        )
    )
