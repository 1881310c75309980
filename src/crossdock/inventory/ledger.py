"""The ledger: a counter changes only by a movement with a cause and a unique key; counters are the sum of movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crossdock.inventory import tables
from crossdock.inventory.model import PLAIN, CauseKind, Counters, Movement, MovementType, PositionKey
from crossdock.storage.guard import Mismatch
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_KEY = ("bigint", "bigint", "bigint")
_LOCK = """
    WITH k(item_id, location_id, stock_class) AS ({keys})
    SELECT p.item_id, p.location_id, p.stock_class, p.on_hand, p.picked, p.reserved, p.allocated, p.short
    FROM k JOIN positions p
      ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
    ORDER BY p.item_id, p.location_id, p.stock_class {lock}
"""
_WRITE = """
    WITH v(item_id, location_id, stock_class, on_hand, picked, reserved, allocated, short, head, moved_at)
    AS ({keys})
    UPDATE positions SET
        on_hand = positions.on_hand + v.on_hand, picked = positions.picked + v.picked,
        reserved = positions.reserved + v.reserved, allocated = positions.allocated + v.allocated,
        short = positions.short + v.short, last_movement = v.head,
        moved_at = CASE WHEN v.moved_at > coalesce(positions.moved_at, 0) THEN v.moved_at ELSE positions.moved_at END
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
"""
_HEADS = """
    WITH k(item_id, location_id, stock_class) AS ({keys})
    SELECT p.item_id, p.location_id, p.stock_class, p.last_movement
    FROM k JOIN positions p
      ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
"""
_SET_HEADS = """
    WITH v(item_id, location_id, stock_class, head, moved_at) AS ({keys})
    UPDATE positions SET last_movement = v.head,
        moved_at = CASE WHEN v.moved_at > coalesce(positions.moved_at, 0) THEN v.moved_at ELSE positions.moved_at END
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
"""
_LINK_AGAIN = """
    UPDATE movements SET previous = v.previous
    FROM (
        SELECT id, lag(id) OVER (ORDER BY id) AS previous FROM movements
        WHERE item_id = ? AND location_id = ? AND stock_class = ?
    ) AS v
    WHERE movements.id = v.id AND item_id = ? AND location_id = ? AND stock_class = ?
"""
_HEAD_AGAIN = """
    UPDATE positions SET last_movement = (
        SELECT max(id) FROM movements WHERE item_id = ? AND location_id = ? AND stock_class = ?
    ) WHERE item_id = ? AND location_id = ? AND stock_class = ?
"""
EMPTY = (0, 0, 0, 0, 0, None, None, None, None)
"""What follows the key of a position that was never touched."""


class Chain:
    """The newest movement of each locked position, while a transaction adds to them: each line names the one before.

    The history of a position is read back along these names; an index by position would cost a page of the disk for
    each line that a feed of millions writes.
    """

    def __init__(self, heads: Mapping[Any, int | None]) -> None:
        self._heads = dict(heads)

    def link(self, key: PositionKey, movement: int) -> int | None:
        """Make a movement the newest one of its position; returns the one before it."""
        previous = self._heads.get(key)
        self._heads[key] = movement
        return previous

    def head(self, key: PositionKey) -> int | None:
        """Return the newest movement of a position."""
        return self._heads.get(key)


def lock(session: Session, keys: Iterable[PositionKey]) -> dict[PositionKey, Counters]:
    """Lock the positions that exist, in global order, and return their counters; absent ones are left out."""
    rows = session.fetch_keys(_LOCK, _KEY, sorted(set(keys)))
    return {(row[0], row[1], row[2]): Counters(*row[3:]) for row in rows}


def open_positions(unit: Unit, keys: Iterable[PositionKey]) -> dict[PositionKey, Counters]:
    """Lock the positions, making empty ones where there are none."""
    wanted = sorted(set(keys))
    known = lock(unit.session, wanted)
    missing = [key for key in wanted if key not in known]
    if not missing:
        return known
    unit.session.insert_new(tables.positions, [(*key, *EMPTY) for key in missing])
    return lock(unit.session, wanted)


def make_positions(unit: Unit, keys: Iterable[PositionKey]) -> None:
    """Make empty positions where there are none, without looking at the others: they are locked later."""
    unit.session.insert_new(tables.positions, [(*key, *EMPTY) for key in sorted(set(keys))])


def post(unit: Unit, movements: Sequence[Movement]) -> None:
    """Apply movements to positions that are locked already, and write them to the ledger.

    The sums are written by one statement. Raises Mismatch when a position is missing; a counter below what its CHECK
    allows raises Poisoned from the database: both mean that nothing of the transaction stays.
    """
    chain, ids = _chain(unit, movements), unit.ids.take(len(movements))
    rows = _linked(unit, chain, ids, movements)
    sums: dict[PositionKey, Counters] = defaultdict(Counters)
    for movement in movements:
        sums[movement.key] = sums[movement.key].plus(movement.change)
    moved = _moved(movements)
    counters = [(*key, *change, chain.head(key), moved.get(key, 0)) for key, change in sorted(sums.items())]
    changed = unit.session.execute_keys(_WRITE, ("bigint",) * 10, counters)
    if changed != len(counters):
        raise Mismatch(f"{len(counters)} positions were to change and {changed} did")
    for (item, location, stock_class), change in sums.items():
        if stock_class == PLAIN:
            _tell_followers(unit, item, location, change)
    unit.insert(tables.movements, rows)


def record(unit: Unit, movements: Sequence[Movement]) -> None:
    """Write movements whose effect on the counters somebody else has applied to the locked positions."""
    chain, ids = _chain(unit, movements), unit.ids.take(len(movements))
    unit.insert(tables.movements, _linked(unit, chain, ids, movements))
    moved = _moved(movements)
    heads = sorted((*key, chain.head(key), moved.get(key, 0)) for key in {movement.key for movement in movements})
    unit.session.execute_keys(_SET_HEADS, ("bigint",) * 5, heads)


def allocated(unit: Unit, claims: Sequence[tuple[int, int, int, int]], chain: Chain) -> None:
    """Write the ledger lines of allocations that the guard has taken: claim id, item, location, quantity each.

    The line goes by the claim's own id, which the guard was given as the mark: it has set the positions' heads.
    """
    now, kind, cause = unit.now, MovementType.ALLOCATED.value, CauseKind.CLAIM.value
    link = chain.link
    unit.insert(
        tables.movements,
        [
            (
                id_,
                kind,
                item,
                location,
                PLAIN,
                0,
                0,
                0,
                n,
                0,
                now,
                now,
                cause,
                id_,
                0,
                link((item, location, PLAIN), id_),
            )
            for id_, item, location, n in claims
        ],
    )
    unit.claim_changes.extend((item, location, -quantity) for _, item, location, quantity in claims)


def tell(unit: Unit, movements: Sequence[tuple[int, Movement]], chain: Chain) -> None:
    """Write the ledger lines of what the guard has taken and given back, each with the id that was its mark.

    In the order in which the guard was asked: it has set the positions' heads.
    """
    rows = _linked(unit, chain, [id_ for id_, _ in movements], [movement for _, movement in movements])
    unit.insert(tables.movements, rows)
    for _, movement in movements:
        item, location, stock_class = movement.key
        if stock_class == PLAIN:
            _tell_followers(unit, item, location, movement.change)


def _tell_followers(unit: Unit, item: int, location: int, change: Counters) -> None:
    """Tell who follows the log what came or went, and what was claimed or given back."""
    there, taken = change.on_hand + change.short, change.reserved + change.allocated
    if there:
        unit.stock_changes.append((item, location, there))
    if taken:
        unit.claim_changes.append((item, location, -taken))


def chain_again(unit: Unit, key: PositionKey) -> None:
    """Make a position's movements, by their ids, one chain again that ends in its head."""
    for sql in (_LINK_AGAIN, _HEAD_AGAIN):
        unit.session.execute(sql, *key, *key)
    unit.dirty = True


def _linked(
    unit: Unit, chain: Chain, ids: Sequence[int], movements: Sequence[Movement]
) -> list[tuple[int | None, ...]]:
    return [
        (
            id_,
            m.type,
            *m.key,
            *m.change,
            m.occurred_at,
            unit.now,
            m.cause_kind,
            m.cause_id,
            m.sequence,
            chain.link(m.key, id_),
        )
        for id_, m in zip(ids, movements, strict=True)
    ]


def _moved(movements: Sequence[Movement]) -> dict[PositionKey, int]:
    """Return the latest instant of a delta by position: a count taken after it needs no look at the ledger."""
    moved: dict[PositionKey, int] = {}
    for movement in movements:
        if movement.change.on_hand and movement.type is not MovementType.COUNTED:
            moved[movement.key] = max(moved.get(movement.key, 0), movement.occurred_at)
    return moved


def _chain(unit: Unit, movements: Sequence[Movement]) -> Chain:
    keys = sorted({movement.key for movement in movements})
    rows = unit.session.fetch_keys(_HEADS, _KEY, keys)
    return Chain({(row[0], row[1], row[2]): row[3] for row in rows})
