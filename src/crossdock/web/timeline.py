"""The timeline of an order: each event as a sentence, with what it changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from crossdock.events import StoredEvent
from crossdock.kernel.money import show
from crossdock.web import work_words
from crossdock.web.formats import day
from crossdock.web.words import actor, plain, plural, sentence

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
    return Entry(event.at, title, detail, icon, tone, actor(event.actor), event.type)


def risk(events: Sequence[StoredEvent]) -> str:
    """Say what stands in the way of an order's promise, as the watch told it last; empty when it told nothing."""
    told = [event for event in events if event.type in ("order.promise_at_risk", "order.promise_late")]
    return entry(told[-1]).detail if told else ""


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
    what = "Transfer" if d.get("feeds") else "Fulfillment"
    return (
        f"{what} planned at {d['location']}",
        f"{_units(d['lines'])}; {days}".strip("; "),
        "building-store",
        "info",
    )


def _changed(d: dict[str, Any]) -> Said:
    reason = f" ({plain(d['reason'])})" if d.get("reason") else ""
    return f"Fulfillment at {d['location']} changed{reason}", _units(d["lines"]), "building-store", "info"


def _supplied(d: dict[str, Any]) -> Said:
    more = "everything for it is there" if d.get("complete") else "more is on its way"
    return f"Goods have come to {d['location']}", f"{d['quantity']:,} × {d['sku']}; {more}", "building-store", "info"


def _called_off(d: dict[str, Any]) -> Said:
    return f"Fulfillment at {d['location']} called off", sentence(d.get("reason", "")), "circle-x", "neutral"


def _unusable(d: dict[str, Any]) -> Said:
    detail = f"{d['reservation_id']}: {plain(d['reason'])}; the order was captured on free stock"
    return "The reservation could not be used", detail, "hourglass", "wait"


def _bound(d: dict[str, Any]) -> Said:
    source = f"from {d['supply']}" if d.get("supply") else ""
    before = f"before: {day(d['previous_on'])}" if d.get("previous_on") else ""
    title = f"{plural(d['quantity'], 'unit')} of {d['sku']} expected on {day(d.get('expected_on', ''))}"
    return title, "; ".join(part for part in (source, before) if part), "truck-delivery", "info"


def _unbound(d: dict[str, Any]) -> Said:
    before = f"before: {day(d['previous_on'])}" if d.get("previous_on") else ""
    return f"No date any more for units of {d['sku']}", before, "truck-delivery", "wait"


def _promised(d: dict[str, Any]) -> Said:
    plan = f"the plan arrives {day(d['deliver_on'])}" if d.get("deliver_on") else ""
    kept = d.get("is_kept", True)
    return f"Promised for {day(d['promised_on'])}", plan, "calendar", "done" if kept else "wait"


def _promise_at_risk(d: dict[str, Any]) -> Said:
    where = f" at {d['location']}" if d.get("location") else ""
    expected = f"; expected on {day(d['expected_on'])}" if d.get("expected_on") else ""
    detail = f"{sentence(d['reason'])}{where}{expected}"
    return f"The promise for {day(d['promised_on'])} is at risk", detail, "alert-triangle", "wait"


def _promise_late(d: dict[str, Any]) -> Said:
    title, detail, icon, _ = _promise_at_risk(d)
    return title.replace("is at risk", "is late"), detail, icon, "bad"


def _promise_recovered(d: dict[str, Any]) -> Said:
    return f"The promise for {day(d['promised_on'])} will be kept after all", "", "calendar", "done"


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
    "fulfillment.supplied": _supplied,
    "order.reservation_unusable": _unusable,
    "order.backorder_bound": _bound,
    "order.backorder_rebound": _bound,
    "order.backorder_unbound": _unbound,
    "order.promised": _promised,
    "order.promise_at_risk": _promise_at_risk,
    "order.promise_late": _promise_late,
    "order.promise_recovered": _promise_recovered,
    **work_words.SENTENCES,
}
