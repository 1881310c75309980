"""Who may see a page: a live session, a matching form token, and headers that let nothing foreign run."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.response import Redirect

from crossdock.identity import SignedIn, find_session
from crossdock.kernel.clock import Clock
from crossdock.web.backend import Backend

COOKIE = "crossdock_session"
FORM_TOKEN = "csrf"  # noqa: S105  (the field's name)
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SAFE = frozenset({"GET", "HEAD"})

AnyRequest = Request[Any, Any, Any]
AnyResponse = Response[Any]


class Door:
    """Lets requests of a live session pass and sends everybody else to the sign-in page."""

    def __init__(self, backend: Backend, clock: Clock) -> None:
        self._backend = backend
        self._clock = clock

    async def check(self, request: AnyRequest) -> AnyResponse | None:
        """Find the session and, for whatever changes something, compare the form's token; None lets it pass."""
        token = request.cookies.get(COOKIE, "")
        now = self._clock()
        signed_in = await self._backend.database.read(lambda s: find_session(s, token, now)) if token else None
        if signed_in is None:
            return turn_away(request)
        request.state.signed_in = signed_in
        request.state.session_token = token
        if request.method not in _SAFE:
            await check_form_token(request, signed_in)
        return None


def turn_away(request: AnyRequest) -> AnyResponse:
    """Send a stranger to the sign-in page; the page asked for comes back afterwards."""
    if request.method not in _SAFE:
        return Redirect("/sign-in", status_code=303)
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = f"{request.url.path}{query}"
    target = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted, safe='')}"
    if request.headers.get("hx-request"):
        # A fragment must not be filled with the sign-in page: the browser goes there as a whole.
        return Response(b"", status_code=200, headers={"HX-Redirect": target})
    return Redirect(target, status_code=303)


async def check_form_token(request: AnyRequest, signed_in: SignedIn) -> None:
    """Refuse a form that was not made for this session (CSRF)."""
    form = await request.form()
    given = str(form.get(FORM_TOKEN, ""))
    if not same_site(request) or not hmac.compare_digest(given.encode(), signed_in.csrf_token.encode()):
        raise PermissionDeniedException("This form is not from your session. Open the page again and repeat.")


def same_site(request: AnyRequest) -> bool:
    """Say whether the browser sent the request from one of our own pages, as far as it tells."""
    fetched_from = request.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def session_cookie(request: AnyRequest, token: str, max_age: int) -> Cookie:
    """Return the session's cookie: no script reads it, no other site sends it, over HTTPS only where there is HTTPS."""
    return Cookie(
        key=COOKIE,
        value=token,
        max_age=max_age,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def own_path(target: str) -> str:
    """Return a path on this site to go on to; anything that leads elsewhere becomes the home page."""
    parts = urlsplit(target)
    fine = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if fine and "\\" not in target and target.isprintable() else "/"
