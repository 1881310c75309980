"""Fixtures for every test: databases, servers, a browser. `tests/support` has what they are made of."""

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import CHROMIUM_FLAGS, find_chromium
from tests.support.postgres import PostgresServer
from tests.support.processes import ServerProcess

StartServer: TypeAlias = Callable[..., ServerProcess]

RESULTS = Path("test-results")
FAILED = pytest.StashKey[bool]()

# `ci` gives the same examples every time; `soak` looks for new ones.
settings.register_profile("ci", derandomize=True, max_examples=100, deadline=None)
settings.register_profile(
    "soak", max_examples=5_000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci")

MARK_OF_FIXTURE = {"postgres_server": "postgres", "own_postgres_server": "postgres", "browser": "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if mark := MARK_OF_FIXTURE.get(fixture):
                item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server that the tests of this process share. A test that stops it may leave it stopped."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def own_postgres_server() -> Iterator[PostgresServer]:
    """A server for one test, which may stop, crash and configure it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/crossdock.db"


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer) -> Iterator[str]:
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """`start_server(command, ready_url, env=…, cwd=…)` gives a running `ServerProcess`, ended after the test.

    Its output is shown when the test fails.
    """
    with ExitStack() as stack:

        def start(command: Sequence[str | Path], ready_url: str, **options: Any) -> ServerProcess:
            server = ServerProcess(command, ready_url, **options)
            stack.callback(lambda: print(server.describe()))
            return stack.enter_context(server)

        yield start


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return find_chromium()


# Not for the whole session: while Playwright runs, no other test of this thread may run an event loop.
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a context of its own. An uncaught script error or a breach of the page's CSP fails the test."""
    problems: list[str] = []
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda note: problems.append(note.text) if "Content Security Policy" in note.text else None)
    yield page
    if request.node.stash.get(FAILED, False):
        picture = RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', request.node.nodeid.lower())}.png"
        page.screenshot(path=picture, full_page=True)
        print(f"{page.url} is pictured in {picture}")
    context.close()
    assert not problems, problems
