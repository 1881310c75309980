"""What can be asked of the writer about work at locations."""

from __future__ import annotations

from typing import Any

import msgspec

from crossdock.fulfillment.work_rules import WorkRules
from crossdock.kernel.money import Money
from crossdock.orchestration.commands import Actor, Answer, Command

WATCH = Actor("system:work")


class OfFulfillment(Command, frozen=True, kw_only=True):
    """What commands on one fulfillment carry. Answer: WorkDone."""

    fulfillment_id: int
    version: int | None = None


class Release(OfFulfillment, frozen=True):
    """Let a location know of its work."""


class Accept(OfFulfillment, frozen=True):
    """The location will do it."""


class Start(OfFulfillment, frozen=True):
    """The location begins; what was not accepted before is accepted by it."""


class Pick(OfFulfillment, frozen=True):
    """Take units off the shelf: by demand number, with None all that are left."""

    lines: dict[int, int] | None = None


class Restock(OfFulfillment, frozen=True):
    """Put picked units back on the shelf: by demand number, with None all."""

    lines: dict[int, int] | None = None


class Reject(OfFulfillment, frozen=True):
    """The location does not do it: units by demand number, with None all that are not picked."""

    reason: str
    lines: dict[int, int] | None = None
    note: str = ""


class ShortPick(OfFulfillment, frozen=True):
    """Units by demand number were not found where they were to be picked."""

    lines: dict[int, int]
    reason: str = "not_in_stock"
    note: str = ""


class Assign(OfFulfillment, frozen=True):
    """Have another location do it, because somebody says so; ``reason`` is kept."""

    location: str
    reason: str


class OfferJob(OfFulfillment, frozen=True):
    """Offer a planned fulfillment to several locations. Answer: Offered."""

    locations: tuple[str, ...]
    minutes: int | None = None
    reason: str = ""


class ClaimOffer(Command, frozen=True):
    """A location takes an offered job: the first one has it. Answer: WorkDone."""

    offer_id: int
    location: str


class PreviewAssignment(Command, frozen=True):
    """See what another location would cost and when it would deliver. Answer: Previewed."""

    order_id: int
    fulfillment_id: int
    location: str


class PreviewChoices(Command, frozen=True):
    """See what a customer can choose for pick-ups that cannot be had as planned. Answer: ChoicesFound."""

    order_id: int


class Choose(Command, frozen=True):
    """What the customer chose: ``ship``, ``pickup`` at ``location``, ``wait`` or ``cancel``. Answer: OrderChanged."""

    order_id: int
    delivery_no: int
    option: str
    location: str = ""
    note: str = ""
    version: int | None = None


class ZeroStock(Command, frozen=True):
    """Nothing of an item is on the shelf of a location: all open work for it there goes elsewhere. Answer: Zeroed."""

    sku: str
    location: str
    reason: str = ""


class PauseLocation(Command, frozen=True):
    """Give a location no new work; ``move_work`` lets the watch move away what is planned there. Answer: Put."""

    location: str
    until: int | None = None
    reason: str = ""
    move_work: bool = False


class ResumeLocation(Command, frozen=True):
    """Let a location take work again. Answer: Put."""

    location: str


class MoveWork(Command, frozen=True):
    """Move planned work away from a location, from behind a fulfillment on, at most so many. Answer: WorkMoved."""

    location: str
    after: int = 0
    most: int = 50


class PutWorkRules(Command, frozen=True):
    """Replace the work rules. Answer: Put."""

    rules: WorkRules


class WatchDeadlines(Command, frozen=True):
    """Give notice of what is due soon, and ask others where time is over. Answer: Watched."""

    most: int = 50


class WatchOffers(Command, frozen=True):
    """End offers whose time is over. Answer: Watched."""

    most: int = 200


class WatchPauses(Command, frozen=True):
    """End pauses whose time is over, and move a page of planned work away from those where it is wanted."""

    most: int = 50


class WatchDays(Command, frozen=True):
    """Ask others for what is planned beyond a lowered daily capacity. Answer: Watched."""

    most: int = 50


class WorkDone(Answer):
    """Answer of the commands on one fulfillment: where it stood, and what became of units that left it."""

    order_id: int
    fulfillment_id: int
    moved: int = 0
    kept: int = 0
    asked: int = 0
    changed: dict[str, Any] = {}


class Offered(Answer):
    """Answer of OfferJob."""

    offer_id: int


class Zeroed(Answer):
    """Answer of ZeroStock: what is there now, and how many orders were touched."""

    on_hand: int
    orders: int


class WorkMoved(Answer):
    """Answer of MoveWork: units that went, units that nobody else can have, and where to go on; None at the end."""

    moved: int = 0
    kept: int = 0
    after: int | None = None


class Watched(Answer):
    """Answer of the watch: how many things it looked at; ``more`` when there are others waiting."""

    looked_at: int = 0
    more: bool = False


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which the units could go: from where, for how much, when."""

    locations: tuple[str, ...]
    units: int
    parcels: int
    cost: Money
    ship_on: str
    deliver_on: str


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the way of a location, as a fence would say it."""

    fence: str
    message: str


class Previewed(Answer):
    """Answer of PreviewAssignment: as it is, as it would be, the difference, and what stands in the way."""

    order_id: int
    fulfillment_id: int
    location: str
    units: int
    present: Side | None
    proposed: Side | None
    cost_difference: Money | None
    days_difference: int | None
    obstacles: tuple[Obstacle, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One option of a customer; ``amount`` is the value of the units that a refund would be about."""

    option: str
    location: str
    name: str
    units: int
    cost: Money | None
    deliver_on: str
    amount: Money | None


class DeliveryChoices(msgspec.Struct, frozen=True, kw_only=True):
    """What can become of the units of one delivery."""

    delivery: int
    units: int
    reasons: tuple[str, ...]
    choices: tuple[Choice, ...]


class ChoicesFound(Answer):
    """Answer of PreviewChoices."""

    order_id: int
    deliveries: tuple[DeliveryChoices, ...]
