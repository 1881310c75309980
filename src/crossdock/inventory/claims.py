"""Giving claims back, in whole or in part: a release restores exactly what the claim debited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from crossdock.inventory import tables
from crossdock.inventory.model import ClaimState, Movement, MovementType
from crossdock.inventory.shares import last_taken_first
from crossdock.storage.session import Session
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
        _give_back_shares(unit, left)
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(left), ClaimState.RELEASED.value)
        unit.dirty = True


def shares_of(session: Session, claim_ids: Sequence[int]) -> dict[int, list[tuple[int, int]]]:
    """Return from which counters of shares claims took their units, in order: (counter's id or 0, units) each."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT s.claim_id, s.share_id, s.quantity FROM k JOIN claim_shares s ON s.claim_id = k.id
        WHERE s.quantity > 0 ORDER BY s.claim_id, s.no
    """
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for claim, share, quantity in session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in sorted(set(claim_ids))]):
        found[claim].append((share, quantity))
    return found


def shrink_parts(unit: Unit, left: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Let claims (id, what is left) come from shares with no more than that; returns what each counter gets back."""
    taken = shares_of(unit.session, [id_ for id_, _ in left])
    rows: list[tuple[int, int, int]] = []
    back: dict[int, int] = defaultdict(int)
    for id_, quantity in left:
        parts = taken.get(id_, [])
        stays, given = last_taken_first(parts, sum(units for _, units in parts) - quantity)
        for share, units in given:
            back[share] += units
        rows += [(id_, no, stays[no][1] if no < len(stays) else 0) for no in range(len(parts))]
    if rows:
        unit.session.execute_keys(_SET_PARTS, ("bigint",) * 3, sorted(rows))
        unit.dirty = True
    return back


def _give_back_shares(unit: Unit, left: Sequence[tuple[int, int]]) -> None:
    """Give back to the counters of shares what claims took last and are now without."""
    back = shrink_parts(unit, left)
    if not back:
        return
    items = unit.session.fetch_keys(_GIVE_BACK, ("bigint", "bigint"), sorted((s, n) for s, n in back.items() if s))
    unit.stock_changes.extend((item, -share, -back[share]) for share, item in items)


_SET_PARTS = """
    WITH v(claim_id, no, quantity) AS ({keys})
    UPDATE claim_shares SET quantity = v.quantity FROM v
    WHERE claim_shares.claim_id = v.claim_id AND claim_shares.no = v.no
"""
_GIVE_BACK = """
    WITH v(id, n) AS ({keys})
    UPDATE shares SET used = shares.used - v.n FROM v WHERE shares.id = v.id RETURNING shares.id, shares.item_id
"""


def released_before(unit: Unit, claim_ids: Sequence[int]) -> dict[int, int]:
    """Return how many release movements each claim has had, so that the next one has a number of its own."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT m.cause_id, count(*) FROM k JOIN movements m ON m.cause_id = k.id AND m.cause_kind = 1 AND m.type = 8
        GROUP BY m.cause_id
    """
    keys = [(id_,) for id_ in sorted(set(claim_ids))]
    return dict(map(tuple, unit.session.fetch_keys(sql, ("bigint",), keys)))


def numbered(unit: Unit, movements: Sequence[Movement]) -> list[Movement]:
    """Give each release of a claim a number of its own: its unique key is (claim, released, number)."""
    released = [m.cause_id for m in movements if m.type is MovementType.RELEASED]
    count = released_before(unit, released) if released else {}
    found = []
    for movement in movements:
        if movement.type is MovementType.RELEASED:
            number = count.get(movement.cause_id, 0)
            count[movement.cause_id] = number + 1
            found.append(movement._replace(sequence=number))
        else:
            found.append(movement)
    return found


def consume(unit: Unit, left: Sequence[tuple[int, int]]) -> None:
    """Set what is left of claims (id, quantity) whose goods went; one of which nothing is left is consumed."""
    sql = """
        WITH v(id, quantity) AS ({keys})
        UPDATE claims SET quantity = CASE WHEN v.quantity = 0 THEN claims.quantity ELSE v.quantity END,
            state = CASE WHEN v.quantity = 0 THEN CAST(? AS smallint) ELSE claims.state END
        FROM v WHERE claims.id = v.id
    """
    if left:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(left), ClaimState.CONSUMED.value)
        unit.dirty = True


def hand_on_shares(unit: Unit, from_claim: int, left: int, to_claim: int) -> None:
    """Let a claim have what another one, of which so much is left, took of shares: the counters stay as they are."""
    parts = shares_of(unit.session, [from_claim]).get(from_claim)
    if not parts:
        return
    _, given = last_taken_first(parts, sum(units for _, units in parts) - left)
    shrink_parts(unit, [(from_claim, left)])
    unit.insert(tables.claim_shares, [(to_claim, no, share, units) for no, (share, units) in enumerate(given)])


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
