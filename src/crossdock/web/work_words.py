"""The events about work at locations, as the timeline of an order tells them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crossdock.kernel.money import show
from crossdock.web.formats import day
from crossdock.web.words import plain, plural

Said = tuple[str, str, str, str]
"""Title, detail, icon, tone."""


def _units(lines: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{line['quantity']:,} × {line['sku']}" for line in lines)


def _until(text: str) -> str:
    return f"{day(text[:10])}, {text[11:16]} UTC" if text else ""


def _went(d: Mapping[str, Any]) -> str:
    moved, kept = d.get("moved", 0), d.get("kept", 0)
    said = [f"{plural(moved, 'unit')} went elsewhere"] if moved else []
    said += [f"{plural(kept, 'unit')} stay, because nobody else can have them"] if kept else []
    return "; ".join(said)


def _released(d: dict[str, Any]) -> Said:
    by = f"to be accepted by {_until(d['accept_by'])}" if d.get("accept_by") else ""
    return f"Released to {d['location']}", by, "building-store", "go"


def _accepted(d: dict[str, Any]) -> Said:
    by = f"to be started by {_until(d['start_by'])}" if d.get("start_by") else ""
    return f"Accepted by {d['location']}", by, "building-store", "go"


def _started(d: dict[str, Any]) -> Said:
    return f"{d['location']} began", "", "player-play", "go"


def _picked(d: dict[str, Any]) -> Said:
    return f"Picked at {d['location']}", _units(d["lines"]), "building-store", "done" if d.get("complete") else "go"


def _restocked(d: dict[str, Any]) -> Said:
    return f"Put back at {d['location']}", _units(d["lines"]), "building-store", "neutral"


def _refused(what: str) -> Callable[[dict[str, Any]], Said]:
    def say(d: dict[str, Any]) -> Said:
        parts = [_units(d["lines"]), d.get("note", ""), _went(d)]
        if d.get("excluded_until"):
            parts.append(f"not asked again before {_until(d['excluded_until'])}")
        title = f"{what} {d['location']}: {plain(d['reason'])}"
        return title, "; ".join(part for part in parts if part), "circle-x", "bad"

    return say


def _due_soon(d: dict[str, Any]) -> Said:
    return f"{d['location']} is to {d['waits_for']} soon", f"by {_until(d['due_at'])}", "hourglass", "wait"


def _timed_out(d: dict[str, Any]) -> Said:
    return f"{d['location']} did not {d['waits_for']} in time", _went(d), "hourglass", "bad"


def _assigned(d: dict[str, Any]) -> Said:
    cost, before = d.get("cost"), d.get("cost_before")
    prices = f"for {_money(cost)}" if cost else ""
    prices += f", where it was {_money(before)}" if cost and before else ""
    from_ = f" instead of {d['before']}" if d.get("before") else ""
    detail = "; ".join(part for part in (d.get("reason", ""), prices) if part)
    return f"Given to {d['location']}{from_} by hand", detail, "hand-stop", "info"


def _relieved(d: dict[str, Any]) -> Said:
    return f"Taken from {d['location']} ({plain(d['reason'])})", _went(d), "building-store", "wait"


def _offered(d: dict[str, Any]) -> Said:
    title = f"Offered to {', '.join(d['locations'])}"
    return title, f"the first to claim it has it, until {_until(d['expires_at'])}", "building-store", "info"


def _asked(d: dict[str, Any]) -> Said:
    detail = f"{_units(d['lines'])}: {plain(d['reason'])}"
    return "The customer is to choose what becomes of the pick-up", detail, "shopping-cart", "wait"


def _chosen(d: dict[str, Any]) -> Said:
    at = f" at {d['location']}" if d.get("location") else ""
    title = f"The customer chose: {plain(d['option'])}{at}"
    return title, f"{plural(d['units'], 'unit')}. {d.get('note', '')}".strip(), "shopping-cart", "info"


def _money(amount: dict[str, Any]) -> str:
    return show(int(amount["amount"]), str(amount["currency"]))


def _claimed(d: dict[str, Any]) -> Said:
    lost = f"gone for {', '.join(d['lost'])}" if d.get("lost") else ""
    return f"{d['location']} claimed the job", lost, "building-store", "go"


def _offer_ended(d: dict[str, Any]) -> Said:
    return f"The job is offered no more: {plain(d['state'])}", ", ".join(d.get("locations", ())), "hourglass", "neutral"


SENTENCES: dict[str, Callable[[dict[str, Any]], Said]] = {
    "fulfillment.released": _released,
    "fulfillment.accepted": _accepted,
    "fulfillment.started": _started,
    "fulfillment.picked": _picked,
    "fulfillment.restocked": _restocked,
    "fulfillment.rejected": _refused("Rejected by"),
    "fulfillment.short_picked": _refused("Not found at"),
    "fulfillment.due_soon": _due_soon,
    "fulfillment.timed_out": _timed_out,
    "fulfillment.assigned": _assigned,
    "fulfillment.relieved": _relieved,
    "fulfillment.offered": _offered,
    "offer.claimed": _claimed,
    "offer.ended": _offer_ended,
    "order.choice_asked": _asked,
    "order.choice_made": _chosen,
}
