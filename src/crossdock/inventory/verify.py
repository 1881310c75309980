"""The proof of the ledger: every counter is the sum of its movements and of the claims that stand on it.

Each check is one set-based statement over a range of items; the same statements run on both databases.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock.inventory.model import COUNTERS, Counters, PositionKey
from crossdock.kernel.ids import encode_id
from crossdock.storage.session import Session

LIMIT = 1_000
"""No check returns more rows than this: whoever mends them asks again."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as the laws say: what was looked at, what was found, what it should be."""

    check: str
    subject: str
    key: tuple[int, ...]
    field: str
    found: int | str
    expected: int | str
    message: str


class Range(NamedTuple):
    """Ids from ``low`` to ``high``, both within."""

    low: int = 0
    high: int = (1 << 63) - 1


EVERYTHING = Range()


class Balance(NamedTuple):
    """A position against what it should be the sum of."""

    key: PositionKey
    there: int
    counters: Counters
    moved: Counters
    reserved: int
    allocated: int
    broken: int = 0
    """Not 0 when the position's movements, each naming the one before it, are no chain that ends in its head."""

    @property
    def target(self) -> Counters:
        """What the counters are by law: the ledger is the truth of what is there, claims of what is taken.

        ``short`` is what is claimed beyond what is there; picked is what counter and ledger agree upon.
        """
        claimed = self.reserved + self.allocated
        return Counters(
            on_hand=self.moved.on_hand,
            picked=max(0, min(self.counters.picked, self.moved.picked, self.allocated)),
            reserved=self.reserved,
            allocated=self.allocated,
            short=max(0, claimed - self.moved.on_hand),
        )


_KEY = "item_id, location_id, stock_class"
_CHANGES = ", ".join(f"CAST(sum({name}) AS bigint) AS {name}" for name in COUNTERS)
_SUMS = ", ".join(
    f"CAST(sum({name}) AS bigint)"
    for name in ("there", *COUNTERS, *(f"m_{name}" for name in COUNTERS), "c_reserved", "c_allocated", "chain")
)
# In a chain each id but the head's is named once as the previous one: the ids less the names leave the head. Sums of
# remainders cannot overflow, and ten million of them fit.
_CHAIN = "CAST(sum(coalesce(previous, 0) % 1000000007) - sum(id % 1000000007) AS bigint) AS chain"
_UNEQUAL = " OR ".join(f"sum({name}) <> sum(m_{name})" for name in COUNTERS)
_UNBALANCED = f"""
    WITH m AS (
        SELECT {_KEY}, {_CHANGES}, {_CHAIN} FROM movements WHERE item_id BETWEEN ? AND ? GROUP BY {_KEY}
    ), c AS (
        SELECT {_KEY}, CAST(sum(CASE WHEN kind = 1 THEN quantity ELSE 0 END) AS bigint) AS reserved,
            CAST(sum(CASE WHEN kind = 1 THEN 0 ELSE quantity END) AS bigint) AS allocated
        FROM claims WHERE state = 1 AND source = 0 AND item_id BETWEEN ? AND ? GROUP BY {_KEY}
    ), a AS (
        SELECT {_KEY}, 1 AS there, on_hand, picked, reserved, allocated, short, 0 AS m_on_hand, 0 AS m_picked,
            0 AS m_reserved, 0 AS m_allocated, 0 AS m_short, 0 AS c_reserved, 0 AS c_allocated,
            coalesce(last_movement, 0) % 1000000007 AS chain
        FROM positions WHERE item_id BETWEEN ? AND ?
        UNION ALL
        SELECT {_KEY}, 0, 0, 0, 0, 0, 0, on_hand, picked, reserved, allocated, short, 0, 0, chain FROM m
        UNION ALL
        SELECT {_KEY}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, reserved, allocated, 0 FROM c
    )
    SELECT {_KEY}, {_SUMS} FROM a GROUP BY {_KEY}
    HAVING sum(there) <> 1 OR {_UNEQUAL} OR sum(chain) <> 0
        OR sum(reserved) <> sum(c_reserved) OR sum(allocated) <> sum(c_allocated)
        OR sum(short) <> CASE WHEN sum(reserved) + sum(allocated) > sum(on_hand)
                              THEN sum(reserved) + sum(allocated) - sum(on_hand) ELSE 0 END
    ORDER BY {_KEY} LIMIT ?
"""
_SHARES = """
    WITH a AS (
        SELECT s.item_id, s.id, s.group_code, s.pool, s.used, s.spent, 0 AS open, 0 AS gone
        FROM shares s WHERE s.item_id BETWEEN ? AND ?
        UNION ALL
        SELECT s.item_id, s.id, s.group_code, s.pool, 0, 0, CASE WHEN c.state = 1 THEN p.quantity ELSE 0 END,
            CASE WHEN c.state = 3 THEN p.quantity ELSE 0 END
        FROM shares s JOIN claim_shares p ON p.share_id = s.id JOIN claims c ON c.id = p.claim_id
        WHERE s.item_id BETWEEN ? AND ?
    )
    SELECT item_id, id, group_code, pool, CAST(sum(used) AS bigint), CAST(sum(spent) AS bigint),
        CAST(sum(open) AS bigint), CAST(sum(gone) AS bigint)
    FROM a GROUP BY item_id, id, group_code, pool HAVING sum(used) <> sum(open) OR sum(spent) <> sum(gone)
    ORDER BY id LIMIT ?
"""
_SHARES_FIT = """
    SELECT c.item_id, c.id, CAST(sum(p.quantity) AS bigint), c.quantity
    FROM claim_shares p JOIN claims c ON c.id = p.claim_id
    WHERE c.state <> 2 AND c.item_id BETWEEN ? AND ? GROUP BY c.item_id, c.id, c.quantity
    HAVING sum(p.quantity) > c.quantity ORDER BY c.id LIMIT ?
"""
# A ledger line leads to its cause: a claim on the same position, a record, a repair, a row of a feed, a receipt.
_CAUSELESS = """
    SELECT m.id, m.cause_kind, m.cause_id FROM movements m
    LEFT JOIN claims c ON m.cause_kind = 1 AND c.id = m.cause_id
        AND c.item_id = m.item_id AND c.location_id = m.location_id AND c.stock_class = m.stock_class
    LEFT JOIN stock_records r ON m.cause_kind = 2 AND r.id = m.cause_id
    LEFT JOIN repairs p ON m.cause_kind = 3 AND p.id = m.cause_id
    LEFT JOIN feed_parts f ON m.cause_kind = 4 AND f.id = m.cause_id AND m.sequence < f.rows
    LEFT JOIN supply_receipts s ON m.cause_kind = 5 AND s.id = m.cause_id
    LEFT JOIN rejections j ON m.cause_kind = 6 AND j.id = m.cause_id AND j.location_id = m.location_id
    WHERE m.item_id BETWEEN ? AND ? AND c.id IS NULL AND r.id IS NULL AND p.id IS NULL AND f.id IS NULL
        AND s.id IS NULL AND j.id IS NULL
    ORDER BY m.id LIMIT ?
"""
_CAUSES = {1: "claim", 2: "stock record", 3: "repair", 4: "feed part", 5: "receipt", 6: "rejection"}


def unbalanced(session: Session, items: Range = EVERYTHING, limit: int = LIMIT) -> list[Balance]:
    """Return the positions whose counters are not what movements, claims and the law of ``short`` make them."""
    rows = session.fetch(_UNBALANCED, *items, *items, *items, limit)
    return [Balance((r[0], r[1], r[2]), r[3], Counters(*r[4:9]), Counters(*r[9:14]), r[14], r[15], r[16]) for r in rows]


def stock(session: Session, items: Range = EVERYTHING) -> list[Finding]:
    """Return what is wrong with the stock of these items."""
    return [*_positions(session, items), *shares(session, items), *_causes(session, items)]


_HELD = """
    SELECT r.id, r.state, r.held, CAST(coalesce(sum(c.quantity), 0) AS bigint)
    FROM reservations r LEFT JOIN claims c ON c.owner_id = r.id AND c.kind = 1 AND c.state = 1
    WHERE r.state = 1 OR r.held > 0 GROUP BY r.id, r.state, r.held HAVING r.held <> coalesce(sum(c.quantity), 0)
    ORDER BY r.id LIMIT ?
"""
# Open claims of reservations are few: those that have ended have none. Of claims that belong to an order's demand the
# order's own checks tell.
_OWNERLESS = """
    SELECT c.id, c.owner_id, c.quantity FROM claims c
    LEFT JOIN reservations r ON r.id = c.owner_id AND r.state = 1
    LEFT JOIN orders o ON o.id = c.owner_id
    WHERE c.kind = 1 AND c.state = 1 AND r.id IS NULL AND o.id IS NULL ORDER BY c.id LIMIT ?
"""


def reservations(session: Session) -> list[Finding]:
    """Find reservations that say they hold another number than they do, and reserved units of no open reservation."""
    found: list[Finding] = []
    for id_, _, held, claimed in session.fetch(_HELD, LIMIT):
        name = encode_id("rsv", id_)
        text = f"{name} says that it holds {held} units, and its open claims add up to {claimed}."
        found.append(Finding("reservation_is_claims", name, (id_,), "held", held, claimed, text))
    for id_, owner, quantity in session.fetch(_OWNERLESS, LIMIT):
        name = f"claim {id_}"
        text = f"{quantity} units are reserved by {name} for {encode_id('rsv', owner)}, which is not open."
        found.append(Finding("reservation_has_owner", name, (id_, owner), "owner_id", owner, "an open one", text))
    return found


def _positions(session: Session, items: Range) -> list[Finding]:
    balances = unbalanced(session, items)
    names = subjects(session, [balance.key for balance in balances])
    found: list[Finding] = []
    for balance in balances:
        name = names[balance.key]
        if not balance.there:
            text = f"There are movements or claims of {name}, but no such position."
            found.append(Finding("position_exists", name, balance.key, "", 0, 1, text))
        for field, has, moved in zip(COUNTERS, balance.counters, balance.moved, strict=True):
            if has != moved:
                text = f"{field} of {name} is {has}, and its movements add up to {moved}."
                found.append(Finding("counter_is_movements", name, balance.key, field, has, moved, text))
        if balance.broken and balance.there:
            text = f"The movements of {name} do not lead from the newest one back to the first."
            found.append(Finding("ledger_is_a_chain", name, balance.key, "last_movement", balance.broken, 0, text))
        counters = balance.counters
        for field, has, claimed in (
            ("reserved", counters.reserved, balance.reserved),
            ("allocated", counters.allocated, balance.allocated),
        ):
            if has != claimed:
                text = f"{field} of {name} is {has}, and the open claims on it add up to {claimed}."
                found.append(Finding("counter_is_claims", name, balance.key, field, has, claimed, text))
        short = max(0, counters.reserved + counters.allocated - counters.on_hand)
        if counters.short != short:
            text = f"short of {name} is {counters.short}, and {short} are claimed beyond what is there."
            found.append(Finding("short_is_claimed_beyond", name, balance.key, "short", counters.short, short, text))
    return found


def shares(session: Session, items: Range) -> list[Finding]:
    """Return the counters of shares that are not what claims took from them, and claims that took more than they hold.

    ``used`` is of open claims, ``spent`` of claims whose goods have left. The key is (item, counter or claim).
    """
    found = []
    for item, id_, units, held in session.fetch(_SHARES_FIT, *items, LIMIT):
        text = f"Claim {id_} holds {held} units, and {units} of them are said to come from shares."
        found.append(Finding("claim_shares_fit", f"claim {id_}", (item, id_), "quantity", units, held, text))
    for item, id_, group, pool, used, spent, open_, gone in session.fetch(_SHARES, *items, *items, LIMIT):
        name = f"the share of '{group}' in '{pool}' of item {item}"
        for field, has, claims in (("used", used, open_), ("spent", spent, gone)):
            if has != claims:
                text = f"{field} of {name} is {has}, and the claims on it add up to {claims}."
                found.append(Finding("share_is_claims", name, (item, id_), field, has, claims, text))
    return found


def _causes(session: Session, items: Range) -> list[Finding]:
    found = []
    for id_, kind, cause in session.fetch(_CAUSELESS, *items, LIMIT):
        word = _CAUSES.get(kind, f"cause of kind {kind}")
        text = f"Movement {id_} says that {word} {cause} moved its position, and there is no such {word}."
        found.append(Finding("movement_has_cause", f"movement {id_}", (id_,), "cause_id", cause, word, text))
    return found


def subjects(session: Session, keys: Sequence[PositionKey]) -> dict[PositionKey, str]:
    """Return how people call these positions: SKU and location, with ids where the names are gone."""
    skus = _names(session, _SKUS, {key[0] for key in keys})
    codes = _names(session, _CODES, {key[1] for key in keys})
    out = {}
    for key in keys:
        item, location, stock_class = key
        lot = f" class {stock_class}" if stock_class else ""
        out[key] = f"{skus.get(item, f'item {item}')} at {codes.get(location, f'location {location}')}{lot}"
    return out


def _names(session: Session, sql: str, ids: set[int]) -> dict[int, Any]:
    return dict(map(tuple, session.fetch_keys(sql, ("bigint",), [(id_,) for id_ in sorted(ids)])))


_SKUS = "WITH k(id) AS ({keys}) SELECT i.id, i.sku FROM k JOIN items i ON i.id = k.id"
_CODES = "WITH k(id) AS ({keys}) SELECT l.id, l.code FROM k JOIN locations l ON l.id = k.id"
