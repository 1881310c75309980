"""Facts about stock in: recorded whatever they do to the numbers; what follows from them is routed at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from crossdock.events.catalog import StockRecorded as StockRecordedEvent
from crossdock.events.catalog import StockShort, new_event
from crossdock.inventory import ledger, records
from crossdock.inventory.facts import with_on_hand
from crossdock.inventory.model import PLAIN, CauseKind, CountBasis, Counters, Movement, MovementType, PositionKey
from crossdock.kernel.content import content_hash
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import loading
from crossdock.orchestration.changes import Changes, open_changes
from crossdock.orchestration.commands import RecordStock, StockFact, StockOutcome, StockRecorded
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.waiting import serve
from crossdock.orders import queues
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

_TYPES = {
    "received": MovementType.RECEIVED,
    "counted": MovementType.COUNTED,
    "adjusted": MovementType.ADJUSTED,
    "sold": MovementType.SOLD,
}


class _Fact(NamedTuple):
    place: int
    fact: StockFact
    key: PositionKey
    id: int
    mark: bytes


class StockHandler:
    """Does RecordStock: one command, one transaction, as many facts as it carries."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: RecordStock) -> int:
        return len(command.facts)

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[RecordStock], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, session, actor = self._engine, unit.session, command.actor.name
        engine.follow(session)
        outcomes: list[StockOutcome | None] = [None] * len(command.facts)
        facts = self._admit(unit, command, outcomes)
        items = {fact.key[0] for fact in facts}
        waiting = queues.waiting_orders(session, items)
        victims = self._may_be_victims(unit, facts)
        loaded = loading.load(session, {*waiting, *victims})
        ledger.open_positions(unit, {fact.key for fact in facts})
        changes = open_changes(unit, engine, loaded.values(), also=sorted(items))
        before = {fact.key: changes.positions[fact.key].short for fact in facts}
        counts = records.last_counts(session, before)
        for fact in facts:
            on_hand = self._apply(unit, changes, fact, counts)
            outcomes[fact.place] = StockOutcome("recorded", on_hand)
        # Who lost a claim goes before who has none yet.
        self._rescue(unit, changes, loaded, before, actor)
        serve(changes, engine, loaded, waiting, items, actor)
        changes.write()
        self._tell(unit, command, outcomes)
        done = tuple(outcome or StockOutcome("failed") for outcome in outcomes)
        return [StockRecorded(outcomes=done)]

    # -- what comes in -------------------------------------------------------------------------------------------

    def _admit(self, unit: Unit, command: RecordStock, outcomes: list[StockOutcome | None]) -> list[_Fact]:
        """Answer facts that cannot be understood or were told before; store and return the rest."""
        directory = self._engine.directory
        directory.load_items(unit.session, {fact.sku for fact in command.facts})
        codes = {stored.location.code: id_ for id_, stored in directory.locations.items()}
        known = records.known(unit.session, [(fact.source, fact.record) for fact in command.facts])
        fresh: list[_Fact] = []
        ids = unit.ids.take(len(command.facts))
        for index, fact in enumerate(command.facts):
            mark = content_hash(fact)
            told = known.get((fact.source, fact.record))
            item, location = directory.item(fact.sku), codes.get(fact.location)
            if told is not None:
                outcomes[index] = _told(told, mark, fact)
            elif item is None:
                outcomes[index] = StockOutcome("failed", None, f"There is no item '{fact.sku}'.", "unknown_item")
            elif location is None:
                text = f"There is no location '{fact.location}'."
                outcomes[index] = StockOutcome("failed", None, text, "unknown_location")
            elif item.components:
                text = f"'{fact.sku}' is a bundle: its parts are stocked, not itself."
                outcomes[index] = StockOutcome("failed", None, text, "bundle_not_stocked")
            else:
                known[fact.source, fact.record] = mark
                if fact.occurred_at > unit.now:
                    # A clock that is ahead: nothing is recorded before it happens, on which the ledger's readers rely.
                    fact = msgspec.structs.replace(fact, occurred_at=unit.now)  # noqa: PLW2901
                fresh.append(_Fact(index, fact, (item.id, location, PLAIN), ids[index], mark))
        now, actor = unit.now, command.actor.name
        records.keep(unit, [(f.fact.source, f.fact.record, f.id, f.mark, now, f.fact.reason, actor) for f in fresh])
        return fresh

    def _apply(self, unit: Unit, changes: Changes, new: _Fact, counts: dict[PositionKey, int]) -> int:
        """Turn a fact into its movement; returns what is physically there after it.

        What happened before the last count and is told after it was counted already: it changes nothing any more.
        """
        fact, key = new.fact, new.key
        before, last = changes.positions[key], counts.get(key)
        if fact.kind == "counted":
            change = Counters()
            if last is None or fact.occurred_at >= last:
                counts[key] = fact.occurred_at
                change = self._count(unit, changes, new, before)
        elif last is not None and fact.occurred_at <= last:
            change = Counters()
        elif fact.kind == "sold":
            change = with_on_hand(before, before.on_hand - fact.quantity)
        else:
            change = with_on_hand(before, before.on_hand + fact.quantity)
        changes.fact(Movement(_TYPES[fact.kind], key, change, fact.occurred_at, CauseKind.STOCK_RECORD, new.id))
        return changes.positions[key].on_hand

    def _count(self, unit: Unit, changes: Changes, new: _Fact, before: Counters) -> Counters:
        """A count as of T replaces what was known at T; what moved after T stays on top."""
        at, key = new.fact.occurred_at, new.key
        moved = records.moved_since(unit.session, {key: at}).get(key, 0)
        since = moved + changes.pending_since(key, at)
        records.counted(unit, key, at, CountBasis.PHYSICAL)
        return with_on_hand(before, new.fact.quantity + since)

    # -- what follows from it ------------------------------------------------------------------------------------

    def _may_be_victims(self, unit: Unit, facts: Sequence[_Fact]) -> list[int]:
        """Return the orders with claims where a fact takes goods away, to be locked before the positions are."""
        takers = [f.key for f in facts if f.fact.kind in ("counted", "sold") or f.fact.quantity < 0]
        return queues.orders_claiming(unit.session, takers)

    def _rescue(
        self,
        unit: Unit,
        changes: Changes,
        loaded: dict[int, loading.LoadedOrder],
        before: dict[PositionKey, int],
        actor: str,
    ) -> None:
        """Put the victims of a shortage back on the road, the latest promise first."""
        for key, short_before in sorted(before.items()):
            position = changes.positions[key]
            if position.short <= short_before:
                continue
            self._tell_short(unit, key, position, actor)
            held = [
                (order, claim)
                for order in loaded.values()
                for claim in order.claims.values()
                if (claim.item_id, claim.location_id, claim.stock_class) == key and claim.quantity > 0
            ]
            held.sort(key=lambda pair: (-pair[0].row.captured_at, -pair[1].id))
            for order, claim in held:
                lacking = changes.positions[key].short
                if lacking <= 0:
                    break
                demand = order.demand[claim.demand_no]
                quantity = min(lacking, claim.quantity)
                changes.unclaim(order, claim.id, quantity, "short", actor)
                changes.route(order, demand.delivery_no, {demand.no: quantity}, "short", actor)

    def _tell_short(self, unit: Unit, key: PositionKey, position: Counters, actor: str) -> None:
        item, location, _ = key
        sku = self._engine.directory.item_by_id(item).sku
        event = StockShort(
            sku=sku,
            location=self._engine.directory.locations[location].location.code,
            on_hand=position.on_hand,
            claimed=position.reserved + position.allocated,
            short=position.short,
        )
        unit.event(new_event(event, at=unit.now, subject=sku, actor=actor))

    def _tell(self, unit: Unit, command: RecordStock, outcomes: Sequence[StockOutcome | None]) -> None:
        results = [outcome.result for outcome in outcomes if outcome is not None]
        if "recorded" not in results:
            return
        event = StockRecordedEvent(
            source=command.facts[0].source,
            facts=results.count("recorded"),
            repeated=results.count("repeated"),
            failed=results.count("failed"),
        )
        subject = encode_id("rec", unit.batch_id)
        unit.event(new_event(event, at=unit.now, subject=subject, actor=command.actor.name))


def _told(told: bytes, mark: bytes, fact: StockFact) -> StockOutcome:
    if told == mark:
        return StockOutcome("repeated")
    text = f"The record '{fact.record}' of '{fact.source}' was told before with another content."
    return StockOutcome("failed", None, text, "record_differs")
