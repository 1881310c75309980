"""The item's page says what may be promised and what each number is made of, as a channel sees it."""

import re

import msgspec
import pytest

from crossdock.app import App
from crossdock.catalog.model import Component, Item
from crossdock.inventory import StockView
from crossdock.network.model import Channel
from crossdock.orchestration import Ask, PutView, explain_availability
from crossdock.orchestration.commands import PutChannels, PutItems
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import text_of

SKU = "20014"
PAGE = f"/inventory/item?sku={SKU}"


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def told(app: App, channel: str = "marketplace"):
    return app.database.read_now(lambda session: explain_availability(session, Ask(SKU, channel), app.clock()))


def rows(answer) -> list[str]:
    table = answer.text.split("<h2>By location</h2>")[1].split("</table>")[0]
    cells = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in table.split("<tr")[2:]]
    return [cell.split("> ", 1)[1] if cell.startswith(">") and "> " in cell else cell.lstrip("> ") for cell in cells]


def test_each_location_is_a_sum_and_the_sums_add_up_to_what_may_be_promised(anna: Browser, filled: App):
    found = told(filled)
    shown = anna.get(f"{PAGE}&channel=marketplace")
    assert len(rows(shown)) == len(found.locations) + 1
    for here in found.locations:
        assert here.words in text_of(shown)
        for step in here.steps:
            assert step.text in text_of(shown)
    assert f"= May be promised {found.available_to_promise} " in text_of(shown)
    assert sum(here.visible for here in found.locations) == found.available
    assert 'href="/views/marketplace#exclusions-0"' in shown.text


def test_everybody_sees_all_of_it_and_a_channel_what_its_view_shows(anna: Browser, filled: App):
    everybody, channel = told(filled, ""), told(filled)
    assert everybody.available > channel.available
    assert f"May be promised {everybody.available_to_promise} " in text_of(anna.get(PAGE))
    web = text_of(anna.get(f"{PAGE}&channel=web"))
    assert "This channel looks through no view: it sees all stock." in web


def test_by_a_day_what_arrives_until_then_is_added(anna: Browser, filled: App):
    now = text_of(anna.get(PAGE))
    assert "Arriving in time" not in now
    assert "Coming, and not yet promised to anybody" in now
    later = text_of(anna.get(f"{PAGE}&on=2099-01-01"))
    assert "+ Arriving in time 100 " in later
    assert "In this number Thu 19 Nov 2026" in later or "yes" in later


def test_what_is_kept_for_other_channels_is_named(anna: Browser, app: App):
    sample.fill(app, sample.Size(items=8, days=0, orders=1))
    shown = text_of(anna.get("/inventory/item?sku=20042&channel=web"))
    assert "Kept for other channels 40 " in shown
    assert "trade all locations 40 0 40" in shown
    own = text_of(anna.get("/inventory/item?sku=20042&channel=wholesale"))
    assert "Kept for other channels 0 " in own
    assert "trade this channel&#39;s" in own or "trade this channel's" in own


def test_a_bundle_is_as_many_as_its_scarcest_part_allows(anna: Browser, filled: App):
    parts = (Component(SKU, 2), Component("20000", 1))
    filled.submit_now(PutItems(actor=sample.ACTOR, items=(Item(sku="SET", name="Gift set", components=parts),)))
    shown = text_of(anna.get("/inventory/item?sku=SET"))
    assert "Its parts" in shown
    assert "as many as the scarcest part allows" in shown


def test_the_list_says_what_may_be_promised_as_a_channel_sees_it(anna: Browser, filled: App):
    hidden = {"code": "none", "exclusions": [{}]}
    filled.submit_now(PutView(actor=sample.ACTOR, view=msgspec.convert(hidden, StockView)))
    blind = Channel(code="blind", name="Blind", currency="GBP", view="none")
    filled.submit_now(PutChannels(actor=sample.ACTOR, channels=(blind,)))
    assert re.search(r'data-name="May be promised">[1-9]', anna.get("/inventory?q=20014").text)
    assert '<span class="chip plain tone-bad">0</span>' in anna.get("/inventory?q=20014&channel=blind").text
    assert "/inventory/item?sku=20014&amp;channel=blind" in anna.get("/inventory?q=20014&channel=blind").text


def test_a_channel_that_is_not_there_is_no_page(anna: Browser, filled: App):
    assert anna.get(f"{PAGE}&channel=nobody").status_code in (404, 422)
    assert "There is no channel" in anna.get(f"{PAGE}&channel=nobody").text
