"""What is done on an order's page is one command; what is refused is said in words."""

import re
from datetime import timedelta

import pytest

from crossdock.app import App
from crossdock.kernel.ids import encode_id
from crossdock.orders import OrderView, read_order
from tests.web import sample
from tests.web.site import EMAIL, Browser


@pytest.fixture
def order_id(app: App) -> int:
    """An order of two lines, all of it allocated."""
    import random

    sample.fill(app, sample.LITTLE)
    catalogue = [sample.item(number) for number in (1, 2)]
    placed = sample.order(random.Random(3), 900, catalogue, sample.LAST_DAY + timedelta(hours=21))
    return int(sample.submit(app, placed).order_id)


def view(app: App, order_id: int) -> OrderView:
    found = app.database.read_now(lambda session: read_order(session, order_id, personal=True))
    assert found is not None
    return found


def send(browser: Browser, order_id: int, action: str, **fields: str):
    url = f"/orders/{encode_id('ord', order_id)}"
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(url).text)
    assert token
    return browser.post(f"{url}/{action}", data={"csrf": token[1], **fields})


def test_a_hold_is_placed_and_lifted_by_name(app: App, anna: Browser, order_id: int):
    answer = send(anna, order_id, "hold", reason="fraud", note="score 81")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/orders/{encode_id('ord', order_id)}?done=hold",
    )
    assert view(app, order_id).on_hold
    page = anna.get(answer.headers["location"]).text
    assert "The order is on hold. Its stock stays claimed." in page
    assert "score 81" in page
    assert EMAIL in page
    assert send(anna, order_id, "release_hold", reason="fraud").status_code == 303
    assert not view(app, order_id).on_hold


def test_units_of_a_line_are_canceled(app: App, anna: Browser, order_id: int):
    before = view(app, order_id)
    line = next(one for one in before.lines if one.parts.allocated)
    answer = send(anna, order_id, "cancel", **{f"line-{line.no}": "1"}, reason="customer asked")
    assert answer.status_code == 303
    after = next(one for one in view(app, order_id).lines if one.no == line.no)
    assert after.parts.canceled == 1
    assert after.parts.allocated + after.parts.waiting == line.quantity - 1


def test_everything_is_canceled(app: App, anna: Browser, order_id: int):
    fields = {f"line-{line.no}": str(line.quantity) for line in view(app, order_id).lines}
    assert send(anna, order_id, "cancel", **fields).status_code == 303
    assert view(app, order_id).status == "canceled"
    assert "Cancel units" not in anna.get(f"/orders/{encode_id('ord', order_id)}").text


def test_an_address_is_changed_and_routed_again(app: App, anna: Browser, order_id: int):
    address = {"country": "gb", "name": "Alex Morgan", "line1": "1 Royal Mile", "city": "Edinburgh"}
    answer = send(anna, order_id, "amend_address", delivery="1", postal_code="EH1 1RE", **address)
    assert answer.status_code == 303, answer.text[:300]
    after = view(app, order_id)
    to = after.deliveries[0].address
    assert to is not None
    assert (to.city, to.country, after.deliveries[0].area) == ("Edinburgh", "GB", "EH1")
    assert len(after.decisions) == 2
    assert anna.get(f"/orders/{encode_id('ord', order_id)}").status_code == 200


def test_an_order_is_routed_again(app: App, anna: Browser, order_id: int):
    assert send(anna, order_id, "route").status_code == 303
    assert len(view(app, order_id).decisions) == 2


def test_a_stale_page_changes_nothing_and_says_so(app: App, anna: Browser, order_id: int):
    version = view(app, order_id).version
    assert send(anna, order_id, "hold", reason="review", version=str(version)).status_code == 303
    answer = send(anna, order_id, "cancel", version=str(version), **{"line-1": "1"})
    assert answer.status_code == 412
    assert "The resource has changed meanwhile" in answer.text
    assert view(app, order_id).parts.canceled == 0


@pytest.mark.parametrize(
    ("action", "fields", "said"),
    [
        ("cancel", {"line-1": "many"}, "is no quantity"),
        ("cancel", {"line-1": ""}, "at least one line"),
        ("cancel", {"line-1": "999999"}, "cannot be canceled"),
        ("hold", {"reason": ""}, "A hold needs a reason"),
        ("release_hold", {"reason": "fraud"}, "holds are not as"),
        ("amend_address", {"country": "Britain"}, "The address is not complete"),
        ("launch", {}, "nothing that can be done"),
    ],
)
def test_a_refusal_is_shown_in_words(
    app: App, anna: Browser, order_id: int, action: str, fields: dict[str, str], said: str
):
    before = view(app, order_id)
    answer = send(anna, order_id, action, **fields)
    assert 400 <= answer.status_code < 500
    assert said in answer.text
    assert view(app, order_id) == before
