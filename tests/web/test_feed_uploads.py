"""A file is uploaded to a feed: looked at first, then recorded; bad rows end up in the error file, the others land."""

import re
import time

import pytest

from crossdock.app import App
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import one, text_of

GOOD = "sku,location,quantity\n20007,DC-SOUTH,31\n20014,DC-NORTH,44\n"
BAD = GOOD + "NOTHING,DC-SOUTH,5\n20014,MOON,6\n20007,DC-NORTH,many\n"


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def send(page: Browser, name: str, content: str, code: str = "wms", **fields: str):
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.get(f"/feeds/{code}").text)[0]
    return page.post(
        f"/feeds/{code}/upload", data={"csrf": csrf, **fields}, files={"file": (name, content.encode(), "text/plain")}
    )


def finished(page: Browser, answer) -> str:
    """The run's address, once it is over."""
    assert answer.status_code == 303, answer.text[:2000]
    address = answer.headers["location"]
    until = time.monotonic() + 20
    while 'hx-trigger="every 1s"' in page.get(address).text:
        assert time.monotonic() < until, "the run does not end"
        time.sleep(0.05)
    return str(address)


def on_hand(app: App, sku: str, place: str) -> int:
    sql = """
        SELECT coalesce(sum(p.on_hand), 0) FROM positions p JOIN items i ON i.id = p.item_id
        JOIN locations l ON l.id = p.location_id WHERE i.sku = ? AND l.code = ?
    """
    return one(app, sql, sku, place)


def test_a_dry_run_shows_what_would_change_and_then_it_is_recorded(anna: Browser, filled: App):
    before = on_hand(filled, "20014", "DC-NORTH")
    run = finished(anna, send(anna, "counts.csv", GOOD, dry_run="1"))
    shown = text_of(anna.get(run))
    assert "Dry run: nothing is changed" in shown
    assert f"Normanton distribution centre {before} 44 {'+' if before < 44 else '−'}{abs(44 - before)}" in shown
    assert on_hand(filled, "20014", "DC-NORTH") == before
    assert "DC-NORTH" in anna.get(f"{run}/differences.csv").text
    csrf = re.findall(r'name="csrf" value="([^"]+)"', anna.get(run).text)[0]
    real = finished(anna, anna.post(f"{run}/record", data={"csrf": csrf}))
    assert on_hand(filled, "20014", "DC-NORTH") == 44
    assert "Rows 2 Changed 2" in text_of(anna.get(real))
    again = anna.post(f"{run}/record", data={"csrf": csrf})
    assert "not kept any more" in again.text


def test_bad_rows_are_told_and_the_others_land(anna: Browser, filled: App):
    run = finished(anna, send(anna, "counts.csv", BAD))
    shown = text_of(anna.get(run))
    assert "Failed 3" in shown
    assert "There is no item &#39;NOTHING&#39;." in shown
    assert "The other rows have landed." in shown
    assert on_hand(filled, "20007", "DC-SOUTH") == 31
    errors = anna.get(f"{run}/errors.csv")
    assert errors.headers["content-type"].startswith("text/csv")
    assert errors.headers["content-disposition"].endswith('errors.csv"')
    assert [row.split(",")[:2] for row in errors.text.split("\r\n")[:2]] == [["line", "code"], ["4", "unknown_item"]]
    assert "counts.csv" in text_of(anna.get("/feeds/wms"))


def test_a_full_snapshot_zeroes_what_it_leaves_out_at_the_locations_named(anna: Browser, filled: App):
    assert on_hand(filled, "20014", "ST-LONDON") > 0
    row = '{"sku": "20007", "location": "ST-LONDON", "quantity": 3, "kind": "counted"}\n'
    run = finished(anna, send(anna, "night.ndjson", row, "tills", full="1", location="ST-LONDON"))
    assert "Full snapshot of 1 location" in text_of(anna.get(run))
    assert on_hand(filled, "20007", "ST-LONDON") == 3
    assert on_hand(filled, "20014", "ST-LONDON") == 0
    assert "Zeroed 1" in text_of(anna.get(run))


@pytest.mark.parametrize(
    ("name", "content", "fields", "said"),
    [
        ("empty.csv", "  \n", {}, "The file is empty."),
        ("counts.csv", GOOD, {"full": "1"}, "names the locations"),
        ("counts.csv", GOOD, {"full": "1", "location": "ST-LONDON"}, "does not speak of ST-LONDON"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_and_leaves_no_run(
    anna: Browser, filled: App, name: str, content: str, fields: dict[str, str], said: str
):
    runs = one(filled, "SELECT count(*) FROM jobs")
    answer = send(anna, name, content, **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert one(filled, "SELECT count(*) FROM jobs") == runs


def test_a_file_without_the_columns_says_so(anna: Browser, filled: App):
    run = finished(anna, send(anna, "strange.csv", "a,b\n1,2\n"))
    assert re.search(r"Failed|Rows that were not taken", text_of(anna.get(run)))
    assert anna.get("/feeds/tills/runs/" + run.rsplit("/", 1)[1]).status_code == 404


def test_nobody_uploads_without_the_forms_token(anna: Browser, filled: App):
    runs = one(filled, "SELECT count(*) FROM jobs")
    answer = anna.post("/feeds/wms/upload", files={"file": ("counts.csv", GOOD.encode(), "text/csv")})
    assert answer.status_code == 403
    assert one(filled, "SELECT count(*) FROM jobs") == runs
