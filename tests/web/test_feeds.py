"""The pages of feeds: who was heard and when, whose silence matters, and what became of what was told."""

import pytest

from crossdock.app import App
from crossdock.kernel.clock import HOUR
from crossdock.orchestration.feeds.commands import WatchFeeds
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import text_of


@pytest.fixture
def told(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def test_the_list_says_of_each_source_when_it_was_heard_and_how_old_that_is(anna: Browser, told: App):
    found = text_of(anna.get("/feeds"))
    assert "Tills tills · 7 locations Heard" in found
    assert "2 h" in found
    assert "Acme Ltd, supplier acme Never heard – – none yet" in found


def test_a_source_that_has_fallen_silent_comes_first_with_what_that_means(anna: Browser, told: App):
    clock = told.clock
    told.writer._clock = lambda: clock() + 3 * HOUR
    told.submit_now(WatchFeeds(actor=sample.ACTOR))
    listed = text_of(anna.get("/feeds"))
    assert "1 source has fallen silent: Tills." in listed
    assert listed.index("Silent, distrusted") < listed.index("Warehouse system")
    page = text_of(anna.get("/feeds/tills"))
    assert "longer than the 30 min it may be silent. Its stock is distrusted" in page


def test_a_source_shows_its_runs_with_what_became_of_their_rows(anna: Browser, told: App):
    found = text_of(anna.get("/feeds/tills"))
    assert "what is on the shelf: staged goods are added" in found
    assert "messages of a day" in found
    assert anna.get("/feeds/nothing").status_code == 404
