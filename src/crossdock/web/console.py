"""The console as the handlers see it: reads, submits, and turns a template into a page."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response

from crossdock.identity import SignedIn
from crossdock.kernel.clock import Clock
from crossdock.web import words
from crossdock.web.backend import Backend
from crossdock.web.formats import Formats
from crossdock.web.security import AnyRequest, AnyResponse

T = TypeVar("T")
HERE = Path(__file__).parent
STATIC = HERE / "static"
NAVIGATION = (
    ("Home", "/", "home"),
    ("Orders", "/orders", "shopping-cart"),
    ("Inventory", "/inventory", "packages"),
    ("Promise", "/promise", "calendar"),
    ("Routing", "/policies", "route"),
    ("Network", "/network", "map-pin"),
)
PARTS = {
    "Inventory": (
        ("Stock", "/inventory"),
        ("Views", "/views"),
        ("Feeds", "/feeds"),
        ("Reservations", "/reservations"),
        ("Supply", "/supply"),
    )
}
"""The pages of a section that has several: under it in the side bar, as tabs on a phone."""


class Console:
    """What every page needs."""

    def __init__(self, backend: Backend, clock: Clock, zone: str) -> None:
        self.backend = backend
        self.clock = clock
        self.zone = ZoneInfo(zone)
        self.environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        Formats(self.zone, clock).add_to(self.environment)
        self.environment.globals |= {"asset": asset, "navigation": NAVIGATION, "parts": PARTS, "words": words}

    async def read(self, work: Callable[[Any], T]) -> T:
        """Run a query function in one snapshot."""
        return await self.backend.database.read(work)

    def submit(self, command: Any) -> Awaitable[Any]:
        """Ask the writer."""
        return self.backend.submit(command)

    def page(
        self,
        request: AnyRequest,
        template: str,
        /,
        *,
        section: str = "",
        part: str = "",
        status: int = 200,
        **context: Any,
    ) -> AnyResponse:
        """Return a page of the frame: who is signed in, where one is, and the template's own context."""
        signed_in: SignedIn | None = getattr(request.state, "signed_in", None)
        frame = {
            "section": section,
            "part": part,
            "user": signed_in and signed_in.user,
            "csrf_token": signed_in.csrf_token if signed_in else "",
            "path": request.url.path,
            "notes": (),
            "seek": "",
        }
        content = self.environment.get_template(template).render(frame | context)
        return Response(content, media_type=MediaType.HTML, status_code=status)


@cache
def asset(name: str) -> str:
    """Return the address of a static file, with its content in it: it may be kept for a year and is never stale."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={mark}"
