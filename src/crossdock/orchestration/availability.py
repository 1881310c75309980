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
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from crossdock.catalog import store as catalog
from crossdock.catalog.model import ItemFacts
from crossdock.events import last_position
from crossdock.inventory.atp import (
    Atp,
    Ints,
    ItemStock,
    Level,
    View,
    arriving_until,
    available_to_promise,
    level,
    of_bundle,
)
from crossdock.inventory.picture import NotLoaded, Picture, Sites, read_stock
from crossdock.kernel.clock import SECOND, Clock
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.errors import ConfigurationRefused, UnknownChannel
from crossdock.storage.database import Database
from crossdock.storage.errors import DatabaseUnavailable
from crossdock.storage.session import Session
from crossdock.storage.unit import CONFIG_KINDS, Unit

log = logging.getLogger(__name__)

T = TypeVar("T")
LIMIT_SECONDS = 0.1
"""No answer is older than this without saying so; who brings a log position waits for it so long."""
_POLL_SECONDS = 0.025
_IDLE_SECONDS = 1.0
_WAIT_STEP_SECONDS = 0.002
_REMEMBERED = 100_000
_REMEMBERED_FOR = SECOND  # a view may look at the clock
Before = tuple[int, int, int]
"""An item, the position of its last change, the generation of the configuration."""
_ITEMS_ONLY = CONFIG_KINDS.index("item")


class Ask(NamedTuple):
    """One question: of an item, as a channel sees it (or all of it), at a location (or anywhere), by a day (or now)."""

    sku: str
    channel: str = ""
    location: str = ""
    day: int | None = None


class Told(NamedTuple):
    """An answer: what can be promised, and what that is made of; or the code of what does not exist."""

    ask: Ask
    atp: Atp | None
    total: int
    low_stock: int = 0
    fault: str = ""

    @property
    def level(self) -> Level:
        """Return the word for it: in stock, low or out, by the channel's threshold."""
        return level(self.total, self.low_stock)


class Answer(NamedTuple):
    """Answers that are all of one log position; ``lag`` in seconds is how far that may be behind."""

    told: list[Told]
    position: int
    lag: float
    sites: tuple[str, ...]

    @property
    def stale(self) -> bool:
        """Say whether the answers are older than they may be."""
        return self.lag > LIMIT_SECONDS


class Eyes(NamedTuple):
    """How a channel sees stock: its view, and from how many units downwards it calls an item low."""

    channel_id: int
    view: View
    low_stock: int


class Shown:
    """The configuration as readers see it: never changed, only replaced."""

    def __init__(self, session: Session) -> None:
        self.position = last_position(session)
        self.directory = Directory()
        self.directory.refresh(session)
        network = self.directory.network.sites
        self.sites = Sites.of(site.id for site in network)
        self.codes = tuple(site.code for site in network)
        self.place_of = {code: place for place, code in enumerate(self.codes)}

    def eyes(self, code: str, at: int) -> Eyes | None:
        """Return how a channel sees stock; the empty code sees everything. None when there is no such channel."""
        if not code:
            return Eyes(0, self.directory.everything, 0)
        try:
            stored = self.directory.channel(code)
        except UnknownChannel:
            return None
        return Eyes(stored.id, self.directory.view_of(stored, at), stored.channel.low_stock or 0)


class AtpReader:
    """Answers from the picture and keeps it fresh; one per process, usable from any thread."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._alone = database.dialect == "sqlite"
        self.picture = Picture(self._configuration_changed)
        self._shown: Shown | None = None
        self._items: dict[str, ItemFacts] = {}
        self.generation = 0
        """Counts the versions of the configuration and of the picture; answers of another one are forgotten."""
        self._remembered: dict[bytes, tuple[Before, int, bytes]] = {}
        self._fresh_at = 0.0
        self.load_seconds = 0.0
        self._thread: threading.Thread | None = None
        self._wake = threading.Event()
        self._computing = threading.Lock()
        self._stopping = False
        self.on_change: Callable[[Iterable[int] | None], None] = lambda _: None
        """Hears the items that changed (None: all may have)."""

    # -- keeping it fresh ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read the picture and follow the log from now on, in a thread of its own; harmless when it does already."""
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._follow, name="picture", daemon=True)
            self._thread.start()

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
        self._database.read_now(self.picture.load)
        self.load_seconds = time.monotonic() - started
        self._fresh_at = started

    def _look(self, session: Session) -> None:
        started = time.monotonic()
        self.picture.follow(session, self._database.read_now)
        self._fresh_at = max(self._fresh_at, started)

    def _configuration_changed(self, session: Session, kind: int) -> None:
        """Read again what readers see; called in one step with the stock of the same position."""
        self._items = {}
        if kind != _ITEMS_ONLY or self._shown is None:
            shown = Shown(session)
            # A snapshot that began earlier may come later, from the other thread.
            if self._shown is None or shown.position >= self._shown.position:
                self._shown = shown
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
        if not await self._shows(at_least):
            return await self._database.read(lambda session: self.from_database(session, asks))
        shown, items = self._shown, self._items
        assert shown is not None
        if len(items) > _REMEMBERED:
            items = self._items = {}
        missing = {ask.sku for ask in asks if ask.sku not in items}
        if missing:
            await self._database.read(lambda session: _load_items(session, items, missing))
        if len(asks) <= _ON_THE_LOOP:
            return self._from_picture(shown, items, asks)
        return await asyncio.to_thread(self._from_picture, shown, items, asks)

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

    def _from_picture(self, shown: Shown, items: Mapping[str, ItemFacts], asks: Sequence[Ask]) -> Answer:
        lag = self.lag()
        try:
            position, stock = self.picture.stock(_stocked(items, asks), shown.sites)
        except NotLoaded:
            return self._database.read_now(lambda session: self.from_database(session, asks))
        now, told = self._clock(), []
        for start in range(0, len(asks), _ON_THE_LOOP):
            # What a view has worked out is kept in it, by one thread at a time.
            with self._computing:
                told += _tell(shown, items, stock, asks[start : start + _ON_THE_LOOP], now)
        return Answer(told, position, lag, shown.codes)

    def remembered(self, question: bytes, now: int) -> bytes | None:
        """Return the answer that was given to the same question, if nothing has changed it since."""
        kept = self._remembered.get(question)
        if kept is None:
            return None
        (item, touched, generation), until, body = kept
        fresh = generation == self.generation and touched == self.picture.touched.get(item, 0) and now < until
        return body if fresh and self.lag() <= LIMIT_SECONDS else None

    def before(self, asks: Sequence[Ask]) -> Before | None:
        """Return what tells later whether an answer is still true; None for answers that are not to be remembered.

        It is taken before the answer is computed: what changes meanwhile makes the answer forgotten.
        """
        facts = self._items.get(asks[0].sku) if len(asks) == 1 else None
        if facts is None or facts.components:
            return None
        return facts.id, self.picture.touched.get(facts.id, 0), self.generation

    def remember(self, question: bytes, before: Before, body: bytes) -> None:
        """Keep the encoded answer to a question about one item."""
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        self._remembered[question] = (before, self._clock() + _REMEMBERED_FOR, body)

    def from_database(self, session: Session, asks: Sequence[Ask]) -> Answer:
        """Answer questions from the database, in the session's snapshot."""
        return ask_database(session, asks, self._clock())


_ON_THE_LOOP = 200
_DEEPEST_BUNDLE = 8


def ask_database(session: Session, asks: Sequence[Ask], now: int) -> Answer:
    """Answer questions without a picture, by the same definition."""
    shown = Shown(session)
    items: dict[str, ItemFacts] = {}
    _load_items(session, items, {ask.sku for ask in asks})
    position, stock = read_stock(session, _stocked(items, asks), shown.sites)
    return Answer(_tell(shown, items, stock, asks, now), position, 0.0, shown.codes)


def _load_items(session: Session, items: dict[str, ItemFacts], skus: Iterable[str]) -> None:
    """Make the items known, with the parts of those that are bundles."""
    found = catalog.facts_by_sku(session, skus)
    items.update(found)
    parts = {part for facts in found.values() for part, _ in facts.components} - items.keys()
    if parts:
        _load_items(session, items, parts)


def _parts(items: Mapping[str, ItemFacts], facts: ItemFacts, depth: int = 0) -> list[tuple[ItemFacts, int]]:
    """Return the items that a bundle is made of with their units in one; an item itself is its only part."""
    if not facts.components:
        return [(facts, 1)]
    if depth > _DEEPEST_BUNDLE:
        raise ConfigurationRefused(f"The bundle '{facts.sku}' contains itself.")
    units: dict[str, int] = {}
    for sku, count in facts.components:
        for part, each in _parts(items, items[sku], depth + 1):
            units[part.sku] = units.get(part.sku, 0) + each * count
    return [(items[sku], count) for sku, count in units.items()]


def _stocked(items: Mapping[str, ItemFacts], asks: Iterable[Ask]) -> list[int]:
    """Return the ids of the items whose stock the questions are about."""
    found = [items[sku] for sku in dict.fromkeys(ask.sku for ask in asks) if sku in items]
    return list(dict.fromkeys(part.id for facts in found for part, _ in _parts(items, facts)))


def _tell(
    shown: Shown, items: Mapping[str, ItemFacts], stock: Mapping[int, ItemStock], asks: Sequence[Ask], now: int
) -> list[Told]:
    """Answer each question from what is known; the same item for the same channel and day is computed once."""
    done: dict[tuple[str, str, int | None], Atp] = {}
    eyes = {code: shown.eyes(code, now) for code in {ask.channel for ask in asks}}
    told: list[Told] = []
    for ask in asks:
        facts, seeing = items.get(ask.sku), eyes[ask.channel]
        place = shown.place_of.get(ask.location, -1) if ask.location else -1
        if facts is None or seeing is None or (ask.location and place < 0):
            fault = "unknown_channel" if seeing is None else "unknown_item" if facts is None else "unknown_location"
            told.append(Told(ask, None, 0, 0, fault))
            continue
        key = (ask.sku, ask.channel, ask.day)
        atp = done.get(key)
        if atp is None:
            atp = done[key] = _atp(shown, seeing, _parts(items, facts), stock, ask.day)
        told.append(Told(ask, atp, atp.at(place) if ask.location else atp.total, seeing.low_stock))
    return told


def _atp(
    shown: Shown,
    seeing: Eyes,
    parts: Sequence[tuple[ItemFacts, int]],
    stock: Mapping[int, ItemStock],
    day: int | None,
) -> Atp:
    found: list[tuple[Atp, int]] = []
    for part, count in parts:
        here = stock[part.id]
        coming: Ints | None = None
        if day is not None and here.arriving:
            coming = arriving_until(here, day, shown.sites.places)
        found.append((available_to_promise(seeing.view, part, here, arriving=coming), count))
    return found[0][0] if len(found) == 1 and found[0][1] == 1 else of_bundle(found)
