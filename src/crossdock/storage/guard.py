"""The guard: everything that is limited is taken by one conditional write, in one global order.

The order in which any path locks rows, each sorted within: batch and idempotency keys → external ids → order and
fulfillment rows → claims → capacity → shares, limits, supply → positions → log. Two transactions that follow it wait
for each other, but never in a circle; without it deadlocks cost a hundredfold.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from crossdock.storage.session import Session


class Kind(enum.IntEnum):
    """What can be taken, in the order in which it is locked; both kinds of a position are taken from one row."""

    CAPACITY = 1
    SHARE = 2
    SUPPLY = 3
    POSITION_RESERVED = 4
    POSITION_ALLOCATED = 5
    LIMIT = 6  # how many units may wait for an item; locked with the counters, before positions


_POSITIONS = (Kind.POSITION_RESERVED, Kind.POSITION_ALLOCATED)

Key = tuple[int, ...]
Thing = tuple[Kind, Key]
"""A limited row; that of a position goes by POSITION_ALLOCATED, whatever is taken of it."""

Shares = Callable[[Session], Mapping[Key, int]]
"""Locks the counters of shares and says what of each is free: by (counter,), and by (item, set of locations) what
nobody is kept, which is a difference of sums and no row; both go down by what is taken."""


class Take(NamedTuple):
    """One thing wanted: a kind, the key of its row, how much, and for a position the id of the movement that tells it.

    A quantity below 0 gives back what the command itself held, such as a reservation that becomes an allocation: a
    command is served when what it wants of a row, less what it gives back, is there.
    """

    kind: Kind
    key: Key
    quantity: int
    mark: int = 0


class Taken(NamedTuple):
    """What came of it: what each command lacked, and what the ledger must know of the positions.

    ``missing``: a command each, None when it got everything. ``heads``: the last movement of each position before.
    ``paid``: by how much giving back has lowered ``short``, by number of the command and position.
    """

    missing: list[Take | None]
    heads: dict[Key, int | None]
    paid: dict[tuple[int, Key], int]


class _Statements(NamedTuple):
    width: int
    lock: str
    write: str


class _Free:
    """A locked row: how much of it is free, and of a position also what is short and its last movement."""

    __slots__ = ("free", "head", "short")

    def __init__(self, free: int, short: int = 0, head: int | None = None) -> None:
        self.free = free
        self.short = short
        self.head = head


_COUNTERS = {
    Kind.CAPACITY: _Statements(
        3,
        """
        WITH k(location_id, work_day, slot) AS ({keys})
        SELECT c.location_id, c.work_day, c.slot, c.allowed - c.used
        FROM k JOIN capacities c ON c.location_id = k.location_id AND c.work_day = k.work_day AND c.slot = k.slot
        ORDER BY c.location_id, c.work_day, c.slot {lock}
        """,
        """
        WITH v(location_id, work_day, slot, n) AS ({keys})
        UPDATE capacities SET used = capacities.used + v.n FROM v
        WHERE capacities.location_id = v.location_id AND capacities.work_day = v.work_day
          AND capacities.slot = v.slot AND capacities.used + v.n <= capacities.allowed
        """,
    ),
    Kind.SHARE: _Statements(
        1,
        "",
        """
        WITH v(id, n) AS ({keys})
        UPDATE shares SET used = shares.used + v.n FROM v WHERE shares.id = v.id AND shares.used + v.n >= 0
        """,
    ),
    Kind.SUPPLY: _Statements(
        1,
        """
        WITH k(id) AS ({keys})
        SELECT s.id, s.quantity - s.received - s.claimed FROM k JOIN supply_lines s ON s.id = k.id AND s.state = 1
        ORDER BY s.id {lock}
        """,
        """
        WITH v(id, n) AS ({keys})
        UPDATE supply_lines SET claimed = supply_lines.claimed + v.n FROM v
        WHERE supply_lines.id = v.id AND supply_lines.state = 1
          AND supply_lines.claimed + v.n <= supply_lines.quantity - supply_lines.received
        """,
    ),
    Kind.LIMIT: _Statements(
        3,
        """
        WITH k(kind, item_id, channel_id) AS ({keys})
        SELECT w.kind, w.item_id, w.channel_id, w.allowed - w.used
        FROM k JOIN waiting_limits w ON w.kind = k.kind AND w.item_id = k.item_id AND w.channel_id = k.channel_id
        ORDER BY w.kind, w.item_id, w.channel_id {lock}
        """,
        """
        WITH v(kind, item_id, channel_id, n) AS ({keys})
        UPDATE waiting_limits SET used = waiting_limits.used + v.n FROM v
        WHERE waiting_limits.kind = v.kind AND waiting_limits.item_id = v.item_id
          AND waiting_limits.channel_id = v.channel_id AND waiting_limits.used + v.n <= waiting_limits.allowed
        """,
    ),
}
_LOCK_POSITIONS = """
    WITH k(item_id, location_id, stock_class) AS ({keys})
    SELECT p.item_id, p.location_id, p.stock_class, p.on_hand + p.short - p.reserved - p.allocated, p.short,
           p.last_movement
    FROM k JOIN positions p
      ON p.item_id = k.item_id AND p.location_id = k.location_id AND p.stock_class = k.stock_class
    ORDER BY p.item_id, p.location_id, p.stock_class {lock}
"""
_WRITE_POSITIONS = """
    WITH v(item_id, location_id, stock_class, reserved, allocated, short, head) AS ({keys})
    UPDATE positions SET reserved = positions.reserved + v.reserved, allocated = positions.allocated + v.allocated,
        short = positions.short - v.short, last_movement = v.head
    FROM v
    WHERE positions.item_id = v.item_id AND positions.location_id = v.location_id
      AND positions.stock_class = v.stock_class
      AND positions.reserved + v.reserved + positions.allocated + v.allocated
          <= positions.on_hand + positions.short - v.short
"""


class Mismatch(AssertionError):
    """A conditional write touched other rows than were locked: a bug, and the transaction must not commit."""


def take(session: Session, wants: Sequence[Sequence[Take]], shares: Shares | None = None) -> Taken:
    """Take all that each command wants, or nothing of it; in the order of the commands.

    Rows are locked in the global order and checked as locked, so the write that follows is an assertion; raises
    Mismatch if it fails.
    """
    free = _lock(session, {(want.kind, want.key) for command in wants for want in command}, shares)
    heads = {key: row.head for (kind, key), row in free.items() if kind is Kind.POSITION_ALLOCATED}
    sums: dict[Thing, int] = defaultdict(int)
    paid: dict[tuple[int, Key], int] = {}
    missing: list[Take | None] = []
    for number, command in enumerate(wants):
        lacking = _debit(free, command, number, paid)
        missing.append(lacking)
        if lacking is None:
            for want in command:
                sums[want.kind, want.key] += want.quantity
                if want.mark:
                    free[Kind.POSITION_ALLOCATED, want.key].head = want.mark
    _write(session, free, sums, paid)
    return Taken(missing, heads, paid)


def _lock(session: Session, things: set[Thing], shares: Shares | None = None) -> dict[Thing, _Free]:
    free: dict[Thing, _Free] = {}
    for kind, statements in _COUNTERS.items():
        if kind is Kind.SHARE:
            known = {} if shares is None else shares(session)
            free.update({(kind, key): _Free(units) for key, units in known.items()})
            continue
        width = statements.width
        wanted = sorted(key for of, key in things if of is kind)
        for row in session.fetch_keys(statements.lock, ("bigint",) * width, wanted):
            free[kind, tuple(row[:width])] = _Free(row[width])
    positions = sorted({key for of, key in things if of in _POSITIONS})
    for item, location, stock_class, units, short, head in session.fetch_keys(
        _LOCK_POSITIONS, ("bigint",) * 3, positions
    ):
        free[Kind.POSITION_ALLOCATED, (item, location, stock_class)] = _Free(units, short, head)
    return free


def _debit(
    free: dict[Thing, _Free], command: Sequence[Take], number: int, paid: dict[tuple[int, Key], int]
) -> Take | None:
    """Debit what a command wants of each row, less what it gives back; on a shortage nothing, and return it."""
    net: dict[Thing, int] = {}
    for want in command:
        thing = _thing(want)
        net[thing] = net.get(thing, 0) + want.quantity
    for want in command:
        wanted = net[thing := _thing(want)]
        row = free.get(thing)
        if row is None or wanted > max(0, row.free):
            return want
    for thing, wanted in net.items():
        row = free[thing]
        # What is given back pays first for what is claimed beyond what is there.
        pays = min(row.short, max(0, -wanted))
        if pays:
            row.short -= pays
            paid[number, thing[1]] = pays
        if wanted > 0 or thing[0] is not Kind.SHARE:  # a counter above its amount has nothing to give, even then
            row.free -= wanted + pays
    return None


def _thing(want: Take) -> Thing:
    return (Kind.POSITION_ALLOCATED if want.kind is Kind.POSITION_RESERVED else want.kind), want.key


def _write(
    session: Session, free: dict[Thing, _Free], sums: dict[Thing, int], paid: dict[tuple[int, Key], int]
) -> None:
    for kind, statements in _COUNTERS.items():
        width = statements.width
        counters = sorted((*key, n) for (of, key), n in sums.items() if of is kind and len(key) == width)
        changed = session.execute_keys(statements.write, ("bigint",) * (width + 1), counters)
        _assert_all(kind.name, len(counters), changed)
    short: dict[Key, int] = defaultdict(int)
    for (_, key), units in paid.items():
        short[key] += units
    rows = [
        (
            *key,
            sums.get((Kind.POSITION_RESERVED, key), 0),
            sums.get((Kind.POSITION_ALLOCATED, key), 0),
            short[key],
            free[Kind.POSITION_ALLOCATED, key].head,
        )
        for key in sorted({key for of, key in sums if of in _POSITIONS})
    ]
    _assert_all("positions", len(rows), session.execute_keys(_WRITE_POSITIONS, ("bigint",) * 7, rows))


def _assert_all(what: str, locked: int, written: int) -> None:
    if written != locked:
        raise Mismatch(f"{what}: {locked} rows were locked and {written} could be written")


def hold_capacity(session: Session, keys: Sequence[Key]) -> None:
    """Lock the counters of these days (location id, work day, slot), in order; those that nobody has taken are not."""
    session.fetch_keys(_COUNTERS[Kind.CAPACITY].lock, ("bigint",) * 3, keys)


def change_capacity(session: Session, limits: Sequence[tuple[str, int]], from_day: int) -> None:
    """Set the daily limit of locations (code, fulfillments) on the days to come that have a counter already.

    A limit below what is taken refuses what comes; what was taken stays.
    """
    sql = """
        WITH v(code, allowed) AS ({keys})
        UPDATE capacities SET allowed = v.allowed FROM v JOIN locations l ON l.code = v.code
        WHERE capacities.location_id = l.id AND capacities.work_day >= ?
    """
    session.execute_keys(sql, ("text", "bigint"), sorted(limits), from_day)
