"""What can be promised, answered from the readers' picture: for an item, a page of them, or thousands of pairs.

The picture says what is there, the configuration says what a channel may see; both are replaced in one step, so that
every number of an answer is of one log position and one version of the configuration. Without a picture (it is being
read, or it is further behind than the caller may accept) the same definition is computed from the database.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.atp import LEVELS
from crossdock.inventory.picture import NotLoaded, Picture
from crossdock.kernel.clock import Clock
from crossdock.orchestration.availability.commands import LevelSeen
from crossdock.orchestration.availability.questions import (
    LIMIT_SECONDS,
    Answer,
    Ask,
    Eyes,
    Items,
    Shown,
    ask_database,
    promise,
    tell,
)
from crossdock.storage.admission import SPACING_SECONDS
from crossdock.storage.database import Database
from crossdock.storage.errors import DatabaseUnavailable
from crossdock.storage.session import Session
from crossdock.storage.unit import CONFIG_KINDS, Unit

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.025
_IDLE_SECONDS = 1.0
_WAIT_STEP_SECONDS = 0.002
_REMEMBERED = 100_000
_ON_THE_LOOP = 200
_AT_A_TIME = 50
"""So many answers are computed in one go off the event loop, which waits for as long when it has one to compute too."""
_TRIES = 3
Before = tuple[int, int, int]
"""An item, the position of its last change, the generation of the configuration."""
_ITEMS_ONLY = CONFIG_KINDS.index("item")


class Levels(NamedTuple):
    """Levels that a picture shows, and the log position that it was at."""

    seen: tuple[LevelSeen, ...]
    position: int


class AtpReader:
    """Answers from the picture and keeps it fresh; one per process, usable from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._alone = database.dialect == "sqlite"
        self.picture = Picture(self._configuration_changed)
        self._shown: Shown | None = None
        self._items = Items()
        self.generation = 0
        """Counts the versions of the configuration and of the picture; answers of another one are forgotten."""
        self._remembered: dict[bytes, tuple[Before, bytes]] = {}
        self._fresh_at = 0.0
        self.load_seconds = 0.0
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._computing = threading.Lock()
        self._stopping = False
        self.views_changed = 0
        """Counts the changes after which any number may be another one."""

    # -- keeping it fresh ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read the picture and follow the log from now on, in a thread of its own; harmless when it does already."""
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._follow, name="picture", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Have the thread look now."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def committed(self, unit: Unit) -> None:
        """Hear what this process has just committed (the writer's ``on_commit``).

        Its readers see it before its caller hears of it. Where others commit too, theirs may have come in between, so
        there the log is looked at.
        """
        if self._thread is None or not unit.position:
            return
        try:
            if self._alone:
                self.picture.committed(self._database.read_now, unit.position, unit.packed_changes)
            else:
                self._database.look_now(self._look)
        except Exception:
            log.exception("the picture of stock could not take in a commit and is read anew")
            self.picture.distrust()
            self._wake.set()

    def _follow(self) -> None:
        while not self._stopping:
            pause = _IDLE_SECONDS if self._alone else _POLL_SECONDS
            try:
                if not self.picture.loaded:
                    self._load()
                elif not self._alone:
                    self._database.look_now(self._look)
            except DatabaseUnavailable as lost:
                log.warning("the picture of stock cannot follow the log: %s", lost)
                pause = _IDLE_SECONDS
            except Exception:
                log.exception("the picture of stock cannot follow the log and is read anew")
                self.picture.distrust()
                pause = _IDLE_SECONDS
            self._wake.wait(pause)
            self._wake.clear()

    def _load(self) -> None:
        started = time.monotonic()
        self.picture.load(self._database.read_now)
        self.load_seconds = time.monotonic() - started
        self._fresh_at = started

    def _look(self, session: Session) -> None:
        started = time.monotonic()
        self.picture.follow(session, self._database.read_now)
        self._fresh_at = max(self._fresh_at, started)

    def _configuration_changed(self, session: Session, kind: int) -> None:
        """Read again what readers see; called in one step with the stock of the same position."""
        self._items = Items()
        if kind != _ITEMS_ONLY or self._shown is None:
            shown = Shown(session)
            # A snapshot that began earlier may come later, from the other thread.
            if self._shown is None or shown.position >= self._shown.position:
                self._shown = shown
            self.views_changed += 1
        self.generation += 1
        if not self.picture.loaded:
            self._wake.set()

    def lag(self) -> float:
        """Return by how many seconds the picture may be behind the database; infinite when there is none."""
        if not self.picture.loaded or self._shown is None:
            return float("inf")
        return 0.0 if self._alone else time.monotonic() - self._fresh_at

    # -- answering -------------------------------------------------------------------------------------------------

    async def answer(self, asks: Sequence[Ask], at_least: int = 0) -> Answer:
        """Answer questions from the picture, all as of one log position that is no less than ``at_least``.

        Waits for that position 100 ms at most, then asks the database. SKUs, channels and locations that do not exist
        have a fault in their place.
        """
        self.start()
        for _ in range(_TRIES):
            if not await self._shows(at_least):
                break
            shown, items, generation = self._shown, self._items, self.generation
            if shown is None:
                break
            if len(items) > _REMEMBERED:
                items = self._items = Items()
            missing = items.missing(ask.sku for ask in asks)
            if missing:
                await self._database.read(partial(items.load, skus=missing))
            try:
                if len(asks) <= _ON_THE_LOOP:
                    return self._from_picture(shown, items, asks, generation)
                return await asyncio.to_thread(self._from_picture, shown, items, asks, generation)
            except NotLoaded:
                continue
        return await self._database.read(lambda session: self.from_database(session, asks))

    async def _shows(self, position: int) -> bool:
        if self._shown is None or not self.picture.loaded:
            return False
        until = time.monotonic() + LIMIT_SECONDS
        while not self.picture.shows(position):
            if time.monotonic() > until:
                return False
            self._wake.set()
            await asyncio.sleep(_WAIT_STEP_SECONDS)
        return True

    def _from_picture(self, shown: Shown, items: Items, asks: Sequence[Ask], generation: int) -> Answer:
        lag = self.lag()
        position, stock = self.picture.stock(
            items.stocked(ask.sku for ask in asks), shown.sites, shares=shown.directory.shares.some
        )
        if generation != self.generation:  # numbers of one configuration must not be seen through another
            raise NotLoaded
        now, told = self._clock(), []
        for start in range(0, len(asks), _AT_A_TIME):
            # What a view has worked out is kept in it, by one thread at a time.
            with self._computing:
                told += tell(shown, items, stock, asks[start : start + _AT_A_TIME], now)
            self._give_way(start, len(asks))
        return Answer(told, position, lag, shown.codes)

    def _give_way(self, start: int, of: int) -> None:
        """Let the writer go first now and then in a long answer, if it is behind; never on the event loop."""
        done = start + _AT_A_TIME
        if done < of and done % _ON_THE_LOOP == 0 and self._database.turnstile.busy():
            time.sleep(SPACING_SECONDS)

    def remembered(self, question: bytes) -> bytes | None:
        """Return the answer that was given to the same question, if nothing has changed it since.

        The clock alone changes none: what a view does not trust any more is told as a change of the configuration.
        """
        kept = self._remembered.get(question)
        if kept is None:
            return None
        (item, touched, generation), body = kept
        fresh = generation == self.generation and touched == self.picture.touched.get(item, 0)
        return body if fresh and self.lag() <= LIMIT_SECONDS else None

    def before(self, asks: Sequence[Ask]) -> Before | None:
        """Return what tells later whether an answer is still true; None for answers that are not to be remembered.

        It is taken before the answer is computed: what changes meanwhile makes the answer forgotten.
        """
        facts = self._items.by_sku.get(asks[0].sku) if len(asks) == 1 else None
        if facts is None or facts.components:
            return None
        return facts.id, self.picture.touched.get(facts.id, 0), self.generation

    def remember(self, question: bytes, before: Before, body: bytes) -> None:
        """Keep the encoded answer to a question about one item."""
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[question] = (before, body)

    # -- levels ----------------------------------------------------------------------------------------------------

    def telling_channels(self) -> list[Eyes]:
        """Return the channels that want to be told when an item becomes in stock, low or out."""
        shown = self._shown
        return [] if shown is None else shown.telling(self._clock())

    async def levels(self, ids: Sequence[int]) -> Levels:
        """Return the level of each of these items (by id) for each channel that is told of levels."""
        shown, items = self._shown, self._items
        await self._database.read(lambda session: items.load_ids(session, ids))
        return await asyncio.to_thread(self._levels, shown, items, items.of_ids(ids))

    def _levels(self, shown: Shown | None, items: Items, wanted: Sequence[ItemFacts]) -> Levels:
        if shown is None:
            return Levels((), 0)
        try:
            position, stock = self.picture.stock(
                items.stocked(facts.sku for facts in wanted), shown.sites, shares=shown.directory.shares.some
            )
        except NotLoaded:
            return Levels((), 0)
        seen: list[LevelSeen] = []
        for start in range(0, len(wanted), _AT_A_TIME):
            with self._computing:
                for eyes in shown.telling(self._clock()):
                    for facts in wanted[start : start + _AT_A_TIME]:
                        total = promise(shown, eyes, items.parts(facts), stock, None).total
                        at = LEVELS.index(eyes.level(total))
                        seen.append(LevelSeen(eyes.channel_id, facts.id, eyes.code, facts.sku, at, total))
            self._give_way(start, len(wanted))
        return Levels(tuple(seen), position)

    def from_database(self, session: Session, asks: Sequence[Ask]) -> Answer:
        """Answer questions from the database, in the session's snapshot."""
        return ask_database(session, asks, self._clock())
