"""Jobs as people and programs see them, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from crossdock.events.catalog import JobFinished, new_event
from crossdock.kernel.clock import moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.storage import jobs
from crossdock.storage.jobs import Job, Work
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

StateWord = Literal["waiting", "running", "succeeded", "failed", "canceled"]


class JobLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where the rest of the job is."""

    self: str
    errors: str


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """Long work: how far it is, what came of it. ``progress`` is in percent, ``total`` known when it is over."""

    id: str
    kind: str
    state: StateWord
    created_at: Instant
    updated_at: Instant
    created_by: str
    total: int | None
    done: int
    failed: int
    progress: int
    dry_run: bool
    cancel_requested: bool
    result: dict[str, int]
    error: str
    supported_actions: tuple[Literal["cancel"], ...]
    links: JobLinks


class JobRequest(msgspec.Struct, frozen=True):
    """What a job was asked to do: a spooled file and how to read it."""

    file: str = ""
    size: int = 0
    dry_run: bool = False


class JobPage(NamedTuple):
    """A page of jobs, and the id behind which the next one starts; None when it is the last."""

    jobs: list[JobView]
    next: int | None


def job_request(job: Job) -> JobRequest:
    """Return what the job was asked to do."""
    return msgspec.json.decode(job.request, type=JobRequest)


def job_view(job: Job) -> JobView:
    """Return a job as others see it."""
    public, asked, over = encode_id("job", job.id), job_request(job), job.state in jobs.FINAL
    result: dict[str, Any] = msgspec.json.decode(job.result)
    percent = 100 * job.offset // asked.size if asked.size else 0
    return JobView(
        id=public,
        kind=job.kind,
        state=job.state,
        created_at=moment(job.created_at),
        updated_at=moment(job.updated_at),
        created_by=job.created_by,
        total=job.total,
        done=job.done,
        failed=job.failed,
        progress=100 if job.state == "succeeded" else min(percent, 99),
        dry_run=asked.dry_run,
        cancel_requested=bool(job.cancel_requested),
        result={name: value for name, value in result.items() if isinstance(value, int)},
        error=job.error,
        supported_actions=() if over or job.cancel_requested else ("cancel",),
        links=JobLinks(self=f"/v1/jobs/{public}", errors=f"/v1/jobs/{public}/errors"),
    )


def read_job(session: Session, job_id: int) -> JobView | None:
    """Return a job."""
    job = jobs.get(session, job_id)
    return None if job is None else job_view(job)


def list_jobs(session: Session, states: Sequence[str] = (), after: int | None = None, limit: int = 50) -> JobPage:
    """Return jobs, newest first."""
    rows = jobs.page(session, states, after, limit + 1)
    return JobPage([job_view(job) for job in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None)


def cancel_job(job_id: int, actor: str) -> Work:
    """Return the command that asks a job to stop; its answer is the job's view, None when there is none."""

    def do(unit: Unit) -> JobView | None:
        before = jobs.get(unit.session, job_id)
        after = jobs.request_cancel(unit, job_id)
        if before is not None and after is not None and before.state != after.state:
            finished(unit, after, actor)
        return None if after is None else job_view(after)

    return Work(do)


def finished(unit: Unit, job: Job, actor: str) -> None:
    """Tell everybody that a job is over."""
    public = encode_id("job", job.id)
    event = JobFinished(job_id=public, kind=job.kind, state=job.state, done=job.done, failed=job.failed)
    unit.event(new_event(event, at=unit.now, subject=public, actor=actor))
