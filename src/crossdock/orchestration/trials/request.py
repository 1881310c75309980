"""What is asked of a trial, as it stands on its job."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from msgspec import Struct

from crossdock.orchestration.errors import PolicyNotReady, UnknownPolicyVersion
from crossdock.orchestration.policies.handlers import mark_tried
from crossdock.orchestration.trials.rules import Rules, Variant, without_each
from crossdock.storage.jobs import Job, Work
from crossdock.storage.unit import Unit

KIND = "policies.trial"
MOST_ORDERS = 100_000


class TrialRequest(Struct, frozen=True, kw_only=True):
    """Which draft of which policy, over which orders: the newest ``orders`` of those placed in a period.

    ``since`` and ``until`` are instants (``until`` is not included). ``price_rules`` asks what each single rule costs.
    ``number`` is the version that counts as tried afterwards, ``draft`` says of what the rules are a draft. ``size`` is
    how many orders there are (jobs.JobRequest).
    """

    code: str
    rules: Rules
    orders: int
    since: int | None
    until: int
    price_rules: bool = False
    number: int | None = None
    draft: str = ""
    size: int = 0

    def variants(self) -> tuple[Variant, ...]:
        """Return the rules without each of them, if they are to be priced."""
        return without_each(self.rules) if self.price_rules else ()

    @property
    def currency(self) -> str:
        """The currency of every amount."""
        return self.rules.document.card.currency


_decode = msgspec.json.Decoder(TrialRequest).decode


def trial_request(job: Job) -> TrialRequest:
    """Return what a trial was asked to do."""
    return _decode(job.request)


def tried_version(code: str, number: int, actor: str, what: str) -> Work:
    """Return the command by which a version counts as tried, if it stands so that it can be."""

    def do(unit: Unit) -> None:
        with suppress(PolicyNotReady, UnknownPolicyVersion):
            mark_tried(unit, code, number, actor, what)

    return Work(do)
