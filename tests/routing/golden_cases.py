"""Typical decisions, each explained in full as a text: `python -m tests.routing.golden_cases` writes them anew.

Whoever changes a sentence reads all of these aloud before he keeps it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from crossdock.routing import (
    BillLine,
    Demand,
    DemandLine,
    Explanation,
    Policy,
    Prices,
    Snapshot,
    Versions,
    decide,
    encode,
    explain,
    flips,
    words,
)
from crossdock.routing.flip_words import Names, flip_words
from crossdock.routing.phrases import dated, money
from crossdock.routing.record import Through
from crossdock.routing.rules import Handling, KeepsStock, Near, Prefer, Preference, Sites, Step, Workload
from crossdock.routing.waived import rules_of
from tests.routing.builders import CARD, POLICY, TODAY, demand, network, snapshot
from tests.routing.small_orders import binding_order

GOLDEN = Path(__file__).parent / "golden"
ITEMS = {101: "MUG", 102: "TEAPOT", 103: "CAKE TIN"}
ALL = ("DC", "LEEDS", "YORK", "PARIS")


class Case(NamedTuple):
    """What was decided on."""

    demand: Demand
    snapshot: Snapshot
    policy: Policy = POLICY
    through: Through | None = None
    about: str | None = None
    """The location that somebody asks about."""


class Shop:
    """A view as explanations name it."""

    code = "web"

    def words(self, rule: str) -> str:
        return {"/buffers/0": "5 units are kept for walk-in customers", "shares": "kept for other channels"}[rule]


def single() -> Case:
    return Case(demand((2, 400)), snapshot(network(), (9, 9, 9)))


def split() -> Case:
    return Case(demand((2, 400), (1, 900)), snapshot(network(), (0, 4, 0), (3, 0, 1)))


def split_although_one_has_everything() -> Case:
    near = replace(CARD, zones=(replace(CARD.zones[0], base=90_000), *CARD.zones[1:]))
    policy = Policy(card=near)
    seen = snapshot(network(handling_parcel=20_000), (9, 9, 0), (9, 0, 9))
    return Case(demand((1, 400), (1, 900), near=(53.88, -1.31)), seen, policy)


def scarce() -> Case:
    return Case(demand((6, 400)), snapshot(network(), (1, 2, 1)))


def closed_and_full() -> Case:
    seen = snapshot(network(), (9, 9, 9), days=(TODAY, -1, TODAY), room=(9, 9, 0))
    return Case(demand((1, 400)), seen, about="LEEDS")


def rejected_and_paused() -> Case:
    seen = snapshot(network(), (9, 9, 9), (9, 9, 9))
    barred = np.array([[False, True, False], [False, True, False]])
    seen = replace(seen, barred=barred, paused=np.array([False, False, True]))
    return Case(demand((1, 400), (2, 900)), seen, about="LEEDS")


def hidden_by_a_view() -> Case:
    hidden = np.array([[0, 5, 0]], dtype=np.int64)
    through = Through("ab" * 16, hidden, ((("", "/buffers/0"), np.array([0, 1, 0])),))
    return Case(demand((4, 500)), snapshot(network(), (9, 0, 9)), POLICY, through, "LEEDS")


def kept_for_other_channels() -> Case:
    hidden = np.array([[6, 0, 0]], dtype=np.int64)
    through = Through("ab" * 16, hidden, ((("", "shares"), np.array([1, 0, 0])),))
    return Case(demand((4, 500)), snapshot(network(), (1, 1, 0)), POLICY, through)


def cold_chain() -> Case:
    where = network()
    cold = tuple(replace(s, capabilities=("ship",) if s.code == "YORK" else ("ship", "chill")) for s in where.sites)
    asked = replace(demand((1, 500)), lines=(DemandLine(1, 101, 2, 500, ("chill",)),))
    policy = replace(POLICY, fences=(Handling("chill", most_transit_days=1),))
    return Case(asked, snapshot(replace(where, sites=cold), (9, 1, 9)), policy, about="YORK")


def abroad() -> Case:
    policy = replace(POLICY, markets=("GB", "IE"))
    return Case(demand((1, 500), country="DE", near=(52.5, 13.4)), snapshot(network(ALL), (1, 1, 1, 1)), policy)


def too_far_away() -> Case:
    policy = replace(POLICY, fences=(Near(100), KeepsStock(3, Sites(kinds=("store",)))))
    return Case(demand((4, 500)), snapshot(network(), (9, 6, 9)), policy, about="DC")


def by_ordered_preferences() -> Case:
    policy = replace(POLICY, prefer=(Prefer("fewest_parcels"), Prefer("nearest", 10), Prefer("cheapest")), route="near")
    where = network()
    dear = tuple(replace(s, handling_parcel=400_000 if s.code == "LEEDS" else 50_000) for s in where.sites)
    return Case(demand((1, 500)), snapshot(replace(where, sites=dear), (9, 9, 9)), policy)


def the_merchant_would_rather_not() -> Case:
    costs = (
        Preference(150_000, Sites(codes=("LEEDS",)), name="flagship store"),
        Workload((Step(500, 40_000),), sites=Sites(kinds=("dc",))),
    )
    seen = replace(snapshot(network(), (9, 9, 0)), used=np.array([600, 100, 100], dtype=np.int64))
    return Case(demand((1, 500)), seen, replace(POLICY, costs=costs), about="LEEDS")


def late() -> Case:
    rules = replace(POLICY, lateness_per_day=500_000)
    seen = snapshot(network(), (9, 9, 0), days=(TODAY, TODAY + 3, TODAY))
    return Case(demand((1, 500), due_day=TODAY + 1), seen, rules, about="LEEDS")


def never_split() -> Case:
    rules = replace(POLICY, split="never", leftover="next_route", route="one parcel")
    return Case(demand((4, 100), (1, 100)), snapshot(network(), (0, 4, 0), (1, 0, 1)), rules)


def several_items_missing() -> Case:
    seen = snapshot(network(), (0, 1, 9), (0, 0, 9), (0, 0, 9))
    return Case(demand((1, 500), (2, 500), (3, 500)), seen, replace(POLICY, split="never"), about="LEEDS")


def nothing_to_ship() -> Case:
    return Case(demand((3, 500)), snapshot(network(), (0, 0, 0)))


def pick_up() -> Case:
    where = network()
    able = tuple(replace(s, capabilities=("ship", "collect") if s.kind == "store" else ("ship",)) for s in where.sites)
    zero = replace(CARD, zones=(replace(CARD.zones[0], up_to_km=1, base=0, per_kg=0, transit_days=0),))
    asked = demand((1, 500), near=(53.80, -1.55), requires=("collect",))
    return Case(asked, snapshot(replace(where, sites=able), (9, 9, 9)), Policy(card=zero))


def prices_from_elsewhere() -> Case:
    prices = Prices(units=((101, LEEDS, 80_000),))
    return Case(demand((2, 500)), snapshot(network(), (9, 9, 0)), replace(POLICY, prices=prices))


def not_proven() -> Case:
    for seed in range(4_000):
        asked, seen, policy = binding_order(seed)
        found = decide(asked, seen, policy)
        if len(asked.lines) <= len(ITEMS) and not found.proven and len(found.bill) > 1:
            items = {line.item: at for at, line in enumerate(asked.lines, 101)}
            lines = tuple(replace(line, item=items[line.item]) for line in asked.lines)
            return Case(replace(asked, lines=lines), seen, policy)
    raise AssertionError("every order is proven")


LEEDS = 2
CASES: dict[str, Callable[[], Case]] = {
    made.__name__: made
    for made in (
        single, split, split_although_one_has_everything, scarce, closed_and_full, rejected_and_paused,
        hidden_by_a_view, kept_for_other_channels, cold_chain, abroad, too_far_away, by_ordered_preferences,
        the_merchant_would_rather_not, late, never_split,
        several_items_missing, nothing_to_ship, pick_up, prices_from_elsewhere, not_proven,
    )
}  # fmt: skip


def told(case: Case) -> str:
    """A decision as a text: why, what it costs, what would have changed it."""
    asked, seen, policy, through, about = case
    record = encode(asked, seen, policy, decide(asked, seen, policy), through)
    versions = Versions({seen.network.version: seen.network}, {policy.version: policy}, {"ab" * 16: Shop()})
    explanation = explain(record, versions)
    rules = {rule.name: rule.words for rule in rules_of(policy)}
    names = Names(
        {site.id: site.name for site in seen.network.sites},
        ITEMS,
        lambda rule: rules.get(rule) or Shop().words(rule),
        policy.card.currency,
    )
    ordered = ", ".join(f"{line.quantity} × {ITEMS[line.item]}" for line in asked.lines)
    out = [f"Ordered: {ordered}", "", *words(explanation), "", "The bill", *_bill(explanation)]
    found = flips(record, versions, about)
    out += ["", f"What would have changed it{f', about {about}' if about else ''}"]
    out += [f"- {saying.text}" for saying in flip_words(found, names)]
    return "\n".join(dated(line) for line in out) + "\n"


def _bill(explanation: Explanation) -> list[str]:
    codes = {verdict.site_id: verdict.name for verdict in explanation.verdicts}

    def row(line: BillLine) -> str:
        where = "" if line.site_id is None else codes[line.site_id]
        amount = money(line.amount, explanation.currency)
        return f"  {where:<14}{line.what:<22}{line.how:<34}{amount:>12}".rstrip()

    return [row(line) for line in explanation.chosen.lines] or ["  nothing"]


def main() -> None:
    """Write all texts anew."""
    GOLDEN.mkdir(exist_ok=True)
    for name, made in CASES.items():
        (GOLDEN / f"{name}.txt").write_text(told(made()), encoding="utf-8")


if __name__ == "__main__":
    main()
