"""What facts do to counters, and what the guard takes: true for every number, not only for those we thought of."""

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crossdock.inventory.facts import with_allocated, with_on_hand
from crossdock.inventory.model import Counters
from crossdock.orchestration.proof.rearrange import Line, Standing, rearrange
from crossdock.orders.model import PARTITION, Status
from crossdock.orders.status import ALLOCATED, CANCELED, LOST, WAITING, derive
from crossdock.storage import guard
from crossdock.storage.guard import Kind, Take
from tests.support.world import World

UNITS = st.integers(0, 12)
PARTITIONS = st.lists(UNITS, min_size=len(PARTITION), max_size=len(PARTITION))


@st.composite
def lawful(draw) -> Counters:
    """Counters as the ledger leaves them: short is what is claimed beyond what is there."""
    on_hand, reserved, allocated = draw(st.integers(-5, 20)), draw(UNITS), draw(UNITS)
    picked = draw(st.integers(0, allocated))
    return Counters(on_hand, picked, reserved, allocated, max(0, reserved + allocated - on_hand))


def assert_lawful(counters: Counters) -> None:
    """The CHECKs of the table, and the law of `short`."""
    assert min(counters.picked, counters.reserved, counters.allocated, counters.short) >= 0
    assert counters.reserved + counters.allocated <= counters.on_hand + counters.short
    assert counters.short == max(0, counters.reserved + counters.allocated - counters.on_hand)


@given(lawful(), st.integers(-10, 30))
def test_a_fact_leaves_lawful_counters(before: Counters, on_hand: int):
    change = with_on_hand(before, on_hand)
    after = before.plus(change)
    assert_lawful(after)
    assert after.on_hand == on_hand
    assert (change.picked, change.reserved, change.allocated) == (0, 0, 0)


@given(lawful(), st.data())
def test_giving_back_leaves_lawful_counters_and_pays_short_first(before: Counters, data):
    allocated = data.draw(st.integers(before.picked, before.allocated))
    change = with_allocated(before, allocated)
    after = before.plus(change)
    assert_lawful(after)
    # What is claimable grows by what was given back less what was short.
    assert change.claimable == max(0, before.allocated - allocated - before.short)


@given(lawful(), st.lists(st.integers(-10, 30), max_size=6))
def test_only_what_is_there_in_the_end_counts(before: Counters, counts: list[int]):
    """The order in which facts arrive leaves no trace in the counters."""
    through = before
    for on_hand in counts:
        through = through.plus(with_on_hand(through, on_hand))
    if counts:
        assert through == before.plus(with_on_hand(before, counts[-1]))


# -- the guard --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_world(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("guard")
    with World(f"sqlite:///{folder}/guard.db") as world:
        yield world


KEYS = [Take(Kind.POSITION_ALLOCATED, (item, 1, 0), 1) for item in (1, 2, 3)] + [
    Take(Kind.CAPACITY, (1, 700_000, 0), 1)
]
TAKES = st.builds(lambda take, n: take._replace(quantity=n), st.sampled_from(KEYS), st.integers(1, 4))


@given(
    stock=st.lists(st.integers(0, 6), min_size=4, max_size=4),
    commands=st.lists(st.lists(TAKES, max_size=5), max_size=6),
    missing_row=st.booleans(),
)
def test_the_guard_takes_as_one_after_the_other_would(open_world: World, stock, commands, missing_row):
    session = open_world.app.database.session()
    try:
        session.begin()
        free: dict[tuple[Kind, tuple[int, ...]], int] = defaultdict(int)
        for (kind, key, _, _), units in zip(KEYS, stock, strict=True):
            if missing_row and key[0] == 3:
                continue
            free[kind, key] = units
            if kind is Kind.CAPACITY:
                session.execute("INSERT INTO capacities VALUES (?, ?, ?, 0, ?)", *key, units)
            else:
                nothing = ", ".join(["0"] * 4 + ["NULL"] * 4)
                session.execute(f"INSERT INTO positions VALUES (?, ?, ?, ?, {nothing})", *key, units)
        lost = guard.take(session, commands).missing

        naive = []
        taken: dict[tuple[Kind, tuple[int, ...]], int] = defaultdict(int)
        for command in commands:
            sums: dict[tuple[Kind, tuple[int, ...]], int] = defaultdict(int)
            for kind, key, quantity, _ in command:
                sums[kind, key] += quantity
            fits = all(taken[thing] + units <= free[thing] for thing, units in sums.items())
            naive.append(fits)
            for thing, units in sums.items() if fits else ():
                taken[thing] += units
        assert [missing is None for missing in lost] == naive
        rows = session.fetch("SELECT item_id, allocated FROM positions")
        assert {item: n for item, n in rows if n} == {
            key[0]: n for (kind, key), n in taken.items() if kind is Kind.POSITION_ALLOCATED and n
        }
        assert sum(row[0] for row in session.fetch("SELECT used FROM capacities")) == taken[Kind.CAPACITY, KEYS[3].key]
    finally:
        session.rollback()
        session.close()


# -- status and partition ---------------------------------------------------------------------------------------------


@given(PARTITIONS)
def test_every_partition_has_one_status(parts: list[int]):
    status = derive(parts)
    live = sum(parts) - parts[CANCELED] - parts[LOST]
    assert (status is Status.CANCELED) <= (live == 0)
    assert (status is Status.WAITING) <= (parts[WAITING] == live)
    # What is canceled or lost beside something else does not change where that stands.
    if live:
        more = list(parts)
        more[CANCELED] += 3
        more[LOST] += 2
        assert derive(more) is status


def test_every_status_can_be_reached():
    examples = [
        [1, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 1, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 1],
    ]
    assert [derive(parts) for parts in examples] == list(Status)


@given(PARTITIONS)
def test_a_unit_that_goes_on_never_takes_an_order_back(parts: list[int]):
    """Waiting, allocated, picked, shipped, delivered: one step further is never an earlier status."""
    assume(sum(parts) - parts[CANCELED] - parts[LOST] > 0)
    for part in range(6):
        if parts[part]:
            further = list(parts)
            further[part] -= 1
            further[part + 1] += 1
            assert derive(further) >= derive(parts)


@given(PARTITIONS, UNITS, UNITS, UNITS, UNITS)
def test_what_is_mended_adds_up_and_is_what_stands(parts, planned, reserved, shipped, queued):
    before = list(parts)
    assume(planned + reserved + shipped <= sum(parts))
    stand = Standing(queued)
    stand.add(Line(1, 1, 1, 1, planned + shipped, 0, shipped, 1), planned)
    stand.reserved = reserved
    rearrange(parts, stand)
    assert sum(parts) == sum(before)
    assert min(parts) >= 0
    assert parts[ALLOCATED] == planned
