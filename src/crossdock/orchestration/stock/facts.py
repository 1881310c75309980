"""Facts about stock in: recorded whatever they do to the numbers; what follows from them is routed at once."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.events.catalog import StockRecorded as StockRecordedEvent
from crossdock.events.catalog import new_event
from crossdock.inventory import feed_store, records
from crossdock.inventory.feed_model import KINDS
from crossdock.inventory.model import PLAIN, CauseKind, CountBasis
from crossdock.kernel.content import content_hash
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import RecordStock, StockFact, StockOutcome, StockRecorded
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.feeds.handler import FeedHandler
from crossdock.orchestration.stock.settling import Fact, settle
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome


class StockHandler:
    """Does RecordStock: one command, one transaction, as many facts as it carries."""

    max_batch = 1

    def __init__(self, engine: Engine, feeds: FeedHandler) -> None:
        self._engine = engine
        self._feeds = feeds

    def weight(self, command: RecordStock) -> int:
        return len(command.facts)

    def settled(self, *, committed: bool) -> None:
        self._feeds.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[RecordStock], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        engine, actor = self._engine, command.actor.name
        engine.follow(unit.session)
        outcomes: list[StockOutcome | None] = [None] * len(command.facts)
        # A source with a document has one memory of its records, whichever way it tells them.
        feeds = {code: feed_store.source(unit.session, code) for code in {fact.source for fact in command.facts}}
        for code, stored in feeds.items():
            places = [n for n, fact in enumerate(command.facts) if fact.source == code]
            if stored is None:
                continue
            told = self._feeds.facts(unit, stored, [command.facts[n] for n in places], command)
            if told is None:
                return [AGAIN]
            for place, outcome in zip(places, told, strict=True):
                outcomes[place] = outcome
        facts = self._admit(unit, command, outcomes)
        for place, done in zip(facts, settle(unit, engine, list(facts.values()), actor), strict=True):
            outcomes[place] = StockOutcome("recorded", done.on_hand)
        if facts:
            self._tell(unit, command, outcomes)
        done_all = tuple(outcome or StockOutcome("failed") for outcome in outcomes)
        return [StockRecorded(outcomes=done_all)]

    # -- what comes in -------------------------------------------------------------------------------------------

    def _admit(self, unit: Unit, command: RecordStock, outcomes: list[StockOutcome | None]) -> dict[int, Fact]:
        """Answer facts that cannot be understood or were told before; store the rest and return them by place."""
        directory = self._engine.directory
        directory.load_items(unit.session, {fact.sku for fact in command.facts})
        codes = {stored.location.code: id_ for id_, stored in directory.locations.items()}
        actor = command.actor.name
        rest = [(n, fact) for n, fact in enumerate(command.facts) if outcomes[n] is None]
        known = records.known(unit.session, [(fact.source, fact.record) for _, fact in rest])
        fresh: dict[int, Fact] = {}
        kept = []
        ids = unit.ids.take(len(command.facts)) if rest else []
        for index, fact in rest:
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
                # A clock that is ahead: nothing is recorded before it happens, on which the ledger's readers rely.
                at, (type_, sign, reason) = min(fact.occurred_at, unit.now), KINDS[fact.kind]
                quantity = -fact.quantity if sign < 0 else fact.quantity
                key, cause = (item.id, location, PLAIN), (CauseKind.STOCK_RECORD, ids[index], 0)
                fresh[index] = Fact(key, type_, quantity, at, CountBasis.PHYSICAL, None, cause)
                kept.append((fact.source, fact.record, ids[index], mark, unit.now, fact.reason or reason, actor))
        records.keep(unit, kept)
        return fresh

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
