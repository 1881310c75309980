"""What a decision would have seen had one thing been otherwise: a case, and small changes to it.

A case is everything that `decide` is given, taken back out of a record. Changes are data, so that whoever doubts an
explanation can apply them to the record and decide again.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from msgspec import Struct, structs
from numpy.typing import NDArray

from crossdock.routing.decide import decide
from crossdock.routing.model import Decision, Demand, Network, Policy, RoutingError, Site, Snapshot
from crossdock.routing.places import meant
from crossdock.routing.record import Record, Versions, hidden_of, snapshot_of
from crossdock.routing.rules import KeepsStock, Scarce
from crossdock.routing.waived import without_rule

What = Literal[
    "units", "shown", "parcel_price", "ship_day", "room", "units_room", "accepting", "unbarred", "ability", "due_day",
    "rule", "view_rule",
]  # fmt: skip


class Change(Struct, frozen=True, kw_only=True):
    """One thing that is otherwise than it was, at one location or for the whole order.

    `units`: of `item` at the site, claimable. `shown`: units of `item` at the site that the view hid and shows now.
    `parcel_price`: what a parcel from the site costs apart from its weight, milli. `ship_day`: when the site hands
    over, an ordinal day, −1 is closed. `room`, `units_room`: fulfillments and units that the site may still take on.
    `accepting`: the site is not paused. `unbarred`: no line was rejected there before. `ability`: a capability (`name`)
    that it has as well. `due_day`: the promised day. `rule`, `view_rule`: the rule of the policy or of the view named
    `name` does not hold.
    """

    what: What
    site: int | None = None
    item: int | None = None
    name: str = ""
    before: int = 0
    after: int = 0


class Case(NamedTuple):
    """All that a decision is made of; `hidden` and `rule_of` (−1: none) by line and site, where there is a view."""

    demand: Demand
    snapshot: Snapshot
    policy: Policy
    hidden: NDArray[np.int64] | None
    rule_of: NDArray[np.int64] | None
    rules: tuple[str, ...]

    def decided(self) -> Decision:
        """Decide it."""
        return decide(self.demand, self.snapshot, self.policy)


def case_of(record: Record, versions: Versions) -> Case:
    """Take the case out of a record; raises `KeyError` when a version is not at hand."""
    snapshot = snapshot_of(record, versions)
    seen = hidden_of(record, len(snapshot.network.sites))
    hidden, rule_of = seen if seen is not None else (None, None)
    rules = record.hidden.rules if record.hidden is not None else ()
    return Case(record.demand, snapshot, versions.policies[record.decision.rests_on.policy], hidden, rule_of, rules)


def applied(case: Case, changes: tuple[Change, ...]) -> Case:
    """Give the case with the changes made, one after the other; the case itself stays as it is."""
    for change in changes:
        case = _apply(case, change)
    return case


def _apply(case: Case, change: Change) -> Case:
    what, after = change.what, change.after
    if what == "rule":
        return case._replace(policy=without_rule(case.policy, change.name))
    if what == "due_day":
        return case._replace(demand=structs.replace(case.demand, due_day=after))
    if what == "view_rule":
        return _shown(case, (case.rule_of == case.rules.index(change.name)) if case.rule_of is not None else None)
    at = place(case.snapshot.network, change.site)
    if what == "shown":
        where = np.zeros(case.snapshot.stock.shape, dtype=bool)
        where[_rows(case, change.item), at] = True
        return _shown(case, where)
    if what == "units":
        stock = case.snapshot.stock.copy()
        stock[_rows(case, change.item), at] = after
        return _seeing(case, stock=stock)
    if what == "ship_day":
        return _seeing(case, ship_day=_with(case.snapshot.ship_day, at, after))
    if what == "room":
        return _seeing(case, capacity=_with(case.snapshot.capacity, at, after))
    if what == "units_room" and case.snapshot.units_room is not None:
        return _seeing(case, units_room=_with(case.snapshot.units_room, at, after))
    if what == "accepting" and case.snapshot.paused is not None:
        return _seeing(case, paused=_with(case.snapshot.paused, at, 0))
    if what == "unbarred" and case.snapshot.barred is not None:
        barred = case.snapshot.barred.copy()
        barred[:, at] = False
        return _seeing(case, barred=barred)
    site = case.snapshot.network.sites[at]
    if what == "ability":
        return _with_site(case, at, structs.replace(site, capabilities=(*site.capabilities, change.name)))
    return _with_site(case, at, structs.replace(site, handling_parcel=site.handling_parcel + after - change.before))


def looks_at_stock(policy: Policy) -> bool:
    """Say whether the policy minds how much there is beyond what is asked for."""
    scarce = any(isinstance(cost, Scarce) for cost in policy.costs)
    return scarce or any(aim.by == "fullest" for aim in policy.prefer)


def held_at(case: Case, site_id: int) -> dict[int, tuple[int, int]]:
    """Give for each item what a site has of it and how many units it should have to ship all of them.

    What it has is counted as far as that, unless the policy minds what is there beyond; units that must stay there
    are asked for as well.
    """
    at = place(case.snapshot.network, site_id)
    site = case.snapshot.network.sites[at]
    kept = max(
        (rule.units for rule in case.policy.fences if isinstance(rule, KeepsStock) and meant(rule.sites, site)),
        default=0,
    )
    out: dict[int, tuple[int, int]] = {}
    whole = looks_at_stock(case.policy)
    for row, line in enumerate(case.demand.lines):
        wanted = out.get(line.item, (0, kept))[1] + line.quantity
        there = int(case.snapshot.stock[row, at])
        out[line.item] = (there if whole else min(there, wanted), wanted)
    return out


def place(network: Network, site_id: int | None) -> int:
    """Give a site's place in the network; raises `RoutingError` when it has none."""
    for at, site in enumerate(network.sites):
        if site.id == site_id:
            return at
    raise RoutingError(f"the network of this decision has no location {site_id}")


def _rows(case: Case, item: int | None) -> list[int]:
    return [row for row, line in enumerate(case.demand.lines) if line.item == item]


def _with(array: NDArray[Any], at: int, value: int) -> NDArray[Any]:
    out = array.copy()
    out[at] = value
    return out


def _shown(case: Case, where: NDArray[np.bool_] | None) -> Case:
    if where is None or case.hidden is None:
        return case
    more = np.where(where, case.hidden, 0)
    return _seeing(case, stock=case.snapshot.stock + more)._replace(hidden=case.hidden - more)


def _seeing(case: Case, **changes: NDArray[Any]) -> Case:
    seen = case.snapshot
    parts = {name: getattr(seen, name) for name in seen.__struct_fields__} | changes
    return case._replace(snapshot=Snapshot(**parts))


def _with_site(case: Case, at: int, site: Site) -> Case:
    sites = case.snapshot.network.sites
    network = Network((*sites[:at], site, *sites[at + 1 :]))
    parts = {name: getattr(case.snapshot, name) for name in case.snapshot.__struct_fields__} | {"network": network}
    return case._replace(snapshot=Snapshot(**parts))
