"""Idempotency-Keys for every command: done once and answered the same ever after.

Refusals change nothing, so they are not kept: the same request may be refused for another reason later, or be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crossdock.orchestration.commands import (
    Answer,
    CapturedOrder,
    OrderChanged,
    Put,
    Repaired,
    RequestKey,
    StockRecorded,
)
from crossdock.orchestration.errors import IdempotencyKeyReused
from crossdock.orchestration.policies.commands import PolicySaved
from crossdock.orchestration.promises.commands import PromisesKept
from crossdock.orchestration.reservations.commands import Reserved
from crossdock.orchestration.supply.commands import SupplyPut, SupplyReceived
from crossdock.orchestration.work.commands import Offered, WorkDone, WorkMoved, Zeroed
from crossdock.storage import requests
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Handler, Outcome

_encode = msgspec.json.Encoder().encode
_Kept = (
    CapturedOrder
    | Offered
    | OrderChanged
    | PolicySaved
    | PromisesKept
    | Put
    | Repaired
    | Reserved
    | StockRecorded
    | SupplyPut
    | SupplyReceived
    | WorkDone
    | WorkMoved
    | Zeroed
)
_decode = msgspec.json.Decoder(_Kept).decode
_DONE = 200


class Keyed:
    """A handler that answers repeated requests from what it has answered before."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.max_batch = handler.max_batch

    def weight(self, command: Any) -> int:
        return self._handler.weight(command)

    def settled(self, *, committed: bool) -> None:
        self._handler.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        keyed = [(c.request.scope, c.request.key) for c in commands if c.request is not None]
        if not keyed:
            return self._handler.run(unit, commands, attempts)
        known = requests.recall(unit.session, sorted(set(keyed)))
        outcomes: list[Outcome] = [None] * len(commands)
        fresh: list[int] = []
        seen: set[tuple[str, str]] = set()
        for index, command in enumerate(commands):
            key = None if command.request is None else (command.request.scope, command.request.key)
            if key is not None and key in known:
                outcomes[index] = _replay(command.request, known[key])
            elif key is not None and key in seen:
                outcomes[index] = AGAIN
            else:
                fresh.append(index)
                if key is not None:
                    seen.add(key)
        done = self._handler.run(unit, [commands[i] for i in fresh], [attempts[i] for i in fresh]) if fresh else []
        answers = []
        for index, outcome in zip(fresh, done, strict=True):
            outcomes[index] = outcome
            request = commands[index].request
            if request is not None and isinstance(outcome, Answer) and not outcome.replayed:
                body = _encode(outcome).decode()
                answers.append((request.scope, request.key, request.fingerprint, _DONE, body))
        requests.remember(unit, answers)
        return outcomes


def done_before(session: Session, request: RequestKey) -> Any:
    """Return what a request with this key was answered; None if it is new. Raises IdempotencyKeyReused.

    For readers that would look something up in vain: the writer asks again in any case.
    """
    key = (request.scope, request.key)
    known = requests.recall(session, [key]).get(key)
    if known is None:
        return None
    outcome = _replay(request, known)
    if isinstance(outcome, IdempotencyKeyReused):
        raise outcome
    return outcome


def _replay(request: RequestKey, known: requests.Remembered) -> Outcome:
    if known.fingerprint != request.fingerprint:
        return IdempotencyKeyReused(f"The Idempotency-Key '{request.key}' came with another body before.")
    answer = _decode(known.body)
    answer.replayed = True
    return answer
