"""The door: one-time links, and the way out. The only pages that strangers see."""

from __future__ import annotations

from litestar import get, post
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath
from litestar.response import Redirect

from crossdock.identity import EndSession, NewSession, UseSignInLink, link_is_usable
from crossdock.kernel.clock import SECOND
from crossdock.kernel.errors import CrossdockError
from crossdock.web.asking import Site
from crossdock.web.security import COOKIE, AnyRequest, AnyResponse, own_path, same_site, session_cookie

TOKEN_LENGTH = 43


@get("/sign-in")
async def sign_in_page(request: AnyRequest, console: Site) -> AnyResponse:
    """Say how to get in."""
    return console.page(request, "sign_in.html", token="", next_path=_next(request), refused="")


@get("/sign-in/{token:str}")
async def sign_in_link(request: AnyRequest, console: Site, token: FromPath[str]) -> AnyResponse:
    """Ask before the link is used up: whatever only looks at links, as mail scanners do, does not spend it."""
    now = console.clock()
    usable = len(token) == TOKEN_LENGTH and await console.read(lambda session: link_is_usable(session, token, now))
    refused = "" if usable else "This link was used already, has expired, or never existed."
    return console.page(
        request, "sign_in.html", token=token if usable else "", next_path=_next(request), refused=refused,
        status=200 if usable else 403,
    )  # fmt: skip


@post("/sign-in/{token:str}", status_code=303)
async def sign_in(request: AnyRequest, console: Site, token: FromPath[str]) -> AnyResponse:
    """Trade the link for a session."""
    if not same_site(request):
        raise PermissionDeniedException("Open the sign-in link itself and sign in there.")
    try:
        new: NewSession = await console.submit(UseSignInLink(token=token))
    except CrossdockError as refusal:
        return console.page(
            request, "sign_in.html", token="", next_path="/", refused=refusal.detail, status=refusal.status
        )
    form = await request.form()
    response = Redirect(own_path(str(form.get("next", "/"))), status_code=303)
    response.set_cookie(session_cookie(request, new.token, (new.expires_at - console.clock()) // SECOND))
    return response


@post("/sign-out", status_code=303)
async def sign_out(request: AnyRequest, console: Site) -> AnyResponse:
    """End the session, here and in the browser."""
    await console.submit(EndSession(token=request.state.session_token))
    response = Redirect("/sign-in", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


def _next(request: AnyRequest) -> str:
    return own_path(request.query_params.get("next", "/"))


open_handlers = [sign_in_page, sign_in_link, sign_in]
handlers = [sign_out]
