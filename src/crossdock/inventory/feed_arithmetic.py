"""What counts and deltas do to what is there, for many positions at once (domain §2): pure, by column.

A count as of T replaces what was known: what is told of T and before has no further effect, in whatever order it
arrives; what moved after T stays on top; an older count changes nothing. ``short`` is what is claimed beyond what is
there. Rows are sorted by position and keep the order in which they were told within it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from crossdock.inventory.model import CountBasis

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

NEVER = -(1 << 62)
"""The instant of a count or a move that has not been."""
NOT_SAID = -1
"""The acknowledged units of a record that says nothing of them."""

CHANGED, UNCHANGED, LATE = 0, 1, 2
_SHELF, _AVAILABLE = CountBasis.SHELF.value, CountBasis.AVAILABLE.value


class Positions(NamedTuple):
    """Columns of the positions: claimed is reserved and allocated; instants are NEVER where there was none."""

    on_hand: Ints
    picked: Ints
    claimed: Ints
    short: Ints
    counted_at: Ints
    count_basis: Ints
    moved_at: Ints

    def only(self, places: Ints) -> Positions:
        """Return some of them."""
        return Positions(*(column[places] for column in self))


class Facts(NamedTuple):
    """Columns of the rows: ``position`` is ascending; ``quantity`` a count, or what is added (negative: taken)."""

    position: Ints
    is_count: Flags
    quantity: Ints
    at: Ints
    basis: Ints
    acknowledged: Ints


class Since(NamedTuple):
    """What the ledger says moved after each row's instant: physically, picked, claimed. 0 for rows that ask nothing."""

    on_hand: Ints
    picked: Ints
    claimed: Ints


class Effects(NamedTuple):
    """By row: change of on_hand and of short, what it was (CHANGED, UNCHANGED, LATE), what is there after it.

    ``after`` has the positions' columns as they are when all rows are done.
    """

    on_hand: Ints
    short: Ints
    result: Ints
    left: Ints
    after: Positions


def settle(positions: Positions, facts: Facts, since: Since) -> Effects:
    """Return what the rows do, in the order in which they were told."""
    place = facts.position
    count = len(place)
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    sizes = np.diff(starts, append=count)
    counts = np.add.reduceat(facts.is_count, starts, dtype=np.int64) if count else np.zeros(0, np.int64)
    # A count among other rows of its position must see what they do: those are done one by one.
    mixed = (sizes > 1) & (counts > 0)
    effects = _in_columns(positions, facts, since, starts, sizes)
    for group in np.flatnonzero(mixed).tolist():
        _one_by_one(positions, facts, since, effects, slice(int(starts[group]), int(starts[group] + sizes[group])))
    return effects


def no_since(count: int) -> Since:
    """Return what is said of rows after which nothing has moved."""
    return Since(*(np.zeros(count, np.int64) for _ in Since._fields))


def _in_columns(positions: Positions, facts: Facts, since: Since, starts: Ints, sizes: Ints) -> Effects:
    """Right for positions with one row, and for those with deltas alone."""
    place, counted_at = facts.position, positions.counted_at[facts.position]
    applies = np.where(facts.is_count, facts.at >= counted_at, facts.at > counted_at)
    counted = facts.is_count & applies
    before = positions.on_hand[place]
    change = np.where(counted, _counted(positions, facts, since) - before, np.where(applies, facts.quantity, 0))
    sums = np.cumsum(change)
    left = before + sums - np.repeat(sums[starts] - change[starts], sizes)
    short = np.maximum(0, positions.claimed[place] - left)
    earlier = np.roll(short, 1)
    earlier[starts] = positions.short[place[starts]]
    # A row that says nothing new leaves short as it is, whatever it is.
    quiet = change == 0
    result = np.where(applies, np.where(counted & quiet, UNCHANGED, CHANGED), LATE)
    after = Positions(*(column.copy() for column in positions))
    ends = starts + sizes - 1
    touched = place[starts]
    after.on_hand[touched] = left[ends]
    after.counted_at[place[counted]] = facts.at[counted]
    after.count_basis[place[counted]] = facts.basis[counted]
    moves = applies & ~facts.is_count & ~quiet
    np.maximum.at(after.moved_at, place[moves], facts.at[moves])
    shorts = np.where(quiet, 0, short - earlier)
    np.add.at(after.short, place, shorts)
    return Effects(change, shorts, result.astype(np.int64), left, after)


def _counted(positions: Positions, facts: Facts, since: Since) -> Ints:
    """Return what is there now if each row is a count: what it counted, what it did not, what moved since."""
    place, basis = facts.position, facts.basis
    shelf = np.where(basis == _SHELF, positions.picked[place] - since.picked, 0)
    said = facts.acknowledged != NOT_SAID
    claims = np.where(said, facts.acknowledged, positions.claimed[place] - since.claimed)
    return facts.quantity + shelf + np.where(basis == _AVAILABLE, claims, 0) + since.on_hand


def _one_by_one(positions: Positions, facts: Facts, since: Since, effects: Effects, rows: slice) -> None:
    """Do the rows of one position in their order, into the columns of ``effects``."""
    place = int(facts.position[rows.start])
    on_hand, claimed = int(positions.on_hand[place]), int(positions.claimed[place])
    short, counted_at = int(positions.short[place]), int(positions.counted_at[place])
    basis, moved_at = int(positions.count_basis[place]), int(positions.moved_at[place])
    absolute = _counted(positions, facts, since)
    moved: list[tuple[int, int]] = []
    for row in range(rows.start, rows.stop):
        at, change, result = int(facts.at[row]), 0, CHANGED
        if facts.is_count[row]:
            if at < counted_at:
                result = LATE
            else:
                change = int(absolute[row]) + sum(units for when, units in moved if when > at) - on_hand
                counted_at, basis = at, int(facts.basis[row])
                result = CHANGED if change else UNCHANGED
        elif at <= counted_at:
            result = LATE
        else:
            change = int(facts.quantity[row])
            moved.append((at, change))
            moved_at = max(moved_at, at) if change else moved_at
        on_hand += change
        lacking = max(0, claimed - on_hand) if change else short
        effects.on_hand[row], effects.short[row] = change, lacking - short
        effects.result[row], effects.left[row] = result, on_hand
        short = lacking
    after = effects.after
    after.on_hand[place], after.short[place] = on_hand, short
    after.counted_at[place], after.count_basis[place], after.moved_at[place] = counted_at, basis, moved_at
