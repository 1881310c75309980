"""The axes of a fulfillment, each one enum and one table of transitions.

Execution says what the location does, negotiation what whoever fulfills has agreed to, cancellation whether it is
being called off. They move independently: goods that left after a cancellation was requested are a fact.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from crossdock.kernel.errors import Conflict


class Execution(enum.IntEnum):
    """What the location does."""

    PLANNED = 1
    RELEASED = 2
    IN_PROGRESS = 3
    PICKED = 4
    PACKED = 5
    SHIPPED = 6
    READY = 7
    CANCELED = 8
    HANDED_OVER = 9


class Negotiation(enum.IntEnum):
    """What whoever fulfills has said."""

    UNSENT = 1
    SENT = 2
    ACKNOWLEDGED = 3
    ACCEPTED = 4
    REJECTED = 5


class Cancellation(enum.IntEnum):
    """Whether it is being called off."""

    NONE = 1
    REQUESTED = 2
    ACCEPTED = 3
    REFUSED = 4


EXECUTION: Mapping[Execution, frozenset[Execution]] = {
    Execution.PLANNED: frozenset({Execution.RELEASED, Execution.CANCELED}),
    Execution.RELEASED: frozenset({Execution.IN_PROGRESS, Execution.SHIPPED, Execution.CANCELED}),
    Execution.IN_PROGRESS: frozenset({Execution.PICKED, Execution.SHIPPED, Execution.CANCELED}),
    Execution.PICKED: frozenset({Execution.PACKED, Execution.READY, Execution.SHIPPED, Execution.CANCELED}),
    Execution.PACKED: frozenset({Execution.SHIPPED, Execution.READY, Execution.CANCELED}),
    Execution.READY: frozenset({Execution.HANDED_OVER, Execution.CANCELED}),
    Execution.SHIPPED: frozenset(),
    Execution.HANDED_OVER: frozenset(),
    Execution.CANCELED: frozenset(),
}

NEGOTIATION: Mapping[Negotiation, frozenset[Negotiation]] = {
    Negotiation.UNSENT: frozenset({Negotiation.SENT}),
    Negotiation.SENT: frozenset({Negotiation.ACKNOWLEDGED, Negotiation.ACCEPTED, Negotiation.REJECTED}),
    Negotiation.ACKNOWLEDGED: frozenset({Negotiation.ACCEPTED, Negotiation.REJECTED}),
    Negotiation.ACCEPTED: frozenset(),
    Negotiation.REJECTED: frozenset(),
}

CANCELLATION: Mapping[Cancellation, frozenset[Cancellation]] = {
    Cancellation.NONE: frozenset({Cancellation.REQUESTED}),
    Cancellation.REQUESTED: frozenset({Cancellation.ACCEPTED, Cancellation.REFUSED}),
    Cancellation.REFUSED: frozenset({Cancellation.REQUESTED}),
    Cancellation.ACCEPTED: frozenset(),
}

START = {Execution: Execution.PLANNED, Negotiation: Negotiation.UNSENT, Cancellation: Cancellation.NONE}
FINAL = frozenset({Execution.SHIPPED, Execution.HANDED_OVER, Execution.CANCELED})


class WrongState(Conflict):
    """What is asked cannot be done from where the thing stands."""

    code = "wrong_state"
    title = "This cannot be done from where it stands"
    next_step = "Read the resource again: `supported_actions` says what can be done now."


def step(now: Execution, wanted: Execution) -> Execution:
    """Return the wanted step of the execution; raises WrongState when no transition leads there."""
    if wanted not in EXECUTION[now]:
        raise WrongState(f"A fulfillment that is {now.name.lower()} cannot become {wanted.name.lower()}.")
    return wanted


def word(value: enum.IntEnum) -> str:
    """Write a state as the API does: ``in_progress``."""
    return value.name.lower()
