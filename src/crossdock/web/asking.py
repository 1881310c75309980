"""What the address of a page asks for, as a value: unknown names are passed over, faults are said in words."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from litestar.di import NamedDependency

from crossdock.kernel.document import CLEAN
from crossdock.kernel.errors import Invalid
from crossdock.web.console import Console
from crossdock.web.security import AnyRequest

T = TypeVar("T", bound=msgspec.Struct)

Text = Annotated[str, msgspec.Meta(max_length=120, pattern=CLEAN)]
Site = NamedDependency[Console]
"""The console, as handlers ask for it."""


def asked(request: AnyRequest, kind: type[T]) -> T:
    """Read the query into a struct; a name that is given with nothing counts as not given."""
    query = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    try:
        return msgspec.convert(query, kind, strict=False)
    except msgspec.ValidationError as fault:
        raise Invalid(f"The address of this page has a fault: {fault}.") from None
