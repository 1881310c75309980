"""Rows of feeds as columns: whole chunks of NDJSON or CSV at once, line by line only where one is bad. Pure."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from crossdock.inventory.feed_arithmetic import NEVER, NOT_SAID, Ints
from crossdock.inventory.feed_model import MAX_QUANTITY, CsvProfile, Kind
from crossdock.kernel.document import Instant
from crossdock.kernel.errors import Invalid
from crossdock.network.calendars import zone

NOT_TOLD = NEVER
"""The instant of a row that does not say when."""


class FeedRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One fact of a feed: a count, or what was received, sold and so on, of an item at a location.

    ``record`` is the source's own name of a delta, by which it counts once; ``acknowledged`` are the claimed units that
    the source has taken off an ``available`` count, when it says so itself.
    """

    sku: Annotated[str, Meta(min_length=1, max_length=64)]
    location: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Annotated[int, Meta(ge=-MAX_QUANTITY, le=MAX_QUANTITY)]
    kind: Kind = "counted"
    occurred_at: Instant | None = None
    record: Annotated[str, Meta(max_length=120)] = ""
    reason: Annotated[str, Meta(max_length=300)] = ""
    acknowledged: Annotated[int, Meta(ge=0, le=MAX_QUANTITY)] | None = None


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the error file: which line of the upload was not taken, and why."""

    line: int
    offset: int
    code: str
    message: str
    sku: str = ""
    location: str = ""
    record: str = ""


class Told(NamedTuple):
    """Rows as columns: ``line`` counts from 1, ``offset`` is where the line begins."""

    line: Ints
    offset: Ints
    sku: list[str]
    location: list[str]
    kind: list[str]
    quantity: Ints
    at: Ints
    record: list[str]
    reason: list[str]
    acknowledged: Ints

    def __len__(self) -> int:
        return len(self.sku)


class Chunk(NamedTuple):
    """What some lines say: rows, the faults of lines that cannot be read, how many lines there were."""

    told: Told
    faults: list[Fault]
    lines: int


Reader = Callable[[bytes, int, int], Chunk]
"""Reads a chunk of whole lines: its bytes, the offset and the number of its first line."""

_decoder = msgspec.json.Decoder(FeedRow)
_TIMES_KEPT = 10_000


def read_ndjson(body: bytes, offset: int, number: int) -> Chunk:
    """Read a chunk of NDJSON; lines without anything are no rows."""
    try:
        rows = _decoder.decode_lines(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        rows = []
    starts, lines = _lines(body)
    if len(rows) == len(lines):
        return Chunk(_columns(rows, np.arange(number, number + len(rows)), starts + offset), [], len(lines))
    return _line_by_line(lines, starts + offset, number, _json_row)


class RowRefused(Exception):
    """A line that is no row: why, and of what it speaks as far as that can be read."""

    def __init__(self, code: str, message: str, sku: str = "", location: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.sku, self.location = code, message, sku, location


def _line_by_line(lines: Sequence[bytes], starts: Ints, number: int, decode: Callable[[bytes], FeedRow]) -> Chunk:
    rows: list[FeedRow] = []
    kept: list[int] = []
    faults: list[Fault] = []
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            rows.append(decode(line))
            kept.append(index)
        except RowRefused as refusal:
            place = number + index, int(starts[index])
            faults.append(Fault(*place, refusal.code, refusal.message, refusal.sku, refusal.location))
    at = np.array(kept, np.int64)
    return Chunk(_columns(rows, at + number, starts[at]), faults, len(lines))


class _Named(msgspec.Struct):
    sku: Any = ""
    location: Any = ""


def _json_row(line: bytes) -> FeedRow:
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            named = msgspec.json.decode(line, type=_Named)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise RowRefused("malformed", f"The line is no JSON document: {error}") from None
        # Of what a line speaks that cannot be taken: a full snapshot must not think it left out.
        sku, location = (text if isinstance(text, str) else "" for text in (named.sku, named.location))
        raise RowRefused("invalid", str(error), sku, location) from None


def _lines(body: bytes) -> tuple[Ints, list[bytes]]:
    """Return where each line begins, and the lines."""
    lines = body.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    lengths = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    return np.cumsum(lengths) - lengths, lines


def _columns(rows: Sequence[FeedRow], numbers: Ints, starts: Ints) -> Told:
    count = len(rows)
    return Told(
        line=numbers.astype(np.int64),
        offset=starts.astype(np.int64),
        sku=[row.sku for row in rows],
        location=[row.location for row in rows],
        kind=[row.kind for row in rows],
        quantity=np.fromiter((row.quantity for row in rows), np.int64, count),
        at=_instants([row.occurred_at for row in rows]),
        record=[row.record for row in rows],
        reason=[row.reason for row in rows],
        acknowledged=np.fromiter(
            (NOT_SAID if row.acknowledged is None else row.acknowledged for row in rows), np.int64, count
        ),
    )


def _instants(moments: Sequence[datetime | None]) -> Ints:
    """Return instants in microseconds; a float holds each to a quarter of one, so that rounding gives it exactly."""
    seconds = np.fromiter((NEVER if m is None else m.timestamp() for m in moments), np.float64, len(moments))
    told = seconds != NEVER
    return np.where(told, np.rint(np.where(told, seconds, 0.0) * 1e6), NOT_TOLD).astype(np.int64)


# -- CSV ---------------------------------------------------------------------------------------------------------------


class CsvReader:
    """Reads a source's CSV by its profile; a row is a line, so that an import can go on in the middle."""

    def __init__(self, profile: CsvProfile, header: bytes) -> None:
        self._profile = profile
        try:
            names = next(csv.reader([header.decode("utf-8-sig").rstrip("\r\n")], delimiter=profile.delimiter), [])
        except UnicodeDecodeError:
            raise Invalid("The header of the CSV is not UTF-8 text.") from None
        places = {name.strip().lower(): place for place, name in enumerate(names)}
        self._places = {
            field: places.get(column.strip().lower())
            for field, column in (
                ("sku", profile.sku),
                ("location", profile.location_column),
                ("quantity", profile.quantity),
                ("kind", profile.kind_column),
                ("occurred_at", profile.occurred_at),
                ("record", profile.record),
                ("reason", profile.reason),
                ("acknowledged", profile.acknowledged),
            )
        }
        needed = ["sku", "quantity"] if profile.location else ["sku", "quantity", "location"]
        missing = [field for field in needed if self._places[field] is None]
        if missing:
            wanted = {"sku": profile.sku, "quantity": profile.quantity, "location": profile.location_column}
            columns = ", ".join(f"'{wanted[field]}'" for field in missing)
            raise Invalid(f"The CSV has no column {columns}; its columns are {', '.join(names)[:200]}.")
        self._zone = zone(profile.time_zone)
        self._times: dict[str, datetime | None] = {"": None}

    def __call__(self, body: bytes, offset: int, number: int) -> Chunk:
        """Read a chunk of whole lines behind the header."""
        starts, lines = _lines(body)
        return _line_by_line(lines, starts + offset, number, self._row)

    def _row(self, line: bytes) -> FeedRow:
        try:
            text = line.decode("utf-8").rstrip("\r\n")
            cells = next(csv.reader([text], delimiter=self._profile.delimiter, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise RowRefused("malformed", f"The line is no row of CSV: {error}") from None
        said = {
            field: cells[place].strip() if place is not None and place < len(cells) else ""
            for field, place in self._places.items()
        }
        profile, kind = self._profile, said["kind"]
        sku, location = said["sku"], said["location"] or profile.location or ""
        try:
            row: dict[str, Any] = {
                "sku": sku,
                "location": location,
                "quantity": _whole(said["quantity"], profile.quantity),
                "kind": profile.kinds.get(kind, kind) if kind else profile.kind,
                "record": said["record"],
                "reason": said["reason"],
                "occurred_at": self._time(said["occurred_at"]),
            }
            if said["acknowledged"]:
                row["acknowledged"] = _whole(said["acknowledged"], profile.acknowledged)
            return msgspec.convert(row, FeedRow)
        except Invalid as fault:
            raise RowRefused("invalid", fault.detail, sku, location) from None
        except msgspec.ValidationError as fault:
            raise RowRefused("invalid", str(fault), sku, location) from None

    def _time(self, text: str) -> datetime | None:
        if text in self._times:
            return self._times[text]
        wanted = self._profile.time_format
        try:
            read = datetime.strptime(text, wanted) if wanted else datetime.fromisoformat(text)  # noqa: DTZ007
        except ValueError:
            raise Invalid(f"'{text[:40]}' is no time such as {wanted or '2026-11-21T09:00:00Z'}.") from None
        if read.tzinfo is None:
            read = read.replace(tzinfo=self._zone)
        if len(self._times) < _TIMES_KEPT:
            self._times[text] = read
        return read


def _whole(text: str, column: str) -> int:
    try:
        return int(text)
    except ValueError:
        whole, _, rest = text.partition(".")
        if rest and not rest.strip("0") and whole.removeprefix("-").isdigit():
            return int(whole)
        raise Invalid(f"'{text[:40]}' in the column '{column}' is no whole number.") from None
