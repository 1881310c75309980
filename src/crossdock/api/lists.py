"""What lists have in common: the link to the next page, and pages by a key or an id."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from crossdock.api.http import Call, Header


def next_link(call: Call, cursor: str | None) -> tuple[Header, ...]:
    """Return the Link header of the next page; none on the last."""
    if cursor is None:
        return ()
    pairs = [(name, value) for name, value in parse_qsl(call.query_string.decode("latin-1")) if name != "cursor"]
    address = f"{call.operation.path}?{urlencode([*pairs, ('cursor', cursor)])}"
    return ((b"link", f'<{address}>; rel="next"'.encode("latin-1", "replace")),)
