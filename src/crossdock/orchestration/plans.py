"""What a plan is made from and made of: demand, destination, claims, fulfillments, what is queued."""

from __future__ import annotations

from typing import NamedTuple

from crossdock.kernel.geo import Xyz
from crossdock.promising.methods import Method
from crossdock.routing.model import Decision
from crossdock.storage.guard import Take


class NewDemand(NamedTuple):
    """A demand before it has a place: which line and delivery it serves, and what routing must know."""

    no: int
    line_no: int
    delivery_no: int
    item_id: int
    quantity: int
    weight_g: int
    requires: tuple[str, ...]
    unit_value: int
    barred: tuple[int, ...] = ()
    """The locations that have said no to it and are not asked again for a time, ascending."""
    group: int = 0
    """Lines of the same number leave from one location; 0 for none."""
    in_bundle: int = 0
    """Its units in one bundle of its line; 0 when the line is no bundle."""


class Destination(NamedTuple):
    """Where a delivery goes, as far as routing may know; ``bound`` is the one location that may serve it, if any."""

    country: str
    point: Xyz | None
    due_day: int | None
    method: Method = "ship"
    promised_day: int | None = None
    """The day by which everything was promised to be there: the decision keeps it if it can."""
    promised_from: tuple[int, ...] = ()
    """The locations that it was promised from, ascending: preferred between plans that cost the same."""
    begin: int | None = None
    """No location works on it before this instant, the first one of its items' launch day."""
    bound: int | None = None
    """The one location that may serve it, if it is to be held there and nowhere else."""
    handed_over_at: int | None = None
    """The location that it is sent to, and handed over at: what comes from elsewhere goes there first."""
    service: str = ""
    """The service level that was sold, for conditions of routing policies."""
    priority: int = 0


class Claim(NamedTuple):
    """Units of a demand at a location, about to be claimed."""

    id: int
    demand_no: int
    item_id: int
    location_id: int
    quantity: int
    unlimited: bool
    shares: tuple[tuple[int, int], ...] = ()
    """From which counters of shares its units come, in order: (counter's id or 0, units); none if from none."""
    supply: int | None = None
    """The line of a transfer that it stands on, until that arrives."""


class NewFulfillment(NamedTuple):
    """The part of a delivery that one location is to handle."""

    id: int
    location_id: int
    delivery_no: int
    decision_id: int
    work_day: int
    deliver_day: int
    took_capacity: bool
    claims: tuple[Claim, ...]
    method: str = "ship"
    feeds: int | None = None
    """The fulfillment that it brings goods to, of a leg: its claims stand on stock, but for no demand."""


class Queued(NamedTuple):
    """Units that no location can serve now."""

    demand_no: int
    item_id: int
    quantity: int
    queue: str
    reason: str
    detail: str
    since: int | None = None
    """Since when they wait, if not from now on."""
    cancel_at: int | None = None
    """When the routing policy gives them up, if they wait that long."""


class Routed(NamedTuple):
    """What was decided for one delivery, with everything that is to be written of it."""

    delivery_no: int
    decision_id: int
    decision: Decision | None
    record: bytes
    fulfillments: tuple[NewFulfillment, ...]
    queued: tuple[Queued, ...]
    canceled: tuple[tuple[int, int], ...]
    takes: tuple[Take, ...]
    late: bool = False
    trace: bytes = b""
    """Which routes were tried, as orchestration.policies.trace keeps it."""

    @property
    def claims(self) -> list[Claim]:
        """What stands for the demand, each unit once: at the location that hands it to the customer or the carrier."""
        return [claim for f in self.fulfillments if f.feeds is None for claim in f.claims]

    @property
    def taken(self) -> list[Claim]:
        """What was taken of positions, each unit once: at the location where it is now."""
        return [c for f in self.fulfillments for c in f.claims if c.supply is None and not c.unlimited]

    @property
    def parts(self) -> int:
        """How many fulfillments the customer sees; legs between our locations are none."""
        return sum([1 for f in self.fulfillments if f.feeds is None])
