"""All SQL of the readers' picture: positions as columns, what waits, what is coming, the counters of shares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from crossdock.inventory.atp import Arriving, Counter, Ints, ItemStock
from crossdock.inventory.columns import Held, Positions
from crossdock.inventory.mirror import UNLIMITED
from crossdock.network.model import StockMode
from crossdock.storage.session import Session

_ITEMS_AT_ONCE = 250  # some ten thousand rows: as Python's objects they take ten times the room of the columns


class Sites(NamedTuple):
    """The active locations of a network in its order, each id with its place."""

    ids: tuple[int, ...]
    places: dict[int, int]

    @classmethod
    def of(cls, ids: Iterable[int]) -> Sites:
        """Number the locations."""
        own = tuple(ids)
        return cls(own, {id_: place for place, id_ in enumerate(own)})


class About(NamedTuple):
    """What is known of an item beyond its positions; ``special`` are locations with a fixed number."""

    waiting: int
    arriving: tuple[Arriving, ...]
    special: tuple[tuple[int, int], ...]
    counters: tuple[Counter, ...]


class State:
    """All that a picture knows; made anew by ``read_state``, changed by what follows."""

    def __init__(self) -> None:
        self.positions = Positions()
        self.waiting: dict[int, int] = {}
        self.arriving: dict[int, tuple[Arriving, ...]] = {}
        self.special: dict[int, tuple[tuple[int, int], ...]] = {}
        self.counters: dict[int, dict[int, Counter]] = {}
        """The counters of shares of each item, by their ids."""
        self.situation_as_of: dict[int, int] = {}
        self.position = 0

    def about(self, item: int) -> About:
        """Return what is known of an item beyond its positions."""
        counters = self.counters.get(item)
        return About(
            self.waiting.get(item, 0),
            self.arriving.get(item, ()),
            self.special.get(item, ()),
            tuple(counters.values()) if counters else (),
        )


FOLLOW = "SELECT id, changes FROM stock_log WHERE id > ? ORDER BY id LIMIT 1001"
_LAST = "SELECT coalesce(max(id), 0) FROM stock_log"
_POSITIONS = """
    SELECT item_id, location_id, on_hand + short - reserved - allocated, on_hand + short FROM positions
    WHERE stock_class = 0 AND item_id BETWEEN ? AND ?
"""
_POSITIONS_OF = """
    WITH k(item_id) AS ({keys})
    SELECT p.item_id, p.location_id, p.on_hand + p.short - p.reserved - p.allocated, p.on_hand + p.short
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
_OPEN = "s.state = 1 AND s.stock_class = 0 AND s.quantity - s.received - s.claimed > 0 AND s.fulfillment_id IS NULL"
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


_COUNTERS = "SELECT item_id, id, group_code, pool, used, spent FROM shares"
_COUNTERS_OF = """
    WITH k(item_id) AS ({keys})
    SELECT s.item_id, s.id, s.group_code, s.pool, s.used, s.spent FROM k JOIN shares s ON s.item_id = k.item_id
"""


def read_state(session: Session) -> State:
    """Read all stock as columns, some thousand items at a time, in the session's snapshot."""
    state = State()
    state.position = int(session.fetch(_LAST)[0][0])
    state.positions = _read_positions(session)
    state.waiting = dict(map(tuple, session.fetch(_WAITING)))
    state.arriving = _arriving(session.fetch(_ARRIVING))
    state.special = _special(session.fetch(_SPECIAL))
    state.counters = _counters(session.fetch(_COUNTERS))
    return state


def _read_positions(session: Session) -> Positions:
    ids = [row[0] for row in session.fetch("SELECT id FROM items ORDER BY id")]
    parts: list[Ints] = []
    for start in range(0, len(ids), _ITEMS_AT_ONCE):
        chunk = ids[start : start + _ITEMS_AT_ONCE]
        rows = session.fetch(_POSITIONS, chunk[0], chunk[-1])
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=4 * len(rows))
        parts.append(flat.reshape(-1, 4))
    if not parts:
        return Positions()
    whole = np.concatenate(parts)
    return Positions.of(*(whole[:, n].copy() for n in range(4)))


def read_situation(session: Session, state: State, items: Sequence[int]) -> None:
    """Read again what waits and what is coming of some items, and their shares."""
    keys = [(item,) for item in items]
    as_of = int(session.fetch(_LAST)[0][0])
    waiting: dict[int, int] = dict(map(tuple, session.fetch_keys(_WAITING_OF, ("bigint",), keys)))
    arriving = _arriving(session.fetch_keys(_ARRIVING_OF, ("bigint",), keys))
    counters = _counters(session.fetch_keys(_COUNTERS_OF, ("bigint",), keys))
    for item in items:
        state.counters[item] = counters.get(item, {})
        state.waiting[item] = waiting.get(item, 0)
        state.arriving[item] = arriving.get(item, ())
        state.situation_as_of[item] = as_of


def read_stock(session: Session, items: Sequence[int], sites: Sites) -> tuple[int, dict[int, ItemStock]]:
    """Return what the picture would say of some items, from the database itself."""
    state = State()
    wanted = list(dict.fromkeys(items))
    keys = [(item,) for item in wanted]
    position = int(session.fetch(_LAST)[0][0])
    read_situation(session, state, wanted)
    state.special = _special(session.fetch_keys(_SPECIAL_OF, ("bigint",), keys))
    rows = session.fetch_keys(_POSITIONS_OF, ("bigint",), keys)
    if rows:
        whole = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=4 * len(rows)).reshape(-1, 4)
        state.positions = Positions.of(*(whole[:, n].copy() for n in range(4)))
    none = len(sites.ids)
    places = np.array([sites.places.get(id_, none) for id_ in state.positions.location_ids], dtype=np.int64)
    return position, {
        item: item_stock(here, places, sites, state.about(item), shares=True)
        for item, here in state.positions.each(wanted).items()
    }


def item_stock(held: Held, places: Ints, sites: Sites, known: About, *, shares: bool) -> ItemStock:
    """Return what is known of an item by site: ``places`` are the sites of the columns, one behind the last for none.

    Where any number can be had, or nothing is shipped, nothing is there that shares could be taken of.
    """
    claimable = _dense(held.claimable, held, places, sites)
    shared, there = claimable, _dense(held.there, held, places, sites) if shares else None
    if known.special:
        shared = claimable.copy()
        for location, fixed in known.special:
            place = sites.places.get(location)
            if place is not None:
                claimable[place], shared[place] = fixed, 0
                if there is not None:
                    there[place] = 0
    return ItemStock(claimable, max(0, known.waiting), known.arriving, shared, there, known.counters)


def _dense(units: Ints, held: Held, places: Ints, sites: Sites) -> Ints:
    out = np.zeros(len(sites.ids) + 1, dtype=np.int64)
    out[places[held.columns]] = units
    return np.maximum(out[:-1], 0)


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


def _counters(rows: Iterable[Any]) -> dict[int, dict[int, Counter]]:
    found: dict[int, dict[int, Counter]] = defaultdict(dict)
    for item, id_, *rest in rows:
        found[item][id_] = Counter(*rest)
    return dict(found)
