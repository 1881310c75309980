"""Giving claims back, in whole or in part: a release restores exactly what the claim debited."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.inventory.model import ClaimState
from crossdock.storage.unit import Unit


def shrink(unit: Unit, left: Sequence[tuple[int, int]]) -> None:
    """Set what is left of claims (id, quantity); a claim of which nothing is left is released."""
    sql = """
        WITH v(id, quantity) AS ({keys})
        UPDATE claims SET quantity = CASE WHEN v.quantity = 0 THEN claims.quantity ELSE v.quantity END,
            state = CASE WHEN v.quantity = 0 THEN CAST(? AS smallint) ELSE claims.state END
        FROM v WHERE claims.id = v.id
    """
    if left:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(left), ClaimState.RELEASED.value)
        unit.dirty = True


def released_before(unit: Unit, claim_ids: Sequence[int]) -> dict[int, int]:
    """Return how many release movements each claim has had, so that the next one has a number of its own."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT m.cause_id, count(*) FROM k JOIN movements m ON m.cause_id = k.id AND m.cause_kind = 1 AND m.type = 8
        GROUP BY m.cause_id
    """
    keys = [(id_,) for id_ in sorted(set(claim_ids))]
    return dict(map(tuple, unit.session.fetch_keys(sql, ("bigint",), keys)))


def give_back_capacity(unit: Unit, taken: Sequence[tuple[int, int]], today: int) -> None:
    """Give back fulfillments of a work day (location id, day); of days that have passed nothing is given back."""
    counts: dict[tuple[int, int], int] = {}
    for key in taken:
        counts[key] = counts.get(key, 0) + 1
    rows = sorted((location, day, n) for (location, day), n in counts.items() if day >= today)
    sql = """
        WITH v(location_id, work_day, n) AS ({keys})
        UPDATE capacities SET used = capacities.used - v.n FROM v
        WHERE capacities.location_id = v.location_id AND capacities.work_day = v.work_day AND capacities.slot = 0
    """
    if rows:
        unit.session.execute_keys(sql, ("bigint",) * 3, rows)
        unit.dirty = True
