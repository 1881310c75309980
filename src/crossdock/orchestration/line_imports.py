"""Importing documents from NDJSON: spooled, then worked through window by window, and on after a crash.

A window's documents are recorded, its faults appended to the error file, and only then is the offset moved behind it.
After a crash the window is done again, so documents must be idempotent; faults behind the offset are cut off the file
first, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor
from crossdock.orchestration.job_runner import (
    Backend,
    JobRunner,
    append_faults,
    cut_faults,
    error_file,
    spool_dir,
)
from crossdock.orchestration.jobs import job_request
from crossdock.storage import jobs
from crossdock.storage.jobs import Job, Work

WINDOW = 512
MAX_LINE = 8 * 1024 * 1024
T = TypeVar("T")


class ImportFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the error file: which line of the upload, of what it speaks, and why it was not taken."""

    line: int
    offset: int
    code: str
    message: str
    external_id: str = ""
    sku: str = ""
    location: str = ""
    record: str = ""
    reference: str = ""
    errors: tuple[FieldError, ...] = ()


class Decoded(NamedTuple, Generic[T]):
    """A line as a document, or what is wrong with it."""

    number: int
    offset: int
    document: T | None
    error: CrossdockError | None


class _Line(NamedTuple):
    number: int
    offset: int
    body: bytes


class _Window(NamedTuple, Generic[T]):
    """Some lines of the upload, the offset behind them, and the number of the last."""

    lines: list[Decoded[T]]
    end: int
    last: int


class LineRunner(JobRunner, Generic[T]):
    """Works on the imports of one kind of document, one at a time."""

    def __init__(self, backend: Backend, decode: Callable[[bytes], T]) -> None:
        """``decode`` reads one line; it raises a CrossdockError with every fault."""
        super().__init__(backend)
        self._decode = decode

    @abc.abstractmethod
    async def record(self, actor: Actor, lines: Sequence[Decoded[T]]) -> dict[int, ImportFault]:
        """Record the documents of some lines; returns what is wrong with those that were not taken, by number."""

    @abc.abstractmethod
    def fault(self, line: Decoded[T], error: CrossdockError) -> ImportFault:
        """Say what is wrong with a line."""

    async def do(self, job: Job) -> None:
        """Record the rest of an upload, window by window."""
        asked = job_request(job)
        path, faults = spool_dir(self._backend.data_dir) / asked.file, error_file(self._backend.data_dir, job.id)
        await asyncio.to_thread(cut_faults, faults, job.offset)
        done, failed = job.done, job.failed
        ahead = asyncio.ensure_future(asyncio.to_thread(self._read, path, job.offset, done + failed))
        while True:
            window = await ahead
            if not window.lines and window.end >= asked.size:
                break
            # The next window is read and decoded while the writer is busy with this one.
            ahead = asyncio.ensure_future(asyncio.to_thread(self._read, path, window.end, window.last))
            found = await self._take(job, window.lines, dry_run=asked.dry_run)
            await asyncio.to_thread(append_faults, faults, found)
            done, failed = done + len(window.lines) - len(found), failed + len(found)
            if not await self.submit(_progress(job.id, done, failed, window.end)):
                await ahead
                await self.finish(job, "canceled")
                return
        await self.finish(job, "succeeded")
        path.unlink(missing_ok=True)

    def _read(self, path: Path, offset: int, number: int) -> _Window[T]:
        """Read a window and decode its lines; on a thread of its own."""
        lines, end, last = _read_window(path, offset, number)
        return _Window([self._decoded(line) for line in lines], end, last)

    def _decoded(self, line: _Line) -> Decoded[T]:
        try:
            return Decoded(line.number, line.offset, self._decode(line.body), None)
        except CrossdockError as error:
            return Decoded(line.number, line.offset, None, error)

    async def _take(self, job: Job, lines: Sequence[Decoded[T]], *, dry_run: bool) -> list[ImportFault]:
        faults = {line.number: self.fault(line, line.error) for line in lines if line.error is not None}
        whole = [line for line in lines if line.document is not None]
        if whole and not dry_run:
            faults |= await self.record(Actor(job.created_by, encode_id("job", job.id)), whole)
        return [faults[number] for number in sorted(faults)]


def _progress(job_id: int, done: int, failed: int, offset: int) -> Work:
    return Work(lambda unit: jobs.progress(unit, job_id, done, failed, offset))


def _read_window(path: Path, offset: int, number: int) -> tuple[list[_Line], int, int]:
    """Read up to a window of lines that are not empty; returns them, the offset behind them and the last number."""
    lines: list[_Line] = []
    size = 0
    with path.open("rb") as file:
        file.seek(offset)
        while len(lines) < WINDOW and size < MAX_LINE:
            start = file.tell()
            body = file.readline(MAX_LINE + 1)
            if not body:
                break
            while len(body) > MAX_LINE and not body.endswith(b"\n"):
                rest = file.readline(MAX_LINE)
                if not rest or rest.endswith(b"\n"):
                    break
            number += 1
            size += len(body)
            if body.strip():
                lines.append(_Line(number, start, body))
            else:
                number -= 1
        return lines, file.tell(), number
