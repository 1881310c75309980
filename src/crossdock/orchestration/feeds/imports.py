"""Importing feeds: uploads of any size, recorded part by part; a source's one after the other, sources side by side.

The job's offset moves in the transaction that ends a block, so that after a crash the import goes on behind the last
block and every row counts once. A full snapshot that was told so then zeroes what it left out, as a count of the
instant at which it was begun: what was counted or moved since stays.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from crossdock.inventory import feed_store as store
from crossdock.inventory.feed_decoding import Fault
from crossdock.inventory.feed_model import BASES
from crossdock.inventory.feed_rows import Rows, counted_none, pack_details
from crossdock.inventory.feed_store import StoredSource, Tally
from crossdock.kernel.errors import Invalid
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.commands import Actor
from crossdock.orchestration.feeds.commands import FeedPart, FeedPartDone
from crossdock.orchestration.feeds.preview import Preview
from crossdock.orchestration.feeds.reading import Block, FeedRequest, Lookup, Upload, feed_request
from crossdock.orchestration.job_runner import (
    Backend,
    JobRunner,
    append_faults,
    cut_faults,
    error_file,
    new_job,
    spool_dir,
)
from crossdock.storage import jobs
from crossdock.storage.jobs import Job, Work
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

KIND = "feeds.import"
SUFFIX = ".feed"
PART = 4_096
PART_BESIDE_ORDERS = 2_048


def new_feed_import(asked: FeedRequest, created_by: str, key: tuple[str, str, bytes] | None = None) -> Work:
    """Return the command that makes the job of a spooled upload (job_runner.new_job)."""
    return new_job(KIND, msgspec.json.encode(asked).decode(), created_by, key)


def read_feed_request(session: Session, job_id: int) -> FeedRequest | None:
    """Return what an import was asked to do; None when there is no such import."""
    job = jobs.get(session, job_id)
    return feed_request(job) if job is not None and job.kind == KIND else None


def diff_file(data_dir: Path, job_id: int) -> Path:
    """Return where a dry run says what each row would change; no file of another job."""
    return spool_dir(data_dir) / f"{encode_id('job', job_id)}.diff.ndjson"


class _Work(NamedTuple):
    """An import under way."""

    job: Job
    asked: FeedRequest
    stored: StoredSource
    upload: Upload
    faults: Path


class FeedRunner(JobRunner):
    """Works on the imports of feeds of this process."""

    kind = KIND
    suffixes = (SUFFIX,)

    def __init__(self, backend: Backend) -> None:
        super().__init__(backend)
        self._lookup = Lookup()

    def lane(self, job: Job) -> str:
        """Return the source: its uploads go one after the other."""
        return feed_request(job).source

    async def do(self, job: Job) -> None:
        """Do the rest of an upload."""
        asked = feed_request(job)
        stored = await self._backend.database.read(lambda session: store.source(session, asked.source))
        path = spool_dir(self._backend.data_dir) / asked.file
        if stored is None:
            await self.finish(job, "failed", error=f"There is no source '{asked.source}' any more.")
            return
        try:
            upload = await asyncio.to_thread(Upload, path, asked, stored.source, self._lookup)
        except Invalid as fault:
            await self.finish(job, "failed", error=fault.detail)
            return
        work = _Work(job, asked, stored, upload, error_file(self._backend.data_dir, job.id))
        await asyncio.to_thread(cut_faults, work.faults, max(job.offset, upload.start))
        if asked.dry_run:
            done = await self._try(work)
        else:
            done = await self._record(work)
        if done:
            path.unlink(missing_ok=True)

    # -- for real ------------------------------------------------------------------------------------------------

    async def _record(self, work: _Work) -> bool:
        job, asked = work.job, work.asked
        await self.submit(Work(lambda unit: _open(unit, work)))
        offset = max(job.offset, work.upload.start)
        line = await asyncio.to_thread(work.upload.line_at, offset)
        counts = _Counts(job.done, job.failed, offset)
        ahead = self._ahead(work, offset, line)
        while (block := await ahead).end > counts.offset:
            ahead = self._ahead(work, block.end, block.next_line)
            await asyncio.to_thread(append_faults, work.faults, block.faults)
            counts, go_on = await self._tell(work, block, counts)
            if not go_on:
                await ahead
                await self.finish(job, "canceled", await self._result(job))
                return False
        withheld = 0
        if asked.full:
            withheld, go_on = await self._zero(work, counts)
            if not go_on:
                await self.finish(job, "canceled", await self._result(job))
                return False
        result = await self._result(job)
        if withheld:
            text = (
                f"Nothing was set to zero: of {withheld} lines nobody can say what they count. Correct the lines in "
                "the error file and send the snapshot again."
            )
            await self.finish(job, "succeeded", result | {"zeroing_withheld": withheld}, text)
        else:
            await self.finish(job, "succeeded", result)
        return True

    def _ahead(self, work: _Work, offset: int, line: int) -> asyncio.Future[Block]:
        """Read and decode the next block while the writer is busy with this one."""
        now = self._backend.clock()
        reading = self._backend.database.read(lambda session: work.upload.block(session, offset, line, now))
        block: asyncio.Future[Block] = asyncio.ensure_future(reading)
        return block

    async def _tell(self, work: _Work, block: Block, counts: _Counts) -> tuple[_Counts, bool]:
        """Have a block recorded, part by part; says how far the job is, and whether it is to go on."""
        start, sums = 0, Tally(rows=len(block.faults), failed=len(block.faults))
        while True:
            rows = block.rows.part(start, min(len(block.rows), start + self._size()))
            step = _Step(work.job.id, len(block.rows) - start, block.end, counts, sums)
            answer = await self._part(work, rows, step)
            await asyncio.to_thread(append_faults, work.faults, _refused(rows, answer))
            start, sums = start + answer.done, sums.plus(answer.tally)
            if start >= len(block.rows):
                return counts.behind(sums, block.end), answer.go_on
            if not answer.go_on:
                return counts, False

    def _size(self) -> int:
        """Return how many rows go into a part: fewer while orders wait."""
        return PART_BESIDE_ORDERS if self._backend.database.turnstile.busy() else PART

    async def _part(self, work: _Work, rows: Rows, step: Any, *, zeroing: bool = False) -> FeedPartDone:
        details = await asyncio.to_thread(pack_details, rows.record, rows.reason)
        answer: FeedPartDone = await self.submit(
            FeedPart(
                actor=Actor(work.job.created_by, encode_id("job", work.job.id)),
                source_id=work.stored.id,
                run_id=work.job.id,
                rows=rows,
                details=details,
                zeroing=zeroing,
                step=step,
            )
        )
        return answer

    async def _result(self, job: Job) -> dict[str, int]:
        tally = await self._backend.database.read(lambda session: store.tally_of(session, job.id))
        return msgspec.structs.asdict(tally)

    # -- what a full snapshot left out ---------------------------------------------------------------------------

    async def _zero(self, work: _Work, counts: _Counts) -> tuple[int, bool]:
        """Count as none what the snapshot left out; returns how many lines stand in the way, and whether to go on."""
        spared, unreadable = await self._backend.database.read(lambda session: self._spared(session, work))
        if unreadable:
            return unreadable, True
        basis, after = BASES[work.stored.source.basis].value, (0, 0)
        while page := await self._not_counted(work, after):
            after = page[-1]
            left_out = [key for key in page if key not in spared]
            while left_out:
                step = _Stay(work.job.id, counts)
                answer = await self._part(work, counted_none(left_out, work.asked.as_of, basis), step, zeroing=True)
                left_out = left_out[answer.done :]
                if not answer.go_on:
                    return 0, False
        return 0, True

    async def _not_counted(self, work: _Work, after: tuple[int, int]) -> list[tuple[int, int]]:
        scope, at = work.asked.locations, work.asked.as_of
        page: list[tuple[int, int]] = await self._backend.database.read(
            lambda session: store.not_counted(session, scope, at, after, PART_BESIDE_ORDERS)
        )
        return page

    def _spared(self, session: Session, work: _Work) -> tuple[set[tuple[int, int]], int]:
        """Return the positions of lines that were not taken, and how many lines name no position at all."""
        if not work.faults.exists():
            return set(), 0
        faults = [msgspec.json.decode(row, type=Fault) for row in work.faults.read_bytes().splitlines()]
        names = self._lookup.names(session, {fault.sku for fault in faults}, work.stored.source)
        keys = {(names.items.get(f.sku, 0), names.locations.get(f.location, 0)) for f in faults}
        return keys, sum(1 for fault in faults if not fault.sku or not fault.location)

    # -- only to see ---------------------------------------------------------------------------------------------

    async def _try(self, work: _Work) -> bool:
        """Say of each row what it would change, and change nothing."""
        job, preview = work.job, Preview(work.stored)
        path = diff_file(self._backend.data_dir, job.id)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        await asyncio.to_thread(cut_faults, work.faults, 0)
        offset, line, tally = work.upload.start, 1, Tally()
        line = await asyncio.to_thread(work.upload.line_at, offset)
        while True:
            block = await self._ahead(work, offset, line)
            lines, refused, counts = await self._backend.database.read(
                lambda session, rows=block.rows: preview.look(session, rows)
            )
            tally = tally.plus(counts).plus(Tally(rows=len(block.faults), failed=len(block.faults)))
            await asyncio.to_thread(append_faults, work.faults, [*block.faults, *refused])
            await asyncio.to_thread(append_faults, path, lines)
            if block.end <= offset:
                break
            offset, line = block.end, block.next_line
            if not await self.submit(_progress(job.id, tally.rows - tally.failed, tally.failed, offset)):
                await self.finish(job, "canceled")
                return False
        if work.asked.full:
            tally = tally.plus(await self._try_zero(work, preview, path))
        await self.finish(job, "succeeded", msgspec.structs.asdict(tally))
        return True

    async def _try_zero(self, work: _Work, preview: Preview, path: Path) -> Tally:
        spared, unreadable = await self._backend.database.read(lambda session: self._spared(session, work))
        zeroed, after = 0, (0, 0)
        while not unreadable and (page := await self._not_counted(work, after)):
            after = page[-1]
            left_out = [key for key in page if key not in spared]
            lines = await self._backend.database.read(
                lambda session, keys=left_out: preview.left_out(session, keys, work.asked.as_of)
            )
            await asyncio.to_thread(append_faults, path, lines)
            zeroed += len(lines)
        return Tally(zeroed=zeroed)


class _Counts(NamedTuple):
    """How far a job is: rows done, rows failed, and the offset behind them."""

    done: int
    failed: int
    offset: int

    def behind(self, sums: Tally, offset: int) -> _Counts:
        """Return how far the job is behind so many more rows."""
        return _Counts(self.done + sums.rows - sums.failed, self.failed + sums.failed, offset)


class _Step(NamedTuple):
    """Moves a job behind a block, in the transaction of its last part; before that it only shows that it is alive.

    A block's rows are told in the order of the positions' keys, so that there is no offset in the middle of it. One
    that was under way in a crash is told again: its records count once, and its counts find what they have set.
    """

    job_id: int
    left: int
    """Rows of the block that were not done before this part."""
    end: int
    before: _Counts
    sums: Tally

    def __call__(self, unit: Unit, done: int, tally: Tally) -> tuple[bool, Tally | None]:
        """Record how far the job is; says whether it is to go on, and what is to be counted now."""
        if done < self.left:
            return jobs.progress(unit, self.job_id, *self.before), None
        sums = self.sums.plus(tally)
        return jobs.progress(unit, self.job_id, *self.before.behind(sums, self.end)), sums


class _Stay(NamedTuple):
    """Shows that a job is alive, and hears whether it is to go on."""

    job_id: int
    counts: _Counts

    def __call__(self, unit: Unit, done: int, tally: Tally) -> tuple[bool, Tally | None]:
        """Record that the job is where it was."""
        return jobs.progress(unit, self.job_id, *self.counts), tally


def _open(unit: Unit, work: _Work) -> None:
    store.open_run(unit, work.stored.id, work.asked.name, job_id=work.job.id, full=work.asked.full)


def _progress(job_id: int, done: int, failed: int, offset: int) -> Work:
    return Work(lambda unit: jobs.progress(unit, job_id, done, failed, offset))


def _refused(rows: Rows, answer: FeedPartDone) -> list[Fault]:
    return [
        Fault(int(rows.line[r.row]), int(rows.offset[r.row]), r.code, r.message, record=rows.record[r.row])
        for r in answer.refused
    ]
