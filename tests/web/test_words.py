"""Everything that a page can be asked to say, it can say."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from crossdock.events import CATALOG, StoredEvent, sample
from crossdock.kernel.clock import DAY, HOUR, MINUTE, instant
from crossdock.kernel.money import Money
from crossdock.web import charts, maps, timeline, words
from crossdock.web.formats import (
    Formats,
    day,
    day_bounds,
    kilograms,
    milli,
    money,
    partition_bar,
    partition_words,
    percent,
)

NOW = instant(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
LONDON = ZoneInfo("Europe/London")
AT_HOME = Formats(LONDON, lambda: NOW)


def test_instants_are_written_in_the_consoles_zone():
    at = instant(datetime(2011, 7, 9, 23, 30, tzinfo=UTC))
    assert AT_HOME.instant(at) == "10 Jul 2011, 00:30"
    assert AT_HOME.exact(at) == "Sunday, 10 July 2011, 00:30:00 BST"
    assert AT_HOME.instant(NOW) == "1 Jul, 13:00"


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (0, "just now"), (5 * MINUTE, "5 min ago"), (3 * HOUR + 1, "3 h ago"), (2 * DAY, "2 d ago"),
        (31 * DAY, ""), (-2 * HOUR, "in 2 h"), (-5, "in a moment"),
    ],
)  # fmt: skip
def test_how_long_ago_is_said_while_it_is_news(distance: int, said: str):
    assert AT_HOME.ago(NOW - distance) == said


def test_a_day_of_a_clock_change_has_its_own_length():
    start, end = day_bounds(date(2026, 3, 29), LONDON)
    assert end - start == 23 * HOUR
    start, end = day_bounds(date(2026, 10, 25), LONDON)
    assert end - start == 25 * HOUR


def test_amounts_weights_and_shares_are_written_for_people():
    assert money(Money(123456, "GBP")) == "£1,234.56"
    assert milli(634_500, "GBP") == "£6.35"
    assert (kilograms(999), kilograms(13_600)) == ("999 g", "13.6 kg")
    assert (percent(1, 8), percent(1, 0)) == ("12.5%", "–")
    assert (day("2011-12-09"), day("")) == ("Fri 9 Dec 2011", "–")


def test_a_partition_is_a_bar_and_words():
    parts = {"waiting": 2, "allocated": 3}
    assert [tuple(part) for part in partition_bar(parts)] == [("waiting", 2, 0, 409), ("allocated", 3, 409, 615)]
    thin = partition_bar({"waiting": 1, "allocated": 9_999})
    assert [tuple(part) for part in thin] == [("waiting", 1, 0, 32), ("allocated", 9_999, 32, 992)]
    assert partition_bar({}) == []
    assert partition_words(parts) == "2 waiting, 3 allocated"
    assert partition_words({}) == "nothing"


@pytest.mark.parametrize("name", [name for name in CATALOG if name.startswith(("order.", "fulfillment."))])
def test_every_event_of_an_order_is_told_in_a_sentence(name: str):
    data = msgspec.json.encode(sample(name)).decode()
    told = timeline.entry(StoredEvent(1, name, NOW, "ord_x", 1, "user:anna@example.com", data))
    assert name in timeline._SENTENCES
    assert told.title[0].isupper() or told.title[0].isdigit()
    assert "_" not in told.title.replace("ord_", "")
    assert told.actor == "anna@example.com"


def test_an_event_that_nobody_has_put_into_words_is_told_by_its_name():
    told = timeline.entry(StoredEvent(1, "order.something_new", NOW, "ord_x", 1, "system:writer", "{}"))
    assert (told.title, told.actor) == ("Order something new", "system writer")


def test_every_state_has_a_word():
    from typing import get_args

    from crossdock.fulfillment import ExecutionWord
    from crossdock.orders import StatusWord

    assert set(words.STATUS) == set(get_args(StatusWord))
    assert set(words.EXECUTION) == set(get_args(ExecutionWord))


def test_a_chart_cannot_end_the_element_it_stands_in():
    assert "</" not in charts.bars(["</script><script>"], [1], [1])


def test_a_map_shows_every_place_with_room_around_it():
    places = [(57.15, -2.10), (50.37, -4.14), (54.60, -5.93), (52.63, 1.29)]
    frame = maps.fit(places, 600, 700)
    for place in places:
        x, y = frame.place(*place)
        assert 30 < x < 570
        assert 30 < y < 670
    north, south = frame.place(*places[0]), frame.place(*places[1])
    assert north[1] < south[1]
    assert maps.land(frame).startswith("M")


@pytest.mark.parametrize(
    "places", [[], [(51.5, -0.1)], [(-33.9, 151.2), (35.7, 139.7)], [(64.1, -21.9), (-54.8, -68.3)], [(0.0, 0.0)]]
)
def test_a_map_can_be_drawn_of_any_network(places):
    frame = maps.fit(places, 600, 400)
    assert all(0 <= frame.place(*place)[0] <= 600 for place in places)
    path = maps.land(frame)
    assert len(path) < 400_000
    assert "nan" not in path


def test_names_on_a_map_never_cover_each_other():
    frame = maps.fit([(50, 0), (51, 1)], 600, 600)
    spots = [(300.0 + at, 300.0) for at in range(12)]
    named = maps.labels(frame, spots, [f"STORE-{at}" for at in range(12)])
    shown = [label for label in named if label]
    assert [label.text for label in shown] == ["STORE-0", "STORE-1", "STORE-2", "STORE-3"]
    assert len({(label.anchor, label.y) for label in shown}) == 4
