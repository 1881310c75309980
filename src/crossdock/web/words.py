"""The words and tones of the console: what a state is called and which colour goes with it."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A state as people read it: a label, and a tone that never stands alone."""

    label: str
    tone: str


STATUS = {
    "waiting": Word("Waiting", "wait"),
    "partly_allocated": Word("Partly allocated", "wait"),
    "allocated": Word("Allocated", "info"),
    "in_progress": Word("In progress", "work"),
    "partly_shipped": Word("Partly shipped", "go"),
    "shipped": Word("Shipped", "go"),
    "delivered": Word("Delivered", "done"),
    "canceled": Word("Canceled", "neutral"),
}
PAYMENT = {
    "pending": Word("Payment pending", "wait"),
    "authorized": Word("Authorized", "info"),
    "paid": Word("Paid", "done"),
}
PROMISE = {
    "kept": Word("On time", "done"),
    "at_risk": Word("At risk", "wait"),
    "late": Word("Late", "bad"),
}
CANCELLATION = {
    "requested": Word("Cancellation requested", "wait"),
    "accepted": Word("Cancellation accepted", "neutral"),
    "refused": Word("Cancellation refused", "bad"),
}
EXECUTION = {
    "planned": Word("Planned", "info"),
    "released": Word("Released", "work"),
    "in_progress": Word("In progress", "work"),
    "picked": Word("Picked", "work"),
    "packed": Word("Packed", "work"),
    "shipped": Word("Shipped", "go"),
    "ready": Word("Ready for pick-up", "go"),
    "handed_over": Word("Handed over", "done"),
    "canceled": Word("Canceled", "neutral"),
}
NEGOTIATION = {
    "unsent": Word("Not told yet", "neutral"),
    "sent": Word("Told", "info"),
    "acknowledged": Word("Heard", "info"),
    "accepted": Word("Accepted", "go"),
    "rejected": Word("Said no", "bad"),
}
FEED = {
    "heard": Word("Heard", "done"),
    "never_heard": Word("Never heard", "neutral"),
    "silent": Word("Silent", "bad"),
    "distrusted": Word("Silent, distrusted", "bad"),
}
JOB = {
    "waiting": Word("Waiting", "wait"),
    "running": Word("Running", "work"),
    "succeeded": Word("Done", "done"),
    "failed": Word("Failed", "bad"),
    "canceled": Word("Canceled", "neutral"),
}
BASIS = {
    "physical": "all that is there",
    "shelf": "what is on the shelf: staged goods are added",
    "available": "what its system calls available: claims it knows of are added",
}
SUPPLY = {
    "open": Word("Open", "info"),
    "closed": Word("Received", "done"),
    "canceled": Word("Called off", "neutral"),
}
SUPPLY_SHOWS = {"open": "Open", "overdue": "Overdue", "closed": "Received", "canceled": "Called off", "all": "All"}
FEED_COUNTS = {
    "rows": "Rows",
    "changed": "Changed",
    "unchanged": "Unchanged",
    "late": "Late",
    "repeated": "Repeated",
    "zeroed": "Zeroed",
    "failed": "Failed",
}
FEED_RESULTS = {
    "changed": Word("Changes", "info"),
    "unchanged": Word("Unchanged", "neutral"),
    "late": Word("Late", "wait"),
    "repeated": Word("Repeated", "neutral"),
    "zeroed": Word("Set to zero", "bad"),
}
RESERVATION = {
    "open": Word("Open", "info"),
    "confirmed": Word("Ordered", "done"),
    "released": Word("Released", "neutral"),
    "expired": Word("Expired", "neutral"),
    "broken": Word("Broken", "bad"),
}
RESERVATION_SHOWS = {
    "open": "Open",
    "soon": "Ending soon",
    "confirmed": "Ordered",
    "released": "Released",
    "expired": "Expired",
    "broken": "Broken",
    "all": "All",
}
METHODS = {"ship": "Shipped", "pickup": "Picked up", "ship_to_store": "Sent to the store", "transfer": "Transfer"}
REFUSALS = {
    "no_destination": "nobody knows where to",
    "unknown_location": "there is no such location",
    "no_pickup_there": "nothing is picked up there",
    "out_of_stock": "out of stock",
    "not_served": "nobody ships there",
    "too_late": "too late",
    "too_early": "too early",
    "different_launches": "comes out on different days",
}
AT_RISK = {
    "handover_near": "the handover is near and the work not done",
    "supply_late": "what it waits for comes too late",
    "supply_slipped": "the supply that it waits for was put off",
    "day_over": "the day is over",
}
LEVEL = {
    "in_stock": Word("In stock", "done"),
    "low": Word("Low", "wait"),
    "out": Word("Out", "bad"),
}
ON_HOLD = Word("On hold", "bad")
QUEUED = Word("In a queue", "wait")

CAUSES = {
    "capture": " when the order came in",
    "manual": " because somebody asked for it",
    "address": " for the new address",
    "amend_address": " for the new address",
    "address_amended": " for the new address",
    "stock": " when stock came in",
    "receipt": " when stock came in",
    "short": " because stock was missing",
}

LOCATION_KINDS = {
    "dc": "Distribution centre",
    "store": "Store",
    "3pl": "3PL",
    "supplier": "Supplier",
    "pickup_point": "Pick-up point",
}


def plain(name: str) -> str:
    """Turn a code into words: ``no_stock`` is ``no stock``."""
    return name.replace("_", " ").replace(".", " ").replace("-", " ").strip()


def sentence(name: str) -> str:
    """Turn a code into words with a capital: ``no_stock`` is ``No stock``."""
    words = plain(name)
    return words[:1].upper() + words[1:]


def plural(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``plural(2, "order")`` is ``2 orders``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def actor(name: str) -> str:
    """Write who did it: ``user:anna@example.com`` is ``anna@example.com``, ``key:shop`` is ``key shop``."""
    kind, _, who = name.partition(":")
    return who if kind == "user" and who else f"{kind} {who}".strip()


RULES = {
    "locations": "not shown",
    "exclusions": "exclusion",
    "buffers": "buffer",
    "safety_stock": "safety stock",
    "find": "probability of find",
}


def rule_name(pointer: str) -> str:
    """Return what a rule of a view is called, by its place in the document: ``/buffers/1`` is ``buffer 2``."""
    _, name, *number = pointer.split("/")
    at = f" {int(number[0]) + 1}" if number and number[0].isdigit() else ""
    return RULES.get(name, plain(name)) + at
