"""The readers' picture of stock: every position, what waits and what is coming, of the whole network, in memory.

It follows the log, entry after entry, and is changed in one step with its log position, so that nobody sees half a
batch, or a later one without an earlier one. It is another picture than the writer's mirror: nothing in it is ever
debited before it is true.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol

import numpy as np

from crossdock.inventory.atp import Ints, ItemStock
from crossdock.inventory.picture_store import FOLLOW, Sites, State, item_stock, read_situation, read_state
from crossdock.kernel.memory import give_back
from crossdock.storage.session import Session
from crossdock.storage.unit import CLAIMS, CONFIG_KINDS, CONFIGURATION, SUPPLY, WAITING, unpack_changes

_FORGET_BEYOND = 1_000
_STOCK_MENDED = CONFIG_KINDS.index("stock")

Read = Callable[[Callable[[Session], Any]], Any]
"""Runs a query function in a snapshot that shows the commit in question."""


class OnConfiguration(Protocol):
    """What hears that the configuration was changed: a session that shows it, and what of it (CONFIG_KINDS)."""

    def __call__(self, session: Session, kind: int) -> None:
        """Read again what there is to read."""


Entry = tuple[int, bytes]
"""A row of the stock log: its position and its packed changes."""


class Picture:
    """Claimable units by item and location, units that wait, supply that is open; safe to use from any thread."""

    def __init__(self, on_configuration: OnConfiguration) -> None:
        self._on_configuration = on_configuration
        self._lock = threading.RLock()
        self._state: State | None = None
        self._must_load = False
        self._held_back: list[Entry] | None = None
        self._places_of: tuple[Sites, State, Ints] | None = None
        self.touched: dict[int, int] = {}
        """Item id to the log position of its last change since the picture was made."""
        self._news: set[int] | None = None

    # -- how it comes to be ----------------------------------------------------------------------------------------

    @property
    def loaded(self) -> bool:
        """Say whether there is a picture that may be read."""
        return self._state is not None and not self._must_load

    @property
    def position(self) -> int:
        """The log position up to which everything is in the picture; 0 before it is loaded."""
        state = self._state
        return 0 if state is None else state.position

    def load(self, read: Read) -> None:
        """Read everything anew in one snapshot; what is committed meanwhile is taken in at the end.

        What must be looked up for that is read in another snapshot: the first does not show what came after it.
        """
        with self._lock:
            self._held_back = self._held_back or []
        made = read(self._read_all)
        with self._lock:
            self._state = made
            self._must_load = False
            held_back, self._held_back = self._held_back or [], None
            self.touched = {}
            for position, packed in held_back:
                self._take_in(read, position, packed)

    def _read_all(self, session: Session) -> State:
        """Read all stock, and the configuration of the same moment: who finds the picture loaded finds it read."""
        made = read_state(session)
        give_back()
        self._on_configuration(session, 0)
        return made

    def committed(self, read: Read, position: int, packed: bytes) -> None:
        """Take in what has just been committed, where one process makes all commits and so tells them in order."""
        with self._lock:
            if self._held_back is not None:
                self._held_back.append((position, packed))
            elif self._state is not None:
                self._take_in(read, position, packed)

    def follow(self, session: Session, read: Read) -> None:
        """Take in what the log has that is not here yet; whoever is far behind must read everything anew.

        One statement when there is nothing new, or only numbers; ``read`` is used for what must be looked up.
        """
        rows = session.fetch(FOLLOW, self.position) if self.loaded else []
        if len(rows) > _FORGET_BEYOND:
            self.distrust()
            return
        with self._lock:
            for position, packed in rows:
                self._take_in(read, position, packed)

    def distrust(self) -> None:
        """Let nobody read the picture until it is read anew."""
        self._must_load = True

    def _take_in(self, read: Read, position: int, packed: bytes) -> None:
        state = self._state
        if state is None or position <= state.position:
            return
        if packed:
            self._apply(read, state, position, unpack_changes(packed))
        state.position = position

    def _apply(self, read: Read, state: State, position: int, changes: Ints) -> None:
        goods, claims = changes, changes[:0]
        named = changes[:, 1] >= 0
        if not named.all():
            (begin,) = np.nonzero(changes[:, 1] == CLAIMS)
            if len(begin):
                goods, claims = changes[: begin[0]], changes[begin[0] + 1 :]
            self._apply_typed(read, state, position, changes[~named])
            goods, claims = goods[goods[:, 1] >= 0], claims[claims[:, 1] >= 0]
        for part in (goods, claims):
            if len(part):
                items, locations, by = part.T.tolist()
                state.positions.change(items, locations, by, goods=part is goods)
                self._touch(items, position)

    def _apply_typed(self, read: Read, state: State, position: int, typed: Ints) -> None:
        again: set[int] = set()
        configured: set[int] = set()
        shares: list[tuple[int, int, int]] = []
        for item, kind, change in typed.tolist():
            if kind == WAITING and position > state.situation_as_of.get(item, 0):
                state.waiting[item] = state.waiting.get(item, 0) + change
            elif kind == SUPPLY:
                again.add(item)
            elif kind == CONFIGURATION:
                self._must_load = self._must_load or change == _STOCK_MENDED
                configured.add(change)
            elif kind < CLAIMS:
                shares.append((item, -kind, change))
        again |= self._count_shares(state, position, shares)
        if again:
            read(lambda session: read_situation(session, state, sorted(again)))
        for what in sorted(configured):
            read(partial(self._on_configuration, kind=what))
        self._touch([item for item in typed[:, 0].tolist() if item], position)

    def _count_shares(self, state: State, position: int, taken: Sequence[tuple[int, int, int]]) -> set[int]:
        """Add what was taken from counters of shares; returns the items that have counters unknown so far."""
        unknown = set()
        for item, id_, units in taken:
            counter = state.counters.get(item, {}).get(id_)
            if counter is None:
                unknown.add(item)
            elif position > state.situation_as_of.get(item, 0):
                state.counters[item][id_] = counter._replace(used=counter.used + units)
        return unknown

    def _touch(self, items: list[int], position: int) -> None:
        self.touched.update(dict.fromkeys(items, position))
        if self._news is not None:
            self._news.update(items)

    # -- how it is read --------------------------------------------------------------------------------------------

    def shows(self, position: int) -> bool:
        """Say whether what was committed at a position is in the picture."""
        return self.loaded and position <= self.position

    def stock(self, items: Sequence[int], sites: Sites, *, shares: bool = True) -> tuple[int, dict[int, ItemStock]]:
        """Return the log position and what it knows of each item, all as of that position.

        Without ``shares`` what only they need is left out. Raises NotLoaded.
        """
        with self._lock:
            state = self._state
            if state is None or self._must_load:
                raise NotLoaded
            places = self._places(state, sites)
            held = state.positions.each(items)
            position = state.position
            known = {item: state.about(item) for item in held}
        return position, {
            item: item_stock(here, places, sites, known[item], shares=shares) for item, here in held.items()
        }

    def _places(self, state: State, sites: Sites) -> Ints:
        """Return the place among the sites for each column; one behind the last for what is not active."""
        known = self._places_of
        if known is None or known[0] is not sites or known[1] is not state or len(known[2]) < state.positions.width:
            none = len(sites.ids)
            places = [sites.places.get(id_, none) for id_ in state.positions.location_ids]
            known = self._places_of = (sites, state, np.array(places, dtype=np.int64))
        return known[2]

    def take_news(self) -> set[int]:
        """Return the items that changed since the last time; the first time nothing, from then on it is noted."""
        with self._lock:
            news, self._news = self._news or set(), set()
            return news

    def items(self) -> list[int]:
        """Return every item that stands anywhere, waits or is coming."""
        with self._lock:
            state = self._state
            if state is None:
                return []
            return list(dict.fromkeys(chain(state.positions.items, state.waiting, state.arriving, state.special)))

    def size(self) -> tuple[int, int]:
        """Return how many positions there are, and how much memory their columns take."""
        state = self._state
        return (0, 0) if state is None else (len(state.positions), state.positions.nbytes)


class NotLoaded(Exception):
    """There is no picture yet: ask the database."""
