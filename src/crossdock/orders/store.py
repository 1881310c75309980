"""All SQL of orders that writes, and what writers must read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock.orders import tables
from crossdock.orders.model import PARTITION
from crossdock.orders.rows import collected_at, with_location
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

_encode = msgspec.json.Encoder().encode


class KnownKey(NamedTuple):
    """What was captured under an external id."""

    order_id: int
    revision: int
    content_hash: bytes


class OrderRow(NamedTuple):
    """The columns of an order that its changes need."""

    id: int
    channel_id: int
    external_id: str
    party_id: int
    currency: str
    placed_at: int
    captured_at: int
    status: int
    on_hold: int
    priority: int
    version: int


class DemandRow(NamedTuple):
    """A demand with its partition."""

    order_id: int
    no: int
    line_no: int
    delivery_no: int
    item_id: int
    quantity: int
    parts: list[int]


class DeliveryRow(NamedTuple):
    """Where a delivery goes, without anything personal."""

    order_id: int
    no: int
    method: str
    country: str
    area: str
    point: tuple[int, int, int] | None
    by: int | None
    service_level: str
    location: str | None = None
    """Where it is collected."""


def known_keys(session: Session, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], KnownKey]:
    """Return what was captured under these (channel id, external id)."""
    sql = """
        WITH k(channel_id, external_id) AS ({keys})
        SELECT o.channel_id, o.external_id, o.order_id, o.revision, o.content_hash
        FROM k JOIN order_keys o ON o.channel_id = k.channel_id AND o.external_id = k.external_id
    """
    rows = session.fetch_keys(sql, ("bigint", "text"), keys)
    return {(row[0], row[1]): KnownKey(row[2], row[3], bytes(row[4])) for row in rows}


def claim_keys(unit: Unit, rows: Sequence[tuple[int, str, int, int, bytes]]) -> set[tuple[int, str]]:
    """Claim external ids for new orders; returns those that are ours, the others were taken a moment ago."""
    return {(row[0], row[1]) for row in unit.session.insert_new(tables.order_keys, rows)}


def give_up_keys(unit: Unit, keys: Sequence[tuple[int, str]]) -> None:
    """Give back external ids that were claimed in this transaction."""
    sql = """
        WITH k(channel_id, external_id) AS ({keys})
        DELETE FROM order_keys WHERE (channel_id, external_id) IN (SELECT channel_id, external_id FROM k)
    """
    unit.session.execute_keys(sql, ("bigint", "text"), keys)


def lock_orders(session: Session, ids: Sequence[tuple[int]]) -> list[OrderRow]:
    """Lock orders for a change, by id; those that do not exist are left out."""
    columns = ", ".join(f"o.{name}" for name in OrderRow._fields)
    sql = f"WITH k(id) AS ({{keys}}) SELECT {columns} FROM k JOIN orders o ON o.id = k.id ORDER BY o.id {{lock}}"
    return [OrderRow(*row) for row in session.fetch_keys(sql, ("bigint",), ids)]


def demands(session: Session, ids: Sequence[tuple[int]]) -> list[DemandRow]:
    """Return the demand of orders, by order and number."""
    parts = ", ".join(f"d.{name}" for name in PARTITION)
    sql = f"""
        WITH k(id) AS ({{keys}})
        SELECT d.order_id, d.no, d.line_no, d.delivery_no, d.item_id, d.quantity, {parts}
        FROM k JOIN demand d ON d.order_id = k.id ORDER BY d.order_id, d.no
    """
    rows = session.fetch_keys(sql, ("bigint",), ids)
    return [DemandRow(r[0], r[1], r[2], r[3], r[4], r[5], list(r[6:])) for r in rows]


def deliveries(session: Session, ids: Sequence[tuple[int]]) -> list[DeliveryRow]:
    """Return the deliveries of orders, by order and number."""
    sql = """
        WITH k(id) AS ({keys})
        SELECT d.order_id, d.no, d.method, d.country, d.area, d.x, d.y, d.z, d."by", d.service_level,
            d.data
        FROM k JOIN deliveries d ON d.order_id = k.id ORDER BY d.order_id, d.no
    """
    rows = session.fetch_keys(sql, ("bigint",), ids)
    return [
        DeliveryRow(
            r[0], r[1], r[2], r[3], r[4], None if r[5] is None else (r[5], r[6], r[7]), r[8], r[9], collected_at(r[10])
        )
        for r in rows
    ]


def write_parts(unit: Unit, rows: Sequence[DemandRow]) -> None:
    """Write where the units of demands stand now."""
    if not rows:
        return
    columns = ("quantity", *PARTITION)
    names = ", ".join(columns)
    assignments = ", ".join(f"{name} = v.{name}" for name in columns)
    sql = f"""
        WITH v(order_id, no, {names}) AS ({{keys}})
        UPDATE demand SET {assignments} FROM v WHERE demand.order_id = v.order_id AND demand.no = v.no
    """
    unit.session.execute_keys(
        sql, ("bigint",) * (2 + len(columns)), [(d.order_id, d.no, d.quantity, *d.parts) for d in rows]
    )
    unit.dirty = True


def touch(unit: Unit, changes: Sequence[tuple[int, int, int]]) -> dict[int, int]:
    """Count orders' versions up and bring their marks in line: (order id, status, fulfillments) each.

    The status is derived by the caller from the demand's parts. Returns the new version by order id.
    """
    sql = """
        WITH v(id, status, splits) AS ({keys})
        UPDATE orders SET status = v.status, splits = v.splits, version = orders.version + 1,
            on_hold = (SELECT count(*) FROM holds WHERE holds.order_id = orders.id AND released_at IS NULL),
            queued = (SELECT count(*) FROM queue_entries q WHERE q.order_id = orders.id AND q.closed_at IS NULL)
        FROM v WHERE orders.id = v.id RETURNING orders.id, orders.version
    """
    unit.dirty = unit.dirty or bool(changes)
    return dict(map(tuple, unit.session.fetch_keys(sql, ("bigint",) * 3, sorted(changes))))


def set_promise(unit: Unit, changes: Sequence[tuple[int, int]]) -> None:
    """Write how orders' promises stand: (order id, promise axis) each; their versions count up."""
    sql = """
        WITH v(id, promise) AS ({keys})
        UPDATE orders SET promise = v.promise, version = orders.version + 1 FROM v WHERE orders.id = v.id
    """
    if changes:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(changes))
        unit.dirty = True


def lines_of(session: Session, order_id: int) -> list[tuple[int, str | None, int, int, int]]:
    """Return an order's lines: number, external id, item id, quantity, version."""
    sql = "SELECT no, external_id, item_id, quantity, version FROM lines WHERE order_id = ? ORDER BY no"
    return [(row[0], row[1], row[2], row[3], row[4]) for row in session.fetch(sql, order_id)]


def add_line(unit: Unit, row: Sequence[Any]) -> None:
    """Write a line that a revision brings."""
    unit.insert(tables.lines, [row])


def replace_line(unit: Unit, row: Sequence[Any]) -> None:
    """Put a newer version of a line in the place of the one there is, which is kept; an equal one changes nothing."""
    names = [column.name for column in tables.lines.columns]
    order_id, no, *values, version = row
    old = unit.session.fetch(f"SELECT {', '.join(names)} FROM lines WHERE order_id = ? AND no = ?", order_id, no)[0]
    if list(old[2:-1]) == values:
        return
    was = _encode(dict(zip(names, old, strict=True))).decode()
    unit.insert(tables.line_versions, [(order_id, no, old[-1], unit.now, was)])
    assignments = ", ".join(f"{name} = ?" for name in names[2:])
    sql = f"UPDATE lines SET {assignments} WHERE order_id = ? AND no = ?"
    unit.session.execute(sql, *values, version, order_id, no)


def add_demand(unit: Unit, row: DemandRow, origin: int) -> None:
    """Write a demand that a revision brings."""
    unit.insert(tables.demand, [(*row[:6], *row.parts, int(origin))])


def add_delivery(unit: Unit, row: Sequence[Any]) -> DeliveryRow:
    """Write a delivery that a revision brings."""
    unit.insert(tables.deliveries, [row])
    point = None if row[5] is None else (row[5], row[6], row[7])
    return DeliveryRow(row[0], row[1], row[2], row[3], row[4], point, row[10], row[11])


def revise(
    unit: Unit,
    order_id: int,
    key: tuple[int, str],
    content_hash: bytes,
    revision: int,
    total: int,
    payment: int,
    data: str,
) -> None:
    """Write what a newer revision says of the order as a whole."""
    unit.session.execute(
        "UPDATE order_keys SET revision = ?, content_hash = ? WHERE channel_id = ? AND external_id = ?",
        revision,
        content_hash,
        *key,
    )
    unit.session.execute(
        "UPDATE orders SET revision = ?, total = ?, payment = ?, data = ? WHERE id = ?",
        revision,
        total,
        payment,
        data,
        order_id,
    )
    unit.dirty = True


def open_holds(session: Session, order_id: int) -> dict[str, int]:
    """Return an order's open holds: id by reason."""
    rows = session.fetch("SELECT reason, id FROM holds WHERE order_id = ? AND released_at IS NULL", order_id)
    return dict(map(tuple, rows))


def place_hold(unit: Unit, order_id: int, reason: str, note: str, owner: str) -> None:
    """Write a hold."""
    unit.insert(tables.holds, [(unit.ids.one(), order_id, reason, note, owner, unit.now, None, None)])


def release_hold(unit: Unit, hold_id: int, by: str) -> None:
    """Close a hold."""
    unit.session.execute("UPDATE holds SET released_at = ?, released_by = ? WHERE id = ?", unit.now, by, hold_id)
    unit.dirty = True


def amend_delivery(
    unit: Unit, order_id: int, no: int, country: str, area: str, point: tuple[int, int, int] | None, address_id: int
) -> None:
    """Send a delivery elsewhere."""
    x, y, z = point or (None, None, None)
    unit.session.execute(
        "UPDATE deliveries SET country = ?, area = ?, x = ?, y = ?, z = ?, address_id = ?"
        " WHERE order_id = ? AND no = ?",
        country,
        area,
        x,
        y,
        z,
        address_id,
        order_id,
        no,
    )
    unit.dirty = True


def redirect_delivery(unit: Unit, row: DeliveryRow) -> None:
    """Have a delivery go elsewhere by another method; the person's address in the vault stays as it is."""
    x, y, z = row.point or (None, None, None)
    data = unit.session.fetch("SELECT data FROM deliveries WHERE order_id = ? AND no = ?", row.order_id, row.no)[0][0]
    unit.session.execute(
        "UPDATE deliveries SET method = ?, country = ?, area = ?, x = ?, y = ?, z = ?, data = ?"
        " WHERE order_id = ? AND no = ?",
        *(row.method, row.country, row.area, x, y, z, with_location(data, row.location)),
        row.order_id,
        row.no,
    )
    unit.dirty = True


def copy_delivery(unit: Unit, order_id: int, no: int, new: int) -> None:
    """Write a delivery once more under another number."""
    names = [column.name for column in tables.deliveries.columns]
    columns = ", ".join(f'"{name}"' for name in names)
    sql = f"SELECT {columns} FROM deliveries WHERE order_id = ? AND no = ?"
    row = unit.session.fetch(sql, order_id, no)[0]
    unit.insert(tables.deliveries, [(order_id, new, *row[2:])])


def move_demand(unit: Unit, order_id: int, nos: Sequence[int], delivery_no: int) -> None:
    """Have demand go with another delivery."""
    sql = """
        WITH k(no) AS ({keys})
        UPDATE demand SET delivery_no = ? WHERE order_id = ? AND no IN (SELECT no FROM k)
    """
    unit.session.execute_keys(sql, ("bigint",), [(no,) for no in sorted(nos)], delivery_no, order_id)
    unit.dirty = True


def shrink_entries(unit: Unit, rows: Sequence[tuple[int, int]]) -> None:
    """Set what is left of queue entries (id, quantity); an entry of which nothing is left is closed."""
    sql = """
        WITH v(id, quantity) AS ({keys})
        UPDATE queue_entries SET quantity = CASE WHEN v.quantity = 0 THEN queue_entries.quantity ELSE v.quantity END,
            closed_at = CASE WHEN v.quantity = 0 THEN CAST(? AS bigint) END
        FROM v WHERE queue_entries.id = v.id
    """
    if rows:
        unit.session.execute_keys(sql, ("bigint", "bigint"), sorted(rows), unit.now)
        unit.dirty = True
