"""Importing orders from NDJSON: captured window by window; an order is known by its external id."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossdock.kernel.errors import CrossdockError, Unavailable
from crossdock.orchestration.commands import Actor, CaptureOrder
from crossdock.orchestration.job_runner import PATIENCE_SECONDS, be_patient, error_file, new_job, spool_dir
from crossdock.orchestration.line_imports import Decoded, ImportFault, LineRunner
from crossdock.orders.content import order_hash
from crossdock.orders.model import OrderIn
from crossdock.storage.jobs import Work

KIND = "orders.import"


def new_import(
    file: str, size: int, created_by: str, *, dry_run: bool, key: tuple[str, str, bytes] | None = None
) -> Work:
    """Return the command that makes the job of a spooled upload (job_runner.new_job)."""
    request = msgspec.json.encode({"file": file, "size": size, "dry_run": dry_run}).decode()
    return new_job(KIND, request, created_by, key)


class ImportRunner(LineRunner[tuple[OrderIn, bytes]]):
    """Captures the orders of uploads; a document is an order with the hash of its content."""

    kind = KIND
    suffixes = (".part", ".ndjson")

    def fault(self, line: Decoded[tuple[OrderIn, bytes]], error: CrossdockError) -> ImportFault:
        """Say what is wrong with an order."""
        name = "" if line.document is None else line.document[0].external_id
        return ImportFault(line.number, line.offset, error.code, error.detail, name, errors=error.errors)

    async def record(self, actor: Actor, lines: Sequence[Decoded[tuple[OrderIn, bytes]]]) -> dict[int, ImportFault]:
        """Capture orders, each for itself; patient while the writer is overloaded."""
        faults: dict[int, ImportFault] = {}
        left = list(lines)
        patience = iter(PATIENCE_SECONDS)
        while left:
            commands = [
                CaptureOrder(actor=actor, order=line.document[0], content_hash=line.document[1])
                for line in left
                if line.document is not None
            ]
            again: list[Decoded[tuple[OrderIn, bytes]]] = []
            for line, outcome in zip(left, await self._backend.submit_all(commands), strict=True):
                if isinstance(outcome, Unavailable):
                    again.append(line)
                elif isinstance(outcome, CrossdockError):
                    faults[line.number] = self.fault(line, outcome)
                elif isinstance(outcome, BaseException):
                    raise outcome
            left = again
            if left:
                await be_patient(patience)
        return faults


def hashed(order: OrderIn) -> tuple[OrderIn, bytes]:
    """Return an order with the hash of its content, worked out where it is read."""
    return order, order_hash(order)


__all__ = ["ImportFault", "ImportRunner", "error_file", "hashed", "new_import", "spool_dir"]
