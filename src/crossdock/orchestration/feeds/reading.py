"""An upload of a feed, read block by block into parts: whole lines, decoded and looked up, on a reader's thread."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from crossdock.catalog import store as catalog
from crossdock.inventory.feed_arithmetic import NEVER
from crossdock.inventory.feed_decoding import CsvReader, Fault, Reader, read_ndjson
from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_rows import BUNDLE, Names, Rows, by_position, joined, resolve
from crossdock.storage.jobs import Job
from crossdock.storage.session import Session

BLOCK = 16 << 20
_PIECE = 1 << 20  # decoded at once: it holds the interpreter for some milliseconds
_MOST_NAMES = 2_000_000
_MAX_LINE = 64 * 1024
Format = Literal["ndjson", "csv"]


class FeedRequest(msgspec.Struct, frozen=True):
    """What an import of a feed was asked to do."""

    file: str
    size: int
    source: str
    dry_run: bool = False
    format: Format = "ndjson"
    name: str = ""
    as_of: int = 0
    """When rows were counted that do not say so themselves; of a full snapshot, when it was begun."""
    full: bool = False
    locations: tuple[str, ...] = ()
    """The locations of which a full snapshot tells everything: what it leaves out there is not there."""


def feed_request(job: Job) -> FeedRequest:
    """Return what the job was asked to do."""
    return msgspec.json.decode(job.request, type=FeedRequest)


class Block(NamedTuple):
    """Some lines: rows that can be applied, faults of the rest, where the next block begins and its line's number."""

    rows: Rows
    faults: list[Fault]
    end: int
    next_line: int


class Lookup:
    """SKUs and location codes that were looked up; forgotten when the configuration changes."""

    def __init__(self) -> None:
        self._items: dict[str, int] = {}
        self._locations: dict[str, int] = {}
        self._seen: tuple[int, int] = (-1, -1)

    def names(self, session: Session, skus: set[str], source: FeedSource) -> Names:
        """Return what these SKUs and all locations stand for."""
        count, last = session.fetch("SELECT count(*), coalesce(max(id), 0) FROM config_log")[0]
        if (count, last) != self._seen or len(self._items) > _MOST_NAMES:
            self._items = {}
            self._locations = dict(map(tuple, session.fetch("SELECT code, id FROM locations")))
            self._seen = (count, last)
        items = self._items
        missing = [sku for sku in skus if sku not in items and "\x00" not in sku]
        for sku, facts in catalog.facts_by_sku(session, missing).items():
            items[sku] = BUNDLE if facts.components else facts.id
        allowed = {self._locations[code] for code in source.locations if code in self._locations}
        return Names(items, self._locations, frozenset(allowed) if source.locations else None)


class Upload:
    """A spooled file of a source."""

    def __init__(self, path: Path, asked: FeedRequest, source: FeedSource, lookup: Lookup) -> None:
        self._path, self._asked, self._source, self._lookup = path, asked, source, lookup
        self._read: Reader = read_ndjson
        self.start = 0
        if asked.format == "csv":
            with path.open("rb") as file:
                self._read = CsvReader(source.csv, file.readline(_MAX_LINE))
                self.start = file.tell()

    def line_at(self, offset: int) -> int:
        """Return the number of the line that begins at an offset."""
        lines, left = 1, offset
        with self._path.open("rb") as file:
            while left > 0 and (piece := file.read(min(left, _PIECE))):
                lines += piece.count(b"\n")
                left -= len(piece)
        return lines

    def block(self, session: Session, offset: int, line: int, now: int) -> Block:
        """Read the block that begins at an offset with the line of a number; its end is the same when it is over."""
        parts: list[Rows] = []
        faults: list[Fault] = []
        end = offset
        while True:
            rows, found, behind, line = self._piece(session, end, line, now)
            parts.append(rows)
            faults += found
            is_over, end = behind == end, behind
            if is_over or end - offset >= BLOCK:
                break
        return Block(by_position(joined(parts)), faults, end, line)

    def _piece(self, session: Session, offset: int, line: int, now: int) -> tuple[Rows, list[Fault], int, int]:
        """Return rows and faults of some lines, the offset behind them, and the number of the line there."""
        body, too_long, end = self._lines(offset, line)
        chunk = self._read(body, offset, line)
        told, asked = chunk.told, self._asked
        names = self._lookup.names(session, set(told.sku), self._source)
        oldest = asked.as_of if asked.full else NEVER
        rows, unknown = resolve(told, names, self._source, now, asked.as_of, oldest)
        faults = sorted([*too_long, *chunk.faults, *unknown], key=lambda fault: fault.line)
        return rows, faults, end, line + len(too_long) + chunk.lines

    def _lines(self, offset: int, line: int) -> tuple[bytes, list[Fault], int]:
        """Return whole lines; a line that is longer than a block is a fault, and the block ends behind it."""
        with self._path.open("rb") as file:
            file.seek(offset)
            body = file.read(_PIECE)
            cut = body.rfind(b"\n") + 1
            if len(body) < _PIECE:
                return body, [], offset + len(body)
            if cut:
                return body[:cut], [], offset + cut
            end = offset + len(body)
            while piece := file.read(_PIECE):
                cut = piece.find(b"\n") + 1
                end += cut or len(piece)
                if cut:
                    break
        fault = Fault(line, offset, "line_too_long", f"The line has more than {_PIECE:,} bytes.")
        return b"", [fault], end
