"""Asking what can be promised, and the promise of an order on its page."""

import pytest

from crossdock.app import App
from crossdock.kernel.ids import encode_id
from crossdock.web.routes.promise import read_basket
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import one, text_of

LONDON = "country=GB&postal_code=EC1A+1BB"


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def test_a_basket_is_a_line_each_with_or_without_how_many():
    text = "22423 2\n 85123A x 6 \n\nGIFT SET,3\n71053\nA B; 4"
    assert [(line.sku, line.quantity) for line in read_basket(text)] == [
        ("22423", 2), ("85123A", 6), ("GIFT SET", 3), ("71053", 1), ("A B", 4),
    ]  # fmt: skip


def test_the_form_asks_and_the_answer_says_when_how_and_at_what_cost(anna: Browser, filled: App):
    assert "No question yet" in text_of(anna.get("/promise"))
    before = one(filled, "SELECT count(*) FROM promises")
    found = text_of(anna.get(f"/promise?channel=web&basket=20014+2&{LONDON}"))
    assert "Shipped, standard" in found
    assert "if ordered before" in found
    assert "1 package from" in found
    assert one(filled, "SELECT count(*) FROM promises") == before


def test_what_cannot_be_offered_says_why(anna: Browser, filled: App):
    found = text_of(anna.get(f"/promise?channel=web&basket=20000+90&by=2026-11-02&{LONDON}"))
    assert "Nothing can be promised" in found


def test_what_is_still_to_come_is_offered_with_its_supply_line(anna: Browser, filled: App):
    found = text_of(anna.get(f"/promise?channel=web&basket=20000+90&{LONDON}"))
    assert "units that are still to come" in found
    assert "20000 with PO-4711/" in found
    assert "expected at" in found


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (f"channel=web&basket=NOTHING+1&{LONDON}", "There is no item"),
        (f"channel=nobody&basket=20014+1&{LONDON}", "There is no channel"),
        ("channel=web&basket=20014+1&country=Britain&postal_code=X", "country"),
        (f"channel=web&basket=20014+0&{LONDON}", "quantity"),
    ],
)
def test_a_question_with_a_fault_is_told_what_is_wrong_with_it(anna: Browser, filled: App, query: str, said: str):
    answer = anna.get(f"/promise?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert "20014" in answer.text or "NOTHING" in answer.text


def test_an_order_shows_the_promise_that_it_brought(anna: Browser, filled: App):
    order = sample.promise(filled, [sample.item(number) for number in range(3)])
    found = text_of(anna.get(f"/orders/{encode_id('ord', order)}"))
    assert "Promise On time" in found
    assert "Shipped, standard, for £0.00." in found
    assert "Promised for " in found
    other = one(filled, "SELECT min(id) FROM orders")
    assert 'id="promise"' not in anna.get(f"/orders/{encode_id('ord', other)}").text
