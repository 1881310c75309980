"""Trials as jobs: read a chunk of past orders, have them decided again in a process of its own, write down the result.

Nothing of what is tried is written to the database; only the job's row moves. A trial that broke off goes on behind
the last chunk in its file.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from crossdock.orchestration.errors import NothingToTry
from crossdock.orchestration.job_runner import JobRunner, new_job
from crossdock.orchestration.trials import cases, results
from crossdock.orchestration.trials.model import Judged, Missed, Tally
from crossdock.orchestration.trials.request import KIND, TrialRequest, trial_request, tried_version
from crossdock.orchestration.trials.worker import Bench, Portion, Setup, Worker, WorkerGone
from crossdock.storage import jobs
from crossdock.storage.jobs import Job, Work
from crossdock.storage.session import Session

SMALL = 100
"""So many orders are decided by a thread of this process: another one would take longer to start."""


TALLY = "tally"
"""Where a job's result keeps all that was counted, beside the numbers that every job shows."""


def new_trial(asked: TrialRequest, created_by: str, key: tuple[str, str, bytes] | None = None) -> Work:
    """Return the command that makes the job of a trial (job_runner.new_job)."""
    return new_job(KIND, msgspec.json.encode(asked).decode(), created_by, key)


def sized(session: Session, asked: TrialRequest) -> TrialRequest:
    """Return what is asked with the number of orders that there are; raises NothingToTry."""
    size = cases.count(session, _span(session, asked), asked.orders)
    if not size:
        raise NothingToTry(f"No past order of the period is decided by the policy '{asked.code}'.")
    return msgspec.structs.replace(asked, size=size)


def _span(session: Session, asked: TrialRequest) -> cases.Span:
    return cases.span(session, asked.code, asked.since, asked.until, asked.rules.compiled.asks)


class TrialRunner(JobRunner):
    """Works on the trials of this process, one at a time."""

    kind = KIND

    async def do(self, job: Job) -> None:
        """Decide the orders that are still to be decided."""
        asked = trial_request(job)
        path = results.results_file(self._backend.data_dir, job.id)
        place, tally = await asyncio.to_thread(results.resume, path)
        setup = Setup(asked.rules, tuple(variant.rules for variant in asked.variants()))
        few = asked.size - tally.orders <= SMALL
        bench: Bench | Worker = Bench(setup) if few else await asyncio.to_thread(Worker, setup)
        done: Tally | None = None
        try:
            done = await self._go_through(job, asked, bench, path, place, tally)
        except WorkerGone as gone:
            await self.finish(job, "failed", error=f"{gone} Ask for the trial again.")
            return
        finally:
            if isinstance(bench, Worker):
                await asyncio.to_thread(bench.close)
        if done is None:
            await self.finish(job, "canceled")
        else:
            await self.finish(job, "succeeded", {**summary(done), TALLY: done})
            if asked.number is not None:
                what = f"{done.orders:,} past orders, of which {done.moved:,} decisions would be other plans"
                await self.submit(tried_version(asked.code, asked.number, job.created_by, what))

    async def _go_through(
        self,
        job: Job,
        asked: TrialRequest,
        bench: Bench | Worker,
        path: Path,
        place: cases.Place | None,
        tally: Tally,
    ) -> Tally | None:
        """Decide chunk by chunk; returns what was counted, None when it was asked to stop."""
        known: set[str] = set()
        while tally.orders < asked.orders:
            most = min(cases.CHUNK, asked.orders - tally.orders)
            chunk = await self._read(asked, place, most, known)
            if chunk is None:
                break
            known.update(version for version, _ in chunk.networks)
            judged = await asyncio.to_thread(bench.judge, Portion(chunk.cases, chunk.networks))
            found = _with_orders(judged, chunk)
            await asyncio.to_thread(results.append, path, results.Line(chunk.place, found.tally, found.differences))
            place, tally = chunk.place, tally.plus(found.tally)
            if not await self.submit(_progress(job.id, tally)):
                return None
        return tally

    async def _read(
        self, asked: TrialRequest, place: cases.Place | None, most: int, known: set[str]
    ) -> cases.Chunk | None:
        seen = frozenset(known)
        found: cases.Chunk | None = await self._backend.database.read(
            lambda session: cases.chunk(session, _span(session, asked), place, most, seen)
        )
        return found


def summary(tally: Tally) -> dict[str, int]:
    """Return what is kept on the job's row."""
    return {
        "orders": tally.orders,
        "decisions": tally.decisions,
        "moved": tally.moved,
        "changed": tally.changed,
        "not_decided": tally.missed.orders + tally.missed.decisions,
    }


def _with_orders(judged: Judged, chunk: cases.Chunk) -> Judged:
    counted = Tally(orders=chunk.orders, later=chunk.later, missed=Missed(orders=chunk.undecided))
    return Judged(judged.tally.plus(counted), judged.differences)


def _progress(job_id: int, tally: Tally) -> Work:
    undecided = tally.missed.orders
    return Work(lambda unit: jobs.progress(unit, job_id, tally.orders - undecided, undecided, tally.orders))
