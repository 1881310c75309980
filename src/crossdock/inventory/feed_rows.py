"""Rows of a feed with everything looked up: ids in the place of words, faults for what cannot be. Pure, by column."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from crossdock.inventory.feed_arithmetic import NEVER, NOT_SAID, Flags, Ints
from crossdock.inventory.feed_decoding import Fault, Told
from crossdock.inventory.feed_keys import Marks, hash_columns, hash_texts
from crossdock.inventory.feed_model import BASES, KINDS, SIGNED, FeedSource
from crossdock.inventory.model import MovementType
from crossdock.kernel.clock import rfc3339

UNKNOWN, BUNDLE = -1, -2
_NAMES = list(KINDS)
_NUMBER = {name: number for number, name in enumerate(_NAMES)}
_TYPE = np.array([KINDS[name][0].value for name in _NAMES], np.int64)
_SIGN = np.array([KINDS[name][1] for name in _NAMES], np.int64)
_MAY_BE_NEGATIVE = np.array([name in SIGNED for name in _NAMES])
_OWN_REASON = [KINDS[name][2] for name in _NAMES]
COUNTED = MovementType.COUNTED.value


class Names(NamedTuple):
    """What the words of rows stand for: SKUs (BUNDLE for one that is not stocked itself), location codes."""

    items: Mapping[str, int]
    locations: Mapping[str, int]
    allowed: frozenset[int] | None
    """The locations that the source may speak of; None for all."""


class Rows(NamedTuple):
    """Rows that can be applied, as columns; ``quantity`` is signed, or the count itself."""

    line: Ints
    offset: Ints
    item: Ints
    location: Ints
    type: Ints
    quantity: Ints
    at: Ints
    basis: Ints
    acknowledged: Ints
    key: Marks
    mark: Marks
    keyed: Flags
    record: list[str]
    reason: list[str]

    def __len__(self) -> int:
        return len(self.item)

    @property
    def is_count(self) -> Flags:
        """Which rows are counts."""
        counts: Flags = self.type == COUNTED
        return counts

    def part(self, start: int, stop: int) -> Rows:
        """Return the rows from one number to another."""
        columns: Any = [column[start:stop] for column in self]
        return Rows(*columns)


def resolve(
    told: Told, names: Names, source: FeedSource, now: int, default_at: int, oldest: int = NEVER
) -> tuple[Rows, list[Fault]]:
    """Return the rows that can be applied, and a fault for each that cannot.

    Rows that do not say when happened at ``default_at``; what a clock within its tolerance says is still to come
    happens now. Counts before ``oldest`` are no part of the snapshot that they came with.
    """
    count = len(told)
    find_item, find_location = names.items.get, names.locations.get
    item = np.fromiter((find_item(sku, UNKNOWN) for sku in told.sku), np.int64, count)
    location = np.fromiter((find_location(code, UNKNOWN) for code in told.location), np.int64, count)
    kind = np.fromiter(map(_NUMBER.__getitem__, told.kind), np.int64, count)
    at = np.where(told.at == NEVER, default_at, told.at)
    keyed = np.fromiter(map(bool, told.record), np.bool_, count)
    counts, sign = _TYPE[kind] == COUNTED, _SIGN[kind]
    faults = _Faults(told)
    faults.add(item == UNKNOWN, "unknown_item", lambda n: f"There is no item '{told.sku[n]}'.")
    faults.add(item == BUNDLE, "bundle_not_stocked",
               lambda n: f"'{told.sku[n]}' is a bundle: its parts are stocked, not itself.")  # fmt: skip
    faults.add(location == UNKNOWN, "unknown_location", lambda n: f"There is no location '{told.location[n]}'.")
    if names.allowed is not None:
        outside = ~np.isin(location, np.fromiter(names.allowed, np.int64, len(names.allowed)))
        faults.add(outside, "location_not_of_source",
                   lambda n: f"'{source.code}' does not speak of '{told.location[n]}'.")  # fmt: skip
    negative = (told.quantity < 0) & ~_MAY_BE_NEGATIVE[kind] & ~(counts & (source.basis == "available"))
    faults.add(negative, "negative_quantity", lambda n: f"{told.quantity[n]} units cannot be {told.kind[n]}.")
    faults.add(at > now + source.tolerance, "in_the_future",
               lambda n: f"{rfc3339(int(at[n]))} is later than now by more than the clock may be off.")  # fmt: skip
    faults.add(~counts & ~keyed, "record_required",
               lambda _: "A delta needs the source's own name of it in `record`, so that it counts once.")  # fmt: skip
    faults.add(counts & (at < oldest), "counted_before_snapshot",
               lambda n: f"{rfc3339(int(at[n]))} is before the instant of the full snapshot.")  # fmt: skip
    good = np.flatnonzero(~faults.found)
    quantity = np.where(sign < 0, -told.quantity, told.quantity)
    basis = np.full(count, BASES[source.basis].value, np.int64)
    mark = hash_columns(item, location, kind, told.quantity, told.at, told.acknowledged)
    pick: Any = good.tolist()
    rows = Rows(
        line=told.line[good],
        offset=told.offset[good],
        item=item[good],
        location=location[good],
        type=_TYPE[kind[good]],
        quantity=quantity[good],
        at=np.minimum(at[good], now),
        basis=basis[good],
        acknowledged=told.acknowledged[good],
        key=hash_texts([told.record[n] for n in pick]),
        mark=mark[good],
        keyed=keyed[good],
        record=[told.record[n] for n in pick],
        reason=[told.reason[n] or _OWN_REASON[kind[n]] for n in pick],
    )
    return rows, faults.all


class _Faults:
    """The first fault of each row."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self.found = np.zeros(len(told), np.bool_)
        self.all: list[Fault] = []

    def add(self, wrong: Flags, code: str, text: Any) -> None:
        told = self._told
        for n in np.flatnonzero(wrong & ~self.found).tolist():
            names = told.sku[n], told.location[n], told.record[n]
            self.all.append(Fault(int(told.line[n]), int(told.offset[n]), code, text(n), *names))
        self.found |= wrong


def counted_none(keys: Sequence[tuple[int, int]], at: int, basis: int) -> Rows:
    """Return counts of nothing, one for each position that a full snapshot has left out."""
    count = len(keys)
    item, location = np.array(keys, np.int64).reshape(-1, 2).T
    nothing = np.zeros(count, np.int64)
    return Rows(
        line=nothing,
        offset=nothing,
        item=item,
        location=location,
        type=np.full(count, COUNTED, np.int64),
        quantity=nothing,
        at=np.full(count, at, np.int64),
        basis=np.full(count, basis, np.int64),
        acknowledged=np.full(count, NOT_SAID, np.int64),
        key=np.zeros(count, np.uint64),
        mark=np.zeros(count, np.uint64),
        keyed=np.zeros(count, np.bool_),
        record=[""] * count,
        reason=["left out of a full snapshot"] * count,
    )


def joined(parts: Sequence[Rows]) -> Rows:
    """Return rows behind each other."""
    if len(parts) == 1:
        return parts[0]
    columns: Any = [
        np.concatenate(column) if isinstance(column[0], np.ndarray) else [text for texts in column for text in texts]
        for column in zip(*parts, strict=True)
    ]
    return Rows(*columns)


def by_position(rows: Rows) -> Rows:
    """Return rows in the order of the positions' keys, and in their own order within each.

    So each part of them touches the pages of a small stretch of the table, and every page but once.
    """
    order = np.lexsort((rows.location, rows.item))
    places = order.tolist()
    columns: Any = [column[order] if isinstance(column, np.ndarray) else [column[n] for n in places] for column in rows]
    return Rows(*columns)


class Details(msgspec.Struct, array_like=True, frozen=True):
    """The words of a part's rows, by row number: the source's names, and the reasons as places in a list."""

    records: list[str]
    reasons: list[str]
    reason: list[int]


def pack_details(records: Sequence[str], reasons: Sequence[str]) -> bytes:
    """Pack the words of rows: what a movement's cause leads back to."""
    words = {word: number for number, word in enumerate(dict.fromkeys(reasons))}
    one = [words[reason] for reason in reasons] if len(words) > 1 else []
    records = list(records) if any(records) else []
    return zlib.compress(msgspec.msgpack.encode(Details(records, list(words), one)), 1)


def words_of(details: Details, row: int) -> tuple[str, str]:
    """Return the record and the reason of a row."""
    record = details.records[row] if row < len(details.records) else ""
    if not details.reasons:
        return record, ""
    return record, details.reasons[details.reason[row] if row < len(details.reason) else 0]


def unpack_details(packed: bytes) -> Details:
    """Return the words of a part's rows."""
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Details)
