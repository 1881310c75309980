"""What a draft's conditions ask of past deliveries, as they were ordered: from the orders, and from their records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from crossdock.catalog import store as catalog
from crossdock.orchestration.trials.model import Case
from crossdock.orders.rows import is_gift, tags_of
from crossdock.routing.model import RoutingError
from crossdock.routing.policy.facts import Facts
from crossdock.routing.record import decode
from crossdock.storage.session import Session

_ORDERS = """
    WITH k(id) AS ({keys})
    SELECT o.id, o.priority, o.data, CASE WHEN p.external_id IS NULL THEN 0 ELSE 1 END
    FROM k JOIN orders o ON o.id = k.id LEFT JOIN parties p ON p.id = o.party_id
"""
_DELIVERIES = """
    WITH k(id) AS ({keys})
    SELECT v.order_id, v.no, v.country, v.area, v.data FROM k JOIN deliveries v ON v.order_id = k.id
"""
_LINES = """
    WITH k(id) AS ({keys})
    SELECT d.order_id, d.no, d.delivery_no, d.line_no, l.total
    FROM k JOIN demand d ON d.order_id = k.id JOIN lines l ON l.order_id = d.order_id AND l.no = d.line_no
"""
_RECORDED = frozenset({"lines", "units", "weight_g", "sku", "category", "handling"})


class _Part(NamedTuple):
    demand: int
    item: int
    units: int
    weight_g: int
    requires: tuple[str, ...]


def with_facts(session: Session, cases: Sequence[Case], asked: frozenset[str]) -> list[Case]:
    """Return cases with the facts that are asked for; the parts of one delivery are one delivery to conditions."""
    if not asked or not cases:
        return list(cases)
    keys = [(order_id,) for order_id in sorted({case.order_id for case in cases})]
    orders = {row[0]: row[1:] for row in session.fetch_keys(_ORDERS, ("bigint",), keys)}
    deliveries = {(row[0], row[1]): row[2:] for row in session.fetch_keys(_DELIVERIES, ("bigint",), keys)}
    lines = _lines(session, keys)
    parts: dict[tuple[int, int], list[_Part]] = {}
    for case in cases:
        parts.setdefault((case.order_id, case.delivery), []).extend(_parts(case))
    items = _items(session, parts, asked)
    done = []
    for case in cases:
        key = (case.order_id, case.delivery)
        priority, data, known = orders[case.order_id]
        country, area, more = deliveries[key]
        found: dict[str, Any] = {
            "channel": case.channel,
            "service": case.service,
            "method": case.method,
            "country": country,
            "area": area,
            "priority": priority,
            "at": case.at,
            "tag": tags_of(data),
            "known_customer": bool(known),
            "gift": is_gift(more),
            "value": sum(lines.totals.get(key, {}).values()),
        }
        if asked & _RECORDED:
            found |= _recorded(parts[key], lines.line_of, case.order_id, items)
        done.append(replace(case, facts=Facts(**{name: found[name] for name in asked})))
    return done


class _Lines(NamedTuple):
    """Each delivery's lines with their totals, and the line of each demand: by order and number."""

    totals: dict[tuple[int, int], dict[int, int]]
    line_of: dict[tuple[int, int], int]


def _lines(session: Session, keys: Sequence[tuple[int]]) -> _Lines:
    found = _Lines({}, {})
    for order_id, no, delivery, line, total in session.fetch_keys(_LINES, ("bigint",), keys):
        found.totals.setdefault((order_id, delivery), {})[line] = total
        found.line_of[order_id, no] = line
    return found


def _parts(case: Case) -> list[_Part]:
    try:
        record = decode(case.records[0])
    except (RoutingError, ValueError):
        return []  # it is counted as unreadable when it is to be decided
    return [_Part(line.key, line.item, line.quantity, line.weight_g, line.requires) for line in record.demand.lines]


def _items(
    session: Session, parts: Mapping[tuple[int, int], Sequence[_Part]], asked: frozenset[str]
) -> Mapping[int, Any]:
    if not asked & {"sku", "category"}:
        return {}
    return catalog.facts_by_id(session, {part.item for each in parts.values() for part in each})


def _recorded(
    parts: Sequence[_Part], line_of: Mapping[tuple[int, int], int], order_id: int, items: Mapping[int, Any]
) -> dict[str, Any]:
    known = [items[part.item] for part in parts if part.item in items]
    return {
        "lines": len({line_of.get((order_id, part.demand), part.demand) for part in parts}),
        "units": sum(part.units for part in parts),
        "weight_g": sum(part.units * part.weight_g for part in parts),
        "sku": tuple(sorted({item.sku for item in known})),
        "category": tuple(sorted({item.category for item in known if item.category})),
        "handling": tuple(sorted({need for part in parts for need in part.requires})),
    }
