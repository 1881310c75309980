"""Importing supply lines from NDJSON: a window is a transaction; a line is known by its reference and number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from crossdock.inventory.supply_model import SupplyLineIn
from crossdock.kernel.errors import CrossdockError
from crossdock.orchestration.commands import Actor
from crossdock.orchestration.job_runner import new_job
from crossdock.orchestration.line_imports import Decoded, ImportFault, LineRunner
from crossdock.orchestration.supply.commands import PutSupply
from crossdock.storage.jobs import Work

KIND = "supply.import"
SUFFIX = ".supply"
Line = Decoded[SupplyLineIn]


def new_supply_import(
    file: str, size: int, created_by: str, *, dry_run: bool, key: tuple[str, str, bytes] | None = None
) -> Work:
    """Return the command that makes the job of a spooled upload (job_runner.new_job)."""
    request = msgspec.json.encode({"file": file, "size": size, "dry_run": dry_run}).decode()
    return new_job(KIND, request, created_by, key)


class SupplyRunner(LineRunner[SupplyLineIn]):
    """Announces and changes the supply lines of uploads; the same line again changes nothing."""

    kind = KIND
    suffixes = (SUFFIX,)

    def fault(self, line: Line, error: CrossdockError) -> ImportFault:
        """Say what is wrong with a line."""
        return msgspec.structs.replace(_fault(line, error.code, error.detail), errors=error.errors)

    async def record(self, actor: Actor, lines: Sequence[Line]) -> dict[int, ImportFault]:
        """Put supply lines; a line that is told twice is put twice, one after the other."""
        faults: dict[int, ImportFault] = {}
        for part in _told_once(lines):
            sent = tuple(line.document for line in part if line.document is not None)
            answer = await self.submit(PutSupply(actor=actor, lines=sent))
            for line, outcome in zip(part, answer.outcomes, strict=True):
                if outcome.result == "failed":
                    faults[line.number] = _fault(line, outcome.code, outcome.message)
        return faults


def _told_once(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Cut lines into parts in which no supply line is told twice; in their order."""
    part: list[Line] = []
    names: set[tuple[str, str]] = set()
    for line in lines:
        assert line.document is not None
        name = (line.document.reference, line.document.line)
        if name in names:
            yield part
            part, names = [], set()
        part.append(line)
        names.add(name)
    yield part


def _fault(line: Line, code: str, message: str) -> ImportFault:
    told = line.document
    if told is None:
        return ImportFault(line.number, line.offset, code, message)
    return ImportFault(
        line.number, line.offset, code, message, sku=told.sku, location=told.location, reference=told.reference
    )
