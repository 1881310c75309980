"""Who does what is asked of the writer about promises: flags orders at risk, forgets the expired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from crossdock.events.base import EventData, new_event
from crossdock.events.promises import OrderPromiseAtRisk, OrderPromiseLate, OrderPromiseRecovered
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.promises import store as promise_store
from crossdock.orchestration.promises.commands import (
    AXIS,
    WATCH,
    Flag,
    Flagged,
    FlagPromises,
    ForgetPromises,
    Forgotten,
)
from crossdock.orders import store as orders
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome


class Plain:
    """What the handlers here have in common: one command at a time, nothing in memory."""

    max_batch = 1

    def weight(self, command: object) -> int:
        return 1

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""


class FlagHandler(Plain):
    """Does FlagPromises."""

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


class ForgetHandler(Plain):
    """Does ForgetPromises."""

    def run(self, unit: Unit, commands: Sequence[ForgetPromises], attempts: Sequence[int]) -> list[Outcome]:
        return [Forgotten(promises=promise_store.forget_expired(unit)) for _ in commands]


def _event(flag: Flag) -> EventData:
    order, promise = encode_id("ord", flag.order_id), encode_id("prm", flag.promise_id)
    promised = date.fromordinal(flag.promised_day).isoformat()
    if flag.state == "kept":
        return OrderPromiseRecovered(order_id=order, promise_id=promise, promised_on=promised)
    expected = "" if flag.expected_day is None else date.fromordinal(flag.expected_day).isoformat()
    said = (order, promise, promised, flag.reason, flag.location, expected)
    if flag.state == "late":
        return OrderPromiseLate(*said)
    return OrderPromiseAtRisk(*said) if flag.slip is None else OrderPromiseAtRisk(*said, *flag.slip)
