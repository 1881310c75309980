"""Configuration in: items, locations, channels, policies; each change makes a version and tells every process."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.catalog import store as catalog
from crossdock.events.catalog import ConfigChange, ConfigChanged, new_event
from crossdock.kernel.clock import parse_day, utc_day
from crossdock.kernel.errors import FieldError
from crossdock.network import store as network
from crossdock.network.calendars import WorkCalendar, zone
from crossdock.orchestration import directory as directories
from crossdock.orchestration.commands import Command, Put, PutChannels, PutItems, PutLocations
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import ConfigurationRefused, UnknownItem
from crossdock.storage import guard
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

_EVENT_SAMPLE = 100


class Configure:
    """What the configuration's handlers have in common: one command a transaction."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: Command) -> int:
        return 1

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def _done(self, unit: Unit, command: Command, kind: str, results: list[tuple[str, str]], version: str = "") -> Put:
        changed = [result for result in results if result[1] != "unchanged"]
        if changed:
            directories.changed(unit, kind)
            shown = tuple(ConfigChange(key, result) for key, result in changed[:_EVENT_SAMPLE])
            event = ConfigChanged(kind=kind, changes=shown, version=version)
            unit.event(new_event(event, at=unit.now, subject=changed[0][0], actor=command.actor.name))
        return Put(results=tuple(results))


class PutItemsHandler(Configure):
    """Does PutItems."""

    def run(self, unit: Unit, commands: Sequence[PutItems], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        by_sku = {item.sku: item for item in command.items}
        wanted = {part.sku for item in command.items for part in item.components}
        known = set(catalog.facts_by_sku(unit.session, wanted)) | set(by_sku)
        faults = [
            FieldError(f"/items/{index}/components", "unknown_item", f"There is no item with the SKU '{part.sku}'.")
            for index, item in enumerate(command.items)
            for part in item.components
            if part.sku not in known or part.sku == item.sku
        ]
        if faults:
            return [UnknownItem("A bundle names parts that do not exist.", tuple(faults))]
        for item in command.items:
            if item.launch_on is not None:
                parse_day(item.launch_on)
        results = catalog.put(unit, command.items)
        return [self._done(unit, command, "item", results)]


class PutLocationsHandler(Configure):
    """Does PutLocations: the network gets a new version."""

    def run(self, unit: Unit, commands: Sequence[PutLocations], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        for location in command.locations:
            zone(location.time_zone)
            WorkCalendar(location.calendar, location.time_zone).handover(unit.now)
        results = network.put_locations(unit, command.locations)
        limits = [(p.code, p.daily_capacity) for p in command.locations if p.daily_capacity is not None]
        guard.change_capacity(unit.session, limits, utc_day(unit.now))
        after = directories.Directory()
        after.refresh(unit.session)
        after.keep_versions(unit)
        return [self._done(unit, command, "location", results, after.network.version)]


class PutChannelsHandler(Configure):
    """Does PutChannels."""

    def run(self, unit: Unit, commands: Sequence[PutChannels], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        known = {row[0] for row in unit.session.fetch("SELECT code FROM policies")}
        views = {None, *(row[0] for row in unit.session.fetch("SELECT code FROM views"))}
        faults = [
            FieldError(f"/channels/{index}{place}", "unknown_policy", f"There is no policy '{code}'.")
            for index, channel in enumerate(command.channels)
            for place, code in (
                ("/policy", channel.policy),
                *((f"/services/{n}/policy", s.policy) for n, s in enumerate(channel.services) if s.policy),
            )
            if code not in known
        ]
        faults += [
            FieldError(f"/channels/{index}/view", "unknown_view", f"There is no stock view '{channel.view}'.")
            for index, channel in enumerate(command.channels)
            if channel.view not in views
        ]
        if faults:
            return [ConfigurationRefused(f"A channel names what does not exist: {faults[0].message}", tuple(faults))]
        repeated = tuple(
            FieldError(f"/channels/{index}/services", "repeated", "Each service level is listed once.")
            for index, channel in enumerate(command.channels)
            if len({service.code for service in channel.services}) < len(channel.services)
        )
        if repeated:
            return [ConfigurationRefused("A channel lists a service level twice.", repeated)]
        return [self._done(unit, command, "channel", network.put_channels(unit, command.channels))]
