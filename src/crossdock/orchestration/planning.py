"""From a delivery's demand to a plan: look, decide, debit. In memory, no SQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crossdock.inventory.mirror import StockMirror
from crossdock.inventory.model import PLAIN
from crossdock.kernel.clock import HOUR
from crossdock.kernel.ids import IdBlock
from crossdock.network.store import StoredChannel
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Claim, Destination, NewDemand, NewFulfillment, Queued, Routed
from crossdock.orchestration.reasons import Look, no_route, nowhere, reason_of
from crossdock.orchestration.sight import Ints, Own, Sight
from crossdock.orchestration.transfers.two_legs import Onward, lead_through
from crossdock.orchestration.views.shares import ShareBook
from crossdock.promising.keeping import arrives, keep
from crossdock.routing.model import Decision, Policy
from crossdock.routing.policy.compile import Tried
from crossdock.routing.record import encode
from crossdock.storage.guard import Kind, Take

UNKNOWN_COUNTRY = "ZZ"  # ISO 3166 keeps ZZ for users: where nobody knows where to send it, a person must look
QUEUES = {"backorder": "backorder", "review": "review", "next_route": "backorder"}


class Task(NamedTuple):
    """What one decision is for: a delivery, by one route at an instant; ``is_last``: no other route comes after it."""

    delivery_no: int
    decision_id: int
    method: str
    policy: Policy
    at: int
    is_last: bool

    @property
    def queue(self) -> str:
        """The queue in which units lie that found no place."""
        return self.policy.queue if self.policy.leftover == "queue" else QUEUES[self.policy.leftover]

    @property
    def cancel_at(self) -> int | None:
        """When they are given up, if ever."""
        hours = self.policy.cancel_after_hours
        return None if hours is None else self.at + hours * HOUR


class Planner:
    """Decides against one picture that is debited as it goes: two orders of a batch never see the same unit."""

    def __init__(self, directory: Directory, mirror: StockMirror, ids: IdBlock) -> None:
        self.directory = directory
        self.mirror = mirror
        self.shares = ShareBook(directory, ids)
        self._ids = ids
        self.sight = Sight(directory, mirror, self.shares)
        self.derived: dict[str, Policy] = {}
        """Policies by version that decisions of this batch rest on and that nobody has activated; to be kept."""

    @contextlib.contextmanager
    def trying(self) -> Iterator[None]:
        """Let decisions be made to see what comes of them: afterwards stock and capacity are as they were."""
        mark, taken = self.mirror.mark(), self.shares.mark()
        before = [(capacity, capacity.copy()) for _, capacity in self.sight.capacities()]
        before += [(room, room.copy()) for room in self.sight.rooms()]
        try:
            yield
        finally:
            self.mirror.undo(mark)
            self.shares.undo(taken)
            for capacity, was in before:
                capacity[:] = was

    def free_capacity(self, location_id: int, work_day: int) -> None:
        """Let the decisions that follow see a day's work that this batch gives back."""
        column = self.sight.columns.get(location_id)
        for days, capacity in self.sight.capacities():
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
        is_last: bool = True,
    ) -> Routed:
        """Decide one delivery's demand by one route on the channel's view of the stock, and debit what it gets.

        What it leaves to the next route is queued only by the last one. `orchestration.policies.routing.route` asks
        the routes that hold in order.

        ``own`` are units by item and location that stand for this demand already: it may have them, whatever the view
        shows.
        """
        decision_id = self._ids.one()
        if where.country == UNKNOWN_COUNTRY or not self.sight.columns:
            return nowhere(delivery_no, decision_id, demand, known=where.country != UNKNOWN_COUNTRY)
        kept, snapshot, through = self.sight.settle(
            demand,
            where,
            at,
            channel,
            lambda asked, seen: keep(asked, seen, policy, where.promised_day, where.promised_from),
            own,
            merge=policy.merge,
        )
        decision = kept.decision
        if decision.rests_on.policy not in self.directory.policy_versions:
            self.derived[decision.rests_on.policy] = kept.policy
        record = encode(kept.demand, snapshot, kept.policy, decision, through)
        group = self.directory.shares.group_of.get(channel.channel.code)
        look = Look(snapshot.stock, through, channel.channel.view or "", group)
        _, capacity = self.sight.moment(where, at)
        task = Task(delivery_no, decision_id, where.method, kept.policy, at, is_last=is_last)
        routed = self._claim(task, demand, decision, record, look, capacity)
        path = decision.path
        if where.handed_over_at is not None or path is not None:
            onward = Onward(where.handed_over_at or 0)
            if path is not None:
                onward = Onward(path.site_id, path.ship_day, path.deliver_day)
            routed = routed._replace(fulfillments=lead_through(routed.fulfillments, onward, self._ids))
        due = where.due_day if where.promised_day is None else where.promised_day
        if due is not None and (arrives(decision) or 0) > due:
            return routed._replace(late=True)
        return routed

    def no_route(self, delivery_no: int, demand: Sequence[NewDemand], tried: Sequence[Tried], policy: str) -> Routed:
        """Queue everything for a person, because no route of the policy holds for the delivery."""
        return no_route(delivery_no, self._ids.one(), demand, tried, policy)

    def debit(
        self, decision: Decision, demand: Sequence[NewDemand], where: Destination, at: int, channel: StoredChannel
    ) -> None:
        """Let later decisions see what is left after one that is only tried."""
        _, capacity = self.sight.moment(where, at)
        group = self.directory.shares.group_of.get(channel.channel.code)
        self._fulfillments(0, 0, decision, {d.no: d.item_id for d in demand}, capacity, where.method, group)

    def _claim(
        self,
        task: Task,
        demand: Sequence[NewDemand],
        decision: Decision,
        record: bytes,
        look: Look,
        capacity: Ints,
    ) -> Routed:
        delivery_no, decision_id, unfilled = task.delivery_no, task.decision_id, decision.unfilled
        leftover = decision.leftover if unfilled else "none"
        if leftover == "cancel":
            gone = tuple((d.no, d.quantity) for d in demand)
            return Routed(delivery_no, decision_id, decision, record, (), (), gone, ())
        item_of = {d.no: d.item_id for d in demand}
        fulfillments, takes = self._fulfillments(
            delivery_no, decision_id, decision, item_of, capacity, task.method, look.group
        )
        queued: tuple[Queued, ...] = ()
        canceled: tuple[tuple[int, int], ...] = ()
        if leftover == "ship_available":
            canceled = unfilled
        elif unfilled and (leftover != "next_route" or task.is_last):
            row_of = {d.no: row for row, d in enumerate(demand)}
            quantity_of = {d.no: d.quantity for d in demand}
            queued = tuple(
                Queued(
                    no,
                    item_of[no],
                    n,
                    task.queue,
                    *reason_of(look, row_of[no], quantity_of[no], n),
                    cancel_at=task.cancel_at,
                )
                for no, n in unfilled
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
        mirror, limited, room = self.mirror, self.directory.limited, self.sight.room_beside(capacity)
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
            if room is not None:
                room[self.sight.columns[site]] -= bill.units
            # What is gathered where it is already is handed over on a day that nobody has asked the place about.
            takes_day = site in limited and (decision.path is None or decision.path.site_id != site)
            if takes_day:
                capacity[self.sight.columns[site]] -= 1
                takes.append(Take(Kind.CAPACITY, (site, bill.ship_day, 0), 1))
            made.append(
                NewFulfillment(
                    next(ids),
                    site,
                    delivery_no,
                    decision_id,
                    bill.ship_day,
                    bill.deliver_day,
                    takes_day,
                    tuple(claims[site]),
                    method,
                )
            )
        return tuple(made), tuple(takes)
