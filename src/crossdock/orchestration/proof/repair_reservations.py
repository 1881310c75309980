"""Mending reservations: what they say that they hold, and claims that no open reservation stands behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crossdock.inventory.model import ClaimState
from crossdock.inventory.verify import Finding
from crossdock.kernel.ids import encode_id

if TYPE_CHECKING:
    from crossdock.orchestration.proof.repair import Repairs

CHECKS = frozenset({"reservation_is_claims", "reservation_has_owner"})


def mend(repairs: Repairs, findings: Iterable[Finding]) -> None:
    """Mend what verify found of reservations; the counters of their items are to be mended after it."""
    for finding in findings:
        if finding.check == "reservation_has_owner":
            _give_up(repairs, finding.key[0])
        elif finding.check == "reservation_is_claims":
            _count(repairs, finding.key[0])


def _give_up(repairs: Repairs, claim_id: int) -> None:
    """Release a claim that nobody stands behind."""
    rows = repairs.session.fetch("SELECT item_id, quantity FROM claims WHERE id = ? AND state = 1", claim_id)
    for item_id, quantity in rows:
        _set(repairs, claim_id, item_id, quantity, 0)


def _count(repairs: Repairs, reservation_id: int) -> None:
    """Let a reservation say what it holds; claims beyond what it asks for, or of one that has ended, are given up."""
    session, name = repairs.session, encode_id("rsv", reservation_id)
    state, units, held = session.fetch(_ROW, reservation_id)[0]
    most = units if state == 1 else 0
    total = 0
    for claim_id, item_id, quantity in session.fetch(_CLAIMS, reservation_id):
        kept = min(quantity, most - total)
        total += kept
        if kept < quantity:
            _set(repairs, claim_id, item_id, quantity, kept)
    if total != held:
        session.execute("UPDATE reservations SET held = ? WHERE id = ?", total, reservation_id)
        repairs.note(name, held, total)


def _set(repairs: Repairs, claim_id: int, item_id: int, quantity: int, kept: int) -> None:
    state = ClaimState.OPEN if kept else ClaimState.RELEASED
    repairs.session.execute(_SET_CLAIM, kept or quantity, int(state), claim_id)
    repairs.note(f"claim {claim_id}", quantity, kept)
    repairs.items.add(item_id)


_ROW = "SELECT state, units, held FROM reservations WHERE id = ?"
_CLAIMS = "SELECT id, item_id, quantity FROM claims WHERE owner_id = ? AND kind = 1 AND state = 1 ORDER BY id"
_SET_CLAIM = "UPDATE claims SET quantity = ?, state = CAST(? AS smallint) WHERE id = ?"
