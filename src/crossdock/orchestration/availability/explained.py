"""Why a number is what it is: location by location, rule by rule, until it adds up to what can be promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.atp import Arriving, Atp, Ints, ItemStock
from crossdock.inventory.mirror import UNLIMITED
from crossdock.inventory.picture_store import read_stock
from crossdock.inventory.view_rules import LocationSteps
from crossdock.inventory.views import (
    ArrivalView,
    AvailabilityExplained,
    LocationExplained,
    PartExplained,
    ShareExplained,
    StepView,
)
from crossdock.kernel.errors import NotFound
from crossdock.orchestration.availability.questions import Ask, Eyes, Items, Shown, arriving_by, promise, shares_of
from crossdock.orchestration.errors import UnknownChannel
from crossdock.storage.session import Session

_POSITIONS = """
    SELECT p.location_id, p.on_hand, p.picked, p.reserved, p.allocated, p.short FROM positions p
    WHERE p.item_id = ? AND p.stock_class = 0
"""
_NOTHING = (0, 0, 0, 0, 0)


def explain_availability(session: Session, ask: Ask, now: int) -> AvailabilityExplained:
    """Explain what a channel can be promised of an item, in the session's snapshot.

    Raises NotFound for a SKU that does not exist, UnknownChannel for such a channel. Locations that neither have the
    item nor are about to are left out.
    """
    shown = Shown(session)
    items = Items()
    items.load(session, [ask.sku])
    facts, eyes = items.by_sku.get(ask.sku), shown.eyes(ask.channel, now)
    if facts is None:
        raise NotFound(f"There is no item '{ask.sku}'.")
    if eyes is None:
        raise UnknownChannel(f"There is no channel '{ask.channel}'.")
    parts = items.parts(facts)
    position, stock = read_stock(session, [part.id for part, _ in parts], shown.sites)
    atp = promise(shown, eyes, parts, stock, ask.day)
    explained = _Explainer(session, shown, eyes, ask.day)
    if not facts.components:
        return explained.item(facts, stock[facts.id], atp, position)
    made = []
    for part, count in parts:
        own = promise(shown, eyes, [(part, 1)], stock, ask.day)
        made.append((explained.item(part, stock[part.id], own, position), count))
    return explained.bundle(facts, made, atp, position)


class _Explainer:
    def __init__(self, session: Session, shown: Shown, eyes: Eyes, day: int | None) -> None:
        self._session = session
        self._shown = shown
        self._eyes = eyes
        self._day = day

    def item(self, facts: ItemFacts, stock: ItemStock, atp: Atp, position: int) -> AvailabilityExplained:
        rows = {row[0]: tuple(row[1:]) for row in self._session.fetch(_POSITIONS, facts.id)}
        coming = arriving_by(self._shown, stock, self._day)
        seen = stock.claimable if coming is None else stock.claimable + coming
        locations = []
        for place, steps in enumerate(self._eyes.view.explain(facts, seen)):
            arriving = 0 if coming is None else int(coming[place])
            if steps.location_id in rows or steps.claimable or arriving:
                locations.append(_location(steps, rows.get(steps.location_id, _NOTHING), arriving))
        locations.sort(key=lambda here: (-here.visible, here.location))
        return AvailabilityExplained(
            **self._head(facts, atp, position),
            locations=tuple(locations),
            arrivals=tuple(self._arrival(line) for line in stock.arriving),
            shares=self._shares(facts, stock, coming),
            parts=(),
            words=self._words(atp, locations),
        )

    def bundle(
        self, facts: ItemFacts, parts: Sequence[tuple[AvailabilityExplained, int]], atp: Atp, position: int
    ) -> AvailabilityExplained:
        told = []
        for part, count in parts:
            n = part.available_to_promise
            told.append(f"{part.sku}: {n} can be promised, {count} are in one, enough for {n // count}.")
        told.append(f"So {atp.total} can be promised: as many as the scarcest part allows.")
        return AvailabilityExplained(
            **self._head(facts, atp, position),
            locations=(),
            arrivals=(),
            shares=(),
            parts=tuple(PartExplained(units=count, part=part) for part, count in parts),
            words=tuple(told),
        )

    def _head(self, facts: ItemFacts, atp: Atp, position: int) -> dict[str, Any]:
        return {
            "sku": facts.sku,
            "channel": self._eyes.code,
            "on": None if self._day is None else date.fromordinal(self._day).isoformat(),
            "view": self._eyes.view.code if self._eyes.code else "",
            "view_version": self._eyes.view.version if self._eyes.code else "",
            "position": position,
            "available": atp.available,
            "arriving": atp.arriving,
            "waiting": atp.waiting,
            "held_for_others": atp.held,
            "available_to_promise": atp.total,
            "level": self._eyes.level(atp.total),
        }

    def _arrival(self, line: Arriving) -> ArrivalView:
        location = self._shown.directory.locations.get(line.location_id)
        return ArrivalView(
            location="" if location is None else location.location.code,
            on=date.fromordinal(line.day).isoformat(),
            units=line.units,
            counted=self._day is not None and line.day <= self._day and line.location_id in self._shown.sites.places,
        )

    def _shares(self, facts: ItemFacts, stock: ItemStock, coming: Ints | None) -> tuple[ShareExplained, ...]:
        ours = shares_of(self._shown, self._eyes, facts, stock, coming)
        if ours is None:
            return ()
        return tuple(
            ShareExplained(
                group=node.group,
                pool=node.pool,
                amount=stands.amount,
                taken=stands.taken,
                unused=stands.unused,
                own=node.group == ours.group,
            )
            for node, stands in zip(ours.shares.template.nodes, ours.shares.standing(), strict=True)
        )

    def _words(self, atp: Atp, locations: Sequence[LocationExplained]) -> tuple[str, ...]:
        who = f"Channel {self._eyes.code}" if self._eyes.code else "Without a channel, everybody"
        showing = [here for here in locations if here.visible]
        told = [f"{who} sees {_units(atp.available)} at {len(showing)} of {len(locations)} locations that have any."]
        if atp.arriving:
            told.append(f"{_units(atp.arriving)} more arrive in time.")
        if atp.waiting:
            told.append(f"{_units(atp.waiting)} go to orders that wait already.")
        if atp.held:
            told.append(f"{_units(atp.held)} are kept for other channels.")
        told.append(f"So {_units(atp.total)} can be promised.")
        return tuple(told)


def _location(steps: LocationSteps, counters: tuple[int, ...], arriving: int) -> LocationExplained:
    on_hand, picked, reserved, allocated, short = counters
    claimable = steps.claimable - arriving
    return LocationExplained(
        location=steps.code,
        on_hand=on_hand,
        picked=picked,
        reserved=reserved,
        allocated=allocated,
        short=short,
        claimable=claimable,
        arriving=arriving,
        steps=tuple(StepView(rule=step.rule, units=step.units, text=step.text) for step in steps.steps),
        visible=steps.visible,
        words=_sum(steps, counters, arriving),
    )


def _sum(steps: LocationSteps, counters: tuple[int, ...], arriving: int) -> str:
    """Write one location's number as a sum that a person can check."""
    on_hand, picked, reserved, allocated, short = counters
    if steps.claimable >= UNLIMITED:
        return "Any number can be had here."
    out = f"{on_hand} on hand"
    for n, word in ((picked, "picked"), (allocated - picked, "allocated"), (reserved, "reserved")):
        out += f" − {n} {word}" if n else ""
    out += f" + {short} short" if short else ""
    claimable = steps.claimable - arriving
    if on_hand - allocated - reserved + short != claimable:
        out += ", of which none is shipped from here"
    out += f" + {arriving} arriving" if arriving else ""
    for step in steps.steps:
        out += f" − {step.units} ({step.text})"
    return f"{out} = {steps.visible}"


def _units(n: int) -> str:
    return "1 unit" if n == 1 else f"{n:,} units"
