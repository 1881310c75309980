"""The console as one router: pages behind the door, the sign-in page in front of it, static files beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from litestar import Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from crossdock.kernel.clock import Clock, now
from crossdock.kernel.errors import CrossdockError
from crossdock.web.backend import Backend
from crossdock.web.console import STATIC, Console
from crossdock.web.routes import (
    feed_uploads,
    feeds,
    home,
    inventory,
    network,
    order,
    order_actions,
    orders,
    policies,
    policy_trials,
    promise,
    reservations,
    search,
    sign_in,
    supply,
    views,
    what_if,
    work,
)
from crossdock.web.security import HEADERS, AnyRequest, AnyResponse, Door

log = logging.getLogger(__name__)

PAGES = (
    home,
    orders,
    order,
    order_actions,
    what_if,
    work,
    inventory,
    views,
    feeds,
    feed_uploads,
    reservations,
    supply,
    promise,
    policies,
    policy_trials,
    network,
    search,
)
"""The modules behind the door; the last one answers whatever no other knows."""
_YEAR = 31_536_000


def web_router(backend: Backend, *, clock: Clock = now, zone: str = "UTC") -> Router:
    """Return the console for an application; ``zone`` is the time zone that its pages are written in."""
    console = Console(backend, clock, zone)
    door = Door(backend, clock)

    # Litestar copies what it is given, whatever hangs on it included; plain functions stay as they are.
    async def check(request: AnyRequest) -> AnyResponse | None:
        return await door.check(request)

    pages = [module.handlers for module in PAGES]
    behind = Router(
        "/",
        route_handlers=[*(handler for handlers in pages for handler in handlers), *sign_in.handlers],
        before_request=check,
    )
    static = create_static_files_router(
        "/static",
        directories=[STATIC],
        name="console-static",
        after_request=_keep_for_a_year,
    )
    return Router(
        "/",
        route_handlers=[behind, *sign_in.open_handlers, static],
        dependencies={"console": Provide(lambda: console, sync_to_thread=False)},
        after_request=_add_headers,
        exception_handlers={Exception: _explainer(console), HTTPException: _explainer(console)},
        include_in_schema=False,
    )


def _keep_for_a_year(response: AnyResponse) -> AnyResponse:
    """Let browsers keep static files: their addresses change with their content."""
    response.headers.update(HEADERS | {"Cache-Control": f"public, max-age={_YEAR}, immutable"})
    return response


def _add_headers(response: AnyResponse) -> AnyResponse:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _explainer(console: Console) -> Callable[[AnyRequest, Exception], AnyResponse]:
    """Return what turns errors into pages that say what is wrong and where to go."""

    def page(request: AnyRequest, title: str, detail: str, status: int) -> AnyResponse:
        template = "error.html" if getattr(request.state, "signed_in", None) else "error_outside.html"
        return _add_headers(console.page(request, template, title=title, detail=detail, status=status))

    def explain(request: AnyRequest, error: Exception) -> AnyResponse:
        if isinstance(error, CrossdockError):
            return page(request, error.title, error.detail, error.status)
        if isinstance(error, HTTPException) and error.status_code == 404:
            return page(request, "There is no such page", "Check the address, or start from one of these.", 404)
        if isinstance(error, HTTPException) and error.status_code < 500:
            return page(request, "This is not possible", str(error.detail), error.status_code)
        log.error("a page failed: %s", request.url.path, exc_info=error)
        return page(request, "Something went wrong on our side", "The page could not be made. Try it again.", 500)

    return explain
