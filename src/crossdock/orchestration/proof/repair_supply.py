"""Mending what is coming: lines say what their receipts say, counters what waits, and everybody is bound anew.

Who is bound to what is derived from the queue and the lines by one rule, so it is not mended but worked out again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crossdock.inventory import supply
from crossdock.inventory.limits import UNLIMITED
from crossdock.inventory.model import ClaimKind, ClaimState
from crossdock.inventory.supply_model import SupplyState, state_of
from crossdock.inventory.verify import Finding
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.supply.binding import rebind
from crossdock.storage.unit import Unit

Note = Callable[[str, Any, Any], int]
"""Writes down what was found and what it was set to."""


def mend(unit: Unit, directory: Directory, findings: Sequence[Finding], note: Note) -> None:
    """Mend these findings of ``verify_supply``, with a record of each."""
    lines: set[int] = set()
    for finding in findings:
        note(f"{finding.field} of {finding.subject}", finding.found, finding.expected)
        if finding.check == "waiting_is_counted":
            _count(unit, finding)
        elif finding.check == "supply_claim_fits":
            _release(unit, finding.key[1])
        elif finding.check != "bound_is_waiting":
            lines.add(finding.key[1])
    items = {finding.key[0] for finding in findings}
    # Everything that the rule makes is taken off the lines, and made again from what the queue says.
    of_items = {row.id for row in supply.open_lines(unit.session, items)}
    before = list(supply.lock(unit.session, lines | of_items).values())
    received = _received(unit, [row.id for row in before])
    rows = []
    for row in before:
        came, state = received.get(row.id, 0), row.state
        if state == SupplyState.OPEN:
            state = state_of(row.quantity, came).value
        rows.append(row._replace(received=came, state=state, claimed=0, changed_at=unit.now))
    supply.change(unit, rows)
    for item_id in sorted(items):
        unit.supply_changed(item_id)
    _free_reservations(unit, {row.id: row.open for row in rows}, note)
    rebind(unit, directory, items, "system:repair", before)


def _received(unit: Unit, lines: Sequence[int]) -> dict[int, int]:
    sql = """
        WITH k(id) AS ({keys})
        SELECT r.supply_line_id, CAST(sum(r.quantity) AS bigint)
        FROM k JOIN supply_receipts r ON r.supply_line_id = k.id GROUP BY r.supply_line_id
    """
    return {row[0]: int(row[1]) for row in unit.session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in lines])}


def _free_reservations(unit: Unit, still_open: dict[int, int], note: Note) -> None:
    """Release the newest reservations of units that a line does not have."""
    left = dict(still_open)
    for claim in supply.claims_on(unit.session, left):
        if claim.kind == ClaimKind.RESERVATION:
            left[claim.line_id] -= claim.quantity
            if left[claim.line_id] < 0:
                left[claim.line_id] += claim.quantity
                _release(unit, claim.id)
                note(f"claim {claim.id}", claim.quantity, 0)


def _release(unit: Unit, claim_id: int) -> None:
    unit.session.execute("UPDATE claims SET state = ? WHERE id = ?", ClaimState.RELEASED.value, claim_id)
    unit.dirty = True


def _count(unit: Unit, finding: Finding) -> None:
    item, kind, channel = finding.key
    expected = int(finding.expected)
    sql = "UPDATE waiting_limits SET used = ? WHERE kind = ? AND item_id = ? AND channel_id = ?"
    if not unit.session.execute(sql, expected, kind, item, channel):
        unit.session.execute(
            "INSERT INTO waiting_limits (kind, item_id, channel_id, used, allowed) VALUES (?, ?, ?, ?, ?)",
            kind,
            item,
            channel,
            expected,
            UNLIMITED,
        )
    unit.dirty = True
