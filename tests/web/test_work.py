"""What is done with a fulfillment from its page; what another location would cost is seen before it is chosen."""

import re

import pytest

from crossdock.app import App
from crossdock.fulfillment import FulfillmentView, fulfillments_of
from crossdock.kernel.ids import encode_id
from crossdock.orders.model import AddressIn, DeliveryIn
from tests.support.world import World, order
from tests.web.site import Browser


class Place:
    """An order with its page and the page of its one fulfillment."""

    def __init__(self, app: App, browser: Browser, order_id: int) -> None:
        self.app, self.browser, self.order_id = app, browser, order_id
        self.url = f"/orders/{encode_id('ord', order_id)}"

    @property
    def job(self) -> FulfillmentView:
        found = self.app.database.read_now(lambda session: fulfillments_of(session, self.order_id))
        (one,) = [each for each in found if each.execution != "canceled"]
        return one

    def send(self, path: str, **fields: str):
        token = re.search(r'name="csrf" value="([^"]+)"', self.browser.get(self.url).text)
        assert token
        return self.browser.post(path, data={"csrf": token[1], **fields})

    def act(self, action: str, **fields: str):
        return self.send(f"{self.url}/work/{self.job.id}/{action}", **fields)


class Retailer(World):
    """The words of the small retailer over the application that the console shows."""

    def __init__(self, app: App) -> None:
        from itertools import count

        from crossdock.orchestration.commands import Actor

        self.app, self.actor, self._records = app, Actor("key:test"), count(1)
        self.clock = type("Now", (), {"at": app.clock()})()


@pytest.fixture
def retailer(app: App) -> World:
    world = Retailer(app)
    world.standard("DC", "STORE", items=("MUG",))
    world.put_location("SHOP", 2, capabilities=("ship", "collect", "ambient"))
    for place in ("DC", "STORE"):
        world.receive("MUG", place, 5)
    return world


def placed(retailer: World, anna: Browser, document) -> Place:
    return Place(retailer.app, anna, retailer.take(document).order_id)


def test_another_location_is_seen_and_chosen(retailer: World, anna: Browser):
    place = placed(retailer, anna, order("W1", ("MUG", 2)))
    page = f"{place.url}/work/{place.job.id}"
    assert page in anna.get(place.url).text
    seen = anna.get(f"{page}?location=STORE").text
    assert "As it would be" in seen
    assert len(re.findall(r"£\d+\.\d\d", seen)) >= 2
    assert "Give it to STORE" in seen
    assert "There is no location" in anna.get(f"{page}?location=MARS").text
    done = place.act("assign", location="STORE", reason="She lives next door.")
    assert done.status_code == 303
    assert place.job.location == "STORE"
    assert "She lives next door." in anna.get(place.url).text


def test_a_location_learns_of_its_work_and_says_no(retailer: World, anna: Browser):
    place = placed(retailer, anna, order("W1", ("MUG", 2)))
    assert "The location knows of its work." in anna.get(place.act("release").headers["location"]).text
    refused = place.act("pick")
    assert refused.status_code == 409
    assert "cannot be picked" in refused.text
    first = place.job.location
    assert place.act("reject", **{"reason": "too_busy", "demand-1": "2", "note": "three are ill"}).status_code == 303
    assert place.job.location != first
    page = anna.get(place.url).text
    assert f"Rejected by {first}: too busy" in page
    assert "three are ill" in page


def test_the_customer_of_a_pick_up_chooses(retailer: World, anna: Browser):
    retailer.receive("MUG", "SHOP", 1)
    home = AddressIn(country="GB", postal_code="EC1A 1BB", line1="1 Test Street")
    collect = DeliveryIn(destination=home, method="pickup", location="SHOP")
    place = placed(retailer, anna, order("W1", ("MUG", 1), deliveries=(collect,)))
    retailer.count("MUG", "SHOP", 0)
    page = anna.get(place.url).text
    assert "The customer is to choose" in page
    assert "Ship it" in page
    assert place.send(f"{place.url}/choice/1", option="sunday").status_code == 400
    done = place.send(f"{place.url}/choice/1", option="ship", note="by mail then")
    assert done.status_code == 303
    assert place.job.location == "DC"
    assert "It is done as the customer chose." in anna.get(done.headers["location"]).text
