"""Locations that take no new work for a while, and planned work that leaves them."""

from __future__ import annotations

from crossdock.events.catalog import new_event
from crossdock.events.work import FulfillmentRelieved, LocationPaused, LocationResumed
from crossdock.fulfillment import store as fulfillments
from crossdock.kernel.clock import rfc3339
from crossdock.kernel.errors import FieldError
from crossdock.network import store as network
from crossdock.network.store import Pause
from crossdock.orchestration import directory as directories
from crossdock.orchestration.commands import Put
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.loading import LoadedOrder, Rejection
from crossdock.orchestration.work.bench import Bench, WorkHandler
from crossdock.orchestration.work.commands import (
    MoveWork,
    PauseLocation,
    PutWorkRules,
    ResumeLocation,
    Watched,
    WatchPauses,
    WorkMoved,
)
from crossdock.orchestration.work.rerouting import Moved, elsewhere
from crossdock.storage.unit import Unit


class PauseHandler(WorkHandler):
    """Does PauseLocation."""

    def do(self, unit: Unit, command: PauseLocation) -> Put:
        place, until = self.place(command.location), command.until
        if until is not None and until <= unit.now:
            text = "A pause ends in the future."
            raise ConfigurationRefused(text, (FieldError("/until", "in_the_past", text),))
        before = network.pause_of(unit.session, place.id)
        since = unit.now if before is None else before.since
        moving = 0 if command.move_work else None
        pause = Pause(place.id, since, until, command.reason, command.actor.name, moving)
        same = before is not None and before._replace(move_after=moving, actor=pause.actor) == pause
        if same and not command.move_work:
            return Put(results=((command.location, "unchanged"),))
        network.put_pause(unit, pause)
        directories.changed(unit, "pause")
        event = LocationPaused(
            location=command.location,
            until="" if until is None else rfc3339(until),
            reason=command.reason,
            moves_work=command.move_work,
        )
        unit.event(new_event(event, at=unit.now, subject=command.location, actor=command.actor.name))
        return Put(results=((command.location, "created" if before is None else "changed"),))


class ResumeHandler(WorkHandler):
    """Does ResumeLocation."""

    def do(self, unit: Unit, command: ResumeLocation) -> Put:
        place = self.place(command.location)
        if network.pause_of(unit.session, place.id) is None:
            return Put(results=((command.location, "unchanged"),))
        _resume(unit, self._engine, [place.id], "", command.actor.name)
        return Put(results=((command.location, "changed"),))


class MoveWorkHandler(WorkHandler):
    """Does MoveWork."""

    def do(self, unit: Unit, command: MoveWork) -> WorkMoved:
        return move_page(unit, self._engine, self.place(command.location).id, command.after, command.most,
                         command.actor.name)  # fmt: skip


class WatchPausesHandler(WorkHandler):
    """Does WatchPauses: ends what is over; when nothing is, moves a page of work of the first that wants it."""

    def do(self, unit: Unit, command: WatchPauses) -> Watched:
        pauses = network.pauses(unit.session)
        over = [pause.location_id for pause in pauses if pause.until is not None and pause.until <= unit.now]
        if over:
            _resume(unit, self._engine, over, "the time is over", command.actor.name)
            return Watched(looked_at=len(over), more=True)
        moving = next((pause for pause in pauses if pause.move_after is not None), None)
        if moving is None or moving.move_after is None:
            return Watched()
        location, after = moving.location_id, moving.move_after
        moved = move_page(unit, self._engine, location, after, command.most, command.actor.name)
        network.moved_until(unit, location, moved.after)
        return Watched(looked_at=1, more=True)


class PutWorkRulesHandler(WorkHandler):
    """Does PutWorkRules."""

    def do(self, unit: Unit, command: PutWorkRules) -> Put:
        before, version = fulfillments.work_rules(unit.session)
        if version and before == command.rules:
            return Put(results=(("work_rules", "unchanged"),))
        fulfillments.put_work_rules(unit, command.rules, command.actor.name)
        directories.changed(unit, "work_rules")
        return Put(results=(("work_rules", "changed" if version else "created"),))


def move_page(unit: Unit, engine: Engine, location: int, after: int, most: int, actor: str) -> WorkMoved:
    """Move the planned work of a location that comes behind a fulfillment, oldest first, at most so many of them."""
    page = fulfillments.planned_at(unit.session, location, after, most)
    if not page:
        return WorkMoved()
    bench = Bench(unit, engine, {order for _, order in page})
    known = engine.directory.locations[location].location
    reason = "closed" if not known.active else "paused" if location in engine.directory.paused else "moved"
    moved = kept = 0
    for id_, order_id in page:
        done = move_planned(bench, bench.loaded[order_id], id_, reason, actor)
        moved, kept = moved + done.moved, kept + done.kept
    bench.write()
    return WorkMoved(moved=moved, kept=kept, after=page[-1][0] if len(page) == most else None)


def move_planned(bench: Bench, order: LoadedOrder, id_: int, reason: str, actor: str) -> Moved:
    """Give a planned fulfillment to others as far as others can have it; a pick-up stays where somebody will come."""
    fulfillment = order.fulfillments.get(id_)
    if fulfillment is None or fulfillment.method == "pickup":
        return Moved(0, 0)
    units = [(claim, claim.quantity) for claim in order.resting_in(id_)]
    location, said = fulfillment.location_id, order.rejections
    if reason not in ("paused", "closed"):
        # No fence keeps it out: that it is not to be asked holds for this decision alone, and is not written.
        until = bench.unit.now + 1
        order.rejections = [*said, *[Rejection(order.row.id, c.demand_no, location, until) for c, _ in units]]
    moved = elsewhere(bench.changes, order, fulfillment.delivery_no, units, reason, actor)
    order.rejections = said
    if moved.moved:
        who = bench.who(order, fulfillment)
        bench.tell(order, FulfillmentRelieved(**who, reason=reason, moved=moved.moved, kept=moved.kept), actor)
    if id_ not in order.fulfillments:
        bench.steps.not_due(id_)
    return moved


def _resume(unit: Unit, engine: Engine, location_ids: list[int], reason: str, actor: str) -> None:
    network.end_pauses(unit, location_ids)
    directories.changed(unit, "pause")
    for id_ in location_ids:
        code = engine.directory.locations[id_].location.code
        event = LocationResumed(location=code, reason=reason)
        unit.event(new_event(event, at=unit.now, subject=code, actor=actor))
