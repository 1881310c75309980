"""Telling shops what they may sell: events for the items that became in stock, low or out, so that nobody must poll.

Every process may tell. What was told stands in a table with the log position it was told from, so that each change is
told once, by whoever comes first, and never by a picture that is behind.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, NamedTuple

from crossdock.events.catalog import AvailabilityChanged, LevelChange, new_event
from crossdock.inventory import tables
from crossdock.orchestration.availability.commands import AvailabilityTold, LevelSeen, TellAvailability
from crossdock.orchestration.availability.reader import AtpReader
from crossdock.orchestration.bundles import bundles_of
from crossdock.orchestration.commands import Actor
from crossdock.storage.database import Database
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

log = logging.getLogger(__name__)

EVERY_SECONDS = 0.5
"""Changes of so long come together."""
_SWEEP_SECONDS = 600.0
_ITEMS_AT_ONCE = 1_000
_CHANGES_AN_EVENT = 500
_ACTOR = Actor("system:availability")
_WORDS = ("out", "low", "in_stock")
Key = tuple[int, int]


class Teller:
    """Compares what can be promised now with what was last told, and has the difference told."""

    def __init__(self, atp: AtpReader, database: Database, submit: Callable[[Any], Awaitable[Any]]) -> None:
        self._atp = atp
        self._database = database
        self._submit = submit
        self._told: dict[Key, int] = {}
        self._knows = False
        self._open: dict[int, None] = {}
        self._bundles: dict[int, set[int]] = {}
        self._views_changed = -1
        self._swept_at = 0.0

    async def look(self) -> int:
        """Look once at what changed, at most a thousand items; returns how many changes were told."""
        if not self._atp.picture.loaded or not self._atp.telling_channels():
            return 0
        news = self._atp.picture.take_news()
        if not self._knows:
            self._told, self._knows = await self._database.read(_last_told), True
        now = asyncio.get_running_loop().time()
        if self._views_changed != self._atp.views_changed or now - self._swept_at > _SWEEP_SECONDS:
            self._views_changed, self._swept_at = self._atp.views_changed, now
            self._bundles = await self._database.read(bundles_of)
            news |= {*self._atp.picture.items(), *(item for _, item in self._told)}
            news |= {bundle for of in self._bundles.values() for bundle in of}
        self._open.update(dict.fromkeys(news))
        for item in news & self._bundles.keys():
            self._open.update(dict.fromkeys(self._bundles[item]))
        items = [*self._open][:_ITEMS_AT_ONCE]
        for item in items:
            del self._open[item]
        return await self._tell(items)

    async def _tell(self, items: Sequence[int]) -> int:
        if not items:
            return 0
        told = self._told
        levels = await self._atp.levels(items)
        seen = tuple(each for each in levels.seen if told.get((each.channel_id, each.item_id), 0) != each.level)
        if not seen:
            return 0
        answer: AvailabilityTold = await self._submit(
            TellAvailability(actor=_ACTOR, seen=seen, position=levels.position)
        )
        for each, level in zip(seen, answer.levels, strict=True):
            told[each.channel_id, each.item_id] = level
        return answer.changed


class TellHandler:
    """Does TellAvailability."""

    max_batch = 1

    def weight(self, command: TellAvailability) -> int:
        return 1 + len(command.seen) // 20

    def settled(self, *, committed: bool) -> None:
        """Nothing is kept in memory."""

    def run(self, unit: Unit, commands: Sequence[TellAvailability], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        session, position = unit.session, command.position
        keys = sorted({(each.channel_id, each.item_id) for each in command.seen})
        known = _lock(session, keys)
        fresh = [(*key, 0, 0, 0) for key in keys if key not in known]
        if fresh:
            session.insert_new(tables.availability_levels, fresh)
            known = _lock(session, keys)
        news: list[tuple[LevelSeen, int]] = []
        levels: list[int] = []
        for each in command.seen:
            row = known[each.channel_id, each.item_id]
            is_news = row.level != each.level and row.position < position
            levels.append(each.level if is_news else row.level)
            if is_news:
                news.append((each, row.level))
        if not news:
            return [AvailabilityTold(levels=tuple(levels), changed=0)]
        rows = sorted((s.channel_id, s.item_id, s.level, s.units, position) for s, _ in news)
        session.execute_keys(_WRITE, ("bigint", "bigint", "smallint", "bigint", "bigint"), rows)
        self._events(unit, news)
        return [AvailabilityTold(levels=tuple(levels), changed=len(news))]

    def _events(self, unit: Unit, news: Iterable[tuple[LevelSeen, int]]) -> None:
        of_channel: dict[str, list[LevelChange]] = defaultdict(list)
        for seen, before in news:
            of_channel[seen.channel].append(LevelChange(seen.sku, _WORDS[seen.level], _WORDS[before], seen.units))
        for channel, changes in sorted(of_channel.items()):
            for start in range(0, len(changes), _CHANGES_AN_EVENT):
                event = AvailabilityChanged(channel=channel, changes=tuple(changes[start : start + _CHANGES_AN_EVENT]))
                unit.event(new_event(event, at=unit.now, subject=channel, actor=_ACTOR.name))


class _Row(NamedTuple):
    level: int
    position: int


def _lock(session: Session, keys: Sequence[Key]) -> dict[Key, _Row]:
    sql = """
        WITH k(channel_id, item_id) AS ({keys})
        SELECT a.channel_id, a.item_id, a.level, a.position FROM k JOIN availability_levels a
          ON a.channel_id = k.channel_id AND a.item_id = k.item_id
        ORDER BY a.channel_id, a.item_id {lock}
    """
    rows = session.fetch_keys(sql, ("bigint", "bigint"), keys)
    return {(row[0], row[1]): _Row(row[2], row[3]) for row in rows}


_WRITE = """
    WITH v(channel_id, item_id, level, units, position) AS ({keys})
    UPDATE availability_levels SET level = v.level, units = v.units, position = v.position FROM v
    WHERE availability_levels.channel_id = v.channel_id AND availability_levels.item_id = v.item_id
"""


def _last_told(session: Session) -> dict[Key, int]:
    rows = session.fetch("SELECT channel_id, item_id, level FROM availability_levels WHERE level <> 0")
    return {(row[0], row[1]): row[2] for row in rows}
