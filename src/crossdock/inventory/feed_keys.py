"""Which records a source has told: 64 bits of each record's name, and 64 bits of what it said, in sorted runs.

A random text index would cost more per row than everything else. Here a part of 10,000 rows is looked up in a few
sorted arrays, and what is kept in the database is one blob a part. A name that was never told is taken for a told one
with a probability of n / 2⁶⁴ (n: records remembered); as its content then differs it is refused and named in the error
file, so that a record is swallowed in silence with a probability of n / 2¹²⁸.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Marks = np.ndarray[Any, np.dtype[np.uint64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

_RUN = 1 << 18  # a run is merged no further: merging must not hold up the writer for more than some 20 ms
_C1, _C2, _C3 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_S30, _S27, _S31 = (np.uint64(n) for n in (30, 27, 31))


def hash_texts(texts: Sequence[str]) -> Marks:
    """Return 64 bits of each text: the same on every machine and in every process, for ever."""
    if not texts:
        return np.zeros(0, np.uint64)
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    packed = np.array(encoded, dtype=bytes)
    width = -(-packed.dtype.itemsize // 8) * 8
    lanes = packed.astype(f"S{width}").view("<u8").reshape(len(texts), -1)
    hashed = _mix(np.fromiter(map(len, encoded), np.uint64, len(texts)))
    longest = np.fromiter(map(len, encoded), np.int64, len(texts))
    for lane in range(lanes.shape[1]):
        # Only the lanes that a text has: its hash must not depend on how long its neighbors are.
        hashed = np.where(longest > lane * 8, _mix(hashed ^ lanes[:, lane]), hashed)
    return hashed


def hash_columns(*columns: np.ndarray[Any, Any]) -> Marks:
    """Return 64 bits of each row of these columns of 64-bit numbers."""
    hashed = np.full(len(columns[0]), _C1, np.uint64)
    for column in columns:
        hashed = _mix(hashed ^ column.astype(np.int64).view(np.uint64))
    return hashed


def _mix(value: Marks) -> Marks:
    """The finalizer of splitmix64 (Steele, Lea, Flood 2014), whose every output bit depends on every input bit."""
    value = value + _C1
    value = (value ^ (value >> _S30)) * _C2
    value = (value ^ (value >> _S27)) * _C3
    return value ^ (value >> _S31)


class _Run(NamedTuple):
    keys: Marks
    marks: Marks
    first: int
    last: int


class RecentKeys:
    """The records of one source that are remembered, by the numbers of the parts that told them."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self.seen = -1
        """The number of the last part that is in here."""

    def __len__(self) -> int:
        return sum(len(run.keys) for run in self._runs)

    def find(self, keys: Marks) -> tuple[Flags, Marks]:
        """Say which of these were told before, and the mark of what they said then."""
        told = np.zeros(len(keys), np.bool_)
        marks = np.zeros(len(keys), np.uint64)
        if not self._runs or not len(keys):
            return told, marks
        order = np.argsort(keys)  # in order, so that the search walks through each run once
        wanted = keys[order]
        for run in self._runs:
            at = np.searchsorted(run.keys, wanted)
            at[at == len(run.keys)] = 0
            hit = run.keys[at] == wanted
            told[order[hit]] = True
            marks[order[hit]] = run.marks[at[hit]]
        return told, marks

    def add(self, keys: Marks, marks: Marks, number: int) -> None:
        """Remember what a part has told."""
        self.seen = max(self.seen, number)
        if not len(keys):
            return
        self._runs.append(_sorted(keys, marks, number, number))
        while len(self._runs) > 1:
            older, newer = self._runs[-2:]
            if len(older.keys) > 2 * len(newer.keys) or len(older.keys) + len(newer.keys) > _RUN:
                break
            self._runs[-2:] = [
                _sorted(
                    np.concatenate((older.keys, newer.keys)),
                    np.concatenate((older.marks, newer.marks)),
                    older.first,
                    newer.last,
                )
            ]

    def forget(self, most: int) -> None:
        """Forget the oldest runs beyond so many records."""
        while len(self._runs) > 1 and len(self) - len(self._runs[0].keys) >= most:
            del self._runs[0]


def _sorted(keys: Marks, marks: Marks, first: int, last: int) -> _Run:
    order = np.argsort(keys, kind="stable")
    return _Run(keys[order], marks[order], first, last)


def pack(keys: Marks, marks: Marks) -> bytes:
    """Pack keys and marks into 16 bytes a record."""
    return np.column_stack((keys, marks)).astype("<u8").tobytes()


def unpack(packed: bytes) -> tuple[Marks, Marks]:
    """Return the keys and marks of a blob."""
    pairs = np.frombuffer(packed, dtype="<u8").reshape(-1, 2)
    return pairs[:, 0].astype(np.uint64), pairs[:, 1].astype(np.uint64)


def repeated_within(keys: Marks, keyed: Flags) -> tuple[Flags, np.ndarray[Any, np.dtype[np.int64]]]:
    """Say which rows repeat the record of an earlier row of the same part, and which row that is."""
    count = len(keys)
    first = np.arange(count, dtype=np.int64)
    rows = np.flatnonzero(keyed)
    if len(rows) < 2:
        return np.zeros(count, np.bool_), first
    order = rows[np.argsort(keys[rows], kind="stable")]
    same = np.zeros(len(order), np.bool_)
    same[1:] = keys[order[1:]] == keys[order[:-1]]
    if not same.any():
        return np.zeros(count, np.bool_), first
    heads = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    first[order] = order[heads]
    repeats = np.zeros(count, np.bool_)
    repeats[order[same]] = True
    return repeats, first
