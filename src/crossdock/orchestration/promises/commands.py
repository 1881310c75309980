"""What is asked of the writer about promises, and who does it: keep offers, flag orders at risk, forget the expired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from crossdock.events.base import EventData, new_event
from crossdock.events.promises import OrderPromiseAtRisk, OrderPromiseLate, OrderPromiseRecovered
from crossdock.kernel.content import canonical
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor, Answer
from crossdock.orchestration.promises import store as promise_store
from crossdock.orchestration.promises.store import StoredPromise
from crossdock.orders import store as orders
from crossdock.orders.model import Promise
from crossdock.routing.model import Policy
from crossdock.storage import versions
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Handler, Outcome

WATCH = Actor("system:promises")
AXIS = {"kept": Promise.KEPT, "at_risk": Promise.AT_RISK, "late": Promise.LATE}


class KeepPromises(msgspec.Struct, frozen=True):
    """Store offers, so that orders can bring them; with the policies that were made for them. Answer: PromisesKept."""

    rows: tuple[StoredPromise, ...]
    policies: Mapping[str, Policy]


class PromisesKept(Answer):
    """Answer of KeepPromises."""


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


class _Plain:
    """What the handlers here have in common: nothing in memory."""

    max_batch = 64

    def weight(self, command: object) -> int:
        return 1

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""


class KeepHandler(_Plain):
    """Does KeepPromises; a batch is one insert. Policies that it has stored before are not asked about again."""

    def __init__(self) -> None:
        self._stored: set[str] = set()
        self._new: set[str] = set()

    def settled(self, *, committed: bool) -> None:
        if committed:
            self._stored |= self._new
        self._new = set()

    def run(self, unit: Unit, commands: Sequence[KeepPromises], attempts: Sequence[int]) -> list[Outcome]:
        policies = {
            version: policy
            for command in commands
            for version, policy in command.policies.items()
            if version not in self._stored
        }
        if policies:
            self._new = set(policies)
            versions.keep(
                unit, [(version, "policy", canonical(policy)) for version, policy in sorted(policies.items())]
            )
        promise_store.add(unit, [row for command in commands for row in command.rows])
        return [PromisesKept() for _ in commands]


class FlagHandler(_Plain):
    """Does FlagPromises."""

    max_batch = 1

    def run(self, unit: Unit, commands: Sequence[FlagPromises], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        wanted = {flag.order_id: flag for flag in command.flags}
        rows = orders.lock_orders(unit.session, [(id_,) for id_ in sorted(wanted)])
        fresh = [wanted[row.id] for row in rows if row.version == wanted[row.id].version]
        orders.set_promise(unit, [(flag.order_id, AXIS[flag.state].value) for flag in fresh])
        for flag in fresh:
            event = _event(flag)
            unit.event(
                new_event(event, at=unit.now, subject=encode_id("ord", flag.order_id), actor=WATCH.name,
                          order_id=flag.order_id)
            )  # fmt: skip
        promise_store.close(unit, command.over)
        return [Flagged(changed=len(fresh))]


class ForgetHandler(_Plain):
    """Does ForgetPromises."""

    max_batch = 1

    def run(self, unit: Unit, commands: Sequence[ForgetPromises], attempts: Sequence[int]) -> list[Outcome]:
        return [Forgotten(promises=promise_store.forget_expired(unit)) for _ in commands]


def promise_handlers() -> dict[type, Handler]:
    """Return the handler of each command here."""
    return {KeepPromises: KeepHandler(), FlagPromises: FlagHandler(), ForgetPromises: ForgetHandler()}


def _event(flag: Flag) -> EventData:
    order, promise = encode_id("ord", flag.order_id), encode_id("prm", flag.promise_id)
    promised = date.fromordinal(flag.promised_day).isoformat()
    if flag.state == "kept":
        return OrderPromiseRecovered(order_id=order, promise_id=promise, promised_on=promised)
    kind = OrderPromiseAtRisk if flag.state == "at_risk" else OrderPromiseLate
    return kind(
        order_id=order,
        promise_id=promise,
        promised_on=promised,
        reason=flag.reason,
        location=flag.location,
        expected_on="" if flag.expected_day is None else date.fromordinal(flag.expected_day).isoformat(),
    )
