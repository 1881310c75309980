"""Importing orders from NDJSON: the upload is spooled, then captured window by window, and goes on after a crash.

A window's orders are captured, its faults appended to the error file, and only then is the offset moved behind it.
After a crash the window is done again: orders are idempotent by their external id, and faults behind the offset are
cut off the file first, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from crossdock.kernel.errors import CrossdockError, FieldError, Unavailable
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor, CaptureOrder
from crossdock.orchestration.job_runner import (
    PATIENCE_SECONDS,
    Backend,
    JobRunner,
    append_faults,
    be_patient,
    cut_faults,
    error_file,
    new_job,
    spool_dir,
)
from crossdock.orchestration.jobs import job_request
from crossdock.orders.content import order_hash
from crossdock.orders.model import OrderIn
from crossdock.storage import jobs
from crossdock.storage.jobs import Job, Work

KIND = "orders.import"
WINDOW = 512
MAX_LINE = 8 * 1024 * 1024
Decode = Callable[[bytes], OrderIn]
"""Reads one line; raises a CrossdockError with every fault."""


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
    errors: tuple[FieldError, ...] = ()


class _Line(NamedTuple):
    number: int
    offset: int
    body: bytes


class _Decoded(NamedTuple):
    """A line as an order, or what is wrong with it."""

    number: int
    offset: int
    order: OrderIn | None
    mark: bytes
    error: CrossdockError | None


class _Window(NamedTuple):
    """Some lines of the upload, the offset behind them, and the number of the last."""

    lines: list[_Decoded]
    end: int
    last: int


def _fault(line: _Decoded, error: CrossdockError) -> ImportFault:
    name = "" if line.order is None else line.order.external_id
    return ImportFault(line.number, line.offset, error.code, error.detail, name, errors=error.errors)


def new_import(
    file: str, size: int, created_by: str, *, dry_run: bool, key: tuple[str, str, bytes] | None = None
) -> Work:
    """Return the command that makes the job of a spooled upload (job_runner.new_job)."""
    request = msgspec.json.encode({"file": file, "size": size, "dry_run": dry_run}).decode()
    return new_job(KIND, request, created_by, key)


class ImportRunner(JobRunner):
    """Works on the imports of this process, one at a time."""

    kind = KIND
    suffixes = (".part", ".ndjson")

    def __init__(self, backend: Backend, decode: Decode) -> None:
        super().__init__(backend)
        self._decode = decode

    async def do(self, job: Job) -> None:
        """Capture the rest of an upload, window by window."""
        asked = job_request(job)
        path, faults = spool_dir(self._backend.data_dir) / asked.file, error_file(self._backend.data_dir, job.id)
        await asyncio.to_thread(cut_faults, faults, job.offset)
        done, failed = job.done, job.failed
        read = asyncio.to_thread(self._read, path, job.offset, done + failed)
        ahead = asyncio.ensure_future(read)
        while True:
            window = await ahead
            if not window.lines and window.end >= asked.size:
                break
            # The next window is read and decoded while the writer is busy with this one.
            ahead = asyncio.ensure_future(asyncio.to_thread(self._read, path, window.end, window.last))
            found = await self._capture(job, window.lines, dry_run=asked.dry_run)
            await asyncio.to_thread(append_faults, faults, found)
            done, failed = done + len(window.lines) - len(found), failed + len(found)
            if not await self.submit(_progress(job.id, done, failed, window.end)):
                await ahead
                await self.finish(job, "canceled")
                return
        await self.finish(job, "succeeded")
        path.unlink(missing_ok=True)

    def _read(self, path: Path, offset: int, number: int) -> _Window:
        """Read a window and decode its lines; on a thread of its own."""
        lines, end, last = _read_window(path, offset, number)
        return _Window([self._decoded(line) for line in lines], end, last)

    def _decoded(self, line: _Line) -> _Decoded:
        try:
            order = self._decode(line.body)
        except CrossdockError as error:
            return _Decoded(line.number, line.offset, None, b"", error)
        return _Decoded(line.number, line.offset, order, order_hash(order), None)

    async def _capture(self, job: Job, lines: list[_Decoded], *, dry_run: bool) -> list[ImportFault]:
        actor = Actor(job.created_by, encode_id("job", job.id))
        faults = {line.number: _fault(line, line.error) for line in lines if line.error is not None}
        left = [] if dry_run else [line for line in lines if line.order is not None]
        patience = iter(PATIENCE_SECONDS)
        while left:
            commands = [CaptureOrder(actor=actor, order=d.order, content_hash=d.mark) for d in left if d.order]
            again: list[_Decoded] = []
            for line, outcome in zip(left, await self._backend.submit_all(commands), strict=True):
                if isinstance(outcome, Unavailable):
                    again.append(line)
                elif isinstance(outcome, CrossdockError):
                    faults[line.number] = _fault(line, outcome)
                elif isinstance(outcome, BaseException):
                    raise outcome
            left = again
            if left:
                await be_patient(patience)
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


__all__ = ["ImportFault", "ImportRunner", "error_file", "new_import", "spool_dir"]
