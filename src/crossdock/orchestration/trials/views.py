"""Trials as people and programs see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from crossdock.kernel.clock import moment
from crossdock.kernel.document import Instant
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration.jobs import StateWord
from crossdock.orchestration.trials import results
from crossdock.orchestration.trials.model import Difference, Outcome, Sums, Tally, Touched
from crossdock.orchestration.trials.request import KIND, TrialRequest, trial_request
from crossdock.orchestration.trials.rules import Variant
from crossdock.orchestration.trials.runner import TALLY
from crossdock.storage import jobs
from crossdock.storage.jobs import Job
from crossdock.storage.session import Session

SortWord = Literal["money", "unfilled", "parcels", "days"]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A document that we write: every field is always there."""


class TrialAsked(View, frozen=True):
    """What was asked: the newest ``orders`` placed in a period, under a draft."""

    draft: str
    number: int | None
    orders: int
    since: Instant | None
    until: Instant
    price_rules: bool


class SumsView(View, frozen=True):
    """Many plans together.

    ``spend`` is what carriers and hands are paid, ``rules_cost`` what the rules count. ``days`` run from the decision
    to the last parcel, over the ``sent`` plans that send something both before and under the draft; ``late_days`` are
    days beyond the due day. ``carbon_g`` is over the ``measured`` plans whose distances are known.
    """

    plans: int
    spend: Money
    rules_cost: Money
    units: int
    unfilled: int
    locations: int
    parcels: int
    sent: int
    days: int
    late_days: int
    measured: int
    carbon_g: int


class RulePrice(View, frozen=True):
    """What one rule of the draft costs: the draft with it less the draft without it. Below zero, it saves.

    ``rule`` is its place in the document, ``decisions`` those that it changes.
    """

    rule: str
    says: str
    decisions: int
    spend: Money
    parcels: int
    days: int
    late_days: int
    carbon_g: int
    unfilled: int


class NotDecided(View, frozen=True):
    """What could not be decided again: orders without a decision of their capture, and decisions by why.

    ``no_network`` rest on a network that is not stored, ``unreadable`` have a record that this engine cannot read,
    ``refused`` cannot be decided under the draft.
    """

    orders: int
    no_network: int
    unreadable: int
    refused: int


class TrialResult(View, frozen=True):
    """What would change: ``moved`` decisions would be other plans, ``changed`` other plans or other figures.

    ``was`` and ``would`` are over the same decisions. ``later`` decisions of the same orders were not tried: under
    other rules they would have come about otherwise.
    """

    orders: int
    decisions: int
    moved: int
    changed: int
    later: int
    not_decided: NotDecided
    was: SumsView
    would: SumsView
    rules: tuple[RulePrice, ...]


class TrialLinks(View, frozen=True):
    """Where the rest is."""

    self: str
    differences: str
    job: str


class TrialView(View, frozen=True):
    """Past orders decided again under a draft: how far it is, and what came of it so far. ``progress`` in percent."""

    id: str
    policy: str
    state: StateWord
    created_at: Instant
    updated_at: Instant
    created_by: str
    asked: TrialAsked
    total: int
    done: int
    progress: int
    error: str
    result: TrialResult | None
    supported_actions: tuple[Literal["cancel"], ...]
    links: TrialLinks


class SentFrom(View, frozen=True):
    """Units that leave a location."""

    location: str
    units: int


class PlanFigures(View, frozen=True):
    """A plan by its figures; ``days`` is null where nothing is sent, ``carbon_g`` where a distance is not known."""

    locations: tuple[SentFrom, ...]
    spend: Money
    rules_cost: Money
    units: int
    unfilled: int
    parcels: int
    days: int | None
    late_days: int
    carbon_g: int | None
    routes: tuple[str, ...]


class DecisionDifference(View, frozen=True):
    """A decision that would come out otherwise."""

    order_id: str
    decision_id: str
    decided_at: Instant
    channel: str
    was: PlanFigures
    would: PlanFigures


class DifferencePage(NamedTuple):
    """A page of differences, and the place of the next one; None when it is the last."""

    differences: list[DecisionDifference]
    next: int | None


def read_trial(session: Session, data_dir: Path, job_id: int, code: str | None = None) -> TrialView | None:
    """Return a trial with what it has found so far; None when there is none, or it is of another policy."""
    job = jobs.get(session, job_id)
    if job is None or job.kind != KIND or (code is not None and trial_request(job).code != code):
        return None
    return trial_view(job, data_dir)


def list_trials(session: Session, data_dir: Path, code: str, limit: int = 20) -> list[TrialView]:
    """Return the newest trials of a policy."""
    rows = jobs.of_kind(session, KIND, 10 * limit)
    return [trial_view(job, data_dir) for job in rows if trial_request(job).code == code][:limit]


def trial_view(job: Job, data_dir: Path) -> TrialView:
    """Return a job's trial."""
    asked, public = trial_request(job), encode_id("job", job.id)
    path = f"/v1/policies/{asked.code}/trials/{public}"
    over = job.state in jobs.FINAL
    return TrialView(
        id=public,
        policy=asked.code,
        state=job.state,
        created_at=moment(job.created_at),
        updated_at=moment(job.updated_at),
        created_by=job.created_by,
        asked=TrialAsked(
            draft=asked.draft,
            number=asked.number,
            orders=asked.orders,
            since=None if asked.since is None else moment(asked.since),
            until=moment(asked.until),
            price_rules=asked.price_rules,
        ),
        total=asked.size,
        done=job.offset,
        progress=100 if job.state == "succeeded" else min(99, 100 * job.offset // max(1, asked.size)),
        error=job.error,
        result=_result(job, asked, data_dir),
        supported_actions=() if over or job.cancel_requested else ("cancel",),
        links=TrialLinks(self=path, differences=f"{path}/differences", job=f"/v1/jobs/{public}"),
    )


def _result(job: Job, asked: TrialRequest, data_dir: Path) -> TrialResult | None:
    kept: dict[str, Any] = msgspec.json.decode(job.result)
    if TALLY in kept:
        return result_view(msgspec.convert(kept[TALLY], Tally), asked)
    tally = results.told(results.results_file(data_dir, job.id))
    return None if not tally.orders else result_view(tally, asked)


def result_view(tally: Tally, asked: TrialRequest) -> TrialResult:
    """Return what was counted."""
    missed, currency = tally.missed, asked.currency
    variants = asked.variants() if tally.rules else ()
    return TrialResult(
        orders=tally.orders,
        decisions=tally.decisions,
        moved=tally.moved,
        changed=tally.changed,
        later=tally.later,
        not_decided=NotDecided(
            orders=missed.orders, no_network=missed.no_network, unreadable=missed.unreadable, refused=missed.refused
        ),
        was=_sums(tally.was, currency),
        would=_sums(tally.would, currency),
        rules=tuple(_price(v, touched, currency) for v, touched in zip(variants, tally.rules, strict=True)),
    )


def _sums(s: Sums, currency: str) -> SumsView:
    return SumsView(
        plans=s.plans,
        spend=_money(s.spend, currency),
        rules_cost=_money(s.cost, currency),
        units=s.units,
        unfilled=s.unfilled,
        locations=s.locations,
        parcels=s.parcels,
        sent=s.sent,
        days=s.days,
        late_days=s.late,
        measured=s.measured,
        carbon_g=s.carbon,
    )


def _price(variant: Variant, touched: Touched, currency: str) -> RulePrice:
    ours, theirs = touched.with_it, touched.without
    return RulePrice(
        rule=variant.name,
        says=variant.says,
        decisions=touched.decisions,
        spend=_money(ours.spend - theirs.spend, currency),
        parcels=ours.parcels - theirs.parcels,
        days=ours.days - theirs.days,
        late_days=ours.late - theirs.late,
        carbon_g=ours.carbon - theirs.carbon,
        unfilled=ours.unfilled - theirs.unfilled,
    )


def read_differences(
    session: Session, data_dir: Path, job_id: int, sort: SortWord = "money", after: int = 0, limit: int = 50
) -> DifferencePage:
    """Return the decisions that would come out otherwise, the biggest difference first, from a place on."""
    job = jobs.get(session, job_id)
    if job is None:
        return DifferencePage([], None)
    found = sorted(results.differences(results.results_file(data_dir, job_id)), key=results.SORTS[sort])
    page = found[after : after + limit]
    codes = location_codes(session, (each for d in page for each in (d.was, d.would)))
    currency = trial_request(job).currency
    rows = [_difference(each, codes, currency) for each in page]
    return DifferencePage(rows, after + limit if after + limit < len(found) else None)


def _difference(each: Difference, codes: Mapping[int, str], currency: str) -> DecisionDifference:
    return DecisionDifference(
        order_id=encode_id("ord", each.order_id),
        decision_id=encode_id("dec", each.decision_id),
        decided_at=moment(each.at),
        channel=each.channel,
        was=plan_figures(each.was, codes, currency),
        would=plan_figures(each.would, codes, currency),
    )


def plan_figures(outcome: Outcome, codes: Mapping[int, str], currency: str) -> PlanFigures:
    """Return a plan's figures."""
    f = outcome.figures
    units: dict[int, int] = {}
    for site, _, quantity in outcome.assigned:
        units[site] = units.get(site, 0) + quantity
    return PlanFigures(
        locations=tuple(SentFrom(location=codes.get(site, ""), units=units[site]) for site in sorted(units)),
        spend=_money(f.spend, currency),
        rules_cost=_money(f.cost, currency),
        units=f.units,
        unfilled=f.unfilled,
        parcels=f.parcels,
        days=f.days,
        late_days=f.late,
        carbon_g=f.carbon,
        routes=outcome.routes,
    )


_CODES = "WITH k(id) AS ({keys}) SELECT l.id, l.code FROM k JOIN locations l ON l.id = k.id"


def location_codes(session: Session, outcomes: Iterable[Outcome]) -> dict[int, str]:
    """Return the codes of the locations that plans send from."""
    ids: Sequence[int] = sorted({site for outcome in outcomes for site, _, _ in outcome.assigned})
    return {int(id_): str(code) for id_, code in session.fetch_keys(_CODES, ("bigint",), [(i,) for i in ids])}


def _money(milli: int, currency: str) -> Money:
    return Money(milli_to_minor(milli), currency)
