"""Working on jobs that read an upload: one at a time in each lane, first what was left unfinished, until told to stop.

An upload is spooled before its job is made; the job's offset is moved when what is before it is recorded. So a job goes
on where it stopped, by this process at its next start or by another one when this has been silent for too long.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from crossdock.kernel.clock import MINUTE
from crossdock.kernel.errors import Unavailable
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.errors import IdempotencyKeyReused
from crossdock.orchestration.jobs import JobView, finished, job_request, job_view
from crossdock.storage import jobs, requests
from crossdock.storage.jobs import Job, Work
from crossdock.storage.unit import Unit

log = logging.getLogger(__name__)

_IDLE = 5 * MINUTE  # a running job that has not moved for so long is nobody's any more
_MISSING = 10 * MINUTE  # how long a job whose upload is on no disk of ours is left to another machine
_ORPHAN_SECONDS = 24 * 3600
_LOOK_AROUND_SECONDS = 30
PATIENCE_SECONDS = (0.1, 0.5, 1, 2, 5, 10, 20, 30)


class Backend(Protocol):
    """What a job needs of the application."""

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


class LineFault(Protocol):
    """A line of an error file knows where its line of the upload begins."""

    @property
    def offset(self) -> int:
        """Bytes before the line."""


class _Placed(msgspec.Struct):
    offset: int


def spool_dir(data_dir: Path) -> Path:
    """Return the folder of spooled uploads and error files, made if need be."""
    folder = data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def error_file(data_dir: Path, job_id: int) -> Path:
    """Return where the faults of a job lie; no file when there are none."""
    return spool_dir(data_dir) / f"{encode_id('job', job_id)}.errors.ndjson"


def new_job(kind: str, request: str, created_by: str, key: tuple[str, str, bytes] | None = None) -> Work:
    """Return the command that makes the job of a spooled upload; its answer is the job's view and whether it is new.

    ``key`` is an Idempotency-Key's scope, key and fingerprint: the same upload again is answered with the first job.
    """

    def do(unit: Unit) -> tuple[JobView, bool]:
        if key is not None:
            known = requests.recall(unit.session, [key[:2]]).get(key[:2])
            if known is not None:
                if known.fingerprint != key[2]:
                    raise IdempotencyKeyReused(f"The Idempotency-Key '{key[1]}' came with another upload before.")
                job = jobs.get(unit.session, int(known.body))
                if job is not None:
                    return job_view(job), False
        job = jobs.create(unit, kind, created_by, request)
        if key is not None:
            requests.remember(unit, [(*key, 202, str(job.id))])
        return job_view(job), True

    return Work(do)


class JobRunner(abc.ABC):
    """Works on the jobs of one kind of this process."""

    kind = ""
    suffixes: tuple[str, ...] = ()
    """What the kind's uploads end in; they are swept away when no job wants them any more."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    def start(self) -> None:
        """Begin to work, first on what was left unfinished."""
        self._stopping = False
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.kind)
        self._wake.set()

    def wake(self) -> None:
        """Say that there is a new job."""
        self._wake.set()

    async def stop(self) -> None:
        """Stop between two windows; what is left goes on at the next start."""
        # Cancelling alone may be lost: wait_for swallows it when what it waits for comes at the same moment.
        self._stopping = True
        tasks = [task for task in (self._task, *self._lanes.values()) if task is not None]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def lane(self, job: Job) -> str:
        """Return what jobs that must not run beside each other have in common."""
        return ""

    @abc.abstractmethod
    async def do(self, job: Job) -> None:
        """Do a job that is ours, from its offset on."""

    async def _run(self) -> None:
        # The one process of a SQLite file has no rivals: what runs at its start was its own before a crash.
        alone = self._backend.database.dialect == "sqlite"
        idle_before = self._backend.clock() - (0 if alone else _IDLE)
        swept = False
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_AROUND_SECONDS)
            if self._stopping:
                return
            self._wake.clear()
            try:
                waiting = await self._backend.database.read(lambda session: jobs.unfinished(session, self.kind))
                if not swept:
                    folder = spool_dir(self._backend.data_dir)
                    await asyncio.to_thread(_sweep, folder, self.suffixes, waiting)
                    swept = True
                self._fill_lanes(waiting, idle_before)
            except Unavailable as fault:
                log.warning("%s waits: %s", self.kind, fault)
                await asyncio.sleep(1)
                self._wake.set()
            except Exception:
                log.exception("looking for jobs of the kind %s broke off", self.kind)
            idle_before = self._backend.clock() - _IDLE

    def _fill_lanes(self, waiting: Sequence[Job], idle_before: int) -> None:
        lanes: dict[str, list[Job]] = {}
        for job in waiting:
            lanes.setdefault(self.lane(job), []).append(job)
        self._lanes = {lane: task for lane, task in self._lanes.items() if not task.done()}
        for lane, found in lanes.items():
            if lane not in self._lanes:
                task = self._work_on(found, idle_before)
                self._lanes[lane] = asyncio.get_running_loop().create_task(task, name=f"{self.kind} {lane}")

    async def _work_on(self, found: Sequence[Job], idle_before: int) -> None:
        some = False
        try:
            for job in found:
                some = await self._work(job, idle_before) or some
        except Unavailable as fault:
            log.warning("%s waits: %s", self.kind, fault)
            await asyncio.sleep(1)
            some = True
        except Exception:
            log.exception("a job of the kind %s broke off", self.kind)
        if some:  # what came into the lane meanwhile was left to it
            self._wake.set()

    async def _work(self, found: Job, idle_before: int) -> bool:
        """Do a job if it is ours; says whether it was."""
        upload = spool_dir(self._backend.data_dir) / job_request(found).file
        if not upload.exists() and found.updated_at > self._backend.clock() - _MISSING:
            return False  # it was uploaded to another machine, which will work on it
        job: Job | None = await self.submit(Work(lambda unit: jobs.begin(unit, found.id, idle_before)))
        if job is None:
            return False
        try:
            await self.do(job)
        except FileNotFoundError:
            await self.finish(job, "failed", error="The uploaded file is not on this machine any more.")
        except OSError as fault:
            await self.finish(job, "failed", error=f"The uploaded file cannot be read: {fault.strerror}.")
        return True

    async def submit(self, command: Any) -> Any:
        """Submit, and be patient while the writer is overloaded or the database away."""
        for seconds in PATIENCE_SECONDS:
            try:
                return await self._backend.submit(command)
            except Unavailable:
                await asyncio.sleep(seconds)
        return await self._backend.submit(command)

    async def finish(
        self, job: Job, state: jobs.State, result: Mapping[str, Any] | None = None, error: str = ""
    ) -> None:
        """Close a job and tell everybody."""
        counts = msgspec.json.encode(result or {}).decode()

        def do(unit: Unit) -> None:
            after = jobs.finish(unit, job.id, state, counts, error)
            if after is not None and after.state == state:
                finished(unit, after, job.created_by)

        await self.submit(Work(do))


async def be_patient(patience: Iterator[float]) -> None:
    """Wait while the writer is overloaded or the database away; raises Unavailable when that has been for too long."""
    seconds = next(patience, None)
    if seconds is None:
        raise Unavailable("The writer has been overloaded or the database away for more than a minute.")
    await asyncio.sleep(seconds)


def append_faults(path: Path, faults: Sequence[LineFault]) -> None:
    """Add faults to an error file."""
    if faults:
        with path.open("ab") as file:
            file.write(b"".join(msgspec.json.encode(fault) + b"\n" for fault in faults))


def cut_faults(path: Path, offset: int) -> None:
    """Drop the faults of lines that are done again, and a last one that was only half written."""
    if not path.exists():
        return
    kept = []
    for row in path.read_bytes().splitlines():
        try:
            if msgspec.json.decode(row, type=_Placed).offset < offset:
                kept.append(row + b"\n")
        except msgspec.DecodeError:
            continue
    path.write_bytes(b"".join(kept))


def _sweep(folder: Path, suffixes: tuple[str, ...], unfinished: Sequence[Job]) -> None:
    """Remove what broke off and what no job waits for, when it is older than a day; error files stay."""
    long_ago, wanted = time.time() - _ORPHAN_SECONDS, {job_request(job).file for job in unfinished}
    for path in folder.iterdir():
        ours = path.name.removeprefix(path.name.partition(".")[0]) in suffixes
        if path.name not in wanted and ours and path.stat().st_mtime < long_ago:
            path.unlink(missing_ok=True)
