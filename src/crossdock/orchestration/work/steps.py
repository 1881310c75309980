"""The steps of fulfillments within a transaction: each moves the units of its demand along, and is written once."""

from __future__ import annotations

from collections.abc import Mapping

from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment.model import Execution, Negotiation, answer, step
from crossdock.fulfillment.store import Deadline, State
from crossdock.fulfillment.work_rules import WorkRules
from crossdock.inventory.model import CauseKind, Counters, Movement, MovementType, Source
from crossdock.kernel.clock import MINUTE, rfc3339
from crossdock.network.model import Location
from crossdock.orchestration.changes import Changes
from crossdock.orchestration.loading import HeldFulfillment, LoadedOrder
from crossdock.orders.status import ALLOCATED, PICKED, RELEASED
from crossdock.storage.unit import Unit

ACCEPT, START, RETRY = 1, 2, 3
"""What a deadline is for; RETRY is when work that was rejected and that nobody else could have is tried again."""
WAITS_FOR = {ACCEPT: "accept", START: "start", RETRY: "retry"}


class Steps:
    """What a transaction changes of the states of fulfillments."""

    def __init__(self, unit: Unit, changes: Changes) -> None:
        self._unit = unit
        self._changes = changes
        self._states: dict[int, State] = {}
        self._planned: dict[int, State] = {}
        self._picked: list[tuple[int, int, int, int]] = []
        self._deadlines: dict[int, Deadline | None] = {}

    def set(
        self,
        order: LoadedOrder,
        fulfillment: HeldFulfillment,
        execution: Execution | None = None,
        negotiation: Negotiation | None = None,
    ) -> None:
        """Take steps on the axes; raises WrongState before anything is changed when one leads nowhere."""
        before = Execution(fulfillment.execution)
        after = before if execution is None else step(before, execution)
        said = Negotiation(fulfillment.negotiation)
        said = said if negotiation is None else answer(said, negotiation)
        released = self._unit.now if after is Execution.RELEASED else None
        self._states[fulfillment.id] = State(fulfillment.id, after, said, released)
        if fulfillment.id in order.fulfillments:
            order.fulfillments[fulfillment.id] = fulfillment._replace(execution=int(after), negotiation=int(said))
        leaving, entering = _part(before), _part(after)
        if leaving != entering:
            for claim in order.claims_of(fulfillment.id):
                parts = order.demand[claim.demand_no].parts
                parts[leaving] -= claim.on_shelf
                parts[entering] += claim.on_shelf
        self._changes.touch(order)

    def said_yes(self, order: LoadedOrder, fulfillment_id: int) -> None:
        """Let a fulfillment that this transaction has planned be accepted before its location is sent it."""
        self._planned[fulfillment_id] = State(fulfillment_id, Execution.PLANNED, Negotiation.ACCEPTED, None)
        self._changes.touch(order)

    def pick(self, order: LoadedOrder, fulfillment: HeldFulfillment, units: Mapping[int, int]) -> None:
        """Take units (claim id to units; below 0: put back) off the shelf: they stay claimed."""
        for claim_id, n in sorted(units.items()):
            claim = order.claims[claim_id]
            parts = order.demand[claim.demand_no].parts
            parts[RELEASED] -= n
            parts[PICKED] += n
            order.claims[claim_id] = claim._replace(picked=claim.picked + n)
            self._picked.append((fulfillment.id, claim.demand_no, claim.id, n))
            if claim.source == Source.POSITION:
                key = (claim.item_id, claim.location_id, claim.stock_class)
                kind = MovementType.PICKED if n > 0 else MovementType.UNPICKED
                # A fulfillment's version counts each step: no pick of it has had this number before.
                number = fulfillment.version
                change = Counters(picked=n)
                self._changes.fact(Movement(kind, key, change, self._unit.now, CauseKind.CLAIM, claim.id, number))
        self._changes.touch(order)

    def due(self, fulfillment_id: int, kind: int, minutes: int | None, notice: int = 0) -> str:
        """Set by when a fulfillment is to have taken its next step; returns the instant, "" without one."""
        if minutes is None:
            self.not_due(fulfillment_id)
            return ""
        at = self._unit.now + minutes * MINUTE
        told = at - notice * MINUTE
        warn = notice > 0 and told > self._unit.now
        self._deadlines[fulfillment_id] = Deadline(fulfillment_id, kind, at, told if warn else at, int(not warn))
        return rfc3339(at)

    def not_due(self, fulfillment_id: int) -> None:
        """Forget by when a fulfillment is to have taken its next step."""
        self._deadlines[fulfillment_id] = None

    def noticed(self, deadline: Deadline) -> None:
        """Remember that notice was given."""
        self._deadlines[deadline.fulfillment_id] = deadline._replace(next_at=deadline.due_at, noticed=1)

    def write_planned(self) -> None:
        """Write the states of fulfillments that this transaction has planned, once they are there."""
        fulfillments.set_states(self._unit, list(self._planned.values()))

    def write(self) -> None:
        """Write the states; fulfillments of which nothing is left are called off after it."""
        fulfillments.set_states(self._unit, list(self._states.values()))
        fulfillments.pick_lines(self._unit, self._picked)
        fulfillments.put_deadlines(self._unit, [d for d in self._deadlines.values() if d is not None])
        fulfillments.drop_deadlines(self._unit, [id_ for id_, d in self._deadlines.items() if d is None])


def minutes_for(rules: WorkRules, location: Location, kind: int) -> int | None:
    """Return how long a location has for a step: its own time, else that of the work rules; None for no limit."""
    if kind == RETRY:
        return rules.retry_minutes
    if kind == ACCEPT:
        return rules.accept_minutes if location.accept_minutes is None else location.accept_minutes
    return rules.start_minutes if location.start_minutes is None else location.start_minutes


def _part(execution: Execution) -> int:
    return ALLOCATED if execution is Execution.PLANNED else RELEASED
