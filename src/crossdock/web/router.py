"""The console as one router: pages behind the door, the sign-in page in front of it, static files beside it."""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.static_files import create_static_files_router

from crossdock.kernel.clock import Clock, now
from crossdock.kernel.errors import CrossdockError
from crossdock.web.backend import Backend
from crossdock.web.console import STATIC, Console
from crossdock.web.routes import home, inventory, network, order, order_actions, orders, search, sign_in
from crossdock.web.security import HEADERS, AnyRequest, AnyResponse, Door

log = logging.getLogger(__name__)

_YEAR = 31_536_000


def web_router(backend: Backend, *, clock: Clock = now, zone: str = "UTC") -> Router:
    """Return the console for an application; ``zone`` is the time zone that its pages are written in."""
    console = Console(backend, clock, zone)
    door = Door(backend, clock)
    explain = _Explain(console)

    # Litestar copies what it is given, whatever hangs on it included; plain functions stay as they are.
    async def check(request: AnyRequest) -> AnyResponse | None:
        return await door.check(request)

    pages = [module.handlers for module in (home, orders, order, order_actions, inventory, network, search)]
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
        exception_handlers={
            CrossdockError: lambda request, error: explain.refusal(request, error),
            HTTPException: lambda request, error: explain.http(request, error),
            Exception: lambda request, error: explain.fault(request, error),
        },
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


class _Explain:
    """Turns errors into pages that say what is wrong and where to go."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def refusal(self, request: AnyRequest, error: CrossdockError) -> AnyResponse:
        """Show an error of ours in its own words."""
        return self._page(request, error.title, error.detail, error.status)

    def http(self, request: AnyRequest, error: HTTPException) -> AnyResponse:
        """Show what the framework refused."""
        if error.status_code == 404:
            return self._page(request, "There is no such page", "Check the address, or start from one of these.", 404)
        title = "This is not possible" if error.status_code < 500 else "Something went wrong on our side"
        return self._page(request, title, str(error.detail), error.status_code)

    def fault(self, request: Request[Any, Any, Any], error: Exception) -> AnyResponse:
        """Show that the fault is ours, and keep its details for the log."""
        log.error("a page failed: %s", request.url.path, exc_info=error)
        return self._page(request, "Something went wrong on our side", "The page could not be made. Try it again.", 500)

    def _page(self, request: AnyRequest, title: str, detail: str, status: int) -> AnyResponse:
        template = "error.html" if getattr(request.state, "signed_in", None) else "error_outside.html"
        page = self._console.page(request, template, title=title, detail=detail, request_id="", status=status)
        return _add_headers(page)
