"""What is coming, who it is for, and the receipt of it in the console."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from crossdock.analytics import SupplyFilter, count_supply, list_supply, read_supply_line
from crossdock.app import App
from crossdock.kernel.clock import moment
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import one, text_of

PAGE = "/supply/line?reference=PO-4711&line=2"


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def line(app: App, number: str = "2"):
    found = app.database.read_now(lambda session: read_supply_line(session, "PO-4711", number))
    assert found is not None
    return found


def send(page: Browser, action: str, **fields: str):
    shown = page.get(PAGE).text
    csrf, record = (re.findall(rf'name="{name}" value="([^"]+)"', shown)[0] for name in ("csrf", "record"))
    data = {"csrf": csrf, "record": record, "reference": "PO-4711", "line": "2", **fields}
    return page.post(f"/supply/line/{action}", data=data)


def test_lines_are_shown_by_day_and_what_is_overdue_is_said(anna: Browser, filled: App):
    found = text_of(anna.get("/supply"))
    assert "Open 3 Overdue 3 Received 0" in found
    assert "3 days overdue 2 lines, 115 units to come" in found
    assert "PO-4711 line 3, transfer" in found
    assert "Nothing matches all of the filters together." in text_of(anna.get("/supply?sku=none"))
    assert "There are no such lines." in text_of(anna.get("/supply?show=canceled"))


def test_filters_narrow_the_lines_and_their_counts(filled: App):
    today = moment(filled.clock()).date().toordinal()

    def names(**fields: object) -> list[str]:
        wanted = SupplyFilter(**fields)  # type: ignore[arg-type]
        lines = filled.database.read_now(lambda session: list_supply(session, wanted, today)).lines
        shown = wanted.show
        assert filled.database.read_now(lambda session: count_supply(session, wanted, today))[shown] == len(lines)
        return [one.line for one in lines]

    assert names() == ["1", "2", "3"]
    assert names(location="DC-NORTH") == ["2"]
    assert names(sku="20014") == ["3"]
    assert names(q="po-47") == ["1", "2", "3"]
    assert names(q="po%") == []
    assert names(until_day=today - 3) == ["1", "2"]
    assert names(show="all") == ["3", "2", "1"]
    assert names(show="closed") == []


def test_pages_go_on_where_the_last_one_ended(filled: App):
    def read(session):
        wanted, seen, after = SupplyFilter(), [], None
        while True:
            page = list_supply(session, wanted, 1, after, limit=1)
            seen += [one.line for one in page.lines]
            if page.next is None:
                return seen
            after = page.next

    assert filled.database.read_now(read) == ["1", "2", "3"]


def test_a_line_is_received_once_and_stock_rises(anna: Browser, filled: App):
    before = one(filled, "SELECT sum(on_hand) FROM positions")
    answer = send(anna, "receive", quantity="10", note="GRN-77")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}&done=receive")
    assert line(filled).received == 35
    assert one(filled, "SELECT sum(on_hand) FROM positions") == before + 10
    send(anna, "receive", quantity="10", note="GRN-77")
    assert line(filled).received == 35
    shown = text_of(anna.get(f"{PAGE}&done=receive"))
    assert "The receipt is recorded" in shown
    assert "GRN-77 console 10" in shown
    send(anna, "receive", quantity="5", final="1")
    assert (line(filled).state, line(filled).received) == ("closed", 40)


def test_a_line_is_moved_to_another_day_or_called_off(anna: Browser, filled: App):
    later = moment(filled.clock()).date() + timedelta(days=9)
    answer = send(anna, "change", quantity="70", expected_on=later.isoformat())
    assert answer.headers["location"] == f"{PAGE}&done=change"
    assert (line(filled).quantity, line(filled).expected_day) == (70, later.toordinal())
    send(anna, "call_off")
    assert line(filled).state == "canceled"
    assert "Called off" in text_of(anna.get(PAGE))


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("receive", {"quantity": "many"}),
        ("change", {"quantity": "5", "expected_on": "tomorrow"}),
        ("change", {"quantity": "0", "expected_on": "2030-01-01"}),
        ("burn", {}),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(
    anna: Browser, filled: App, action: str, fields: dict[str, str]
):
    before = line(filled)
    answer = send(anna, action, **fields)
    assert answer.status_code >= 400
    assert 'role="alert"' in answer.text
    assert line(filled) == before


def test_there_is_no_page_of_a_line_that_is_not_there(anna: Browser, filled: App):
    assert anna.get(f"/supply/line?reference={quote('PO <9>')}").status_code == 404
