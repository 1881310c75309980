"""Reservations of carts and checkouts: what may be asked, for how long, and where one stands."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.kernel.clock import HOUR, MINUTE, SECOND
from crossdock.kernel.document import Code, Country, ExternalId, Input, Instant, clean
from crossdock.kernel.errors import Conflict, Refused

SHORTEST = MINUTE
LONGEST = 8 * HOUR
USUAL = 15 * MINUTE
"""How long a reservation lasts, in microseconds, unless the settings or the request say otherwise."""
MAX_LINES = 500
MAX_UNITS = 100_000
MOST_CHANGES = 30_000
"""No reservation is changed more often: each change has its number in the ledger, which counts in 16 bits."""

Seconds = Annotated[
    int, Meta(ge=SHORTEST // SECOND, le=LONGEST // SECOND, description="from now on; at most 8 hours", examples=[900])
]


class State(enum.IntEnum):
    """Where a reservation stands; what it holds is in its claims."""

    OPEN = 1
    CONFIRMED = 2
    RELEASED = 3
    EXPIRED = 4
    BROKEN = 5


STATES: Mapping[State, frozenset[State]] = {
    State.OPEN: frozenset({State.CONFIRMED, State.RELEASED, State.EXPIRED, State.BROKEN}),
    State.CONFIRMED: frozenset(),
    State.RELEASED: frozenset(),
    State.EXPIRED: frozenset(),
    State.BROKEN: frozenset(),
}
START = State.OPEN
StateWord = Literal["open", "confirmed", "released", "expired", "broken"]
Method = Literal["ship", "pickup", "ship_to_store"]


class ReservationNotOpen(Conflict):
    """The reservation has come to its end, one way or the other."""

    code = "reservation_not_open"
    title = "The reservation is not open any more"
    next_step = "Make a new reservation; `state` and `reason` say what became of this one."


class TooManyChanges(Refused):
    """The reservation was changed so often that it cannot be changed once more."""

    code = "reservation_changed_too_often"
    title = "The reservation was changed too often"
    next_step = "Confirm or release it, and make a new one."


def step(now: State, wanted: State) -> State:
    """Return the wanted state; raises ReservationNotOpen when no transition leads there."""
    if wanted not in STATES[now]:
        raise ReservationNotOpen(f"The reservation is {word(now)}; it cannot become {word(wanted)}.")
    return wanted


def word(state: State) -> StateWord:
    """Write a state as the API does."""
    return state.name.lower()  # type: ignore[return-value]


class Durations(msgspec.Struct, frozen=True):
    """How long reservations last here, in microseconds: when nothing is said, and at most."""

    usual: int = USUAL
    longest: int = LONGEST

    @classmethod
    def of(cls, seconds: int, longest_seconds: int) -> Durations:
        """Return them as the settings say, in seconds."""
        return cls(seconds * SECOND, longest_seconds * SECOND)

    def until(self, now: int, seconds: int | None) -> int:
        """Return when a reservation ends that is made or extended now; raises DurationTooLong."""
        wanted = min(self.usual, self.longest) if seconds is None else seconds * SECOND
        if wanted > self.longest:
            raise DurationTooLong(
                f"{wanted // SECOND} seconds were asked for; reservations last at most {self.longest // SECOND} here."
            )
        return now + wanted


class DurationTooLong(Refused):
    """The reservation was to last longer than the settings allow."""

    code = "reservation_too_long"
    title = "Reservations do not last that long here"
    next_step = "Ask for a shorter time and extend it when it is needed; `reservation_longest_seconds` is the limit."


# -- documents --------------------------------------------------------------------------------------------------------


class PlaceIn(Input):
    """Where goods are to go, as far as routing must know: no name and no street."""

    country: Country
    postal_code: Annotated[str, clean(max_length=20)] = ""
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class ReservedDeliveryIn(Input):
    """How the customer gets the goods: shipped to a ``destination``, or collected at a ``location``.

    What is picked up stands at that location itself; with ``ship_to_store`` it is sent there from anywhere.

    ``by`` is the date that was shown to the customer; it stays bound.
    """

    method: Method = "ship"
    service_level: Code = "standard"
    destination: PlaceIn | None = None
    location: Code | None = None
    by: Instant | None = None


class ReservedLineIn(Input):
    """Units of an item, or of a bundle."""

    sku: Annotated[str, clean(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=1, le=MAX_UNITS)]


Lines = Annotated[tuple[ReservedLineIn, ...], Meta(min_length=1, max_length=MAX_LINES)]


class ReservationIn(Input):
    """A reservation for a cart or checkout: `POST /v1/reservations`.

    All or nothing, unless ``partial`` asks for what there is.
    """

    channel: Code
    lines: Lines
    delivery: ReservedDeliveryIn
    external_id: ExternalId | None = None
    duration_seconds: Seconds | None = None
    partial: bool = False
