"""Offers become promises: stored, and the units of one of them held, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from crossdock.kernel.clock import instant
from crossdock.kernel.content import canonical
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.orchestration.promises import store as promise_store
from crossdock.orchestration.promises.commands import KeepPromises, PromisesKept
from crossdock.orchestration.promises.model import Quote
from crossdock.orchestration.reservations.commands import Reserved
from crossdock.orchestration.reservations.reserve import ReserveHandler
from crossdock.storage import versions
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome


class KeepHandler:
    """Does KeepPromises; a batch is one insert. Policies that it has stored before are not asked about again.

    An offer whose units cannot be held is refused as its reservation is, and nothing of its request is kept.
    """

    max_batch = 64

    def __init__(self, reserve: ReserveHandler) -> None:
        self._reserve = reserve
        self._has_reserved = False
        self._stored: set[str] = set()
        self._new: set[str] = set()

    def weight(self, command: KeepPromises) -> int:
        return 1 if command.hold is None else self._reserve.weight(command.hold.reserve)

    def settled(self, *, committed: bool) -> None:
        if committed:
            self._stored |= self._new
        self._new = set()
        if self._has_reserved:
            self._reserve.settled(committed=committed)
        self._has_reserved = False

    def run(self, unit: Unit, commands: Sequence[KeepPromises], attempts: Sequence[int]) -> list[Outcome]:
        # Stock before versions, as captures have it: two transactions never wait for each other.
        outcomes = self._held(unit, commands, attempts)
        kept: list[Quote] = []
        for index, command in enumerate(commands):
            quote, reserved = command.quote, outcomes[index]
            if command.hold is not None:
                if not isinstance(reserved, Reserved):
                    continue
                quote = with_reservation(quote, command.hold.offer, reserved.reservation_id, command.hold.seconds)
            kept.append(quote)
            outcomes[index] = PromisesKept(document=msgspec.Raw(msgspec.json.encode(quote.answer)))
        self._keep_policies(unit, kept)
        promise_store.add(unit, [row for quote in kept for row in quote.rows])
        return outcomes

    def _held(self, unit: Unit, commands: Sequence[KeepPromises], attempts: Sequence[int]) -> list[Outcome]:
        outcomes: list[Outcome] = [None] * len(commands)
        holds = {index: command.hold for index, command in enumerate(commands) if command.hold is not None}
        if holds:
            self._has_reserved = True
            tries = [attempts[index] for index in holds]
            done = self._reserve.run(unit, [hold.reserve for hold in holds.values()], tries)
            for index, outcome in zip(holds, done, strict=True):
                outcomes[index] = outcome
        return outcomes

    def _keep_policies(self, unit: Unit, quotes: Sequence[Quote]) -> None:
        policies = {
            version: policy
            for quote in quotes
            for version, policy in quote.derived.items()
            if version not in self._stored
        }
        if policies:
            self._new = set(policies)
            versions.keep(
                unit, [(version, "policy", canonical(policy)) for version, policy in sorted(policies.items())]
            )


def with_reservation(quote: Quote, index: int, reservation_id: int, seconds: int) -> Quote:
    """Return the quote with a reservation behind one of its offers, which stands as long as it."""
    offer = quote.answer.data[index]
    until = offer.created_at + timedelta(seconds=seconds)
    held = msgspec.structs.replace(offer, reservation_id=encode_id("rsv", reservation_id), expires_at=until)
    data = (*quote.answer.data[:index], held, *quote.answer.data[index + 1 :])
    rows = []
    for row in quote.rows:
        if row.id == decode_id("prm", held.id):
            content = msgspec.structs.replace(row.content, offer=msgspec.Raw(msgspec.json.encode(held)))
            rows.append(row._replace(content=content, reservation_id=reservation_id, expires_at=instant(until)))
        else:
            rows.append(row)
    return quote._replace(answer=msgspec.structs.replace(quote.answer, data=data), rows=tuple(rows))
