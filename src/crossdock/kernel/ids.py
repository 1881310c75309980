"""Prefixed, sortable ids: a 63-bit integer inside, ``ord_`` and thirteen letters outside.

Layout, high to low: 42 bits of milliseconds since 2020-01-01 UTC, 8 bits of worker, 13 bits of sequence. Tables keep
the bare integer (eight bytes, appended at the end of every index); the prefix is added where people see it.
"""

from __future__ import annotations

import threading
import time

from crossdock.kernel.errors import Invalid

EPOCH_MS = 1_577_836_800_000
_WORKER_BITS = 8
_SEQUENCE_BITS = 13
MAX_WORKERS = 1 << _WORKER_BITS
_PER_MS = 1 << _SEQUENCE_BITS
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base 32: no i, l, o, u to misread
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH = 13
MAX_ID = (1 << 63) - 1

# Every two letters at once: encoding is on the hot path (each order answers with several ids).
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


class IdFactory:
    """Hands out ids that never repeat within a worker and sort by the time they were made.

    A clock that steps back does not repeat ids: the last millisecond seen goes on being used until time passes it.
    """

    def __init__(self, worker: int = 0, now_ms: int | None = None) -> None:
        if not 0 <= worker < MAX_WORKERS:
            raise ValueError(f"worker must be within 0..{MAX_WORKERS - 1}, not {worker}")
        self.worker = worker
        self._next = ((now_ms or _now_ms()) - EPOCH_MS) << _SEQUENCE_BITS
        self._lock = threading.Lock()

    def take(self, count: int = 1) -> list[int]:
        """Return ``count`` new ids in ascending order."""
        floor = (_now_ms() - EPOCH_MS) << _SEQUENCE_BITS
        with self._lock:
            start = max(self._next, floor)
            self._next = start + count
        worker = self.worker << _SEQUENCE_BITS
        low = _PER_MS - 1
        shift = _WORKER_BITS
        return [((n & ~low) << shift) | worker | (n & low) for n in range(start, start + count)]

    def one(self) -> int:
        """Return one new id."""
        return self.take(1)[0]


class IdBlock:
    """Ids taken a few hundred at a time, for one thread that needs many; ``renew`` keeps them close to the present."""

    _SIZE = 512

    def __init__(self, factory: IdFactory) -> None:
        self._factory = factory
        self._left: list[int] = []

    @property
    def worker(self) -> int:
        """The worker whose ids these are."""
        return self._factory.worker

    def renew(self) -> None:
        """Forget what was taken ahead, so that the next ids carry the time at which they are used."""
        self._left.clear()

    def one(self) -> int:
        """Return one new id."""
        left = self._left
        if not left:
            left.extend(reversed(self._factory.take(self._SIZE)))
        return left.pop()

    def take(self, count: int) -> list[int]:
        """Return ``count`` new ids in ascending order."""
        left = self._left
        if len(left) < count:
            return self._factory.take(count)
        taken = left[: -count - 1 : -1]
        del left[-count:]
        return taken


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def encode_id(prefix: str, value: int) -> str:
    """Write an id as people see it: ``encode_id("ord", 5)`` is ``ord_0000000000005``."""
    return (
        f"{prefix}_{_ALPHABET[value >> 60 & 31]}{_PAIRS[value >> 50 & 1023]}{_PAIRS[value >> 40 & 1023]}"
        f"{_PAIRS[value >> 30 & 1023]}{_PAIRS[value >> 20 & 1023]}{_PAIRS[value >> 10 & 1023]}{_PAIRS[value & 1023]}"
    )


def decode_id(prefix: str, text: str) -> int:
    """Read an id back; raises Invalid when the prefix or a letter is wrong."""
    head, _, body = text.partition("_")
    if head != prefix or len(body) != _LENGTH:
        raise Invalid(f"'{text[:40]}' is not an id of the form {prefix}_… with {_LENGTH} letters.")
    value = 0
    for letter in body:
        digit = _VALUES.get(letter)
        if digit is None:
            raise Invalid(f"'{text[:40]}' is not an id: '{letter}' is no letter of one.")
        value = value << 5 | digit
    if value > MAX_ID:
        raise Invalid(f"'{text[:40]}' is not an id: it is too large.")
    return value
