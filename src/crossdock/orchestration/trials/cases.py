"""Past orders as cases: their first routings with the records, newest first, a chunk at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from crossdock.network import store as network
from crossdock.network.store import StoredChannel
from crossdock.orchestration.promises.store import Content
from crossdock.orchestration.trials.case_facts import with_facts
from crossdock.orchestration.trials.model import Case
from crossdock.routing.model import RoutingError
from crossdock.routing.record import Record, decode
from crossdock.storage.session import Session

CHUNK = 200
"""Orders read and decided at a time: a reader's connection is held for some ten milliseconds."""
FIRST = "capture"
_content = msgspec.json.Decoder(Content).decode

Place = tuple[int, int]
"""Where a walk through the orders is: (placed_at, id) of the last one seen."""


class Span(NamedTuple):
    """Which orders: of these channels, placed from ``since`` on (None: ever) and before ``until``.

    ``asks`` names the facts that the draft's conditions ask for.
    """

    code: str
    channels: tuple[int, ...]
    since: int | None
    until: int
    asks: frozenset[str] = frozenset()


class Chunk(NamedTuple):
    """Some cases; of how many orders they are, and how many of these have no decision of their capture.

    ``later`` counts decisions that came after the first: they would have come about otherwise, or not at all.
    ``networks`` are the bodies of networks by version, of those that the records rest on and that are stored.
    """

    cases: tuple[Case, ...]
    orders: int
    undecided: int
    later: int
    networks: tuple[tuple[str, bytes], ...]
    place: Place


def span(session: Session, code: str, since: int | None, until: int, asks: frozenset[str] = frozenset()) -> Span:
    """Return the orders that a policy decides: those of the channels and service levels that name it now."""
    ids = tuple(stored.id for stored in network.channels(session) if _names(stored, code))
    return Span(code, ids, since, until, asks)


def count(session: Session, wanted: Span, most: int) -> int:
    """Return how many orders there are, counted up to ``most``."""
    if not wanted.channels:
        return 0
    where, params = _where(wanted, None)
    rows = session.fetch(f"SELECT count(*) FROM (SELECT 1 FROM orders o WHERE {where} LIMIT ?) AS n", *params, most)
    return int(rows[0][0])


def chunk(session: Session, wanted: Span, after: Place | None, size: int, known: Iterable[str]) -> Chunk | None:
    """Return the next cases behind a place, newest first; None when there are no more orders.

    Networks in ``known`` are not read again.
    """
    if not wanted.channels:
        return None
    where, params = _where(wanted, after)
    sql = f"SELECT o.id, o.placed_at, o.channel_id FROM orders o WHERE {where} ORDER BY o.placed_at DESC, o.id DESC"
    rows = session.fetch(f"{sql} LIMIT ?", *params, size)
    if not rows:
        return None
    orders = {int(id_): int(channel) for id_, _, channel in rows}
    found, later, seen = _cases(session, wanted, orders)
    bodies = _bodies(session, {each.network for each in found} - {""} - set(known))
    cases = with_facts(session, [each.case for each in found], wanted.asks)
    return Chunk(
        tuple(cases),
        len(seen),
        len(seen - {case.order_id for case in cases}),
        later,
        tuple(sorted(bodies)),
        (int(rows[-1][1]), int(rows[-1][0])),
    )


def of_order(session: Session, order_id: int, asks: frozenset[str]) -> Chunk:
    """Return the cases of one order, whatever its policy is."""
    channel = session.fetch("SELECT channel_id FROM orders WHERE id = ?", order_id)
    if not channel:
        return Chunk((), 0, 0, 0, (), (0, order_id))
    found, later, _ = _cases(session, None, {order_id: int(channel[0][0])})
    bodies = _bodies(session, {each.network for each in found} - {""})
    cases = with_facts(session, [each.case for each in found], asks)
    return Chunk(tuple(cases), 1, 0 if cases else 1, later, tuple(sorted(bodies)), (0, order_id))


def _names(stored: StoredChannel, code: str) -> bool:
    channel = stored.channel
    return channel.policy == code or any(service.policy == code for service in channel.services)


def _where(wanted: Span, after: Place | None) -> tuple[str, list[Any]]:
    where = [f"o.channel_id IN ({', '.join('?' * len(wanted.channels))})", "o.placed_at < ?"]
    params: list[Any] = [*wanted.channels, wanted.until]
    if wanted.since is not None:
        where.append("o.placed_at >= ?")
        params.append(wanted.since)
    if after is not None:
        where.append("(o.placed_at < ? OR (o.placed_at = ? AND o.id < ?))")
        params += [after[0], after[0], after[1]]
    return " AND ".join(where), params


_DECISIONS = """
    WITH k(id) AS ({keys})
    SELECT d.order_id, d.id, d.delivery_no, d.cause, d.decided_at, d.record
    FROM k JOIN decisions d ON d.order_id = k.id ORDER BY d.order_id, d.id
"""
_DELIVERIES = """
    WITH k(id) AS ({keys})
    SELECT v.order_id, v.no, v.method, v.service_level FROM k JOIN deliveries v ON v.order_id = k.id
"""
_PROMISES = """
    WITH k(id) AS ({keys})
    SELECT p.order_id, p.due_day, p.promised_day, p.content FROM k JOIN promises p ON p.order_id = k.id ORDER BY p.id
"""
_VERSIONS = "WITH k(hash) AS ({keys}) SELECT v.hash, v.body FROM k JOIN versions v ON v.hash = k.hash"


class _Found(NamedTuple):
    case: Case
    network: str


def _cases(session: Session, wanted: Span | None, orders: dict[int, int]) -> tuple[list[_Found], int, set[int]]:
    """Return the cases of orders with the network of each, later decisions, and the orders that the policy decides."""
    channels = {stored.id: stored for stored in network.channels(session)}
    keys = [(id_,) for id_ in sorted(orders)]
    deliveries: dict[tuple[int, int], tuple[str, str]] = {}
    seen: set[int] = set()
    for order_id, no, method, level in session.fetch_keys(_DELIVERIES, ("bigint",), keys):
        channel = channels[orders[order_id]].channel
        if wanted is None or (channel.service(level).policy or channel.policy) == wanted.code:
            deliveries[order_id, no] = (str(method), str(level))
            seen.add(int(order_id))
    promised = {
        int(order_id): (int(due), int(day), _content(content).sites)
        for order_id, due, day, content in session.fetch_keys(_PROMISES, ("bigint",), keys)
    }
    found: list[_Found] = []
    later = 0
    for order_id, id_, no, cause, at, stored in session.fetch_keys(_DECISIONS, ("bigint",), keys):
        if (order_id, no) not in deliveries:
            continue
        if cause != FIRST:
            later += 1
            continue
        body = bytes(stored)
        record = _read(body)
        if found and record is not None and _goes_on(found[-1].case, order_id, no, at, record):
            case, version = found[-1]
            found[-1] = _Found(msgspec.structs.replace(case, records=(*case.records, body)), version)
            continue
        method, level = deliveries[order_id, no]
        code = channels[orders[order_id]].channel.code
        ids = int(order_id), int(no), int(id_)
        case = Case(*ids, int(at), code, method, level, (body,), *promised.get(order_id, ()))
        version = "" if record is None else record.decision.rests_on.network
        found.append(_Found(case, version))
    return found, later, seen


def _goes_on(case: Case, order_id: int, delivery: int, at: int, record: Record) -> bool:
    """Say whether a decision is on what the one before it left to the next route: nothing but its unfilled units."""
    if (case.order_id, case.delivery, case.at) != (order_id, delivery, at):
        return False
    before = _read(case.records[-1])
    if before is None:
        return False
    return sorted((line[0], line[2]) for line in record.lines) == sorted(before.decision.unfilled)


def _read(body: bytes) -> Record | None:
    try:
        return decode(body)
    except (msgspec.DecodeError, RoutingError):
        return None


def _bodies(session: Session, wanted: Iterable[str]) -> list[tuple[str, bytes]]:
    rows = session.fetch_keys(_VERSIONS, ("text",), [(version,) for version in sorted(wanted)])
    return [(str(digest), bytes(body)) for digest, body in rows]
