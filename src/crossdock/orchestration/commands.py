"""Everything that can be asked of the writer, as values; each is one command in one transaction.

Submit one with ``Writer.submit(command)`` (app.App.submit): the future yields the command's answer or raises a
CrossdockError. Answers carry ``position``, the log position whose readers see the effect.
"""

from __future__ import annotations

from typing import Any

import msgspec

from crossdock.catalog.model import Item
from crossdock.inventory.verify import Finding
from crossdock.network.model import Channel, Location
from crossdock.orders.model import AddressIn, OrderIn
from crossdock.routing.model import Policy


class Actor(msgspec.Struct, frozen=True):
    """Who asks: ``key:name``, ``user:email`` or ``system:part``, and the request it came with."""

    name: str
    request_id: str = ""


class RequestKey(msgspec.Struct, frozen=True):
    """An Idempotency-Key: scope is credential and route, the fingerprint is of the body."""

    scope: str
    key: str
    fingerprint: bytes


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What all commands carry."""

    actor: Actor
    request: RequestKey | None = None


class CaptureOrder(Command, frozen=True):
    """Take an order in: check, explode, decide, claim, record. Answer: CapturedOrder."""

    order: OrderIn
    content_hash: bytes
    at: int | None = None
    """When it is taken to happen; None is now. Replays of past orders set it."""


class ReviseOrder(Command, frozen=True):
    """Bring a captured order to a newer revision of the channel (capture turns into it). Answer: CapturedOrder."""

    order_id: int
    order: OrderIn
    content_hash: bytes
    version: int | None = None


class ServeWaiting(Command, frozen=True):
    """Look again for stock for orders that wait, by priority and age, at most so many. Answer: ServedWaiting."""

    most: int = 500


class CancelUnits(Command, frozen=True):
    """Cancel units of lines (line number to quantity); with None everything that can still be canceled."""

    order_id: int
    lines: dict[int, int] | None = None
    reason: str = ""
    version: int | None = None


class AmendAddress(Command, frozen=True):
    """Send a delivery elsewhere: unclaim and route again in one transaction."""

    order_id: int
    delivery_no: int
    destination: AddressIn
    reason: str = ""
    version: int | None = None


class PlaceHold(Command, frozen=True):
    """Stop an order's release for a reason; claims stay."""

    order_id: int
    reason: str
    note: str = ""
    version: int | None = None


class ReleaseHold(Command, frozen=True):
    """Lift a hold of an order by its reason."""

    order_id: int
    reason: str
    note: str = ""
    version: int | None = None


class RouteAgain(Command, frozen=True):
    """Decide an order's unreleased and waiting demand once more."""

    order_id: int
    reason: str = "manual"
    version: int | None = None


class StockFact(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about stock, received, counted, adjusted or sold; told twice under one record it counts once."""

    source: str
    record: str
    kind: str
    sku: str
    location: str
    quantity: int
    occurred_at: int
    reason: str = ""


class RecordStock(Command, frozen=True):
    """Record facts about stock, whatever they do to the numbers; receipts serve waiting demand by age.

    Answer: StockRecorded.
    """

    facts: tuple[StockFact, ...]


class PutItems(Command, frozen=True):
    """Create or replace items by SKU."""

    items: tuple[Item, ...]


class PutLocations(Command, frozen=True):
    """Create or replace locations by code; makes a new network version."""

    locations: tuple[Location, ...]


class PutChannels(Command, frozen=True):
    """Create or replace channels by code."""

    channels: tuple[Channel, ...]


class PutPolicy(Command, frozen=True):
    """Activate a routing policy, with its rate card, under a code; decisions keep the versions they rest on."""

    code: str
    policy: Policy


class RepairStock(Command, frozen=True):
    """Mend what verify finds: of these items and orders by id, or with neither of everything. Answer: Repaired."""

    items: tuple[int, ...] | None = None
    orders: tuple[int, ...] | None = None


class Answer(msgspec.Struct, kw_only=True, tag=True):
    """What every command answers: the log position (the writer fills it in), and whether it had been done before."""

    position: int = 0
    replayed: bool = False


class OrderChanged(Answer):
    """Answer of the commands on one order."""

    order_id: int
    version: int
    changed: dict[str, Any] = {}


class AssignedLine(msgspec.Struct, frozen=True, array_like=True):
    """Units of one demand at one location."""

    demand_no: int
    quantity: int


class CapturedFulfillment(msgspec.Struct, frozen=True):
    """A planned fulfillment, as the answer to a capture names it."""

    id: int
    location_id: int
    lines: tuple[AssignedLine, ...]


class CapturedOrder(Answer):
    """Answer of CaptureOrder, made in memory: nothing has to be read back. A replay carries ``order_id`` alone."""

    order_id: int
    version: int = 0
    status: int = 0
    placed_at: int = 0
    captured_at: int = 0
    decisions: tuple[int, ...] = ()
    fulfillments: tuple[CapturedFulfillment, ...] = ()
    queued: tuple[tuple[int, int, str], ...] = ()
    """Demand number, quantity, queue."""
    reservation: str = ""
    """``confirmed``, or why the reservation that the order names could not serve it; "" when it names none."""
    reservation_id: str = ""
    """The reservation that it names, or that comes with the promise that it names."""


class StockOutcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one fact: recorded, repeated (told before) or failed with a message."""

    result: str
    on_hand: int | None = None
    message: str = ""
    code: str = ""


class Put(Answer):
    """Answer of the commands that create or replace: (key, "created" | "changed" | "unchanged") in order."""

    results: tuple[tuple[str, str], ...]


class ServedWaiting(Answer):
    """Answer of ServeWaiting: orders looked at, and how many of them got something."""

    looked_at: int
    served: int


class StockRecorded(Answer):
    """Answer of RecordStock: one outcome a fact, in order."""

    outcomes: tuple[StockOutcome, ...]


class Repaired(Answer):
    """Answer of RepairStock: what was mended, and what is left for a person to look at."""

    repaired: tuple[str, ...]
    left: tuple[Finding, ...] = ()
