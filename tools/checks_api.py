"""The API's documentation against the code: every error and event is described, and openapi.json is what it would be.

`python -m tools.checks_api` writes docs/reference/openapi.json anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from crossdock import app, serve
from crossdock.api import openapi
from crossdock.api.table import operations
from crossdock.cli import run
from crossdock.events import CATALOG
from crossdock.kernel.errors import CrossdockError
from tools.check_docs import check

OPENAPI = Path("docs/reference/openapi.json")
LOADED = (app, run, serve)  # they import every feature, and so every error


@check
def errors_are_documented(root: Path) -> Iterator[str]:
    """docs/reference/errors.md has a row for every code, with its status, and for no other."""
    page = root / "docs/reference/errors.md"
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \|", page.read_text(), re.MULTILINE)
    described = {code: int(status) for code, status in rows}
    ours = {code: error for code, error in CrossdockError.registry.items() if error.__module__.startswith("crossdock.")}
    for code, error in sorted(ours.items()):
        if described.get(code) != error.status:
            yield f"{page.relative_to(root)}: `{code}` with status {error.status} is not described"
    for code in sorted(described.keys() - ours.keys()):
        yield f"{page.relative_to(root)}: no error has the code `{code}`"


@check
def events_are_documented(root: Path) -> Iterator[str]:
    """docs/reference/events.md has a heading for every type and names each of its fields."""
    page = root / "docs/reference/events.md"
    parts = re.split(r"^### `([a-z_.]+)`$", page.read_text(), flags=re.MULTILINE)
    described = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name, event in CATALOG.items():
        if name not in described:
            yield f"{page.relative_to(root)}: the type `{name}` is not described"
            continue
        for field in event.data.__struct_fields__:
            if f"`{field}`" not in described[name]:
                yield f"{page.relative_to(root)}: `{name}` does not tell of its field `{field}`"
    for name in sorted(described.keys() - CATALOG.keys()):
        yield f"{page.relative_to(root)}: there is no type `{name}`"


@check
def operations_are_documented(root: Path) -> Iterator[str]:
    """docs/reference/api.md names every operation by method and path."""
    page = root / "docs/reference/api.md"
    text = page.read_text()
    for operation in operations():
        if f"`{operation.method} {operation.path}`" not in text:
            yield f"{page.relative_to(root)}: `{operation.method} {operation.path}` is not named"


@check
def openapi_is_current(root: Path) -> Iterator[str]:
    """docs/reference/openapi.json is what the table of operations makes."""
    if (root / OPENAPI).read_bytes() != openapi.encoded(operations()):
        yield f"{OPENAPI}: the API has changed; run python -m tools.checks_api"


if __name__ == "__main__":
    OPENAPI.write_bytes(openapi.encoded(operations()))
