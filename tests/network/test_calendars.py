"""When a location would hand over what it is given now."""

from datetime import date

import pytest

from crossdock.kernel.clock import parse_instant
from crossdock.kernel.errors import Invalid
from crossdock.network.calendars import CLOSED, CalendarBook, WorkCalendar
from crossdock.network.model import Calendar
from crossdock.network.places import area_of, locate

WEEK = Calendar(cut_off="15:00")


def handover(at: str, calendar: Calendar = WEEK, zone: str = "Europe/London") -> str | None:
    day = WorkCalendar(calendar, zone).handover(parse_instant(at))
    return None if day == CLOSED else date.fromordinal(day).isoformat()


def test_before_the_cut_off_it_leaves_today() -> None:
    assert handover("2026-11-18T14:59:00Z") == "2026-11-18"


def test_from_the_cut_off_on_it_leaves_on_the_next_work_day() -> None:
    assert handover("2026-11-18T15:00:00Z") == "2026-11-19"
    assert handover("2026-11-20T15:00:00Z") == "2026-11-23"


def test_the_cut_off_is_local_time() -> None:
    assert handover("2026-11-18T13:30:00Z", zone="Europe/Berlin") == "2026-11-18"
    assert handover("2026-11-18T14:30:00Z", zone="Europe/Berlin") == "2026-11-19"
    assert handover("2026-07-01T14:30:00Z") == "2026-07-02"


def test_closed_days_and_public_holidays_are_passed_over() -> None:
    assert handover("2026-11-18T09:00:00Z", Calendar(closed_on=("2026-11-18", "2026-11-19"))) == "2026-11-20"
    assert handover("2026-12-25T09:00:00Z", Calendar(holidays="GB-ENG")) == "2026-12-29"


def test_processing_takes_work_days() -> None:
    assert handover("2026-11-19T09:00:00Z", Calendar(processing_days=2)) == "2026-11-23"


def test_a_location_that_never_works_is_closed() -> None:
    assert handover("2026-11-18T09:00:00Z", Calendar(work_days=())) is None


def test_the_book_answers_anew_at_each_border() -> None:
    early, late = WorkCalendar(Calendar(cut_off="10:00"), "UTC"), WorkCalendar(WEEK, "UTC")
    book = CalendarBook([early, late])
    for at in ("2026-11-18T09:59:00Z", "2026-11-18T10:00:00Z", "2026-11-18T15:00:00Z", "2026-11-18T08:00:00Z"):
        expected = [each.handover(parse_instant(at)) for each in (early, late)]
        assert book.ship_days(parse_instant(at)).tolist() == expected


def test_the_night_the_clocks_change_is_no_obstacle() -> None:
    assert handover("2026-10-25T00:30:00Z", Calendar(work_days=("sun", "mon"), cut_off="01:30")) == "2026-10-26"
    calendar = WorkCalendar(Calendar(work_days=("sun",), cut_off="01:30"), "Europe/London")
    at = parse_instant("2026-03-29T00:30:00Z")
    assert calendar.changes_at(at) > at


def test_a_time_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid, match="Moon"):
        WorkCalendar(WEEK, "Moon/Crater")


@pytest.mark.parametrize(
    ("country", "code", "area"),
    [("GB", "EC1A 1BB", "EC1A"), ("GB", "m11ae", "M1"), ("GB", "M1", "M1"), ("FR", "75 008", "750"), ("US", "", "")],
)
def test_only_the_coarse_area_of_a_postal_code_leaves_the_vault(country: str, code: str, area: str) -> None:
    assert area_of(country, code) == area


def test_british_areas_have_a_place_and_others_none() -> None:
    assert locate("GB", "EC1A") is not None
    assert locate("GB", "ZZ99") is None
    assert locate("FR", "750") is None
