"""The readers' picture of stock: every position, what waits and what is coming, of the whole network, in memory.

It follows the log, entry after entry, and is changed in one step with its log position, so that nobody sees half a
batch, or a later one without an earlier one. It is another picture than the writer's mirror: nothing in it is ever
debited before it is true.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple, Protocol

import numpy as np

from crossdock.inventory.atp import Arriving, Ints, ItemStock
from crossdock.inventory.columns import Held, Positions
from crossdock.inventory.mirror import UNLIMITED
from crossdock.network.model import StockMode
from crossdock.storage.session import Session
from crossdock.storage.unit import CONFIG_KINDS, CONFIGURATION, SUPPLY, WAITING, unpack_changes

_ITEMS_AT_ONCE = 2_000
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


class Sites(NamedTuple):
    """The active locations of a network in its order, each id with its place."""

    ids: tuple[int, ...]
    places: dict[int, int]

    @classmethod
    def of(cls, ids: Iterable[int]) -> Sites:
        """Number the locations."""
        own = tuple(ids)
        return cls(own, {id_: place for place, id_ in enumerate(own)})


class _State:
    """All that a picture knows; made anew by a load, changed by what follows."""

    def __init__(self) -> None:
        self.positions = Positions()
        self.waiting: dict[int, int] = {}
        self.arriving: dict[int, tuple[Arriving, ...]] = {}
        self.special: dict[int, tuple[tuple[int, int], ...]] = {}
        self.situation_as_of: dict[int, int] = {}
        self.position = 0


class Picture:
    """Claimable units by item and location, units that wait, supply that is open; safe to use from any thread."""

    def __init__(self, on_configuration: OnConfiguration) -> None:
        self._on_configuration = on_configuration
        self._lock = threading.RLock()
        self._state: _State | None = None
        self._must_load = False
        self._held_back: list[Entry] | None = None
        self._places_of: tuple[Sites, _State, Ints] | None = None
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

    def load(self, session: Session) -> None:
        """Read everything anew in the session's snapshot; what is committed meanwhile is taken in at the end."""
        with self._lock:
            self._held_back = self._held_back or []
        made = read_state(session)
        with self._lock:
            # Whoever finds the picture loaded finds the configuration read.
            self._on_configuration(session, 0)
            self._state = made
            self._must_load = False
            held_back, self._held_back = self._held_back or [], None
            self.touched = {}
            for position, packed in held_back:
                self._take_in(lambda work: work(session), position, packed)

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
        rows = session.fetch(_FOLLOW, self.position) if self.loaded else []
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

    def _apply(self, read: Read, state: _State, position: int, changes: Ints) -> None:
        named = changes[:, 1] >= 0
        if not named.all():
            self._apply_typed(read, state, position, changes[~named])
            changes = changes[named]
        if len(changes):
            items, locations, by = changes.T.tolist()
            state.positions.change(items, locations, by)
            self._touch(items, position)

    def _apply_typed(self, read: Read, state: _State, position: int, typed: Ints) -> None:
        again: set[int] = set()
        configured: set[int] = set()
        for item, kind, change in typed.tolist():
            if kind == WAITING and position > state.situation_as_of.get(item, 0):
                state.waiting[item] = state.waiting.get(item, 0) + change
            elif kind == SUPPLY:
                again.add(item)
            elif kind == CONFIGURATION:
                self._must_load = self._must_load or change == _STOCK_MENDED
                configured.add(change)
        if again:
            read(lambda session: _read_situation(session, state, sorted(again)))
        for what in sorted(configured):
            read(partial(self._on_configuration, kind=what))
        self._touch([item for item in typed[:, 0].tolist() if item], position)

    def _touch(self, items: list[int], position: int) -> None:
        self.touched.update(dict.fromkeys(items, position))
        if self._news is not None:
            self._news.update(items)

    # -- how it is read --------------------------------------------------------------------------------------------

    def shows(self, position: int) -> bool:
        """Say whether what was committed at a position is in the picture."""
        return self.loaded and position <= self.position

    def stock(self, items: Sequence[int], sites: Sites) -> tuple[int, dict[int, ItemStock]]:
        """Return the log position and what it knows of each item, all as of that position."""
        with self._lock:
            state = self._state
            if state is None or self._must_load:
                raise NotLoaded
            places = self._places(state, sites)
            held = state.positions.each(items)
            position = state.position
            rest = {
                item: (state.waiting.get(item, 0), state.arriving.get(item, ()), state.special.get(item, ()))
                for item in held
            }
        return position, {
            item: ItemStock(_dense(here, places, sites, rest[item][2]), max(0, rest[item][0]), rest[item][1])
            for item, here in held.items()
        }

    def _places(self, state: _State, sites: Sites) -> Ints:
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


def _dense(held: Held, places: Ints, sites: Sites, special: tuple[tuple[int, int], ...]) -> Ints:
    units = np.zeros(len(sites.ids) + 1, dtype=np.int64)
    units[places[held.columns]] = held.units
    for location, fixed in special:
        place = sites.places.get(location)
        if place is not None:
            units[place] = fixed
    return np.maximum(units[:-1], 0)


# -- SQL --------------------------------------------------------------------------------------------------------------

_FOLLOW = "SELECT id, changes FROM stock_log WHERE id > ? ORDER BY id LIMIT 1001"
_LAST = "SELECT coalesce(max(id), 0) FROM stock_log"
_POSITIONS = """
    SELECT item_id, location_id, on_hand + short - reserved - allocated FROM positions
    WHERE stock_class = 0 AND item_id BETWEEN ? AND ?
"""
_POSITIONS_OF = """
    WITH k(item_id) AS ({keys})
    SELECT p.item_id, p.location_id, p.on_hand + p.short - p.reserved - p.allocated
    FROM k JOIN positions p ON p.item_id = k.item_id AND p.stock_class = 0
"""
_WAITING = """
    SELECT item_id, CAST(sum(n) AS bigint) FROM (
        SELECT item_id, quantity AS n FROM queue_entries WHERE closed_at IS NULL
        UNION ALL
        SELECT c.item_id, -c.quantity FROM supply_lines s JOIN claims c ON c.supply_line_id = s.id
        WHERE s.state = 1 AND c.source = 1 AND c.kind = 2 AND c.state = 1
    ) AS waits GROUP BY item_id HAVING sum(n) <> 0
"""
_WAITING_OF = """
    WITH k(item_id) AS ({keys})
    SELECT item_id, CAST(sum(n) AS bigint) FROM (
        SELECT q.item_id, q.quantity AS n FROM k JOIN queue_entries q ON q.item_id = k.item_id AND q.closed_at IS NULL
        UNION ALL
        SELECT c.item_id, -c.quantity FROM k JOIN supply_lines s ON s.item_id = k.item_id AND s.state = 1
        JOIN claims c ON c.supply_line_id = s.id AND c.source = 1 AND c.kind = 2 AND c.state = 1
    ) AS waits GROUP BY item_id HAVING sum(n) <> 0
"""
_OPEN = "s.state = 1 AND s.stock_class = 0 AND s.quantity - s.received - s.claimed > 0"
_COLUMNS = "s.item_id, s.expected_day, s.location_id, s.quantity - s.received - s.claimed"
_ARRIVING = f"SELECT {_COLUMNS} FROM supply_lines s WHERE {_OPEN} ORDER BY s.item_id, s.expected_day, s.id"
_ARRIVING_OF = f"""
    WITH k(item_id) AS ({{keys}})
    SELECT {_COLUMNS} FROM k JOIN supply_lines s ON s.item_id = k.item_id
    WHERE {_OPEN} ORDER BY s.item_id, s.expected_day, s.id
"""
# Where an item is not shipped from, or any number of it is: there no position says what can be claimed.
_SPECIAL = f"SELECT item_id, location_id, ships FROM stockings WHERE stock_mode = {StockMode.UNLIMITED} OR ships = 0"
_SPECIAL_OF = f"""
    WITH k(item_id) AS ({{keys}})
    SELECT s.item_id, s.location_id, s.ships FROM k JOIN stockings s ON s.item_id = k.item_id
    WHERE s.stock_mode = {StockMode.UNLIMITED} OR s.ships = 0
"""


def read_state(session: Session) -> _State:
    """Read all stock as columns, some thousand items at a time, in the session's snapshot."""
    state = _State()
    state.position = int(session.fetch(_LAST)[0][0])
    state.positions = _read_positions(session)
    state.waiting = dict(map(tuple, session.fetch(_WAITING)))
    state.arriving = _arriving(session.fetch(_ARRIVING))
    state.special = _special(session.fetch(_SPECIAL))
    return state


def _read_positions(session: Session) -> Positions:
    ids = [row[0] for row in session.fetch("SELECT id FROM items ORDER BY id")]
    parts: list[Ints] = []
    for start in range(0, len(ids), _ITEMS_AT_ONCE):
        chunk = ids[start : start + _ITEMS_AT_ONCE]
        rows = session.fetch(_POSITIONS, chunk[0], chunk[-1])
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=3 * len(rows))
        parts.append(flat.reshape(-1, 3))
    if not parts:
        return Positions()
    whole = np.concatenate(parts)
    return Positions.of(whole[:, 0].copy(), whole[:, 1].copy(), whole[:, 2].copy())


def _read_situation(session: Session, state: _State, items: Sequence[int]) -> None:
    """Read again what waits and what is coming of some items."""
    keys = [(item,) for item in items]
    as_of = int(session.fetch(_LAST)[0][0])
    waiting: dict[int, int] = dict(map(tuple, session.fetch_keys(_WAITING_OF, ("bigint",), keys)))
    arriving = _arriving(session.fetch_keys(_ARRIVING_OF, ("bigint",), keys))
    for item in items:
        state.waiting[item] = waiting.get(item, 0)
        state.arriving[item] = arriving.get(item, ())
        state.situation_as_of[item] = as_of


def read_stock(session: Session, items: Sequence[int], sites: Sites) -> tuple[int, dict[int, ItemStock]]:
    """Return what the picture would say of some items, from the database itself."""
    keys = [(item,) for item in dict.fromkeys(items)]
    position = int(session.fetch(_LAST)[0][0])
    waiting: dict[int, int] = dict(map(tuple, session.fetch_keys(_WAITING_OF, ("bigint",), keys)))
    arriving = _arriving(session.fetch_keys(_ARRIVING_OF, ("bigint",), keys))
    special = _special(session.fetch_keys(_SPECIAL_OF, ("bigint",), keys))
    units = {item: np.zeros(len(sites.ids), dtype=np.int64) for (item,) in keys}
    for item, location, claimable in session.fetch_keys(_POSITIONS_OF, ("bigint",), keys):
        place = sites.places.get(location)
        if place is not None:
            units[item][place] = max(0, claimable)
    for item, fixed in special.items():
        for location, n in fixed:
            if location in sites.places:
                units[item][sites.places[location]] = n
    return position, {
        item: ItemStock(here, max(0, waiting.get(item, 0)), arriving.get(item, ())) for item, here in units.items()
    }


def _arriving(rows: Iterable[Any]) -> dict[int, tuple[Arriving, ...]]:
    found: dict[int, list[Arriving]] = defaultdict(list)
    for item, day, location, units in rows:
        found[item].append(Arriving(day, location, units))
    return {item: tuple(lines) for item, lines in found.items()}


def _special(rows: Iterable[Any]) -> dict[int, tuple[tuple[int, int], ...]]:
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for item, location, ships in rows:
        found[item].append((location, UNLIMITED if ships else 0))
    return {item: tuple(fixed) for item, fixed in found.items()}
