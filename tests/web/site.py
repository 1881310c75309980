"""The console as a site of its own, for tests: in this process, or with `python -m tests.web.site` as a server."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import uvicorn
from litestar import Litestar
from litestar.testing import TestClient

from crossdock.app import App
from crossdock.identity import MakeSignInLink, SignInLink, identity_handlers
from crossdock.kernel.clock import HOUR
from crossdock.web import web_router
from tests.web import sample

Browser: TypeAlias = TestClient[Litestar]
EMAIL = "anna@example.com"


def let_people_in(app: App) -> None:
    """Make sure that the writer knows the commands of identity."""
    for command, handler in identity_handlers().items():
        app.writer._handlers.setdefault(command, handler)  # type: ignore[attr-defined]


def make_link(app: App, valid_for: int = HOUR) -> str:
    """The token of a new sign-in link for the first user."""
    link: SignInLink = app.submit_now(MakeSignInLink(email=EMAIL, name="Anna Keller", valid_for=valid_for))
    return link.token


def make_site(app: App) -> Litestar:
    """The console on its own."""

    @asynccontextmanager
    async def reading_uploads(_: Litestar) -> AsyncIterator[None]:
        app.feeds.start()
        app.trials.start()
        yield
        await app.feeds.stop()
        await app.trials.stop()

    router = web_router(app, clock=app.clock, zone="Europe/London")
    return Litestar([router], openapi_config=None, lifespan=[reading_uploads])


def main(url: str, port: str, size: str) -> None:
    """Serve the console of a sample on 127.0.0.1 and say how to get in."""
    app = sample.open_app(url, Path(url.removeprefix("sqlite:///")).parent)
    let_people_in(app)
    if size != "NONE":
        sample.fill(app, {"MUCH": sample.MUCH, "LITTLE": sample.LITTLE}[size])
    print(f"http://127.0.0.1:{port}/sign-in/{make_link(app)}", flush=True)
    try:
        uvicorn.run(make_site(app), host="127.0.0.1", port=int(port), log_level="warning")
    finally:
        app.close()


if __name__ == "__main__":
    main(*sys.argv[1:4])
