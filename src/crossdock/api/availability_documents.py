"""Documents of availability: what is asked and what is answered."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from crossdock.api.documents import Sku, View
from crossdock.inventory import Availability
from crossdock.kernel.document import Code, Input

MAX_PAIRS = 10_000


class AvailabilityList(View, frozen=True):
    """What can be promised of each SKU that exists, all as of one position of the log.

    ``stale`` says that the answer may be older than 100 ms: the process lags behind the database.
    """

    data: tuple[Availability, ...]
    stale: bool


class PairIn(Input, frozen=True):
    """One question: of a SKU as a channel sees it (without one: all of it), at a location (without one: anywhere)."""

    sku: Sku
    channel: Code | None = None
    location: Code | None = None


class PairsIn(Input, frozen=True):
    """Up to 10,000 questions, now or (``on``) by a date."""

    pairs: Annotated[tuple[PairIn, ...], Meta(min_length=1, max_length=MAX_PAIRS)]
    on: Annotated[date, Meta(description="with what arrives until then")] | None = None


class PairResult(View, frozen=True):
    """The answer to one question; ``code`` says what does not exist, else it is empty."""

    sku: str
    channel: str
    location: str
    available_to_promise: int
    level: Annotated[str, Meta(pattern="^(in_stock|low|out)$")]
    code: Annotated[str, Meta(pattern="^(unknown_item|unknown_channel|unknown_location)?$")]


class PairResults(View, frozen=True):
    """An answer for each question, in the order in which they came, all as of one position of the log."""

    results: tuple[PairResult, ...]
    stale: bool
