"""The proof of what is under way between our locations: legs, the lines they bring, and who those are for, agree."""

from __future__ import annotations

from crossdock.inventory.verify import LIMIT, Finding, Range
from crossdock.storage.session import Session

TRANSFER_CHECKS = frozenset({"transfer_is_whole", "transfer_claim_has_leg"})
# For each line that a leg brings: what is claimed of it, who it is pegged to, what the leg still has to take away and
# what it holds where it begins.
_WHOLE = """
    SELECT s.item_id, s.id, f.order_id, s.reference, s.line, s.claimed, CASE WHEN s.state = 1 THEN 1 ELSE 0 END,
        (SELECT CAST(coalesce(sum(c.quantity), 0) AS bigint) FROM claims c
            WHERE c.supply_line_id = s.id AND c.supply_line_id IS NOT NULL AND c.source = 3 AND c.state = 1) AS pegged,
        CAST(coalesce(l.quantity - l.canceled - l.shipped, 0) AS bigint) AS leaving,
        CASE WHEN k.state = 1 THEN k.quantity ELSE 0 END AS held,
        CASE WHEN k.kind = 3 AND k.location_id = f.location_id AND k.item_id = s.item_id AND f.feeds IS NOT NULL
             THEN 1 ELSE 0 END AS fits
    FROM supply_lines s LEFT JOIN fulfillments f ON f.id = s.fulfillment_id
    LEFT JOIN fulfillment_lines l ON l.fulfillment_id = f.id AND CAST(l.demand_no AS text) = s.line
    LEFT JOIN claims k ON k.id = l.claim_id
    WHERE s.fulfillment_id IS NOT NULL AND s.item_id BETWEEN ? AND ? ORDER BY s.id
"""
_LEGLESS = """
    SELECT c.item_id, c.id, c.quantity FROM claims c
    LEFT JOIN fulfillment_lines l ON l.claim_id = c.id AND l.demand_no = c.owner_no
        AND l.fulfillment_id IN (SELECT f.id FROM fulfillments f WHERE f.order_id = c.owner_id AND f.feeds IS NOT NULL)
    WHERE c.kind = 3 AND c.state = 1 AND c.item_id BETWEEN ? AND ? AND l.claim_id IS NULL ORDER BY c.id LIMIT ?
"""


def transfers(session: Session, items: Range) -> list[Finding]:
    """Find lines of legs that do not bring what the leg takes away, or are pegged to nobody for it."""
    found: list[Finding] = []
    for item, id_, order, reference, line, claimed, is_open, pegged, leaving, held, fits in session.fetch(
        _WHOLE, *items
    ):
        name = f"transfer '{reference}' '{line}'"
        # A leg whose goods have left has nothing more to take away; what is under way stays claimed.
        agree = pegged == claimed and leaving == held and leaving <= pegged and (is_open or not pegged)
        if fits and agree and (leaving == pegged or not leaving):
            continue
        text = (
            f"{claimed} units of {name} are claimed and {pegged} are pegged to somebody; its leg is to take {leaving} "
            f"away and holds {held}."
        )
        found.append(Finding("transfer_is_whole", name, (item, id_, order or 0), "claimed", claimed, leaving, text))
        if len(found) >= LIMIT:
            break
    for item, id_, units in session.fetch(_LEGLESS, *items, LIMIT):
        text = f"Claim {id_} holds {units} units for a transfer, and no leg takes them away."
        found.append(Finding("transfer_claim_has_leg", f"claim {id_}", (item, id_, 0), "quantity", units, 0, text))
    return found
