"""A past routing decided again under other rules, from what was seen then. Pure: no clock, no database.

Every decision is taken for itself: what the draft would have given away earlier is not missing later. The record says
what could be claimed, what room there was and when each location would have handed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from crossdock.kernel.clock import utc_day
from crossdock.orchestration.trials.model import Assigned, Case, Figures, Outcome
from crossdock.orchestration.trials.rules import Rules, asked_of
from crossdock.promising.carbon import grams
from crossdock.promising.keeping import keep
from crossdock.routing.merging import last_day
from crossdock.routing.model import Decision, Demand, Network, Policy, SiteBill, Snapshot
from crossdock.routing.record import Record, Versions, decode, snapshot_of

NEXT_ROUTE = "next_route"
_PAID = frozenset({"surcharges", "fuel"})
"""What else of a bill somebody is paid."""


class Turn(NamedTuple):
    """One route's turn: its name, what it was asked and saw, and what was decided by which policy."""

    route: str
    demand: Demand
    snapshot: Snapshot
    policy: Policy
    decision: Decision


class Read(NamedTuple):
    """A case with its records read and what was seen at the first of them."""

    case: Case
    records: tuple[Record, ...]
    snapshot: Snapshot


def read(case: Case, networks: Mapping[str, Network]) -> Read:
    """Read a case's records; raises KeyError when the network is not at hand, RoutingError or DecodeError else."""
    records = tuple(decode(record) for record in case.records)
    return Read(case, records, snapshot_of(records[0], Versions(networks, {})))


def turns(found: Read, rules: Rules) -> list[Turn]:
    """Decide a case by the routes that hold for it, each for what the one before it left over."""
    case = found.case
    demand, snapshot = asked_of(case, found.records[0]), found.snapshot
    done: list[Turn] = []
    for route in rules.routes(case):
        kept = keep(demand, snapshot, route.policy, case.promised_day, case.promised_from)
        done.append(Turn(route.name, kept.demand, snapshot, kept.policy, kept.decision))
        left = dict(kept.decision.unfilled)
        if not left or kept.decision.leftover != NEXT_ROUTE:
            break
        demand, snapshot = rest(demand, snapshot, kept.decision)
    return done


def rest(demand: Demand, snapshot: Snapshot, decision: Decision) -> tuple[Demand, Snapshot]:
    """Return what a decision leaves over of a demand, and what there is when its units are taken off."""
    left = dict(decision.unfilled)
    rows = [row for row, line in enumerate(demand.lines) if line.key in left]
    columns = {site.id: column for column, site in enumerate(snapshot.network.sites)}
    items = {line.key: line.item for line in demand.lines}
    stock, capacity = snapshot.stock.copy(), snapshot.capacity.copy()
    for site, key, units in decision.assignments:
        for row, line in enumerate(demand.lines):
            if line.item == items[key]:
                stock[row, columns[site]] -= units
    for site in decision.site_ids:
        capacity[columns[site]] -= 1
    lines = tuple(replace(demand.lines[row], quantity=left[demand.lines[row].key]) for row in rows)
    changed: dict[str, Any] = {"stock": stock[rows].clip(min=0), "capacity": capacity}
    for name in ("barred", "find", "days_left"):
        by_row = getattr(snapshot, name)
        if by_row is not None:
            changed[name] = by_row[rows]
    if snapshot.units_room is not None:
        room = snapshot.units_room.copy()
        for site, _, units in decision.assignments:
            room[columns[site]] -= units
        changed["units_room"] = room.clip(min=0)
    return replace(demand, lines=lines), replace(snapshot, **changed)


def would(found: Read, rules: Rules) -> Outcome:
    """Return what comes of a case under some rules; raises RoutingError when they cannot decide it."""
    return outcome(found, [(turn.route, turn.decision) for turn in turns(found, rules)])


def was(found: Read) -> Outcome:
    """Return what really came of a case, as its records say."""
    return outcome(found, [("", record.decision) for record in found.records])


def outcome(found: Read, decided: Sequence[tuple[str, Decision]]) -> Outcome:
    """Return decisions on one delivery as one plan; what stays behind is what the last of them left."""
    case, demand = found.case, asked_of(found.case, found.records[0])
    bills = [bill for _, decision in decided for bill in decision.bill]
    assigned: list[Assigned] = sorted(part for _, decision in decided for part in decision.assignments)
    unfilled = decided[-1][1].unfilled if decided else tuple((line.key, line.quantity) for line in demand.lines)
    due = demand.due_day if case.promised_day is None else case.promised_day
    paths = [decision.path for _, decision in decided if decision.path is not None]
    last = max([day for _, d in decided if (day := last_day(d.bill, d.path)) is not None], default=None)
    figures = Figures(
        spend=sum(spent(bill) for bill in bills) + sum(path.total - path.lateness for path in paths),
        cost=sum(decision.cost for _, decision in decided),
        units=sum(units for *_, units in assigned),
        unfilled=sum(units for _, units in unfilled),
        locations=len({bill.site_id for bill in bills}),
        parcels=sum(bill.parcels for bill in bills) + sum(path.parcels for path in paths),
        days=None if last is None else last - utc_day(case.at),
        late=0 if last is None or due is None else max(0, last - due),
        carbon=grams((*bills, *paths)),
    )
    routes = tuple(name for name, _ in decided if name)
    return Outcome(figures, tuple(assigned), tuple(sorted(unfilled)), routes)


def spent(bill: SiteBill) -> int:
    """Return what carriers and hands are paid for a location's part; not what lateness and preferences count."""
    paid = bill.base + bill.weight + bill.handling_parcel + bill.handling_line + bill.handling_unit
    return paid + sum(amount for name, amount in bill.more if name in _PAID) if bill.more else paid


UNREADABLE = (msgspec.DecodeError, ValueError, IndexError, TypeError)
"""What a record that is no record raises; RoutingError is a ValueError."""
