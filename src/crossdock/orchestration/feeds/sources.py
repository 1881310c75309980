"""Sources of stock facts: put as documents, watched for silence, their old records forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.events.catalog import FeedSilent, new_event
from crossdock.inventory import feed_store as store
from crossdock.kernel.clock import SECOND
from crossdock.kernel.errors import FieldError, Invalid
from crossdock.network.calendars import zone
from crossdock.orchestration import directory as directories
from crossdock.orchestration.configure import Configure
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.feeds.commands import FeedsWatched, PutFeeds, WatchFeeds
from crossdock.orchestration.feeds.handler import REMEMBERED
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome


class PutFeedsHandler(Configure):
    """Does PutFeeds."""

    def run(self, unit: Unit, commands: Sequence[PutFeeds], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        known = {row[0] for row in unit.session.fetch("SELECT code FROM locations")}
        faults: list[FieldError] = []
        for index, source in enumerate(command.sources):
            place = f"/sources/{index}"
            faults += [
                FieldError(f"{place}/locations/{n}", "unknown_location", f"There is no location '{code}'.")
                for n, code in enumerate(source.locations)
                if code not in known
            ]
            if source.when_silent == "distrust" and (source.silent_after_s is None or not source.locations):
                text = "Only a source with `silent_after_s` and `locations` can be distrusted when it is silent."
                faults.append(FieldError(f"{place}/when_silent", "incomplete", text))
            try:
                zone(source.csv.time_zone)
            except Invalid as fault:
                faults.append(FieldError(f"{place}/csv/time_zone", "invalid", fault.detail))
        if faults:
            return [ConfigurationRefused("A source of stock facts cannot be as its document says.", tuple(faults))]
        return [self._done(unit, command, "feed", store.put_sources(unit, command.sources))]


class WatchFeedsHandler:
    """Does WatchFeeds."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: WatchFeeds) -> int:
        """Return 1: a look at a few rows."""
        return 1

    def settled(self, *, committed: bool) -> None:
        """Hear how the transaction ended."""
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[WatchFeeds], attempts: Sequence[int]) -> list[Outcome]:
        """Tell of sources that have fallen silent since the last look; the clock starts when a source is put."""
        (command,) = commands
        answer, oldest = FeedsWatched(), unit.now - REMEMBERED
        silent = []
        for seen in store.sources(unit.session):
            answer.forgotten += store.forget_keys(
                unit, seen.id, store.first_remembered(unit.session, seen.id, seen.source.remembered, oldest)
            )
            limit = seen.source.silent_after
            if limit is None or seen.heard_at is None or seen.silent_since is not None:
                continue
            stored = store.lock_source(unit.session, seen.id) if unit.now - seen.heard_at > limit else None
            if stored is None or stored.heard_at != seen.heard_at:
                continue
            store.fell_silent(unit, stored.id, seen.heard_at)
            silent.append(seen.source.code)
            event = FeedSilent(
                source=seen.source.code,
                silent_s=(unit.now - seen.heard_at) // SECOND,
                distrusted=seen.source.when_silent == "distrust",
            )
            unit.event(new_event(event, at=unit.now, subject=seen.source.code, actor=command.actor.name))
        if silent:
            directories.changed(unit, "feed")
        answer.silent = tuple(silent)
        return [answer]
