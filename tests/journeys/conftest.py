"""A server with the sample's data, and Anna's browser in front of it."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.support.processes import ServerProcess, free_port

REPO = Path(__file__).resolve().parent.parent.parent


class Site:
    """A running console: its address, and the one link that lets somebody in."""

    def __init__(self, folder: Path, size: str) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "tests.web.site", f"sqlite:///{folder}/crossdock.db", str(port), size]
        self.process = ServerProcess(
            command, f"{self.address}/sign-in", cwd=REPO, env={**os.environ, "PYTHONUNBUFFERED": "1"}, timeout=60
        )

    @property
    def link(self) -> str:
        found = re.search(rf"{self.address}/sign-in/\S+", self.process.output())
        assert found, self.process.describe()
        return found[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"), "MUCH")
    with site.process:
        yield site


@pytest.fixture(scope="module")
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("empty"), "NONE")
    with site.process:
        yield site


@pytest.fixture(scope="module")
def cookies(browser, site: Site) -> list[Any]:
    """What a browser holds after it has signed in once."""
    context: BrowserContext = browser.new_context()
    page = context.new_page()
    page.goto(site.link)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{site.address}/")
    found = context.cookies()
    context.close()
    return found


@pytest.fixture
def anna(page: Page, site: Site, cookies: list[Any]) -> Page:
    """A page of Anna's, signed in, on the home page."""
    page.context.add_cookies(cookies)
    page.goto(site.address)
    return page
