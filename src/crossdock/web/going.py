"""Sending the browser on after something was done."""

from __future__ import annotations

from litestar import Response
from litestar.response import Redirect

from crossdock.web.security import AnyRequest, AnyResponse


def go_to(request: AnyRequest, target: str) -> AnyResponse:
    """Send the browser on; a fragment's request asks the browser to go as a whole."""
    if request.headers.get("hx-request"):
        return Response(b"", status_code=200, headers={"HX-Redirect": target})
    return Redirect(target, status_code=303)
