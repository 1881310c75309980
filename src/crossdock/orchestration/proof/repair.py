"""Mending what verify finds: each mended thing leaves a record, each counter stays the sum of its movements.

Where two sources differ, the third decides: fulfillment lines, claims and demand say the same thing three times. What
nobody can prove to be claimed waits again; a unit is never given to somebody on the strength of a repair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from crossdock.fulfillment.model import Execution
from crossdock.inventory import claims, ledger
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory import verify as inventory
from crossdock.inventory.model import (
    PLAIN,
    CauseKind,
    ClaimKind,
    ClaimState,
    Counters,
    Movement,
    MovementType,
    PositionKey,
    Source,
)
from crossdock.inventory.verify import Balance, Finding, Range
from crossdock.kernel.clock import utc_day
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import directory as directories
from crossdock.orchestration.commands import Repaired, RepairStock
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.proof import repair_reservations, repair_supply, repair_transfers
from crossdock.orchestration.proof.rearrange import Line, Standing, rearrange
from crossdock.orchestration.proof.verify import ORDER_CHECKS, SHARE_CHECKS, STOCK_CHECKS, capacity, verify
from crossdock.orchestration.proof.verify_supply import SUPPLY_CHECKS
from crossdock.orchestration.proof.verify_transfers import TRANSFER_CHECKS
from crossdock.orders import store as orders
from crossdock.orders import tables as order_tables
from crossdock.orders.status import ALLOCATED, PICKED, RELEASED, WAITING, derive, total
from crossdock.orders.store import DemandRow
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome

_ROUNDS = 20
_json = msgspec.json.Encoder().encode


class Repairs:
    """What one transaction mends; ``records`` are written with it."""

    def __init__(self, unit: Unit, directory: directories.Directory, actor: str) -> None:
        self.unit = self._unit = unit
        self.directory = directory
        self._actor = actor
        self.subjects: list[str] = []
        self.items: set[int] = set()

    def note(self, subject: str, before: Any, after: Any) -> int:
        """Write down what was found and what it was set to; returns the record's id."""
        id_ = self._unit.ids.one()
        row = (id_, self._unit.now, self._actor, subject, _json(before).decode(), _json(after).decode())
        self._unit.insert(inventory_tables.repairs, [row])
        self.subjects.append(subject)
        return id_

    @property
    def session(self) -> Session:
        """The transaction's connection."""
        return self._unit.session

    # -- orders --------------------------------------------------------------------------------------------------

    def orders(self, ids: Iterable[int]) -> None:
        """Bring claims, lines, partitions, queues and marks of these orders in line with each other."""
        session = self._unit.session
        rows = orders.lock_orders(session, [(id_,) for id_ in sorted(set(ids))])
        demand: dict[int, list[DemandRow]] = defaultdict(list)
        for part in orders.demands(session, [(row.id,) for row in rows]):
            demand[part.order_id].append(part)
        for row in rows:
            for part in demand[row.id]:
                self._demand(part, row.priority)
            self._marks(row.id, demand[row.id])

    def _demand(self, demand: DemandRow, priority: int) -> None:
        session = self._unit.session
        name = f"demand {demand.no} of {encode_id('ord', demand.order_id)}"
        before = list(demand.parts)
        taken = sum(demand.parts[part] for part in (ALLOCATED, RELEASED, PICKED))
        lines = [Line(*row) for row in session.fetch(_LINES, demand.order_id, demand.no)]
        holding = {row[0]: row[1] for row in session.fetch(_CLAIMS, demand.order_id, demand.no)}
        # Two of three say the same: then the third is mended, else the fulfillments are believed.
        believe_claims = sum(holding.values()) == taken != sum(line.standing for line in lines)
        stand = Standing(queued=sum(row[1] for row in session.fetch(_ENTRIES, demand.order_id, demand.no)))
        for line in lines:
            held = holding.pop(line.claim_id, 0)
            wanted = held if believe_claims else line.standing
            if wanted != line.live:
                self._line(name, line, wanted)
            if wanted and line.canceled_whole:
                self._revive(line.fulfillment_id)
            if wanted != held:
                self._claim(name, demand, line, held, wanted)
            stand.add(line, wanted)
        for claim_id, held in holding.items():
            self._release(name, claim_id, held, demand.item_id)
        stand.reserved = session.fetch(_RESERVED, demand.order_id, demand.no)[0][0]
        rearrange(demand.parts, stand)
        if demand.parts != before:
            self.note(name, before, demand.parts)
            orders.write_parts(self._unit, [demand])
        self._queue(name, demand, priority)

    def _line(self, name: str, line: Line, live: int) -> None:
        """Let so many units of a fulfillment line be still to go out."""
        rest = live + line.canceled + line.shipped
        quantity, canceled = (rest, line.canceled) if rest else (line.quantity, line.quantity)
        self._unit.session.execute(_SET_LINE, quantity, canceled, line.fulfillment_id, line.claim_id)
        subject = f"{name} in {encode_id('ful', line.fulfillment_id)}"
        self.note(subject, [line.quantity, line.canceled], [quantity, canceled])

    def _revive(self, fulfillment_id: int) -> None:
        """Plan a fulfillment that was called off though its units are claimed."""
        planned = Execution.PLANNED.value
        self._unit.session.execute("UPDATE fulfillments SET execution = ? WHERE id = ?", planned, fulfillment_id)
        self.note(encode_id("ful", fulfillment_id), Execution.CANCELED.value, planned)

    def _claim(self, name: str, demand: DemandRow, line: Line, held: int, live: int) -> None:
        """Make a claim hold what its fulfillment line is to send out."""
        state = ClaimState.OPEN if live else ClaimState.RELEASED
        if not self._unit.session.execute(_SET_CLAIM, live, live, state.value, line.claim_id) and live:
            source = Source.POSITION if self._unit.session.fetch(_MOVED, line.claim_id) else Source.UNLIMITED
            stand = (source.value, demand.item_id, line.location_id, PLAIN, None, live, state.value, None)
            row = (line.claim_id, ClaimKind.ALLOCATION.value, demand.order_id, demand.no, *stand, self._unit.now)
            self._unit.insert(inventory_tables.claims, [row])
        self.items.add(demand.item_id)
        self.note(f"claim {line.claim_id} of {name}", held, live)

    def _release(self, name: str, claim_id: int, held: int, item_id: int) -> None:
        """Give up a claim that no fulfillment stands for."""
        self._unit.session.execute(_SET_CLAIM, 0, 0, ClaimState.RELEASED.value, claim_id)
        self.items.add(item_id)
        self.note(f"claim {claim_id} of {name}", held, 0)

    def _queue(self, name: str, demand: DemandRow, priority: int) -> None:
        """Let exactly the units that wait lie in a queue."""
        unit, waiting = self._unit, demand.parts[WAITING]
        entries = unit.session.fetch(_ENTRIES, demand.order_id, demand.no)
        queued = sum(row[1] for row in entries)
        if queued == waiting:
            return
        self.note(f"queue of {name}", queued, waiting)
        if queued < waiting:
            # A person looks at them first: no unit is given to anybody on the strength of a repair.
            entry = (unit.ids.one(), "review", demand.order_id, demand.no, demand.item_id, waiting - queued)
            why = ("repaired", "No queue knew of these units.", "service", priority, unit.now, None, None)
            unit.insert(order_tables.queue_entries, [(*entry, *why)])
            return
        left, rest = [], waiting
        for id_, quantity in entries:
            keep = min(quantity, rest)
            rest -= keep
            if keep < quantity:
                left.append((id_, keep))
        orders.shrink_entries(unit, left)

    def _marks(self, order_id: int, demand: Sequence[DemandRow]) -> None:
        session = self._unit.session
        status = derive(total([d.parts for d in demand])).value
        before = session.fetch(_MARKS, order_id)[0]
        splits = session.fetch(_SPLITS, order_id, Execution.CANCELED.value)[0][0]
        queued = session.fetch("SELECT count(*) FROM queue_entries WHERE order_id = ? AND closed_at IS NULL", order_id)
        holds = session.fetch("SELECT count(*) FROM holds WHERE order_id = ? AND released_at IS NULL", order_id)
        after = (status, splits, queued[0][0], holds[0][0])
        if tuple(before) != after:
            self.note(f"marks of {encode_id('ord', order_id)}", list(before), list(after))
            orders.touch(self._unit, [(order_id, status, splits)])

    # -- stock ---------------------------------------------------------------------------------------------------

    def stock(self, balances: Sequence[Balance]) -> None:
        """Set counters to what the ledger and the claims make them; the ledger gets what it lacks of the claims."""
        unit = self._unit
        names = inventory.subjects(unit.session, [balance.key for balance in balances])
        locked = ledger.open_positions(unit, [balance.key for balance in balances])
        movements: list[Movement] = []
        for balance in balances:
            before, target = locked[balance.key], balance.target
            repair = self.note(names[balance.key], before._asdict(), target._asdict())
            lacking = _minus(target, balance.moved)
            if any(lacking):
                kind, at = MovementType.REPAIRED, unit.now
                movements.append(Movement(kind, balance.key, lacking, at, CauseKind.REPAIR, repair))
            self._set(balance.key, before, target)
        for balance in balances:
            if balance.broken:
                ledger.chain_again(unit, balance.key)
        ledger.record(unit, movements)

    def _set(self, key: PositionKey, before: Counters, target: Counters) -> None:
        if before == target:
            return
        self._unit.session.execute(_SET_POSITION, *target, *key)
        self._unit.dirty = True
        self.items.add(key[0])
        item, location, stock_class = key
        if stock_class == PLAIN and target.claimable != before.claimable:
            self._unit.stock_changes.append((item, location, target.claimable - before.claimable))

    def shares(self, items: Range) -> None:
        """Let claims come from shares with no more than they hold, and counters be what the claims on them took."""
        unit = self._unit
        for finding in inventory.shares(unit.session, items):
            if finding.check == "claim_shares_fit":
                claims.shrink_parts(unit, [(finding.key[1], int(finding.expected))])
                self.note(finding.subject, finding.found, finding.expected)
        for finding in inventory.shares(unit.session, items):
            if finding.check == "share_is_claims":
                sql = f"UPDATE shares SET {finding.field} = ? WHERE id = ?"
                unit.session.execute(sql, finding.expected, finding.key[1])
                self.note(finding.subject, finding.found, finding.expected)

    def capacity(self) -> None:
        """Set the used capacity of work days to the number of fulfillments that took some of it."""
        unit = self._unit
        for finding in capacity(unit.session, utc_day(unit.now)):
            location, day, slot = finding.key
            changed = unit.session.execute(_SET_CAPACITY, finding.expected, location, day, slot)
            if not changed:
                row = (location, day, slot, finding.expected, finding.expected)
                unit.insert(inventory_tables.capacities, [row])
            self.note(finding.subject, finding.found, finding.expected)


class RepairHandler:
    """Does RepairStock: alone in its transaction, and on PostgreSQL alone among all writers while it lasts."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: RepairStock) -> int:
        """Return 1: it is a batch of its own."""
        return 1

    def settled(self, *, committed: bool) -> None:
        """Forget what was mended: it is read again before the next decision."""
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[RepairStock], attempts: Sequence[int]) -> list[Outcome]:
        """Mend until nothing is left, or only what needs a person."""
        (command,) = commands
        _alone(unit)
        self._engine.follow(unit.session)
        repairs = Repairs(unit, self._engine.directory, command.actor.name)
        findings = _look(unit, command, repairs.items)
        for _ in range(_ROUNDS):
            mended = len(repairs.subjects)
            mend(repairs, findings)
            if len(repairs.subjects) == mended:
                break
            findings = _look(unit, command, repairs.items)
        self._engine.changed_otherwise(repairs.items)
        if repairs.items:
            # A counter that was changed behind the ledger's back is in some pictures and not in others, so that the
            # mend's own movement would be wrong in half of them: every process reads its picture anew.
            directories.changed(unit, "stock")
        return [Repaired(repaired=tuple(repairs.subjects), left=tuple(findings))]


def mend(repairs: Repairs, findings: Sequence[Finding]) -> None:
    """Mend what can be mended of these findings: first orders and reservations, then stock, then capacity."""
    gone = repair_transfers.mend(repairs, [finding for finding in findings if finding.check in TRANSFER_CHECKS])
    repairs.orders({finding.key[0] for finding in findings if finding.check in ORDER_CHECKS} | gone)
    repair_reservations.mend(repairs, findings)
    items = {finding.key[0] for finding in findings if finding.check in STOCK_CHECKS} | repairs.items
    repairs.stock(_unbalanced(repairs.session, items))
    coming = [finding for finding in findings if finding.check in SUPPLY_CHECKS]
    if coming:
        repair_supply.mend(repairs.unit, repairs.directory, coming, repairs.note)
    for item in sorted({finding.key[0] for finding in findings if finding.check in SHARE_CHECKS} | repairs.items):
        repairs.shares(Range(item, item))
    if any(finding.check == "capacity_is_taken" for finding in findings):
        repairs.capacity()


def _unbalanced(session: Session, items: set[int]) -> list[Balance]:
    """Return the positions of these items that do not add up.

    The ledger is read once for all of them: it has no index by item. Only where so much is wrong in between that one
    answer cannot hold it, it is read for each.
    """
    if not items:
        return []
    found = inventory.unbalanced(session, Range(min(items), max(items)))
    if len(found) < inventory.LIMIT:
        return [balance for balance in found if balance.key[0] in items]
    return [balance for item in sorted(items) for balance in inventory.unbalanced(session, Range(item, item))]


def _alone(unit: Unit) -> None:
    """Let no other transaction write until this one ends: each begins with a row in ``batches``."""
    if unit.session.dialect == "postgresql":
        unit.session.execute("LOCK TABLE batches IN SHARE ROW EXCLUSIVE MODE")


def _look(unit: Unit, command: RepairStock, touched: Iterable[int]) -> list[Finding]:
    """Return what is wrong now, as the transaction sees it."""
    if command.items is None and command.orders is None:
        return list(verify(unit.session, unit.now).findings)
    found: list[Finding] = []
    for item in sorted({*(command.items or ()), *touched}):
        found += verify(unit.session, unit.now, items=Range(item, item)).findings
    for order in sorted(set(command.orders or ())):
        found += verify(unit.session, unit.now, orders=Range(order, order)).findings
    return found


def _minus(a: Counters, b: Counters) -> Counters:
    return Counters(*(x - y for x, y in zip(a, b, strict=True)))


_LINES = """
    SELECT l.fulfillment_id, l.claim_id, l.demand_no, f.location_id, l.quantity, l.canceled, l.shipped, f.execution
    FROM fulfillments f JOIN fulfillment_lines l ON l.fulfillment_id = f.id
    WHERE f.order_id = ? AND l.demand_no = ? AND f.feeds IS NULL ORDER BY f.id, l.claim_id
"""
_CLAIMS = """
    SELECT id, quantity FROM claims WHERE owner_id = ? AND owner_no = ? AND kind = 2 AND state = 1 AND source <> 1
    ORDER BY id {lock}
"""
_ENTRIES = """
    SELECT id, quantity FROM queue_entries WHERE order_id = ? AND demand_no = ? AND closed_at IS NULL ORDER BY id
"""
_RESERVED = """
    SELECT CAST(coalesce(sum(quantity), 0) AS bigint) FROM claims
    WHERE owner_id = ? AND owner_no = ? AND kind = 1 AND state = 1
"""
_SET_LINE = "UPDATE fulfillment_lines SET quantity = ?, canceled = ? WHERE fulfillment_id = ? AND claim_id = ?"
_SET_CLAIM = """
    UPDATE claims SET quantity = CASE WHEN CAST(? AS bigint) = 0 THEN quantity ELSE CAST(? AS bigint) END,
        state = CAST(? AS smallint) WHERE id = ?
"""
_SET_POSITION = """
    UPDATE positions SET on_hand = ?, picked = ?, reserved = ?, allocated = ?, short = ?
    WHERE item_id = ? AND location_id = ? AND stock_class = ?
"""
_SET_CAPACITY = "UPDATE capacities SET used = ? WHERE location_id = ? AND work_day = ? AND slot = ?"
_MOVED = "SELECT 1 FROM movements WHERE cause_id = ? AND cause_kind = 1 LIMIT 1"
_MARKS = "SELECT status, splits, queued, on_hold FROM orders WHERE id = ?"
_SPLITS = "SELECT count(*) FROM fulfillments WHERE order_id = ? AND execution <> ? AND feeds IS NULL"
