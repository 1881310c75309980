"""From an order to a plan: explode the demand, look at the mirror, decide, debit. In memory, no SQL."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from crossdock.inventory.mirror import StockMirror
from crossdock.inventory.model import PLAIN
from crossdock.inventory.view_rules import SHARES, CompiledView
from crossdock.kernel.clock import day_start, utc_day
from crossdock.kernel.ids import IdBlock
from crossdock.network.store import StoredChannel
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Claim, Destination, NewDemand, NewFulfillment, Queued, Routed
from crossdock.orchestration.views.shares import ShareBook
from crossdock.promising.keeping import Kept, keep
from crossdock.promising.methods import capability
from crossdock.routing.model import Decision, Demand, DemandLine, Policy, Snapshot
from crossdock.routing.record import Through, encode
from crossdock.storage.guard import Kind, Take
from crossdock.storage.session import Session

__all__ = [
    "QUEUES",
    "UNKNOWN_COUNTRY",
    "Choose",
    "Claim",
    "Destination",
    "Ints",
    "NewDemand",
    "NewFulfillment",
    "Own",
    "Planner",
    "Queued",
    "Routed",
]

UNKNOWN_COUNTRY = "ZZ"  # ISO 3166 keeps ZZ for users: where nobody knows where to send it, a person must look
Ints = np.ndarray[Any, np.dtype[np.int64]]
Own = Mapping[tuple[int, int], int]
Choose = Callable[[Demand, Snapshot], Kept]
QUEUES = {"backorder": "backorder", "review": "review", "next_route": "backorder", "queue": "review"}


class _Look(NamedTuple):
    """What a decision saw, and through what, to say why units found no place."""

    stock: Ints
    through: Through | None
    view: str
    group: str | None
    """The group of channels whose shares it may take."""


class Planner:
    """Decides against one picture that is debited as it goes: two orders of a batch never see the same unit."""

    def __init__(self, directory: Directory, mirror: StockMirror, ids: IdBlock) -> None:
        self.directory = directory
        self.mirror = mirror
        self.shares = ShareBook(directory, ids)
        self._ids = ids
        self._capacity: dict[bytes, Ints] = {}
        self._moments: dict[int, tuple[Ints, Ints]] = {}
        self._columns = {id_: column for column, id_ in enumerate(directory.location_ids)}
        self.derived: dict[str, Policy] = {}
        """Policies by version that decisions of this batch rest on and that nobody has activated; to be kept."""

    def prepare(
        self, session: Session, instants: Iterable[int], items: Sequence[int], later: Iterable[int | None] = ()
    ) -> None:
        """Load what the decisions of a batch will look at: the items' stock, and the days' capacity left.

        ``later`` are ordinal days on which some of the work may begin, besides the launch days of the items.
        """
        self.mirror.load(session, items)
        self.shares.load(session, items)
        capacity: dict[bytes, Ints] = {}
        self._moments = {}
        for at in instants:
            days = self.directory.calendars.ship_days(at)
            key = days.tobytes()
            if key not in capacity:
                known = self._capacity.get(key)
                capacity[key] = self.directory.capacity(session, days) if known is None else known
            self._moments[at] = (days, capacity[key])
        today = utc_day(min(self._moments, default=0))
        for day in {*self.directory.launches(items, today), *(d for d in later if d is not None and d > today)}:
            days = self.directory.calendars.first_ship_days(day)
            key = days.tobytes()
            if key not in capacity:
                known = self._capacity.get(key)
                capacity[key] = self.directory.capacity(session, days) if known is None else known
            self._moments[day_start(day)] = (days, capacity[key])
        self._capacity = capacity

    def forget_capacity(self) -> None:
        """Read the capacity left anew before the next decision."""
        self._capacity = {}

    @contextlib.contextmanager
    def trying(self) -> Iterator[None]:
        """Let decisions be made to see what comes of them: afterwards stock and capacity are as they were."""
        mark, taken = self.mirror.mark(), self.shares.mark()
        before = [(capacity, capacity.copy()) for _, capacity in self._moments.values()]
        try:
            yield
        finally:
            self.mirror.undo(mark)
            self.shares.undo(taken)
            for capacity, was in before:
                capacity[:] = was

    def free_capacity(self, location_id: int, work_day: int) -> None:
        """Let the decisions that follow see a day's work that this batch gives back."""
        column = self._columns.get(location_id)
        moments = {id(capacity): (days, capacity) for days, capacity in self._moments.values()}
        for days, capacity in moments.values():
            if column is not None and days[column] == work_day:
                capacity[column] += 1

    def route(
        self,
        delivery_no: int,
        demand: Sequence[NewDemand],
        where: Destination,
        policy: Policy,
        at: int,
        channel: StoredChannel,
        *,
        own: Own | None = None,
    ) -> Routed:
        """Decide one delivery's demand on the channel's view of the stock, and debit what it gets.

        ``own`` are units by item and location that stand for this demand already: it may have them, whatever the view
        shows.
        """
        decision_id = self._ids.one()
        if where.country == UNKNOWN_COUNTRY or not self._columns:
            return _nowhere(delivery_no, decision_id, demand, known=where.country != UNKNOWN_COUNTRY)
        kept, snapshot, through = self.settle(
            demand,
            where,
            at,
            channel,
            lambda asked, seen: keep(asked, seen, policy, where.promised_day, where.promised_from),
            own,
        )
        decision = kept.decision
        if decision.rests_on.policy not in self.directory.policy_versions:
            self.derived[decision.rests_on.policy] = kept.policy
        record = encode(kept.demand, snapshot, kept.policy, decision, through)
        group = self.directory.shares.group_of.get(channel.channel.code)
        look = _Look(snapshot.stock, through, channel.channel.view or "", group)
        _, capacity = self._moments[where.begin or at]
        routed = self._claim(delivery_no, decision_id, demand, decision, record, look, capacity, where.method)
        due = where.due_day if where.promised_day is None else where.promised_day
        if due is not None and any(bill.deliver_day > due for bill in decision.bill):
            return routed._replace(late=True)
        return routed

    def settle(
        self,
        demand: Sequence[NewDemand],
        where: Destination,
        at: int,
        channel: StoredChannel,
        choose: Choose,
        own: Own | None = None,
    ) -> tuple[Kept, Snapshot, Through | None]:
        """Decide by ``choose`` until the plan takes no more than the channel's shares allow; debits nothing.

        Returns the decision with what it saw and through what; orders and promises are settled alike.
        """
        asked, snapshot, through = self.look(demand, where, at, channel, own)
        for turn in itertools.count(1):
            kept = choose(asked, snapshot)
            less = self.within_shares(kept.decision, demand, snapshot, channel, turn)
            if less is None:
                return kept, snapshot, through
            snapshot, through = self._narrower(demand, snapshot, through, less)
        raise AssertionError  # the count has no end

    def look(
        self,
        demand: Sequence[NewDemand],
        where: Destination,
        at: int,
        channel: StoredChannel,
        own: Own | None = None,
    ) -> tuple[Demand, Snapshot, Through | None]:
        """Return what a decision is asked, what it sees, and through which view; orders and promises look alike."""
        days, capacity = self._moments[where.begin or at]
        x, y, z = where.point or (None, None, None)
        asked = Demand(
            lines=tuple(
                [DemandLine(d.no, d.item_id, d.quantity, d.weight_g, d.requires, d.unit_value) for d in demand]
            ),
            country=where.country,
            x=x,
            y=y,
            z=z,
            due_day=where.due_day,
            requires=(capability(where.method),),
        )
        items = [d.item_id for d in demand]
        stock, through = self._seen(items, self.directory.view_of(channel, at))
        if own:
            self._add_own(stock, demand, own)
        if where.bound is not None:
            stock = self._only_at(stock, where.bound)
        snapshot = Snapshot(self.directory.network, stock, days, capacity)
        shown = self.shares.shown(items, stock, self.directory.shares.group_of.get(channel.channel.code))
        if shown is not stock:
            snapshot, through = self._narrower(demand, snapshot, through, shown)
        return asked, snapshot, through

    def open_to(self, channel: StoredChannel, items: Sequence[int], at: int) -> list[int]:
        """Return those of these items (loaded, shares too) of which a channel may take a unit anywhere."""
        if not items:
            return []
        stock, _ = self._seen(items, self.directory.view_of(channel, at))
        shown = self.shares.shown(items, stock, self.directory.shares.group_of.get(channel.channel.code))
        return [item for item, units in zip(items, shown.max(axis=1).tolist(), strict=True) if units > 0]

    def within_shares(
        self, decision: Decision, demand: Sequence[NewDemand], snapshot: Snapshot, channel: StoredChannel, turn: int
    ) -> Ints | None:
        """Return the stock to decide upon again where a decision takes more than the channel's shares allow."""
        group = self.directory.shares.group_of.get(channel.channel.code)
        items = {d.no: d.item_id for d in demand}
        return self.shares.trimmed(decision, items, snapshot.stock, group, turn)

    def _narrower(
        self, demand: Sequence[NewDemand], snapshot: Snapshot, through: Through | None, stock: Ints
    ) -> tuple[Snapshot, Through | None]:
        """Return a snapshot of less stock, which counts as hidden by the shares of others."""
        less = snapshot.stock - stock
        seen = Snapshot(snapshot.network, stock, snapshot.ship_day, snapshot.capacity)
        if not less.any():
            return seen, through
        if through is None:
            whole = self.directory.everything
            why = tuple([whole.why(self.directory.item_by_id(d.item_id)) for d in demand])
            through = Through("", np.zeros_like(stock), why)
        rules = tuple([_and_shares(names, why, cut) for (names, why), cut in zip(through.rules, less, strict=True)])
        return seen, Through(through.version, through.hidden + less, rules)

    def _seen(self, items: Sequence[int], view: CompiledView) -> tuple[Ints, Through | None]:
        """Return what the view shows of these items now, and what it hides; None where it shows all as it is."""
        claimable = self.mirror.stock(items)
        if view.identity:
            return claimable, None
        facts = [self.directory.item_by_id(item) for item in items]
        visible = view.rows(facts, claimable)
        return visible, Through(view.version, claimable - visible, tuple([view.why(item) for item in facts]))

    def _add_own(self, stock: Ints, demand: Sequence[NewDemand], own: Own) -> None:
        for row, wanted in enumerate(demand):
            for (item, location), units in own.items():
                if item == wanted.item_id and location in self._columns:
                    stock[row, self._columns[location]] += units

    def _only_at(self, stock: Ints, location: int) -> Ints:
        """Let a decision see one location alone."""
        seen = np.zeros_like(stock)
        column = self._columns.get(location)
        if column is not None:
            seen[:, column] = stock[:, column]
        return seen

    def _claim(
        self,
        delivery_no: int,
        decision_id: int,
        demand: Sequence[NewDemand],
        decision: Decision,
        record: bytes,
        look: _Look,
        capacity: Ints,
        method: str,
    ) -> Routed:
        unfilled = decision.unfilled
        leftover = decision.leftover if unfilled else "none"
        if leftover == "cancel":
            gone = tuple((d.no, d.quantity) for d in demand)
            return Routed(delivery_no, decision_id, decision, record, (), (), gone, ())
        item_of = {d.no: d.item_id for d in demand}
        fulfillments, takes = self._fulfillments(
            delivery_no, decision_id, decision, item_of, capacity, method, look.group
        )
        queued: tuple[Queued, ...] = ()
        canceled: tuple[tuple[int, int], ...] = ()
        if leftover == "ship_available":
            canceled = unfilled
        elif unfilled:
            row_of = {d.no: row for row, d in enumerate(demand)}
            quantity_of = {d.no: d.quantity for d in demand}
            queue = QUEUES[leftover]
            queued = tuple(
                Queued(no, item_of[no], n, queue, *_reason(look, row_of[no], quantity_of[no], n)) for no, n in unfilled
            )
        return Routed(delivery_no, decision_id, decision, record, fulfillments, queued, canceled, takes)

    def _fulfillments(
        self,
        delivery_no: int,
        decision_id: int,
        decision: Decision,
        item_of: dict[int, int],
        capacity: Ints,
        method: str,
        group: str | None,
    ) -> tuple[tuple[NewFulfillment, ...], tuple[Take, ...]]:
        assignments, bills = decision.assignments, decision.bill
        if not assignments:
            return (), ()
        mirror, limited = self.mirror, self.directory.limited
        ids = iter(self._ids.take(len(assignments) + len(bills)))
        claims: dict[int, list[Claim]] = {bill.site_id: [] for bill in bills}
        takes: list[Take] = []
        for site, no, quantity in assignments:
            item = item_of[no]
            unlimited = mirror.is_unlimited(item, site)
            claim = Claim(next(ids), no, item, site, quantity, unlimited)
            if not unlimited:
                mirror.debit(item, site, quantity)
                takes.append(Take(Kind.POSITION_ALLOCATED, (item, site, PLAIN), quantity, claim.id))
                if self.shares.items:
                    parts, shared = self.shares.take(item, site, quantity, group)
                    claim = claim._replace(shares=parts)
                    takes += shared
            claims[site].append(claim)
        made = []
        for bill in bills:
            site = bill.site_id
            if site in limited:
                capacity[self._columns[site]] -= 1
                takes.append(Take(Kind.CAPACITY, (site, bill.ship_day, 0), 1))
            made.append(
                NewFulfillment(
                    next(ids),
                    site,
                    delivery_no,
                    decision_id,
                    bill.ship_day,
                    bill.deliver_day,
                    site in limited,
                    tuple(claims[site]),
                    method,
                )
            )
        return tuple(made), tuple(takes)


def _and_shares(names: tuple[str, ...], why: Ints, less: Ints) -> tuple[tuple[str, ...], Ints]:
    """Return the rules that decide by location, where shares take something away with them added."""
    if not less.any() or any(SHARES in name.split() for name in names):
        return names, why
    return (*names, *[f"{name} {SHARES}".strip() for name in names]), np.where(less != 0, why + len(names), why)


def _nowhere(delivery_no: int, decision_id: int, demand: Sequence[NewDemand], *, known: bool) -> Routed:
    """Queue everything for a person: there is no country to send it to, or no location at all."""
    reason, detail = (
        ("no_location", "No location is active.")
        if known
        else ("unknown_country", "Nobody knows the country that this delivery goes to.")
    )
    queued = tuple(Queued(d.no, d.item_id, d.quantity, "review", reason, detail) for d in demand)
    return Routed(delivery_no, decision_id, None, b"", (), queued, (), ())


def _reason(look: _Look, row: int, quantity: int, unfilled: int) -> tuple[str, str]:
    """Say why units found no place: not there, hidden from the channel, or only where they may not come from."""
    there = int(look.stock[row].sum())
    hidden = 0 if look.through is None else int(look.through.hidden[row].sum())
    if look.through is not None and hidden and there < quantity:
        names, why = look.through.rules[row]
        if any(SHARES in names[at] for at in set(why[look.through.hidden[row] != 0].tolist())):
            text = f"Of {there + hidden} units to spare others are kept so much that {there} may go to this channel"
            return "kept_for_others", f"{text}; {quantity} are wanted."
        text = f"The view '{look.view}' shows {there} of the {there + hidden} units to spare; {quantity} are wanted."
        return "hidden_by_view", text
    if there == 0:
        return "out_of_stock", "No location has a unit to spare."
    if there < quantity:
        return "not_enough_stock", f"All locations together have {there} of the {quantity} units to spare."
    return "no_location", f"{there} units are in stock, but {unfilled} of them only where they may not be shipped from."
