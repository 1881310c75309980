"""Money, instants, places and content hashes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.kernel import clock, geo, money
from crossdock.kernel.content import canonical, content_hash
from crossdock.kernel.errors import CrossdockError, Invalid


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (-123_456, "GBP", "-£1,234.56"),
        (5, "GBP", "£0.05"),
        (1_500, "JPY", "¥1,500"),
        (1_234, "KWD", "1.234 KWD"),
        (0, "SEK", "0.00 SEK"),
    ],
)
def test_money_is_shown_with_the_digits_of_its_currency(amount: int, currency: str, shown: str) -> None:
    assert money.show(amount, currency) == shown


@pytest.mark.parametrize(("milli", "minor"), [(499, 0), (500, 1), (1_499, 1), (-499, 0), (-500, -1), (0, 0)])
def test_thousandths_are_rounded_for_people(milli: int, minor: int) -> None:
    assert money.milli_to_minor(milli) == minor


def test_an_instant_is_the_same_in_every_zone() -> None:
    at = clock.parse_instant("2026-11-21T09:00:00Z")
    assert clock.parse_instant("2026-11-21T10:00:00+01:00") == at
    assert clock.parse_instant("2026-11-20T22:30:00-10:30") == at
    assert clock.rfc3339(at) == "2026-11-21T09:00:00Z"


@pytest.mark.parametrize("text", ["2026-11-21T09:00:00", "yesterday", "2026-13-01T00:00:00Z", ""])
def test_an_instant_that_nobody_can_place_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        clock.parse_instant(text)


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_survive_being_integers(at: datetime) -> None:
    assert clock.moment(clock.instant(at)) == at
    assert clock.utc_day(clock.instant(at)) == at.date().toordinal()


def test_a_day_starts_at_midnight() -> None:
    start = clock.day_start(datetime(2026, 11, 21, tzinfo=UTC).toordinal())
    assert clock.rfc3339(start) == "2026-11-21T00:00:00Z"


@given(st.floats(min_value=-90, max_value=90), st.floats(min_value=-180, max_value=180))
def test_a_place_in_metres_is_the_place_in_degrees_to_a_metre(latitude: float, longitude: float) -> None:
    back = geo.xyz(*geo.latitude_longitude(geo.xyz(latitude, longitude)))
    assert geo.distance_km(back, geo.xyz(latitude, longitude)) < 0.002


def test_london_and_edinburgh_are_as_far_apart_as_the_atlas_says() -> None:
    assert geo.distance_km(geo.xyz(51.5074, -0.1278), geo.xyz(55.9533, -3.1883)) == pytest.approx(534, abs=2)


def test_equal_content_has_one_spelling_and_one_hash() -> None:
    assert canonical({"b": 1, "a": [2]}) == b'{"a":[2],"b":1}'
    assert content_hash({"b": 1, "a": 2}) == content_hash({"a": 2, "b": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


def test_two_errors_cannot_share_a_code() -> None:
    with pytest.raises(TypeError, match="not_found"):
        type("AnotherNotFound", (CrossdockError,), {"code": "not_found"})
