"""Importing orders from NDJSON: the upload is spooled, then captured window by window, and goes on after a crash.

A window's orders are captured, its faults appended to the error file, and only then is the offset moved behind it.
After a crash the window is done again: orders are idempotent by their external id, and faults behind the offset are
cut off the file first, so nothing is lost and nothing counts twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from crossdock.kernel.clock import MINUTE
from crossdock.kernel.errors import CrossdockError, FieldError, Unavailable
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor, CaptureOrder
from crossdock.orchestration.errors import IdempotencyKeyReused
from crossdock.orchestration.jobs import JobView, finished, job_request, job_view
from crossdock.orders.content import order_hash
from crossdock.orders.model import OrderIn
from crossdock.storage import jobs, requests
from crossdock.storage.jobs import Job, Work
from crossdock.storage.unit import Unit

log = logging.getLogger(__name__)

KIND = "orders.import"
WINDOW = 512
MAX_LINE = 8 * 1024 * 1024
_IDLE = 5 * MINUTE  # a running job that has not moved for so long is nobody's any more
_MISSING = 10 * MINUTE  # how long a job whose upload is on no disk of ours is left to another machine
_ORPHAN_SECONDS = 24 * 3600
_LOOK_AROUND_SECONDS = 30
_PART, _UPLOAD = [".part"], [".ndjson"]
_PATIENCE_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 20, 30)

Decode = Callable[[bytes], OrderIn]
"""Reads one line; raises a CrossdockError with every fault."""


class Backend(Protocol):
    """What an import needs of the application."""

    def submit(self, command: Any) -> Awaitable[Any]:
        """Have the writer do a command."""

    def submit_all(self, commands: Sequence[Any]) -> Awaitable[list[Any]]:
        """Have the writer do commands; returns the answer or the error of each, in order."""

    def clock(self) -> int:
        """The present instant."""

    @property
    def database(self) -> Any:
        """The readers."""

    @property
    def data_dir(self) -> Path:
        """Where spooled files lie."""


class ImportFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the error file: which line of the upload, and why it was not taken."""

    line: int
    offset: int
    code: str
    message: str
    external_id: str = ""
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
    return ImportFault(line.number, line.offset, error.code, error.detail, name, error.errors)


async def _be_patient(patience: Iterator[float]) -> None:
    """Wait while the writer is overloaded or the database away; raises Unavailable when that has been for too long."""
    seconds = next(patience, None)
    if seconds is None:
        raise Unavailable("The writer has been overloaded or the database away for more than a minute.")
    await asyncio.sleep(seconds)


def spool_dir(data_dir: Path) -> Path:
    """Return the folder of spooled uploads and error files, made if need be."""
    folder = data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def error_file(data_dir: Path, job_id: int) -> Path:
    """Return where the faults of a job lie; no file when there are none."""
    return spool_dir(data_dir) / f"{encode_id('job', job_id)}.errors.ndjson"


def new_import(
    file: str, size: int, created_by: str, *, dry_run: bool, key: tuple[str, str, bytes] | None = None
) -> Work:
    """Return the command that makes the job of a spooled upload; its answer is the job's view and whether it is new.

    ``key`` is an Idempotency-Key's scope, key and fingerprint: the same upload again is answered with the first job.
    """
    request = msgspec.json.encode({"file": file, "size": size, "dry_run": dry_run}).decode()

    def do(unit: Unit) -> tuple[JobView, bool]:
        if key is not None:
            known = requests.recall(unit.session, [key[:2]]).get(key[:2])
            if known is not None:
                if known.fingerprint != key[2]:
                    raise IdempotencyKeyReused(f"The Idempotency-Key '{key[1]}' came with another upload before.")
                job = jobs.get(unit.session, int(known.body))
                if job is not None:
                    return job_view(job), False
        job = jobs.create(unit, KIND, created_by, request)
        if key is not None:
            requests.remember(unit, [(*key, 202, str(job.id))])
        return job_view(job), True

    return Work(do)


class ImportRunner:
    """Works on the imports of this process, one at a time."""

    def __init__(self, backend: Backend, decode: Decode) -> None:
        self._backend = backend
        self._decode = decode
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work, first on what was left unfinished."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="imports")
        self._wake.set()

    def wake(self) -> None:
        """Say that there is a new job."""
        self._wake.set()

    async def stop(self) -> None:
        """Stop between two windows; what is left goes on at the next start."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        # The one process of a SQLite file has no rivals: what runs at its start was its own before a crash.
        alone = self._backend.database.dialect == "sqlite"
        idle_before = self._backend.clock() - (0 if alone else _IDLE)
        swept = False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_AROUND_SECONDS)
            self._wake.clear()
            try:
                waiting = await self._backend.database.read(lambda session: jobs.unfinished(session, KIND))
                if not swept:
                    await asyncio.to_thread(_sweep, spool_dir(self._backend.data_dir), waiting)
                    swept = True
                for job in waiting:
                    await self._work(job, idle_before)
            except Unavailable as fault:
                log.warning("imports wait: %s", fault)
                await asyncio.sleep(1)
                self._wake.set()
            except Exception:
                log.exception("an import broke off")
            idle_before = self._backend.clock() - _IDLE

    async def _work(self, found: Job, idle_before: int) -> None:
        upload = spool_dir(self._backend.data_dir) / job_request(found).file
        if not upload.exists() and found.updated_at > self._backend.clock() - _MISSING:
            return  # it was uploaded to another machine, which will work on it
        job: Job | None = await self._submit(Work(lambda unit: jobs.begin(unit, found.id, idle_before)))
        if job is None:
            return
        try:
            await self._import(job)
        except FileNotFoundError:
            await self._finish(job, "failed", error="The uploaded file is not on this machine any more.")
        except OSError as fault:
            await self._finish(job, "failed", error=f"The uploaded file cannot be read: {fault.strerror}.")

    async def _import(self, job: Job) -> None:
        asked = job_request(job)
        path, faults = spool_dir(self._backend.data_dir) / asked.file, error_file(self._backend.data_dir, job.id)
        await asyncio.to_thread(_cut_faults, faults, job.offset)
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
            await asyncio.to_thread(_append_faults, faults, found)
            done, failed = done + len(window.lines) - len(found), failed + len(found)
            if not await self._submit(_progress(job.id, done, failed, window.end)):
                await ahead
                await self._finish(job, "canceled")
                return
        await self._finish(job, "succeeded")
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
        patience = iter(_PATIENCE_SECONDS)
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
                await _be_patient(patience)
        return [faults[number] for number in sorted(faults)]

    async def _submit(self, command: Any) -> Any:
        """Submit, and be patient while the writer is overloaded or the database away."""
        for seconds in _PATIENCE_SECONDS:
            try:
                return await self._backend.submit(command)
            except Unavailable:
                await asyncio.sleep(seconds)
        return await self._backend.submit(command)

    async def _finish(self, job: Job, state: jobs.State, error: str = "") -> None:
        def do(unit: Unit) -> None:
            after = jobs.finish(unit, job.id, state, error=error)
            if after is not None and after.state == state:
                finished(unit, after, job.created_by)

        await self._submit(Work(do))


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


def _sweep(folder: Path, unfinished: list[Job]) -> None:
    """Remove what broke off and what no job waits for, when it is older than a day; error files stay."""
    long_ago, wanted = time.time() - _ORPHAN_SECONDS, {job_request(job).file for job in unfinished}
    for path in folder.iterdir():
        if path.name not in wanted and path.suffixes in (_PART, _UPLOAD) and path.stat().st_mtime < long_ago:
            path.unlink(missing_ok=True)


def _append_faults(path: Path, faults: list[ImportFault]) -> None:
    if faults:
        with path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(fault) + b"\n" for fault in faults))


def _cut_faults(path: Path, offset: int) -> None:
    """Drop the faults of lines that are done again, and a last one that was only half written."""
    if not path.exists():
        return
    kept = []
    for row in path.read_bytes().splitlines():
        try:
            if msgspec.json.decode(row, type=ImportFault).offset < offset:
                kept.append(row + b"\n")
        except msgspec.DecodeError:
            continue
    path.write_bytes(b"".join(kept))


__all__ = ["ImportFault", "ImportRunner", "error_file", "new_import", "spool_dir"]
