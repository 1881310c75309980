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
    # Back to planned: the location said no or nothing, and nobody else can have the units.
    Execution.RELEASED: frozenset({Execution.IN_PROGRESS, Execution.SHIPPED, Execution.CANCELED, Execution.PLANNED}),
    Execution.IN_PROGRESS: frozenset({Execution.PICKED, Execution.SHIPPED, Execution.CANCELED, Execution.PLANNED}),
    Execution.PICKED: frozenset(
        {Execution.PACKED, Execution.READY, Execution.SHIPPED, Execution.CANCELED, Execution.IN_PROGRESS}
    ),
    Execution.PACKED: frozenset({Execution.SHIPPED, Execution.READY, Execution.CANCELED}),
    Execution.READY: frozenset({Execution.HANDED_OVER, Execution.CANCELED}),
    Execution.SHIPPED: frozenset(),
    Execution.HANDED_OVER: frozenset(),
    Execution.CANCELED: frozenset(),
}

NEGOTIATION: Mapping[Negotiation, frozenset[Negotiation]] = {
    Negotiation.UNSENT: frozenset({Negotiation.SENT}),
    # Back to unsent: nobody answered in time, and nobody else can have the units.
    Negotiation.SENT: frozenset(
        {Negotiation.ACKNOWLEDGED, Negotiation.ACCEPTED, Negotiation.REJECTED, Negotiation.UNSENT}
    ),
    Negotiation.ACKNOWLEDGED: frozenset({Negotiation.ACCEPTED, Negotiation.REJECTED, Negotiation.UNSENT}),
    # Whoever accepted may still find out that it cannot be done: that is a fact.
    Negotiation.ACCEPTED: frozenset({Negotiation.REJECTED, Negotiation.UNSENT}),
    Negotiation.REJECTED: frozenset({Negotiation.SENT}),
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
        raise WrongState(f"A fulfillment that is {word(now)} cannot become {word(wanted)}.")
    return wanted


def answer(now: Negotiation, wanted: Negotiation) -> Negotiation:
    """Return the wanted step of the negotiation; raises WrongState when no transition leads there."""
    if wanted not in NEGOTIATION[now]:
        raise WrongState(f"What is {word(now)} cannot become {word(wanted)}.")
    return wanted


UNANSWERED = frozenset({Negotiation.SENT, Negotiation.ACKNOWLEDGED})
AT_WORK = frozenset({Execution.RELEASED, Execution.IN_PROGRESS})
"""Where a location knows of the work and goods may still lie on the shelf."""


def actions(execution: Execution, negotiation: Negotiation, open_units: int, picked: int) -> tuple[str, ...]:
    """Say what can be done with a fulfillment; ``open_units`` are those that are neither picked nor gone."""
    can: list[str] = []
    if execution is Execution.PLANNED:
        can += ["release", "assign", "offer"]
    if execution is Execution.RELEASED and negotiation in UNANSWERED:
        can += ["accept"]
    if execution is Execution.RELEASED:
        can += ["start", "reject", "assign"]
    if execution is Execution.IN_PROGRESS and open_units:
        can += ["pick", "short_pick", "reject"]
    if picked and execution in (Execution.IN_PROGRESS, Execution.PICKED):
        can += ["restock"]
    return tuple(can)


def word(value: enum.IntEnum) -> str:
    """Write a state as the API does: ``in_progress``."""
    return value.name.lower()
