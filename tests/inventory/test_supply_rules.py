"""Who gets what is coming: first come, first served, by one pure rule."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from crossdock.inventory.supply_rules import Binding, Line, Waiting, bind

PLACES = st.one_of(st.none(), st.frozensets(st.integers(1, 4), max_size=4))
WAITING = st.lists(st.tuples(st.integers(1, 9), PLACES), max_size=12).map(
    lambda rows: [Waiting((n, 1), units, places) for n, (units, places) in enumerate(rows, 1)]
)
LINES = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 12)), max_size=8).map(
    lambda rows: [Line(n, day, place, units) for n, (day, place, units) in enumerate(rows, 1)]
)


def days_of(waiting: list[Waiting], lines: list[Line]) -> dict[tuple[int, int], list[int | None]]:
    """When each unit of each entry is expected; None for units without a date, which come last."""
    day = {line.id: line.day for line in lines}
    found: dict[tuple[int, int], list[int | None]] = {entry.key: [] for entry in waiting}
    for key, line, units in bind(waiting, lines):
        found[key] += [day[line]] * units
    for entry in waiting:
        found[entry.key] += [None] * (entry.quantity - len(found[entry.key]))
    return found


def test_who_came_first_gets_what_comes_first() -> None:
    waiting = [Waiting((1, 1), 2), Waiting((2, 1), 2)]
    lines = [Line(7, 20, 1, 3), Line(8, 10, 1, 1)]
    assert bind(waiting, lines) == [
        Binding((1, 1), 8, 1),
        Binding((1, 1), 7, 1),
        Binding((2, 1), 7, 2),
    ]


def test_a_line_that_may_not_serve_somebody_goes_to_the_next() -> None:
    waiting = [Waiting((1, 1), 1, frozenset({2})), Waiting((2, 1), 1)]
    assert bind(waiting, [Line(7, 10, 1, 5)]) == [Binding((2, 1), 7, 1)]


@given(WAITING, LINES)
def test_no_line_is_bound_beyond_what_it_has_and_nobody_beyond_what_he_wants(
    waiting: list[Waiting], lines: list[Line]
) -> None:
    given_out: Counter[int] = Counter()
    got: Counter[tuple[int, int]] = Counter()
    places = {line.id: line.location_id for line in lines}
    for key, line, units in bind(waiting, lines):
        assert units > 0
        given_out[line] += units
        got[key] += units
        wanted = next(entry.places for entry in waiting if entry.key == key)
        assert wanted is None or places[line] in wanted
    assert all(given_out[line.id] <= line.open for line in lines)
    assert all(got[entry.key] <= entry.quantity for entry in waiting)


@given(WAITING, LINES)
def test_nobody_later_in_line_gets_an_earlier_date_than_somebody_before_him(
    waiting: list[Waiting], lines: list[Line]
) -> None:
    days = days_of(waiting, lines)
    for n, before in enumerate(waiting):
        for later in waiting[n + 1 :]:
            # Where the one before may be served by every line that serves the one later, his last unit comes no later
            # than the first of the other's.
            if before.places is not None and (later.places is None or not later.places <= before.places):
                continue
            last = days[before.key][-1]
            first = days[later.key][0]
            assert first is None or (last is not None and last <= first)


@given(WAITING, LINES)
def test_nobody_waits_without_a_date_while_a_line_that_may_serve_him_has_units(
    waiting: list[Waiting], lines: list[Line]
) -> None:
    bound = bind(waiting, lines)
    left = {line.id: line.open for line in lines}
    got: Counter[tuple[int, int]] = Counter()
    for key, line, units in bound:
        left[line] -= units
        got[key] += units
    for entry in waiting:
        if got[entry.key] < entry.quantity:
            assert all(left[line.id] == 0 for line in lines if entry.places is None or line.location_id in entry.places)


@given(WAITING, LINES, st.randoms())
def test_binding_again_without_a_change_changes_nothing(waiting: list[Waiting], lines: list[Line], random) -> None:
    before = bind(waiting, lines)
    shuffled = list(lines)
    random.shuffle(shuffled)
    assert bind(waiting, shuffled) == before


@given(WAITING, LINES, st.integers(0, 11))
def test_who_leaves_the_line_delays_nobody(waiting: list[Waiting], lines: list[Line], gone: int) -> None:
    """Where everybody may be served from everywhere, everybody behind moves up, and nobody before is touched."""
    everywhere = [entry._replace(places=None) for entry in waiting]
    rest = [entry for n, entry in enumerate(everywhere) if n != gone]
    before, after = days_of(everywhere, lines), days_of(rest, lines)
    for n, entry in enumerate(everywhere):
        if n < gone:
            assert after[entry.key] == before[entry.key]
        elif n > gone:
            for was, now in zip(before[entry.key], after[entry.key], strict=True):
                assert was is None or (now is not None and now <= was)
