"""The ledger: a counter changes only by a movement with a cause and a unique key; counters are the sum of movements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

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
    WITH v(item_id, location_id, stock_class, on_hand, picked, reserved, allocated, short) AS ({keys})
    UPDATE positions SET
        on_hand = positions.on_hand + v.on_hand, picked = positions.picked + v.picked,
        reserved = positions.reserved + v.reserved, allocated = positions.allocated + v.allocated,
        short = positions.short + v.short
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
"""


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
    unit.session.insert_new(tables.positions, [(*key, 0, 0, 0, 0, 0, None, None) for key in missing])
    return lock(unit.session, wanted)


def post(unit: Unit, movements: Sequence[Movement]) -> None:
    """Apply movements to positions that are locked already, and write them to the ledger.

    The sums are written by one statement. Raises Mismatch when a position is missing; a counter below what its CHECK
    allows raises Poisoned from the database: both mean that nothing of the transaction stays.
    """
    sums: dict[PositionKey, Counters] = defaultdict(Counters)
    for movement in movements:
        sums[movement.key] = sums[movement.key].plus(movement.change)
    rows = [(*key, *change) for key, change in sorted(sums.items()) if any(change)]
    changed = unit.session.execute_keys(_WRITE, ("bigint",) * 8, rows)
    if changed != len(rows):
        raise Mismatch(f"{len(rows)} positions were to change and {changed} did")
    for (item, location, stock_class), change in sums.items():
        if stock_class == PLAIN and change.claimable:
            unit.stock_changes.append((item, location, change.claimable))
    record(unit, movements)


def record(unit: Unit, movements: Sequence[Movement]) -> None:
    """Write movements whose effect on the counters has been applied by the guard already."""
    ids = unit.ids.take(len(movements))
    unit.insert(
        tables.movements,
        [
            (id_, m.type, *m.key, *m.change, m.occurred_at, unit.now, m.cause_kind, m.cause_id, m.sequence)
            for id_, m in zip(ids, movements, strict=True)
        ],
    )


def allocated(unit: Unit, claims: Sequence[tuple[int, int, int, int]]) -> None:
    """Write the ledger lines of allocations that the guard has taken: claim id, item, location, quantity each."""
    ids = unit.ids.take(len(claims))
    now, kind, cause = unit.now, MovementType.ALLOCATED.value, CauseKind.CLAIM.value
    unit.insert(
        tables.movements,
        [
            (id_, kind, item, location, PLAIN, 0, 0, 0, quantity, 0, now, now, cause, claim, 0)
            for id_, (claim, item, location, quantity) in zip(ids, claims, strict=True)
        ],
    )
    unit.stock_changes.extend((item, location, -quantity) for _, item, location, quantity in claims)
