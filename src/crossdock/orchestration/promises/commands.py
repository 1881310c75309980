"""What is asked of the writer about promises: keep offers, flag orders at risk, forget the expired."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from crossdock.orchestration.commands import Actor, Answer, Command
from crossdock.orchestration.promises.coming import Slip
from crossdock.orchestration.promises.model import Quote
from crossdock.orchestration.reservations.commands import Reserve
from crossdock.orders.model import Promise

WATCH = Actor("system:promises")
AXIS = {"kept": Promise.KEPT, "at_risk": Promise.AT_RISK, "late": Promise.LATE}


class Hold(NamedTuple):
    """The reservation behind one of the offers (its number in the quote), and for how many seconds both stand."""

    reserve: Reserve
    offer: int
    seconds: int


class KeepPromises(Command, frozen=True):
    """Store offers, so that orders can bring them, with the units held for one of them. Answer: PromisesKept."""

    quote: Quote
    hold: Hold | None = None


class PromisesKept(Answer):
    """Answer of KeepPromises: the document that answers the request, now and whenever it is repeated."""

    document: msgspec.Raw


class Flag(msgspec.Struct, frozen=True):
    """How an order's promise stands now, as of a version of the order."""

    promise_id: int
    order_id: int
    version: int
    promised_day: int
    state: str
    reason: str = ""
    location: str = ""
    expected_day: int | None = None
    slip: Slip | None = None


class FlagPromises(msgspec.Struct, frozen=True):
    """Write how promises stand, of orders that nobody has changed since, and close what is over. Answer: Flagged."""

    flags: tuple[Flag, ...]
    over: tuple[int, ...] = ()


class Flagged(Answer):
    """Answer of FlagPromises: how many orders stand otherwise now."""

    changed: int


class ForgetPromises(msgspec.Struct, frozen=True):
    """Delete expired promises that nobody ordered. Answer: Forgotten."""


class Forgotten(Answer):
    """Answer of ForgetPromises."""

    promises: int
