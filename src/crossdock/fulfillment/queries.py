"""Reading fulfillments: one, those of an order, or a page of many; two statements each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

from crossdock.fulfillment import views as v
from crossdock.fulfillment.model import Execution, Negotiation, actions
from crossdock.fulfillment.offer_store import OfferState
from crossdock.kernel.clock import moment
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money
from crossdock.storage.session import Session

_FULFILLMENTS = """
    SELECT f.id, f.order_id, c.code, o.external_id, f.delivery_no, l.code, f.method, f.execution, f.negotiation,
           f.cancellation, f.decision_id, f.feeds, f.workflow, f.work_day, f.deliver_day, f.release_at,
           f.created_at, f.version, t.kind, t.due_at
    FROM fulfillments f JOIN orders o ON o.id = f.order_id JOIN channels c ON c.id = o.channel_id
    LEFT JOIN locations l ON l.id = f.location_id LEFT JOIN deadlines t ON t.fulfillment_id = f.id
"""
_WAITS_FOR: tuple[Literal["", "accept", "start", "retry"], ...] = ("", "accept", "start", "retry")
_LINES = """
    WITH k(id) AS ({keys})
    SELECT x.fulfillment_id, x.demand_no, d.line_no, i.sku, i.name, CAST(sum(x.quantity) AS bigint),
           CAST(sum(x.picked) AS bigint), CAST(sum(x.packed) AS bigint), CAST(sum(x.shipped) AS bigint),
           CAST(sum(x.canceled) AS bigint)
    FROM k JOIN fulfillment_lines x ON x.fulfillment_id = k.id JOIN fulfillments f ON f.id = x.fulfillment_id
    JOIN demand d ON d.order_id = f.order_id AND d.no = x.demand_no LEFT JOIN items i ON i.id = d.item_id
    GROUP BY x.fulfillment_id, x.demand_no, d.line_no, i.sku, i.name ORDER BY x.fulfillment_id, x.demand_no
"""
_LEG = "transfer"
_LEGS = """
    WITH k(id, order_id) AS ({keys})
    SELECT f.feeds, f.id FROM k JOIN fulfillments f ON f.order_id = k.order_id AND f.feeds = k.id
    WHERE f.execution <> ? ORDER BY f.id
"""
_EXECUTION: tuple[v.ExecutionWord, ...] = get_args(v.ExecutionWord)
_NEGOTIATION: tuple[v.NegotiationWord, ...] = get_args(v.NegotiationWord)
_CANCELLATION: tuple[v.CancellationWord, ...] = get_args(v.CancellationWord)


class FulfillmentPage(NamedTuple):
    """A page of fulfillments, and the id behind which the next one starts; None when it is the last."""

    fulfillments: list[v.FulfillmentView]
    next: int | None


def read_fulfillment(session: Session, fulfillment_id: int) -> v.FulfillmentView | None:
    """Return a fulfillment with its lines."""
    found = _views(session, session.fetch(f"{_FULFILLMENTS} WHERE f.id = ?", fulfillment_id))
    return found[0] if found else None


def fulfillments_of(session: Session, order_id: int) -> list[v.FulfillmentView]:
    """Return an order's fulfillments, the canceled ones too, oldest first."""
    return _views(session, session.fetch(f"{_FULFILLMENTS} WHERE f.order_id = ? ORDER BY f.id", order_id))


def list_fulfillments(
    session: Session,
    location: str | None = None,
    executions: Sequence[Execution] = (),
    order_id: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> FulfillmentPage:
    """Return fulfillments, newest first."""
    where: list[str] = []
    params: list[Any] = []
    if location is not None:
        where.append("f.location_id = (SELECT id FROM locations WHERE code = ?)")
        params.append(location)
    if executions:
        where.append(f"f.execution IN ({', '.join('?' * len(executions))})")
        params += [int(execution) for execution in executions]
    if order_id is not None:
        where.append("f.order_id = ?")
        params.append(order_id)
    if after is not None:
        where.append("f.id < ?")
        params.append(after)
    filters = f"WHERE {' AND '.join(where)}" if where else ""
    rows = session.fetch(f"{_FULFILLMENTS} {filters} ORDER BY f.id DESC LIMIT ?", *params, limit + 1)
    found = _views(session, rows[:limit])
    return FulfillmentPage(found, int(rows[limit - 1][0]) if len(rows) > limit else None)


def _views(session: Session, rows: list[Any]) -> list[v.FulfillmentView]:
    lines: dict[int, list[v.FulfillmentLineView]] = defaultdict(list)
    for fulfillment, *values in map(tuple, session.fetch_keys(_LINES, ("bigint",), [(row[0],) for row in rows])):
        demand, line, sku, name, quantity, picked, packed, shipped, canceled = values
        lines[fulfillment].append(
            v.FulfillmentLineView(
                demand=demand, line=line, sku=sku or "", name=name or "", quantity=quantity, picked=picked,
                packed=packed, shipped=shipped, canceled=canceled,
            )
        )  # fmt: skip
    legs: dict[int, list[int]] = defaultdict(list)
    handed_on = [(row[0], row[1]) for row in rows if row[6] != _LEG]
    for feeds, leg in session.fetch_keys(_LEGS, ("bigint", "bigint"), handed_on, Execution.CANCELED.value):
        legs[feeds].append(leg)
    return [_view(row, tuple(lines[row[0]]), legs[row[0]]) for row in rows]


def _view(row: Any, lines: tuple[v.FulfillmentLineView, ...], legs: Sequence[int]) -> v.FulfillmentView:
    (id_, order, channel, external_id, delivery, location, method, execution, negotiation, cancellation, decision,
     feeds, workflow, work, deliver, release_at, created, version, kind, due) = row  # fmt: skip
    own, of_order, of_decision = encode_id("ful", id_), encode_id("ord", order), encode_id("dec", decision)
    return v.FulfillmentView(
        id=own,
        order_id=of_order,
        channel=channel,
        external_id=external_id,
        delivery=delivery,
        location=location or "",
        method=method,
        execution=_EXECUTION[execution - 1],
        negotiation=_NEGOTIATION[negotiation - 1],
        cancellation=_CANCELLATION[cancellation - 1],
        decision_id=of_decision,
        depends_on=tuple(encode_id("ful", leg) for leg in legs),
        feeds=None if feeds is None else encode_id("ful", feeds),
        workflow=workflow,
        work_on=_day(work),
        deliver_on=_day(deliver),
        release_at=None if release_at is None else moment(release_at),
        waits_for=_WAITS_FOR[kind or 0],
        due_at=None if due is None else moment(due),
        created_at=moment(created),
        units=sum(line.quantity - line.canceled for line in lines),
        lines=lines,
        supported_actions=actions(
            Execution(execution),
            Negotiation(negotiation),
            sum(line.quantity - line.canceled - line.shipped - line.picked for line in lines),
            sum(line.picked - line.shipped for line in lines),
        ),
        links=v.FulfillmentLinks(
            self=f"/v1/fulfillments/{own}", order=f"/v1/orders/{of_order}", decision=f"/v1/decisions/{of_decision}"
        ),
        version=version,
    )


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat() if ordinal > 0 else ""


_OFFER = """
    SELECT o.id, o.order_id, o.fulfillment_id, o.state, l.code, o.reason, o.created_at, o.expires_at, r.currency
    FROM fulfillment_offers o JOIN orders r ON r.id = o.order_id LEFT JOIN locations l ON l.id = o.claimed_by
"""
_OFFERED = """
    SELECT l.code, x.cost, x.deliver_day FROM offer_locations x JOIN locations l ON l.id = x.location_id
    WHERE x.offer_id = ? ORDER BY x.cost, l.code
"""


def read_offer(session: Session, offer_id: int) -> v.OfferView | None:
    """Return an offer as it stands; None when there is none."""
    rows = session.fetch(f"{_OFFER} WHERE o.id = ?", offer_id)
    return _offer(session, rows[0]) if rows else None


def offers_of(session: Session, order_id: int) -> list[v.OfferView]:
    """Return the offers of an order's jobs, newest first."""
    rows = session.fetch(f"{_OFFER} WHERE o.order_id = ? ORDER BY o.id DESC", order_id)
    return [_offer(session, row) for row in rows]


def _offer(session: Session, row: Any) -> v.OfferView:
    id_, order, fulfillment, state, claimed_by, reason, created, expires, currency = row
    places = tuple(
        v.OfferedLocation(location=code, cost=Money(cost, currency), deliver_on=_day(day))
        for code, cost, day in session.fetch(_OFFERED, id_)
    )
    return v.OfferView(
        id=encode_id("off", id_),
        order_id=encode_id("ord", order),
        fulfillment_id=encode_id("ful", fulfillment),
        state=_OFFER_STATES[state - 1],
        locations=places,
        claimed_by=claimed_by,
        reason=reason,
        created_at=moment(created),
        expires_at=moment(expires),
        supported_actions=("claim",) if state == OfferState.OPEN else (),
    )


_OFFER_STATES: tuple[Literal["open", "claimed", "expired", "withdrawn"], ...] = (
    "open", "claimed", "expired", "withdrawn",
)  # fmt: skip
