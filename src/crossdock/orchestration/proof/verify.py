"""The whole proof: stock, claims and their owners, orders and their marks, capacity, references that no key guards."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from crossdock.fulfillment.model import Execution
from crossdock.inventory import verify as inventory
from crossdock.inventory.verify import EVERYTHING, LIMIT, Finding, Range
from crossdock.kernel.clock import utc_day
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.proof.verify_supply import supply
from crossdock.orchestration.proof.verify_transfers import transfers
from crossdock.orders.model import PARTITION
from crossdock.orders.status import derive
from crossdock.storage.session import Session

ORDER_CHECKS = frozenset(
    {
        "demand_is_claims",
        "reserved_is_claims",
        "allocated_is_planned",
        "moving_is_started",
        "waiting_is_queued",
        "demand_is_shipped",
        "line_is_claim",
        "line_has_claim",
        "canceled_is_empty",
        "order_mark",
    }
)
STOCK_CHECKS = frozenset(
    {"position_exists", "counter_is_movements", "counter_is_claims", "short_is_claimed_beyond", "ledger_is_a_chain"}
)
SHARE_CHECKS = frozenset({"share_is_claims", "claim_shares_fit"})
"""What repair can mend; the first number of a finding's key is the order, or the item."""
Progress = Callable[[int, int], None]
"""Hears how many of how many steps are done."""


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was verified, what is not as the laws say, and how long it took.

    ``complete`` is false when a check found so much that it stopped counting.
    """

    at: int
    seconds: float
    checked: dict[str, int]
    findings: tuple[Finding, ...]
    complete: bool

    @property
    def clean(self) -> bool:
        """Say whether everything is as it must be."""
        return not self.findings


def verify(
    session: Session,
    now: int,
    *,
    items: Range | None = None,
    orders: Range | None = None,
    progress: Progress | None = None,
) -> VerifyReport:
    """Prove everything, or only the stock of a range of items, or only a range of orders; changes nothing.

    Run it in one snapshot (Database.read): what others commit meanwhile is no finding.
    """
    began = time.perf_counter()
    whole = items is None and orders is None
    stock = [EVERYTHING] if whole else [items] if items is not None else []
    steps = len(stock) + len(_ORDER_CHECKS) * (whole or orders is not None) + 3 * whole
    done = 0
    findings: list[Finding] = []

    def step(found: list[Finding]) -> None:
        nonlocal done
        findings.extend(found)
        done += 1
        if progress is not None:
            progress(done, steps)

    for part in stock:
        step([*inventory.stock(session, part), *supply(session, part), *transfers(session, part)])
    if whole or orders is not None:
        for check in _ORDER_CHECKS:
            step(check(session, orders or EVERYTHING))
    if whole:
        step(capacity(session, utc_day(now)))
        step(references(session))
        step(inventory.reservations(session))
    return VerifyReport(
        at=now,
        seconds=round(time.perf_counter() - began, 3),
        checked=_counts(session) if whole else {},
        findings=tuple(findings),
        complete=len(findings) < LIMIT,
    )


def _counts(session: Session) -> dict[str, int]:
    tables = ("positions", "movements", "claims", "orders", "demand", "fulfillments", "queue_entries")
    return {table: session.fetch(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


# -- claims and their owners ------------------------------------------------------------------------------------------

_ZEROS = "0, 0, 0, 0, 0, 0, 0"
_OWNED = (
    "there", "allocated", "moving", "reserved", "gone", "lost", "waiting",
    "claimed", "promised", "planned", "started", "left_us", "queued",
)  # fmt: skip
_OWNERS = f"""
    WITH a AS (
        SELECT order_id, no, 1 AS there, allocated, released + picked AS moving, reserved, shipped + delivered AS gone,
            lost, waiting, 0 AS claimed, 0 AS promised, 0 AS planned, 0 AS started, 0 AS left_us, 0 AS queued
        FROM demand WHERE order_id BETWEEN ? AND ?
        UNION ALL
        SELECT owner_id, owner_no, {_ZEROS}, quantity, 0, 0, 0, 0, 0
        FROM claims WHERE kind = 2 AND state = 1 AND source <> 1 AND owner_id BETWEEN ? AND ?
        UNION ALL
        SELECT c.owner_id, c.owner_no, {_ZEROS}, 0, c.quantity, 0, 0, 0, 0
        FROM claims c JOIN demand d ON d.order_id = c.owner_id AND d.no = c.owner_no
        WHERE c.kind = 1 AND c.state = 1 AND c.owner_id BETWEEN ? AND ?
        UNION ALL
        SELECT f.order_id, l.demand_no, {_ZEROS}, 0, 0,
            CASE WHEN f.execution = {Execution.PLANNED.value} THEN l.quantity - l.canceled - l.shipped ELSE 0 END,
            CASE WHEN f.execution = {Execution.PLANNED.value} THEN 0 ELSE l.quantity - l.canceled - l.shipped END,
            l.shipped, 0
        FROM fulfillments f JOIN fulfillment_lines l ON l.fulfillment_id = f.id
        WHERE f.order_id BETWEEN ? AND ? AND f.feeds IS NULL
        UNION ALL
        SELECT order_id, demand_no, {_ZEROS}, 0, 0, 0, 0, 0, quantity
        FROM queue_entries WHERE closed_at IS NULL AND order_id BETWEEN ? AND ?
    )
    SELECT order_id, no, {", ".join(f"CAST(sum({name}) AS bigint)" for name in _OWNED)}
    FROM a GROUP BY order_id, no
    HAVING sum(there) <> 1 OR sum(allocated) + sum(moving) <> sum(claimed) OR sum(reserved) <> sum(promised)
        OR sum(allocated) <> sum(planned) OR sum(moving) <> sum(started) OR sum(waiting) <> sum(queued)
        OR sum(left_us) < sum(gone) OR sum(left_us) > sum(gone) + sum(lost)
    ORDER BY order_id, no LIMIT ?
"""


class Owned(NamedTuple):
    """A demand's parts beside what stands for them."""

    order_id: int
    no: int
    there: int
    allocated: int
    moving: int
    reserved: int
    gone: int
    lost: int
    waiting: int
    claimed: int
    promised: int
    planned: int
    started: int
    left_us: int
    queued: int


def owners(session: Session, orders: Range) -> list[Finding]:
    """Find demand whose claims, fulfillment lines or queue entries do not add up to its partition."""
    found: list[Finding] = []
    for row in session.fetch(_OWNERS, *orders, *orders, *orders, *orders, *orders, LIMIT):
        d = Owned(*row)
        name = f"demand {d.no} of {encode_id('ord', d.order_id)}"
        taken = d.allocated + d.moving
        for check, field, wrong, has, expected, text in (
            ("demand_exists", "", d.there != 1, d.there, 1, "Something stands for {name}, which does not exist."),
            ("demand_is_claims", "allocated", taken != d.claimed, taken, d.claimed,
             "{has} units of {name} are allocated, and its open claims add up to {expected}."),
            ("reserved_is_claims", "reserved", d.reserved != d.promised, d.reserved, d.promised,
             "{has} units of {name} are reserved, and its open reservations add up to {expected}."),
            ("allocated_is_planned", "allocated", d.allocated != d.planned, d.allocated, d.planned,
             "{has} units of {name} are allocated, and its fulfillments plan {expected}."),
            ("moving_is_started", "released", d.moving != d.started, d.moving, d.started,
             "{has} units of {name} are released or picked, and its fulfillments have started on {expected}."),
            ("waiting_is_queued", "waiting", d.waiting != d.queued, d.waiting, d.queued,
             "{has} units of {name} wait, and {expected} lie in a queue."),
            ("demand_is_shipped", "shipped", not d.gone <= d.left_us <= d.gone + d.lost, d.gone, d.left_us,
             "{has} units of {name} have left, and its fulfillments shipped {expected}."),
        ):  # fmt: skip
            if wrong:
                message = text.format(has=has, name=name, expected=expected)
                found.append(Finding(check, name, (d.order_id, d.no), field, has, expected, message))
    return found


_LINES = """
    SELECT l.fulfillment_id, l.demand_no, l.claim_id, f.order_id, l.quantity - l.canceled - l.shipped,
        CASE WHEN c.state = 1 THEN c.quantity ELSE 0 END, f.execution,
        CASE WHEN c.id IS NOT NULL AND c.owner_id = f.order_id AND c.owner_no = l.demand_no
              AND c.location_id = f.location_id AND c.item_id = d.item_id
              AND (f.delivery_no = d.delivery_no OR l.canceled = l.quantity)
             THEN 1 ELSE 0 END AS fits
    FROM fulfillments f JOIN fulfillment_lines l ON l.fulfillment_id = f.id AND f.feeds IS NULL
    LEFT JOIN claims c ON c.id = l.claim_id
    LEFT JOIN demand d ON d.order_id = f.order_id AND d.no = l.demand_no
    WHERE f.order_id BETWEEN ? AND ? AND (
        c.id IS NULL OR d.no IS NULL OR c.owner_id <> f.order_id OR c.owner_no <> l.demand_no
        OR c.location_id <> f.location_id OR c.item_id <> d.item_id
        OR (f.delivery_no <> d.delivery_no AND l.canceled < l.quantity)
        OR (CASE WHEN c.state = 1 THEN c.quantity ELSE 0 END) <> l.quantity - l.canceled - l.shipped
        OR (f.execution = ? AND l.quantity - l.canceled - l.shipped > 0))
    ORDER BY l.fulfillment_id, l.demand_no LIMIT ?
"""


def lines(session: Session, orders: Range) -> list[Finding]:
    """Find fulfillment lines whose claim is another one than theirs, or stands for another number of units."""
    found: list[Finding] = []
    canceled = Execution.CANCELED.value
    for fulfillment, no, claim, order, live, held, execution, fits in session.fetch(_LINES, *orders, canceled, LIMIT):
        name = f"line {no} of {encode_id('ful', fulfillment)}"
        key = (order, no, fulfillment, claim)
        if not fits:
            text = f"{name} points at claim {claim}, which is not there or stands for something else."
            found.append(Finding("line_has_claim", name, key, "claim_id", claim, "its claim", text))
        elif live != held:
            text = f"{live} units of {name} are to go out, and its claim holds {held}."
            found.append(Finding("line_is_claim", name, key, "quantity", live, held, text))
        if execution == canceled and live:
            text = f"{name} still has {live} units, and the fulfillment is canceled."
            found.append(Finding("canceled_is_empty", name, key, "canceled", live, 0, text))
    return found


# -- the marks of orders ----------------------------------------------------------------------------------------------

_PARTS = ", ".join(f"CAST(coalesce(sum(d.{name}), 0) AS bigint)" for name in PARTITION)
_MARKS = f"""
    SELECT o.id, o.status, o.splits, o.queued, o.on_hold,
        (SELECT count(*) FROM fulfillments f WHERE f.order_id = o.id AND f.execution <> {Execution.CANCELED.value}
            AND f.feeds IS NULL),
        (SELECT count(*) FROM queue_entries q WHERE q.order_id = o.id AND q.closed_at IS NULL),
        (SELECT count(*) FROM holds h WHERE h.order_id = o.id AND h.released_at IS NULL),
        {_PARTS}, CAST(coalesce(sum(d.quantity), 0) AS bigint)
    FROM orders o LEFT JOIN demand d ON d.order_id = o.id
    WHERE o.id BETWEEN ? AND ? GROUP BY o.id, o.status, o.splits, o.queued, o.on_hold ORDER BY o.id LIMIT ?
"""
_PAGE = 20_000


def marks(session: Session, orders: Range) -> list[Finding]:
    """Find orders whose status, fulfillments, queue or hold marks are not what their parts say."""
    found: list[Finding] = []
    low = orders.low
    while rows := session.fetch(_MARKS, low, orders.high, _PAGE):
        low = rows[-1][0] + 1
        for order, status, splits, queued, on_hold, fulfillments, entries, holds, *parts, quantity in rows:
            should = derive(parts).value
            if (status, splits, queued, on_hold) == (should, fulfillments, entries, holds) and sum(parts) == quantity:
                continue
            name = encode_id("ord", order)
            if sum(parts) != quantity:
                text = f"The units of {name} add up to {sum(parts)}, and {quantity} were ordered."
                found.append(Finding("partition_adds_up", name, (order,), "quantity", sum(parts), quantity, text))
            for field, has, wanted in (
                ("status", status, should),
                ("splits", splits, fulfillments),
                ("queued", queued, entries),
                ("on_hold", on_hold, holds),
            ):
                if has != wanted:
                    text = f"{field} of {name} is {has}, and its parts say {wanted}."
                    found.append(Finding("order_mark", name, (order,), field, has, wanted, text))
        if len(found) >= LIMIT:
            break
    return found


_ORDER_CHECKS = (owners, lines, marks)

# -- capacity ---------------------------------------------------------------------------------------------------------

_CAPACITY = f"""
    WITH a AS (
        SELECT location_id, work_day, slot, 1 AS there, used, 0 AS live, 0 AS gone FROM capacities
        UNION ALL
        SELECT location_id, work_day, 0, 0, 0, CASE WHEN execution <> {Execution.CANCELED.value} THEN 1 ELSE 0 END,
            CASE WHEN execution = {Execution.CANCELED.value} THEN 1 ELSE 0 END
        FROM fulfillments WHERE took_capacity = 1
    )
    SELECT location_id, work_day, slot, CAST(sum(used) AS bigint), CAST(sum(live) AS bigint), CAST(sum(gone) AS bigint)
    FROM a GROUP BY location_id, work_day, slot
    HAVING sum(used) < sum(live) OR sum(used) > sum(live) + CASE WHEN work_day < ? THEN sum(gone) ELSE 0 END
        OR (sum(there) <> 1 AND sum(live) > 0)
    ORDER BY location_id, work_day, slot LIMIT ?
"""


def capacity(session: Session, today: int) -> list[Finding]:
    """Find work days whose used capacity is not what fulfillments took; what a day passed took is not given back."""
    return [
        Finding(
            "capacity_is_taken",
            f"location {location} on day {day}",
            (location, day, slot),
            "used",
            used,
            live,
            f"{used} fulfillments of day {day} at location {location} are counted, and {live} took one.",
        )
        for location, day, slot, used, live, _ in session.fetch(_CAPACITY, today, LIMIT)
    ]


# -- references -------------------------------------------------------------------------------------------------------

_REFERENCES = (
    ("positions", "item_id", "item_id", "items", "id"),
    ("positions", "item_id", "location_id", "locations", "id"),
    ("stockings", "item_id", "item_id", "items", "id"),
    ("stockings", "item_id", "location_id", "locations", "id"),
    ("claims", "id", "item_id", "items", "id"),
    ("claims", "id", "location_id", "locations", "id"),
    ("supply_lines", "id", "item_id", "items", "id"),
    ("supply_lines", "id", "location_id", "locations", "id"),
    ("capacities", "location_id", "location_id", "locations", "id"),
    ("order_keys", "order_id", "order_id", "orders", "id"),
    ("orders", "id", "channel_id", "channels", "id"),
    ("orders", "id", "party_id", "parties", "id"),
    ("lines", "order_id", "order_id", "orders", "id"),
    ("lines", "order_id", "item_id", "items", "id"),
    ("deliveries", "order_id", "order_id", "orders", "id"),
    ("deliveries", "order_id", "address_id", "addresses", "id"),
    ("demand", "order_id", "order_id", "orders", "id"),
    ("demand", "order_id", "item_id", "items", "id"),
    ("holds", "id", "order_id", "orders", "id"),
    ("queue_entries", "id", "order_id", "orders", "id"),
    ("queue_entries", "id", "item_id", "items", "id"),
    ("fulfillments", "id", "order_id", "orders", "id"),
    ("fulfillments", "id", "location_id", "locations", "id"),
    ("fulfillments", "id", "decision_id", "decisions", "id"),
    ("fulfillment_lines", "fulfillment_id", "fulfillment_id", "fulfillments", "id"),
    ("decisions", "id", "order_id", "orders", "id"),
    ("reservation_keys", "reservation_id", "reservation_id", "reservations", "id"),
    ("reservations", "id", "channel_id", "channels", "id"),
    ("reservations", "id", "location_id", "locations", "id"),
    ("reservations", "id", "order_id", "orders", "id"),
    ("reservation_lines", "reservation_id", "reservation_id", "reservations", "id"),
    ("reservation_lines", "reservation_id", "item_id", "items", "id"),
    ("channels", "id", "policy", "policies", "code"),
    ("policies", "code", "hash", "versions", "hash"),
    ("views", "code", "hash", "versions", "hash"),
)
_DANGLING = """
    SELECT t.{key}, t.{column} FROM {table} t LEFT JOIN {target} r ON r.{to} = t.{column}
    WHERE t.{column} IS NOT NULL AND r.{to} IS NULL ORDER BY t.{key} LIMIT ?
"""
_KEYLESS = """
    SELECT o.id, o.external_id FROM orders o
    LEFT JOIN order_keys k ON k.channel_id = o.channel_id AND k.external_id = o.external_id AND k.order_id = o.id
    WHERE k.order_id IS NULL ORDER BY o.id LIMIT ?
"""


def references(session: Session) -> list[Finding]:
    """Find what points at nothing: hot tables have no foreign keys, so this is where they are proven."""
    found: list[Finding] = []
    for table, key, column, target, to in _REFERENCES:
        sql = _DANGLING.format(table=table, key=key, column=column, target=target, to=to)
        for id_, value in session.fetch(sql, LIMIT):
            text = f"{column} of {table} {id_} is {value}, and there is no such row in {target}."
            numbers = (id_,) if isinstance(id_, int) else ()
            found.append(Finding("reference", f"{table} {id_}", numbers, column, value, f"a row of {target}", text))
    for id_, external in session.fetch(_KEYLESS, LIMIT):
        name = encode_id("ord", id_)
        text = f"The external id '{external}' of {name} does not lead back to it."
        found.append(Finding("order_has_key", name, (id_,), "external_id", external, "its order key", text))
    return found
