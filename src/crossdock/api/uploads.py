"""An upload of any size: spooled to a file durably, and the job made that works through it."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crossdock.api.asgi import body_chunks
from crossdock.api.commands import REPLAYED
from crossdock.api.errors import EmptyUpload
from crossdock.api.http import Call, Reply, json_reply, location
from crossdock.kernel.errors import Conflict, Invalid, NotFound, Refused
from crossdock.orchestration import JobRunner, spool_dir


@dataclass(frozen=True, slots=True)
class Upload:
    """A body that lies whole and safe in the spool: its file's name there, its bytes, the hash of its content."""

    file: str
    size: int
    mark: bytes


async def answer_upload(call: Call, suffix: str, job_of: Callable[[Upload], object], runner: JobRunner) -> Reply:
    """Spool the body and answer with the job that reads it; the same again under its key answers with the first job."""
    upload = await _spool(call, suffix)
    path = spool_dir(call.backend.data_dir) / upload.file
    try:
        job, is_new = await call.backend.submit(job_of(upload))
    except (Invalid, Refused, Conflict, NotFound):
        # Only of these is it sure that no job was made. After a lost connection or a client that went away one may
        # have been, and it needs its file; a file that no job wants is swept away later (job_runner.py).
        path.unlink(missing_ok=True)
        raise
    if is_new:
        runner.wake()
        return json_reply(job, 202, location(job.links.self))
    path.unlink(missing_ok=True)
    return json_reply(job, 202, location(job.links.self), REPLAYED)


async def _spool(call: Call, suffix: str) -> Upload:
    part = spool_dir(call.backend.data_dir) / f"{secrets.token_hex(12)}.part"
    try:
        size, mark = await _write(call, part)
        if size == 0:
            raise EmptyUpload("The upload has no bytes.")
        file = part.with_suffix(suffix)
        await asyncio.to_thread(part.rename, file)
    finally:
        part.unlink(missing_ok=True)
    return Upload(file.name, size, mark)


async def _write(call: Call, path: Path) -> tuple[int, bytes]:
    mark, size = hashlib.blake2b(digest_size=16), 0
    with path.open("wb") as file:
        async for chunk in body_chunks(call):
            mark.update(chunk)
            size += file.write(chunk)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return size, mark.digest()
