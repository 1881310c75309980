"""Counts and deltas by column: what they do is what domain §2 says, in whatever order they are told."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crossdock.inventory.feed_arithmetic import (
    CHANGED,
    LATE,
    NEVER,
    NOT_SAID,
    UNCHANGED,
    Facts,
    Positions,
    Since,
    no_since,
    settle,
)
from crossdock.inventory.model import CountBasis

PHYSICAL, SHELF, AVAILABLE = (basis.value for basis in CountBasis)


def ints(*values):
    return np.array(values, np.int64)


def position(on_hand=0, picked=0, claimed=0, counted_at=NEVER, moved_at=NEVER):
    short = max(0, claimed - on_hand)
    return Positions(*map(ints, (on_hand, picked, claimed, short, counted_at, 0, moved_at)))


def facts(*rows):
    """Rows of one position: (count or delta, quantity, at[, basis[, acknowledged]])."""
    full = [(*row, *(PHYSICAL, NOT_SAID)[len(row) - 3 :]) for row in rows]
    kinds, quantity, at, basis, acknowledged = zip(*full, strict=True)
    is_count = np.array([kind == "count" for kind in kinds])
    return Facts(np.zeros(len(rows), np.int64), is_count, *(ints(*c) for c in (quantity, at, basis, acknowledged)))


def done(start, *rows, since=None):
    told = facts(*rows)
    return settle(start, told, since or no_since(len(rows)))


def test_a_count_replaces_what_was_known():
    effects = done(position(5), ("count", 3, 10))
    assert (effects.left[0], effects.on_hand[0], effects.after.counted_at[0]) == (3, -2, 10)


def test_a_movement_of_the_instant_of_the_count_was_counted():
    effects = done(position(5, counted_at=10), ("delta", 4, 10), ("delta", 4, 11))
    assert effects.result.tolist() == [LATE, CHANGED]
    assert effects.left.tolist() == [5, 9]
    assert effects.after.moved_at[0] == 11


def test_an_older_count_changes_nothing():
    effects = done(position(5, counted_at=10), ("count", 90, 9))
    assert (effects.result[0], effects.left[0], effects.after.counted_at[0]) == (LATE, 5, 10)


def test_an_unchanged_count_moves_the_instant_alone():
    effects = done(position(5, counted_at=10), ("count", 5, 20))
    assert (effects.result[0], effects.on_hand[0], effects.after.counted_at[0]) == (UNCHANGED, 0, 20)


def test_what_moved_after_a_count_stays_on_top():
    effects = done(position(7), ("count", 10, 5), since=Since(ints(-3), ints(0), ints(0)))
    assert effects.left[0] == 7


def test_a_count_of_the_shelf_adds_what_had_been_picked_by_then():
    effects = done(position(9, picked=4, claimed=4), ("count", 6, 5, SHELF), since=Since(ints(0), ints(1), ints(0)))
    assert effects.left[0] == 9  # 6 on the shelf and 3 in the tray; one more was taken from the shelf afterwards


def test_a_count_of_what_is_available_adds_the_claims_made_before_it():
    effects = done(position(0, claimed=5), ("count", 6, 5, AVAILABLE), since=Since(ints(0), ints(0), ints(2)))
    assert effects.left[0] == 9


def test_a_record_may_say_which_claims_its_source_has_taken_off():
    effects = done(position(0, claimed=5), ("count", 6, 5, AVAILABLE, 1))
    assert effects.left[0] == 7


def test_what_is_claimed_beyond_what_is_there_is_short():
    effects = done(position(5, claimed=5), ("delta", -2, 1), ("delta", 1, 2))
    assert effects.short.tolist() == [2, -1]
    assert effects.after.short[0] == 1


# -- any order --------------------------------------------------------------------------------------------------------

deltas = st.tuples(st.just("delta"), st.integers(-5, 5), st.integers(0, 12))
counts = st.tuples(st.just("count"), st.integers(0, 9), st.integers(0, 12))


def naive(rows):
    """On hand by definition: the last count, and every delta after it."""
    told = [row for row in rows if row[0] == "count"]
    if not told:
        return sum(quantity for _, quantity, _ in rows)
    last = max(told, key=lambda row: row[2])
    return last[1] + sum(quantity for kind, quantity, at in rows if kind == "delta" and at > last[2])


@given(st.lists(st.one_of(deltas, counts), min_size=1, max_size=5, unique_by=lambda row: (row[0], row[2])))
def test_the_order_in_which_facts_are_told_does_not_matter(rows):
    expected = naive(rows)
    for order in itertools.permutations(rows):
        assert done(position(), *order).after.on_hand[0] == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(deltas, counts)), min_size=1, max_size=30))
def test_many_positions_at_once_are_as_one_row_after_the_other(rows):
    rows = sorted(rows, key=lambda row: row[0])
    start = Positions(*(np.full(4, value, np.int64) for value in (0, 0, 0, 0, NEVER, 0, NEVER)))
    many = facts(*(row for _, row in rows))._replace(position=ints(*(place for place, _ in rows)))
    together = settle(start, many, no_since(len(rows)))
    apart, after = [], start
    for number, (place, row) in enumerate(rows):
        moved = [
            int(together.on_hand[n])
            for n, (where, earlier) in enumerate(rows[:number])
            if where == place and earlier[0] == "delta" and earlier[2] > row[2]
        ]
        effects = settle(after, facts(row)._replace(position=ints(place)), Since(ints(sum(moved)), ints(0), ints(0)))
        apart.append((int(effects.on_hand[0]), int(effects.short[0]), int(effects.result[0]), int(effects.left[0])))
        after = effects.after
    columns = (together.on_hand, together.short, together.result, together.left)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == apart
    assert [column.tolist() for column in together.after] == [column.tolist() for column in after]
