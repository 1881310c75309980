"""The rules that a policy is made of, as plain data: fences, costs, ordered preferences; each tagged by its name.

A fence is hard: it says where something may not ship from. A cost is soft: an amount in milli that becomes a line of
the bill under its own name. Both speak of locations by `Sites`. Nothing here decides; `fences`, `costs` and `points`
turn these into arrays.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from crossdock.kernel.document import clean

Word = Annotated[str, clean(max_length=300)]
Whole = Annotated[int, Meta(ge=-(10**12), le=10**12)]
"""Far below what whole numbers in float64 hold; what makes sense of it is checked when a policy is saved."""
Names = tuple[Word, ...]


class Sites(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which locations are meant: all that is given must hold, each by any of its names; nothing given is all of them.

    `countries` is where a location stands, `markets` what it serves (its own country where it lists none). `but`
    names the codes that are not meant in spite of it.
    """

    codes: Names = ()
    kinds: Names = ()
    groups: Names = ()
    tags: Names = ()
    countries: Names = ()
    markets: Names = ()
    but: Names = ()


EVERYWHERE = Sites()


class _Rule(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="type"):
    pass


# -- conditions over one location and the delivery ---------------------------------------------------------------------

Comparison = Literal["in", "not_in", "at_least", "at_most"]


class Test(_Rule, frozen=True, tag="test"):
    """Compare a fact with values, or with another fact: `fact` `op` any of `values` (or of what `than` says).

    Facts of the location: `location.code`, `.kind`, `.country`, `.groups`, `.tags`, `.markets`, `.carriers`,
    `.capabilities`, `.rank`; of location and delivery: `location.km`, `.transit_days`, `.ship_day`, `.used`; of the
    delivery: `delivery.country`, `.channel`, `.service`, `.value`, `.units`, `.lines`, `.weight_g`, `.priority`,
    `.due_day`, `.asked_day`, and every name in `Demand.facts` as `delivery.<name>`. What is not known fails, whatever
    it is compared with. Of a fact with several values any one will do; `not_in` wants none of them in.
    """

    fact: Word
    op: Comparison
    values: tuple[Word | Whole, ...] = ()
    than: Word = ""


class AllOf(_Rule, frozen=True, tag="all"):
    """All of the conditions hold; none given holds."""

    of: "tuple[Condition, ...]"


class AnyOf(_Rule, frozen=True, tag="any"):
    """At least one of the conditions holds."""

    of: "tuple[Condition, ...]"


class NotOf(_Rule, frozen=True, tag="not"):
    """The condition does not hold."""

    of: "Condition"


Condition = Test | AllOf | AnyOf | NotOf


# -- fences ------------------------------------------------------------------------------------------------------------


class Among(_Rule, frozen=True, tag="among"):
    """Only these locations."""

    sites: Sites


class Without(_Rule, frozen=True, tag="without"):
    """None of these locations."""

    sites: Sites


class Near(_Rule, frozen=True, tag="near"):
    """Only locations up to so many kilometres from the destination; where that is not known only its country's."""

    km: Whole


class ServesMarket(_Rule, frozen=True, tag="serves_market"):
    """Only locations that list the destination's country among their markets, or stand in it and list none."""


class InTime(_Rule, frozen=True, tag="in_time"):
    """Only locations whose parcel arrives by the promised day, or so many days later; any without a promise."""

    days: Whole = 0


class HasShare(_Rule, frozen=True, tag="has_share"):
    """Only locations that have so many permille of the order's units, or of its lines in full.

    A split could cure that: unless `strict`, the fence falls where no location meets it and the order may be split.
    """

    permille: Whole
    of: Literal["lines", "units"] = "lines"
    strict: bool = False


class KeepsStock(_Rule, frozen=True, tag="keeps_stock"):
    """So many units of each item stay at these locations: what is above may ship."""

    units: Whole
    sites: Sites = EVERYWHERE


class Carrier(_Rule, frozen=True, tag="carrier"):
    """Only locations that this carrier collects from; one that lists no carriers has them all."""

    name: Word


class Handling(_Rule, frozen=True, tag="handling"):
    """What needs this handling class ships only where the carriers can: at most so many days, one of these carriers.

    That the location itself can is asked of its capabilities in any case.
    """

    name: Word
    most_transit_days: Whole | None = None
    carriers: Names = ()


class UnitsRoom(_Rule, frozen=True, tag="units_room"):
    """A location ships no more units than it has room for on its day of handover."""


class When(_Rule, frozen=True, tag="when"):
    """Only locations for which the condition holds; `name` is what an explanation calls it."""

    condition: Condition
    name: Word = ""


Fence = Among | Without | Near | ServesMarket | InTime | HasShare | KeepsStock | Carrier | Handling | UnitsRoom | When


# -- costs -------------------------------------------------------------------------------------------------------------


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """From this use of a day's capacity on (permille) the price is this."""

    used: Whole
    amount: Whole


class Workload(_Rule, frozen=True, tag="workload"):
    """A price per fulfillment (or unit) that rises with how much of the day's capacity is used, so work spreads."""

    steps: tuple[Step, ...]
    per: Literal["fulfillment", "unit"] = "fulfillment"
    sites: Sites = EVERYWHERE
    name: Word = ""


class Scarce(_Rule, frozen=True, tag="scarce"):
    """What a unit may still be worth where it stands: `per_unit` × (below − stock) ÷ below, for stock under `below`."""

    per_unit: Whole
    below: Whole
    sites: Sites = EVERYWHERE
    name: Word = ""


class Clear(_Rule, frozen=True, tag="clear"):
    """A credit for each unit that leaves: goods that age, are marked down, or expire within so many days.

    So many permille of the unit's value and a fixed amount; of these categories and locations (none given: all).
    """

    per_unit: Whole = 0
    permille: Whole = 0
    sites: Sites = EVERYWHERE
    categories: Names = ()
    within_days: Whole | None = None
    name: Word = ""


class FailedPick(_Rule, frozen=True, tag="failed_pick"):
    """What a unit that is not found costs, × the probability that it is not."""

    per_unit: Whole
    sites: Sites = EVERYWHERE
    name: Word = ""


class Carbon(_Rule, frozen=True, tag="carbon"):
    """A price per kilogram of CO₂ equivalent: weight × distance × grams per tonne-kilometre, as offers estimate it."""

    per_kg: Whole
    name: Word = ""


class Preference(_Rule, frozen=True, tag="preference"):
    """Each fulfillment from these locations counts as so much dearer: what the merchant would rather not use."""

    amount: Whole
    sites: Sites
    name: Word = ""


Cost = Workload | Scarce | Clear | FailedPick | Carbon | Preference

CostName = Literal[
    "carriage", "weight", "surcharges", "fuel", "handling_parcel", "handling_line", "handling_unit", "lateness",
    "prices", "extra_parcels", "extra_locations", "workload", "scarce", "clear", "failed_pick", "carbon", "preference",
]  # fmt: skip
"""What a weight can be given to."""


# -- ordered preferences -----------------------------------------------------------------------------------------------

By = Literal["fewest_parcels", "fewest_locations", "nearest", "soonest", "on_time", "fullest", "cheapest", "sites"]


class Prefer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of several aims, in their order: the later ones only decide between plans that are equal in the earlier.

    `band` makes nearly equal equal: kilometres for `nearest`, days for `soonest` (after the first day possible) and
    `on_time` (after the promised one), units of stock for `fullest`, milli for `cheapest`; each location's (unit's)
    amount is counted in whole bands. `sites` counts fulfillments from other locations than these.
    """

    by: By
    band: Whole = 1
    sites: Sites = EVERYWHERE


# -- rate cards --------------------------------------------------------------------------------------------------------


class Surcharge(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What carriers add to the rates, under one name; all that is given must hold, each by any of its values.

    Per parcel by zones (their places on the card, from 0) and destination countries; with `handling` or `over_g` per
    unit that needs one of these handling classes or weighs more: such units travel as parcels of their own.
    """

    name: Word
    amount: Whole
    zones: tuple[Whole, ...] = ()
    countries: Names = ()
    handling: Names = ()
    over_g: Whole | None = None
