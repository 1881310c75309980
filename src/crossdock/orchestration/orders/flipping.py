"""What would have changed a stored decision: found anew from its record whenever somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money, milli_to_minor
from crossdock.orchestration.directory import StoredVersions
from crossdock.orchestration.errors import UnknownLocation
from crossdock.orchestration.orders.decision_queries import View
from crossdock.routing import Flips, Versions, decode, flips
from crossdock.routing.changes import Change
from crossdock.routing.flip_words import Names, Saying, flip_words
from crossdock.routing.flips import About, Waived
from crossdock.routing.outcomes import Outcome
from crossdock.routing.phrases import dated
from crossdock.routing.record import Record
from crossdock.routing.study import Flip
from crossdock.routing.waived import rules_of
from crossdock.storage.session import Session


class OutcomeView(View, frozen=True):
    """The plan that would have come instead, and what it has more than the other (below 0: less).

    `deliver_on` is when its last unit arrives; null where nothing ships.
    """

    locations: tuple[str, ...]
    cost: Money
    parcels: int
    units_unfilled: int
    deliver_on: str | None
    more_cost: Money
    more_parcels: int
    more_days: int
    more_units_unfilled: int


class ChangeView(View, frozen=True):
    """One thing that is otherwise, at a location or for the whole order.

    `units` and `units_shown` are of `sku` at `location`, from `before` to `after`; `room` is fulfillments and
    `units_room` units that the location may still take on. `ship_day` (when it hands over; null before: its calendar
    was closed) and `due_day` are days, in `day_before` and `day_after`. `parcel_price` is `amount` more or less per
    parcel. `ability` is a capability that the location has as well; `accepting` means that it is not paused, `unbarred`
    that it rejected nothing before. `rule` and `view_rule` are rules that do not hold: a pointer to them in `name`.
    """

    what: Literal[
        "units", "units_shown", "parcel_price", "ship_day", "room", "units_room", "accepting", "unbarred", "ability",
        "due_day", "rule", "view_rule",
    ]  # fmt: skip
    location: str | None
    sku: str | None
    name: str | None
    before: int | None
    after: int | None
    day_before: str | None
    day_after: str | None
    amount: Money | None


class FlipView(View, frozen=True):
    """Changes that together flip the choice, none of them to be left out; `by` is their size where it is a number."""

    kind: str
    changes: tuple[ChangeView, ...]
    by: int
    outcome: OutcomeView


class AboutView(View, frozen=True):
    """One location: what would have brought it in, or for a chosen one, what would have changed the plan.

    `not_by` are the kinds of change that flip nothing, `beyond` the fences that no single fact lifts; `alone` is what
    shipping all it can from there alone comes to.
    """

    location: str
    name: str
    chosen: bool
    words: tuple[str, ...]
    flips: tuple[FlipView, ...]
    not_by: tuple[str, ...]
    beyond: tuple[str, ...]
    alone: OutcomeView | None


class WaivedView(View, frozen=True):
    """One rule in force: whether the choice is another without it, and how that plan compares with the chosen one.

    Both are priced without the rule. `name` points into the policy, or into the stock view where `of_view` is set.
    """

    name: str
    rule: str
    of_view: bool
    fence: bool
    flips: bool
    outcome: OutcomeView


class FlipsView(View, frozen=True):
    """What would have changed a decision, each answer found by deciding again and therefore true.

    `same` is false where today's engine would decide the order otherwise already, `complete` where the number of
    `decisions` made ended the search early.
    """

    decision_id: str
    same: bool
    complete: bool
    decisions: int
    words: tuple[str, ...]
    locations: tuple[AboutView, ...]
    due_day: tuple[FlipView, ...]
    rules: tuple[WaivedView, ...]


class Flipped(NamedTuple):
    """What was found, the same in sentences, and what its numbers are called."""

    flips: Flips
    sayings: tuple[Saying, ...]
    names: Names
    codes: Mapping[int, str]


_SKUS = "WITH k(id) AS ({keys}) SELECT i.id, i.sku FROM k JOIN items i ON i.id = k.id"


def flip_decision(session: Session, decision_id: int, location: str | None = None) -> Flipped | None:
    """Find what would have changed a decision; None when there is none, or a version that it rests on is gone.

    Raises `UnknownLocation` for a code that the network of the decision does not have.
    """
    rows = session.fetch("SELECT record FROM decisions WHERE id = ?", decision_id)
    record = bytes(rows[0][0]) if rows else b""
    if not record:
        return None
    stored = StoredVersions(session)
    versions = Versions(stored.networks, stored.policies, stored.views)
    found = decode(record)
    try:
        sites = versions.networks[found.decision.rests_on.network].sites
        if location is not None and all(site.code != location for site in sites):
            raise UnknownLocation(
                f"The network of this decision has no location {location}.",
                next_step="Name one of the locations that the decision's verdicts list.",
            )
        told = flips(record, versions, location)
        names = _names(session, found, versions)
    except KeyError:
        return None
    return Flipped(told, tuple(flip_words(told, names)), names, {site.id: site.code for site in sites})


def _names(session: Session, record: Record, versions: Versions) -> Names:
    rests = record.decision.rests_on
    policy = versions.policies[rests.policy]
    items = sorted({line[1] for line in record.lines})
    skus = session.fetch_keys(_SKUS, ("bigint",), [(id_,) for id_ in items])
    rules = {rule.name: rule.words for rule in rules_of(policy)}
    if record.hidden is not None:
        view = versions.views[record.hidden.view]
        rules |= {rule: view.words(rule) for rule in record.hidden.rules}
    return Names(
        {site.id: site.name or site.code for site in versions.networks[rests.network].sites},
        {int(id_): str(sku) for id_, sku in skus},
        lambda rule: rules.get(rule, rule),
        policy.card.currency,
    )


def read_flips(session: Session, decision_id: int, location: str | None = None) -> FlipsView | None:
    """Return what would have changed a decision as a document; see `flip_decision`."""
    found = flip_decision(session, decision_id, location)
    return None if found is None else _document(decision_id, found)


def _document(decision_id: int, found: Flipped) -> FlipsView:
    told = found.flips
    return FlipsView(
        decision_id=encode_id("dec", decision_id),
        same=told.same,
        complete=told.complete,
        decisions=told.decisions,
        words=tuple(dated(saying.text) for saying in found.sayings),
        locations=tuple(_about(one, found) for one in told.abouts),
        due_day=tuple(_flip(one, found) for one in told.days),
        rules=tuple(_waived(one, found) for one in told.rules),
    )


def _about(one: About, found: Flipped) -> AboutView:
    return AboutView(
        location=one.code,
        name=one.name,
        chosen=one.chosen,
        words=tuple(dated(saying.text) for saying in found.sayings if saying.location == one.code),
        flips=tuple(_flip(flip, found) for flip in one.flips),
        not_by=one.none,
        beyond=one.beyond,
        alone=None if one.alone is None else _outcome(one.alone, found),
    )


def _flip(flip: Flip, found: Flipped) -> FlipView:
    return FlipView(
        kind=flip.kind,
        changes=tuple(_change(change, found) for change in flip.changes),
        by=flip.by,
        outcome=_outcome(flip.outcome, found),
    )


def _waived(one: Waived, found: Flipped) -> WaivedView:
    return WaivedView(
        name=one.name,
        rule=found.names.rule(one.name),
        of_view=one.of_view,
        fence=one.fence,
        flips=one.flips,
        outcome=_outcome(one.outcome, found),
    )


def _change(change: Change, found: Flipped) -> ChangeView:
    counted = change.what in {"units", "shown", "room", "units_room"}
    days = change.what in {"ship_day", "due_day"}
    return ChangeView(
        what="units_shown" if change.what == "shown" else change.what,
        location=None if change.site is None else found.codes[change.site],
        sku=None if change.item is None else found.names.items.get(change.item, ""),
        name=change.name or None,
        before=change.before if counted else None,
        after=change.after if counted else None,
        day_before=_day(change.before) if days and change.before > 0 else None,
        day_after=_day(change.after) if days else None,
        amount=_money(change.after - change.before, found) if change.what == "parcel_price" else None,
    )


def _outcome(outcome: Outcome, found: Flipped) -> OutcomeView:
    return OutcomeView(
        locations=tuple(found.codes[site] for site in outcome.site_ids),
        cost=_money(outcome.cost, found),
        parcels=outcome.parcels,
        units_unfilled=outcome.unfilled,
        deliver_on=_day(outcome.deliver_day) if outcome.deliver_day else None,
        more_cost=_money(outcome.more_cost, found),
        more_parcels=outcome.more_parcels,
        more_days=outcome.more_days,
        more_units_unfilled=outcome.more_unfilled,
    )


def _money(milli: int, found: Flipped) -> Money:
    return Money(milli_to_minor(milli), found.names.currency)


def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()
