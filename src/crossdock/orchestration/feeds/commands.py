"""What can be asked of the writer about feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_rows import Rows
from crossdock.inventory.feed_store import Tally
from crossdock.orchestration.commands import Answer, Command
from crossdock.storage.unit import Unit

MOST_ROWS = 16_384
"""Rows of a part at most: a movement names its row in 16 bits."""


class PutFeeds(Command, frozen=True):
    """Create or replace sources of stock facts by code. Answer: Put."""

    sources: tuple[FeedSource, ...]


class WatchFeeds(Command, frozen=True):
    """Look for sources that have fallen silent, and forget records that have had their time. Answer: FeedsWatched."""


class FeedPart(Command, frozen=True):
    """Record rows of a source in one transaction, or as many of the first of them as it bears. Answer: FeedPartDone.

    ``step`` hears, within the transaction, how many rows are done and what became of them; it says whether to go on,
    and what is to be counted in the run now. ``details`` are the rows' own words, packed. With ``zeroing`` the rows are
    what a full snapshot left out.
    """

    source_id: int
    run_id: int
    rows: Rows
    details: bytes
    failed: int = 0
    zeroing: bool = False
    step: Callable[[Unit, int, Tally], tuple[bool, Tally | None]] | None = None


class RefusedRow(msgspec.Struct, frozen=True):
    """A row that was not taken: its number in the part, and why."""

    row: int
    code: str
    message: str


class FeedPartDone(Answer):
    """Answer of FeedPart: how many rows are done, what became of each (feed_results), what is there after it."""

    done: int
    results: Any
    on_hand: Any
    refused: tuple[RefusedRow, ...] = ()
    tally: Tally = Tally()
    go_on: bool = True


class FeedsWatched(Answer):
    """Answer of WatchFeeds: the sources that have fallen silent just now, and how many parts' records it forgot."""

    silent: tuple[str, ...] = ()
    forgotten: int = 0
