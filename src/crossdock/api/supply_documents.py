"""The documents of supply that the API takes and gives beyond the feature's own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from crossdock.api.documents import NextCursor, View
from crossdock.inventory import SupplyLineIn, SupplyLineView, SupplyReceiptIn
from crossdock.kernel.document import Code, Input

MAX_LINES = 1_000


class SupplyBatch(Input, frozen=True):
    """Up to 1,000 supply lines, each announced or changed on its own."""

    lines: Annotated[tuple[SupplyLineIn, ...], Meta(min_length=1, max_length=MAX_LINES)]


class ReceiptBatch(Input, frozen=True):
    """Up to 1,000 receipts of one source, told in one transaction."""

    source: Code
    receipts: Annotated[tuple[SupplyReceiptIn, ...], Meta(min_length=1, max_length=MAX_LINES)]


class SupplyResult(View, frozen=True):
    """What became of one line; ``code`` and ``message`` say why one failed."""

    reference: str
    line: str
    id: str | None
    result: Literal["created", "changed", "unchanged", "failed"]
    code: str
    message: str


class SupplyResults(View, frozen=True):
    """A result for each line, in the order in which they came."""

    created: int
    changed: int
    unchanged: int
    failed: int
    results: tuple[SupplyResult, ...]


class ReceiptResult(View, frozen=True):
    """What became of one receipt: ``on_hand`` is what is physically at the location after it."""

    record: str
    reference: str
    line: str
    id: str | None
    result: Literal["recorded", "repeated", "failed"]
    on_hand: int | None
    code: str
    message: str


class ReceiptResults(View, frozen=True):
    """A result for each receipt, in the order in which they came."""

    recorded: int
    repeated: int
    failed: int
    results: tuple[ReceiptResult, ...]


class SupplyList(View, frozen=True):
    """A page of supply lines, the earliest expected first."""

    data: tuple[SupplyLineView, ...]
    next_cursor: NextCursor
