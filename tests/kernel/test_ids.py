"""Ids: sortable, unique, and readable back."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import MAX_ID, MAX_WORKERS, IdBlock, IdFactory, decode_id, encode_id


@given(st.integers(min_value=0, max_value=MAX_ID))
def test_what_people_read_is_the_number(value: int) -> None:
    text = encode_id("ord", value)
    assert len(text) == len("ord_") + 13
    assert decode_id("ord", text) == value


@given(st.lists(st.integers(min_value=0, max_value=MAX_ID), min_size=2, max_size=20))
def test_texts_sort_as_their_numbers_do(values: list[int]) -> None:
    assert sorted(encode_id("ord", value) for value in values) == [encode_id("ord", value) for value in sorted(values)]


@pytest.mark.parametrize(
    "text", ["ful_0000000000005", "ord_", "ord_000000000000l", "ord_00000000000005", "ord_zzzzzzzzzzzzz", "", "ord"]
)
def test_what_is_no_order_id_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        decode_id("ord", text)


def test_ids_of_one_worker_rise_and_never_repeat_though_the_clock_stands_still() -> None:
    ids = IdFactory(worker=3, now_ms=2_000_000_000_000)
    taken = [*ids.take(10_000), *ids.take(10_000), ids.one()]
    assert taken == sorted(set(taken))


def test_workers_never_make_the_same_id_in_the_same_millisecond() -> None:
    at = 2_000_000_000_000
    sets = [set(IdFactory(worker=worker, now_ms=at).take(9_000)) for worker in (0, 1, MAX_WORKERS - 1)]
    assert len(set.union(*sets)) == 27_000


def test_threads_that_share_a_factory_share_no_id() -> None:
    ids, taken = IdFactory(), []

    def work() -> None:
        for _ in range(500):
            taken.extend(ids.take(7))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == len(taken) == 4 * 500 * 7


@given(st.lists(st.integers(min_value=0, max_value=700), max_size=30), st.data())
def test_a_block_hands_out_each_id_once(counts: list[int], data: st.DataObject) -> None:
    block, taken = IdBlock(IdFactory()), []
    for count in counts:
        if data.draw(st.booleans()):
            block.renew()
        part = block.take(count)
        assert part == sorted(part)
        assert len(part) == count
        taken += [*part, block.one()]
    assert len(set(taken)) == len(taken)


def test_a_worker_number_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="worker"):
        IdFactory(worker=MAX_WORKERS)
