"""The timeline of an order: each event as a sentence, with what it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from crossdock.events import StoredEvent
from crossdock.kernel.money import show
from crossdock.web.formats import day
from crossdock.web.words import plain, plural, sentence

SHOWN = 4
"""So many lines of a fulfillment are named one by one."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    at: int
    title: str
    detail: str
    icon: str
    tone: str
    actor: str
    type: str


Said = tuple[str, str, str, str]
"""Title, detail, icon, tone."""


def timeline(events: Iterable[StoredEvent]) -> list[Entry]:
    """Return the events of an order as people read them, newest first."""
    return [entry(event) for event in events][::-1]


def entry(event: StoredEvent) -> Entry:
    """Tell one event; a type that has no sentence here is told by its name."""
    data = msgspec.json.decode(event.data)
    say = _SENTENCES.get(event.type)
    title, detail, icon, tone = say(data) if say else (sentence(event.type), "", "info-circle", "neutral")
    return Entry(event.at, title, detail, icon, tone, actor_words(event.actor), event.type)


def actor_words(actor: str) -> str:
    """Write who did it: ``user:anna@example.com`` is ``anna@example.com``, ``key:shop`` is ``key shop``."""
    kind, _, name = actor.partition(":")
    return name if kind == "user" and name else f"{kind} {name}".strip()


def _money(amount: dict[str, Any]) -> str:
    return show(int(amount["amount"]), str(amount["currency"]))


def _units(lines: Sequence[dict[str, Any]]) -> str:
    shown = ", ".join(f"{line['quantity']:,} × {line['sku']}" for line in lines[:SHOWN])
    return shown + (f" and {plural(len(lines) - SHOWN, 'more line', 'more lines')}" if len(lines) > SHOWN else "")


def _captured(d: dict[str, Any]) -> Said:
    place = " ".join(part for part in (d["country"], d.get("area", "")) if part)
    detail = f"{plural(d['lines'], 'line')}, {plural(d['units'], 'unit')}, {_money(d['total'])}, to {place}"
    return f"Captured from {d['channel']}", detail, "shopping-cart", "info"


def _routed(d: dict[str, Any]) -> Said:
    cause = "" if d["cause"] == "capture" else f" again ({plain(d['cause'])})"
    left = d.get("unfilled", 0)
    rest = f"; {plural(left, 'unit')} could not be placed" if left else ""
    if not d["locations"]:
        return f"Routed{cause}, and nothing could be placed", f"{plural(left, 'unit')} left over", "route", "wait"
    title = f"Routed{cause} to {', '.join(d['locations'])}"
    return title, f"{plural(d['assigned'], 'unit')} for {_money(d['cost'])}{rest}", "route", "wait" if left else "go"


def _queued(d: dict[str, Any]) -> Said:
    title = f"{plural(d['quantity'], 'unit')} of {d['sku']} put in the {plain(d['queue'])} queue"
    return title, f"{sentence(d['reason'])}. {d.get('detail', '')}".strip(), "hourglass", "wait"


def _dequeued(d: dict[str, Any]) -> Said:
    title = f"{plural(d['quantity'], 'unit')} of {d['sku']} left the {plain(d['queue'])} queue"
    return title, sentence(d["reason"]), "hourglass", "done"


def _canceled(d: dict[str, Any]) -> Said:
    title = "Order canceled" if d["complete"] else f"{plural(d['units'], 'unit')} canceled"
    return title, d.get("reason", ""), "ban", "bad"


def _amended(d: dict[str, Any]) -> Said:
    before = " ".join(part for part in (d.get("before_country", ""), d.get("before_area", "")) if part)
    after = " ".join(part for part in (d["country"], d.get("area", "")) if part)
    return f"Address of delivery {d['delivery']} changed", f"{before} → {after}. {d.get('reason', '')}", "edit", "info"


def _held(d: dict[str, Any]) -> Said:
    return f"Put on hold: {plain(d['reason'])}", d.get("note", ""), "hand-stop", "bad"


def _unheld(d: dict[str, Any]) -> Said:
    return f"Hold lifted: {plain(d['reason'])}", d.get("note", ""), "player-play", "done"


def _revised(d: dict[str, Any]) -> Said:
    return f"Revision {d['revision']} taken over", f"was {d['before_revision']}", "edit", "info"


def _planned(d: dict[str, Any]) -> Said:
    days = f"work on {day(d['work_on'])}, there {day(d['deliver_on'])}" if d.get("work_on") else ""
    return (
        f"Fulfillment planned at {d['location']}",
        f"{_units(d['lines'])}; {days}".strip("; "),
        "building-store",
        "info",
    )


def _changed(d: dict[str, Any]) -> Said:
    reason = f" ({plain(d['reason'])})" if d.get("reason") else ""
    return f"Fulfillment at {d['location']} changed{reason}", _units(d["lines"]), "building-store", "info"


def _called_off(d: dict[str, Any]) -> Said:
    return f"Fulfillment at {d['location']} called off", sentence(d.get("reason", "")), "circle-x", "neutral"


_SENTENCES: dict[str, Callable[[dict[str, Any]], Said]] = {
    "order.captured": _captured,
    "order.routed": _routed,
    "order.queued": _queued,
    "order.dequeued": _dequeued,
    "order.canceled": _canceled,
    "order.address_amended": _amended,
    "order.hold_placed": _held,
    "order.hold_released": _unheld,
    "order.revised": _revised,
    "fulfillment.planned": _planned,
    "fulfillment.changed": _changed,
    "fulfillment.canceled": _called_off,
}
