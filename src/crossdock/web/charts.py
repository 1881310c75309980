"""Charts as data: what `chart.js` draws is a JSON document in the page, read as text and never run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup


class Bars(msgspec.Struct, frozen=True, omit_defaults=True):
    """Bars with their names; a bar may lead somewhere, and one may be marked."""

    names: Sequence[str]
    orders: Sequence[int]
    units: Sequence[int]
    links: Sequence[str] = ()
    marked: int = -1


def bars(
    names: Sequence[str], orders: Sequence[int], units: Sequence[int], *, links: Sequence[str] = (), marked: int = -1
) -> Markup:
    """Return the JSON of a bar chart, safe inside a script element of type application/json."""
    text = msgspec.json.encode(Bars(names, orders, units, links, marked)).decode()
    # Nothing in a JSON string may end the element it stands in.
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704
