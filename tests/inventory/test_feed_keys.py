"""Records that a source has told are known again, whatever else it has told since."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crossdock.inventory.feed_keys import RecentKeys, hash_columns, hash_texts, pack, repeated_within, unpack


def test_the_hash_of_a_record_is_the_same_for_ever():
    assert hash_texts(["", "a", "pos-0000-0001", "ä" * 40]).tolist() == [
        16294208416658607535,
        6774081908283191102,
        11361234714197470735,
        11141116445053425500,
    ]


@given(st.lists(st.text(min_size=1, max_size=40), max_size=50, unique=True))
def test_a_text_hashes_alike_alone_and_among_others(texts):
    together = hash_texts(texts).tolist()
    assert together == [int(hash_texts([text])[0]) for text in texts]
    assert len(set(together)) == len(texts)


def test_rows_with_another_content_have_another_mark():
    one = hash_columns(np.array([1, 1, 2]), np.array([2, 2, 1]), np.array([-3, 3, -3]))
    assert len(set(one.tolist())) == 3


@given(st.lists(st.lists(st.integers(0, 400), max_size=40), max_size=12))
def test_what_was_told_is_found_and_nothing_else(parts):
    recent = RecentKeys()
    naive: dict[int, int] = {}
    for number, part in enumerate(parts):
        keys = hash_columns(np.array(part, np.int64))
        told, marks = recent.find(keys)
        assert told.tolist() == [key in naive for key in part]
        assert [int(m) for m, t in zip(marks, told, strict=True) if t] == [naive[k] for k in part if k in naive]
        fresh = sorted({key for key in part if key not in naive})
        recent.add(hash_columns(np.array(fresh, np.int64)), np.array(fresh, np.uint64) + np.uint64(7), number)
        naive.update((key, key + 7) for key in fresh)
    assert len(recent) == len(naive)


def test_the_oldest_records_are_forgotten_first():
    recent = RecentKeys()
    for number in range(100):
        recent.add(np.array([number], np.uint64), np.array([0], np.uint64), number)
    recent.forget(20)
    assert 20 <= len(recent) <= 100
    assert recent.find(np.array([99], np.uint64))[0].tolist() == [True]


def test_what_is_packed_is_unpacked():
    keys, marks = unpack(pack(np.array([1, 1 << 63], np.uint64), np.array([5, 6], np.uint64)))
    assert (keys.tolist(), marks.tolist()) == ([1, 1 << 63], [5, 6])


def test_a_record_told_twice_in_one_part_is_its_first_row():
    keys, keyed = np.array([7, 8, 7, 7, 8], np.uint64), np.array([True, True, True, False, True])
    repeats, first = repeated_within(keys, keyed)
    assert repeats.tolist() == [False, False, True, False, True]
    assert first.tolist() == [0, 1, 0, 3, 1]
