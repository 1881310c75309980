"""A console with the sample's data behind it, and somebody who is signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from crossdock.app import App
from tests.web import sample, site
from tests.web.site import Browser


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[App]:
    app = sample.open_app(sqlite_url, tmp_path)
    site.let_people_in(app)
    yield app
    app.close()


@pytest.fixture
def stranger(app: App) -> Iterator[Browser]:
    """A browser that nobody has signed in with; it follows no redirect."""
    with TestClient(site.make_site(app), raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def anna(app: App, stranger: Browser) -> Browser:
    """The same browser, signed in."""
    stranger.post(f"/sign-in/{site.make_link(app)}", data={"next": "/"})
    return stranger
