"""What the form of a routing policy offers: every kind of rule with its fields, in the order of the sentence."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["text", "int", "money", "minor", "percent", "list", "ints", "bool", "choice", "sites", "steps", "json"]


class Field(NamedTuple):
    """A field: its name in the document, what it is called, how it is written, what it is measured in or may be."""

    name: str
    label: str
    kind: Kind
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class Offer(NamedTuple):
    """A kind of rule that can be added: its tag, what it is called, its fields."""

    tag: str
    label: str
    fields: tuple[Field, ...] = ()


SITES = Field("sites", "Locations", "sites")
NAME = Field("name", "Called", "text")
SITE_NAMES = (
    ("codes", "Locations"),
    ("kinds", "Kinds"),
    ("groups", "Groups"),
    ("tags", "Tags"),
    ("countries", "Countries"),
    ("markets", "Markets"),
    ("but", "But not"),
)

FENCES = (
    Offer("among", "Only these locations", (SITES,)),
    Offer("without", "Never these locations", (SITES,)),
    Offer("near", "Only within a distance", (Field("km", "At most", "int", "km"),)),
    Offer("in_time", "Only in time", (Field("days", "Tolerance", "int", "days late"),)),
    Offer("serves_market", "Only locations that serve the country"),
    Offer(
        "has_share",
        "Only locations with a share of the order",
        (
            Field("permille", "At least", "percent", "%"),
            Field("of", "of the", "choice", "", (("lines", "lines in full"), ("units", "units"))),
            Field("strict", "even when nobody has it", "bool"),
        ),
    ),
    Offer("keeps_stock", "Some stock stays", (Field("units", "At least", "int", "units"), SITES)),
    Offer("carrier", "Only locations that a carrier collects from", (Field("name", "Carrier", "text"),)),
    Offer(
        "handling",
        "A handling class ships only so",
        (
            Field("name", "Class", "text"),
            Field("most_transit_days", "in at most", "int", "days"),
            Field("carriers", "by one of", "list"),
        ),
    ),
    Offer("units_room", "No more units than there is room for"),
    Offer("when", "Only where a condition holds", (NAME, Field("condition", "Condition, as JSON", "json"))),
)
COSTS = (
    Offer("preference", "Rather not from some locations", (Field("amount", "counts", "money"), SITES, NAME)),
    Offer("carbon", "Carbon", (Field("per_kg", "per kilogram", "money"), NAME)),
    Offer(
        "workload",
        "Work where the day fills up",
        (
            Field("steps", "from % used: price", "steps"),
            Field("per", "for each", "choice", "", (("fulfillment", "fulfillment"), ("unit", "unit"))),
            SITES,
            NAME,
        ),
    ),
    Offer(
        "scarce",
        "Scarce stock",
        (Field("per_unit", "up to, a unit", "money"), Field("below", "below", "int", "units"), SITES, NAME),
    ),
    Offer(
        "clear",
        "Clear what ages",
        (
            Field("per_unit", "credit a unit", "money"),
            Field("permille", "or of its value", "percent", "%"),
            Field("categories", "Categories", "list"),
            Field("within_days", "expires within", "int", "days"),
            SITES,
            NAME,
        ),
    ),
    Offer("failed_pick", "Units that are not found", (Field("per_unit", "a unit", "money"), SITES, NAME)),
)
PREFER = (
    Offer("fewest_parcels", "the fewest parcels"),
    Offer("fewest_locations", "the fewest locations"),
    Offer("nearest", "the nearest", (Field("band", "equal within", "int", "km"),)),
    Offer("soonest", "the soonest", (Field("band", "equal within", "int", "days"),)),
    Offer("fullest", "the fullest", (Field("band", "equal within", "int", "units"),)),
    Offer("cheapest", "the cheapest", (Field("band", "equal within", "money"),)),
    Offer("sites", "these locations", (SITES,)),
)
_TEXTS = ("channel", "service", "method", "country", "area")
_NUMBERS = ("lines", "units", "value", "weight_g", "priority")
_SETS = ("sku", "category", "handling", "tag")
_YES = ("known_customer", "gift")


def _named(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, name.replace("_", " ")) for name in names)


CONDITIONS = (
    Offer(
        "one_of",
        "is one of",
        (Field("fact", "The", "choice", "", _named(_TEXTS)), Field("values", "is one of", "list")),
    ),
    Offer(
        "number",
        "lies between",
        (
            Field("fact", "The", "choice", "", _named(_NUMBERS)),
            Field("at_least", "at least", "int"),
            Field("at_most", "at most", "int"),
        ),
    ),
    Offer(
        "contains",
        "contains",
        (
            Field("fact", "Its", "choice", "", _named(_SETS)),
            Field("any", "any of", "list"),
            Field("all", "all of", "list"),
            Field("only", "only", "list"),
            Field("none", "none of", "list"),
        ),
    ),
    Offer(
        "yes",
        "is so",
        (
            Field("fact", "It is a", "choice", "", _named(_YES)),
            Field("value", "and not the contrary", "bool"),
        ),
    ),
    Offer(
        "during",
        "is decided at a time",
        (
            Field("first_day", "from", "text"),
            Field("last_day", "until", "text"),
            Field("every_year_from", "every year from (MM-DD)", "text"),
            Field("every_year_until", "until (MM-DD)", "text"),
            Field("days", "on (mon, tue)", "list"),
            Field("nth", "the nth of the month", "ints"),
            Field("days_of_month", "days of the month", "ints"),
            Field("every_weeks", "every so many weeks", "int"),
            Field("begin", "from (HH:MM)", "text"),
            Field("end", "until (HH:MM)", "text"),
        ),
    ),
)
LISTS: dict[str, tuple[Offer, ...]] = {"fences": FENCES, "costs": COSTS, "prefer": PREFER, "tests": CONDITIONS}
"""The lists of a route that are edited as rows: what can be added to each."""

LEFTOVERS = (
    ("next_route", "is tried by the next route"),
    ("backorder", "waits for stock"),
    ("review", "waits for a person"),
    ("queue", "waits in a queue"),
    ("ship_available", "is canceled"),
    ("cancel", "cancels the whole delivery"),
)
SPLITS = (("unit", "by unit"), ("line", "by line"), ("never", "never"))
ROUTE = (
    Field("name", "Name", "text"),
    Field("note", "Note", "text"),
    Field("split", "A delivery may be split", "choice", "", SPLITS),
    Field("max_locations", "over at most", "int", "locations"),
    Field("max_parcels", "in at most", "int", "parcels"),
    Field("min_value_per_location", "worth at least, each", "minor"),
    Field("extra_parcel", "Another parcel counts", "money"),
    Field("extra_location", "Another location counts", "money"),
    Field("lateness_per_day", "A day too late counts", "money"),
    Field("unfilled_per_unit", "A unit not shipped counts", "money"),
    Field("unfilled_permille", "and of its value", "percent", "%"),
    Field("complete", "all of it or nothing", "bool"),
    Field("keep_groups", "ship-together groups stay together", "bool"),
    Field("whole_bundles", "bundles stay whole", "bool"),
    Field("excluded", "Never ships", "list"),
    Field("markets", "Only these countries", "list"),
    Field("leftover", "What is left", "choice", "", LEFTOVERS),
    Field("queue", "in the queue", "text"),
    Field("cancel_after_hours", "given up after", "int", "hours"),
)
USUAL = {
    "unfilled_per_unit": "1000.00",
    "unfilled_permille": "100",
    "keep_groups": "1",
    "split": "unit",
    "leftover": "backorder",
}
"""What stands in a new route."""


def offer(name: str, tag: str) -> Offer | None:
    """Return what a list offers under a tag."""
    return next((one for one in LISTS[name] if one.tag == tag), None)
