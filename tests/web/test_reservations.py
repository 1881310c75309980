"""Reservations in the console: found by what they are, extended and given up, and never changed by a refusal."""

import re

import pytest

from crossdock.app import App
from crossdock.inventory import ReservationFilter, ReservationView, list_reservations, read_reservation
from crossdock.kernel.clock import MINUTE
from crossdock.kernel.ids import decode_id
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import one, text_of


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def found(app: App, external_id: str) -> ReservationView:
    wanted = ReservationFilter(external_id=external_id)
    page = app.database.read_now(lambda session: list_reservations(session, wanted))
    number = decode_id("rsv", page.reservations[0].id)
    view = app.database.read_now(lambda session: read_reservation(session, number))
    assert view is not None
    return view


def names(answer) -> list[str]:
    assert answer.status_code == 200
    return sorted(re.findall(r'class="row-link bold" href="/reservations/[^"]+">([^<]+)<', answer.text))


def send(page: Browser, view: ReservationView, action: str, **fields: str):
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.get(f"/reservations/{view.id}").text)[0]
    data = {"csrf": csrf, "version": str(view.version), **fields}
    return page.post(f"/reservations/{view.id}/{action}", data=data)


def test_filters_in_the_address_narrow_the_list(anna: Browser, filled: App):
    assert names(anna.get("/reservations")) == ["cart-7000", "cart-7001", "cart-7003", "cart-7004", "cart-7005"]
    assert names(anna.get("/reservations?show=soon")) == ["cart-7001"]
    assert names(anna.get("/reservations?show=released")) == ["cart-7002"]
    assert names(anna.get("/reservations?channel=marketplace")) == ["cart-7000", "cart-7003"]
    assert names(anna.get("/reservations?show=all&q=cart-7002")) == ["cart-7002"]
    assert names(anna.get("/reservations?sku=20014")) == [
        "cart-7000",
        "cart-7001",
        "cart-7003",
        "cart-7004",
        "cart-7005",
    ]
    assert "No reservation is like this" in anna.get("/reservations?sku=none").text
    counts = dict(re.findall(r">([A-Z][a-z ]+)<span class=\"count\">(\d+)<", anna.get("/reservations").text))
    assert {name: count for name, count in counts.items() if count != "0"} == {
        "Open": "5", "Ending soon": "1", "Released": "1", "All": "6",
    }  # fmt: skip


def test_a_reservation_says_what_it_holds_and_where(anna: Browser, filled: App):
    view = found(filled, "cart-7000")
    shown = text_of(anna.get(f"/reservations/{view.id}"))
    assert "Reservation cart-7000 Open" in shown
    assert "20014 1" in shown
    assert anna.get("/reservations/rsv_0000000000000").status_code == 404
    assert f'href="/reservations/{view.id}">reservation<' in anna.get("/inventory/item?sku=20014").text


def test_a_reservation_is_released_with_a_reason_and_its_units_are_free(anna: Browser, filled: App):
    view = found(filled, "cart-7003")
    held = one(filled, "SELECT sum(reserved) FROM positions")
    answer = send(anna, view, "release", reason="customer called")
    assert answer.headers["location"] == f"/reservations/{view.id}?done=release"
    after = found(filled, "cart-7003")
    assert (after.state, after.reason, after.supported_actions) == ("released", "customer called", ())
    assert one(filled, "SELECT sum(reserved) FROM positions") == held - sum(h.quantity for h in view.held)
    again = send(anna, after, "release", reason="once more")
    assert again.status_code == 409
    assert "not open any more" in again.text


def test_a_reservation_lasts_longer(anna: Browser, filled: App):
    view = found(filled, "cart-7001")
    send(anna, view, "extend", minutes="60")
    longer = found(filled, "cart-7001").expires_at - view.expires_at
    assert longer.total_seconds() > 56 * 60
    assert "lasts longer now" in anna.get(f"/reservations/{view.id}?done=extend").text


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("extend", {"minutes": "soon"}),
        ("extend", {"minutes": "999"}),
        ("release", {"version": "7"}),
        ("move", {"location": "NOWHERE"}),
    ],
)
def test_what_cannot_be_is_refused_in_words(anna: Browser, filled: App, action: str, fields: dict[str, str]):
    view = found(filled, "cart-7001")
    answer = send(anna, view, action, **fields)
    assert answer.status_code >= 400
    assert 'role="alert"' in answer.text
    assert found(filled, "cart-7001") == view


def test_nobody_acts_on_a_reservation_without_the_forms_token(anna: Browser, filled: App):
    view = found(filled, "cart-7001")
    assert anna.post(f"/reservations/{view.id}/release", data={"reason": "x"}).status_code == 403
    assert found(filled, "cart-7001") == view
    assert view.expires_at.timestamp() * 1_000_000 < filled.clock() + 4 * MINUTE
