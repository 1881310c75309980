"""The whole table of operations."""

from __future__ import annotations

from functools import cache

from crossdock.api.operations import Operation, Table
from crossdock.api.resources import (
    access,
    actions,
    availability,
    capture,
    choices,
    configuration,
    events,
    feeds,
    jobs,
    orders,
    pauses,
    policies,
    promises,
    reservations,
    routing,
    service,
    stock,
    supply,
    trials,
    views,
    work,
)


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of the API, in the order of its documentation."""
    table = Table()
    for resource in (
        capture,
        orders,
        actions,
        promises,
        reservations,
        routing,
        work,
        choices,
        pauses,
        stock,
        supply,
        availability,
        feeds,
        configuration,
        policies,
        trials,
        views,
        events,
        jobs,
        access,
        service,
    ):
        resource.add_to(table)
    return tuple(table.operations)
