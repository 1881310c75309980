"""The documents of work at locations: what it is told, offered, asked, and what comes of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.api.documents import Sku
from crossdock.fulfillment import FulfillmentView, ReasonWord, ShortWord, WorkRules
from crossdock.kernel.document import Code, Input, Instant, Words
from crossdock.kernel.money import Money
from crossdock.orchestration import DeliveryChoices, Obstacle, Side

Demand = Annotated[int, Meta(ge=1, le=100_000, description="the number of the demand, as the fulfillment's lines say")]
Units = Annotated[int, Meta(ge=1, le=1_000_000)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class WorkLineIn(Input, frozen=True):
    """Units of one demand of a fulfillment."""

    demand: Demand
    quantity: Units


Lines = Annotated[tuple[WorkLineIn, ...], Meta(min_length=1, max_length=5_000)]


class StepIn(Input, frozen=True):
    """A step that needs no more to be said."""

    note: Words = ""


class UnitsIn(Input, frozen=True):
    """Which units; without ``lines`` all that there are."""

    lines: Lines | None = None


class RejectIn(Input, frozen=True):
    """Why a location does not do it, and of which units that is said; without ``lines`` of all that are not picked."""

    reason: ReasonWord
    lines: Lines | None = None
    note: Words = ""


class ShortPickIn(Input, frozen=True):
    """Units that were not found where they were to be picked."""

    lines: Lines
    reason: ShortWord = "not_in_stock"
    note: Words = ""


class AssignIn(Input, frozen=True):
    """The location that somebody chose, and why: the reason is kept."""

    location: Code
    reason: Annotated[str, Meta(min_length=1, max_length=300)]


class OfferIn(Input, frozen=True):
    """The locations that a job is offered to; ``minutes`` without those of the work rules."""

    locations: Annotated[tuple[Code, ...], Meta(min_length=1, max_length=50)]
    minutes: Annotated[int, Meta(ge=1, le=40_320)] | None = None
    reason: Words = ""


class ClaimIn(Input, frozen=True):
    """The location that takes the job."""

    location: Code


class PreviewIn(Input, frozen=True):
    """A fulfillment, and the location that it might go to."""

    fulfillment_id: Annotated[str, Meta(pattern="^ful_[0-7][0-9a-hjkmnp-tv-z]{12}$")]
    location: Code


class ChooseIn(Input, frozen=True):
    """What the customer chose; ``location`` with ``pickup``."""

    option: Literal["ship", "pickup", "wait", "cancel"]
    delivery: Annotated[int, Meta(ge=1, le=1_000)] = 1
    location: Code | None = None
    note: Words = ""


class ZeroIn(Input, frozen=True):
    """An item of which nothing is on the shelf of a location."""

    sku: Sku
    location: Code
    reason: Words = ""


class PauseIn(Input, frozen=True):
    """Until when and why a location takes no new work; ``move_work`` lets planned work go to others."""

    until: Instant | None = None
    reason: Words = ""
    move_work: bool = False


class MoveWorkIn(Input, frozen=True):
    """From behind which fulfillment on, and how many at most: ``after`` of the answer before."""

    after: Annotated[str, Meta(pattern="^ful_[0-7][0-9a-hjkmnp-tv-z]{12}$")] | None = None
    most: Annotated[int, Meta(ge=1, le=200)] = 50


class WorkResult(View, frozen=True):
    """What became of it: units that went elsewhere, that stay because nobody else has them; the fulfillment now."""

    moved: int
    kept: int
    fulfillment: FulfillmentView


class AssignmentPreview(View, frozen=True):
    """A fulfillment as it is and as it would be; differences are null when one of the two is not possible in full."""

    order_id: str
    fulfillment_id: str
    location: str
    units: int
    present: Side | None
    proposed: Side | None
    cost_difference: Money | None
    days_difference: int | None
    obstacles: tuple[Obstacle, ...]


class Choices(View, frozen=True):
    """What a customer can choose, by delivery; empty when nobody is asked."""

    order_id: str
    data: tuple[DeliveryChoices, ...]


class ZeroResult(View, frozen=True):
    """What is there now (units that are off the shelf already), and how many orders had work there."""

    on_hand: int
    orders: int


class PauseResult(View, frozen=True):
    """How a location stands after it."""

    location: str
    paused: bool
    result: Literal["created", "changed", "unchanged"]


class MoveWorkResult(View, frozen=True):
    """Units that went to others and that nobody else can have; ``after`` to go on with, null at the end."""

    moved: int
    kept: int
    after: str | None


class PauseView(View, frozen=True):
    """A location that takes no new work."""

    location: str
    since: Instant
    until: Instant | None
    reason: str
    actor: str
    is_moving_work: bool


class PauseList(View, frozen=True):
    """The locations that take no new work."""

    data: tuple[PauseView, ...]


class WorkRulesView(View, frozen=True):
    """The work rules as they hold now; version 0 is what holds before anybody has set any."""

    rules: WorkRules
    version: int
