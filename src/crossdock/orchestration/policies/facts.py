"""What is known of a delivery when its routes are chosen: of an order that comes in, of one that exists, of a cart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crossdock.orchestration.plans import NewDemand
from crossdock.routing.policy.facts import Facts

FactsOf = Callable[[frozenset[str]], Facts]
"""Gives the facts of these names; None stands for what is not known."""

STORED = frozenset({"tag", "gift", "known_customer", "value"})
"""Facts of an order that exists which its changes do not load unless a policy asks for them."""


def facts_of(
    asked: frozenset[str], demand: Iterable[NewDemand], item: Callable[[int], Any], known: Mapping[str, Any]
) -> Facts:
    """Return the facts that are asked for: those of the demand as it was ordered, and what is known beside it."""
    found: dict[str, Any] = {}
    wanted = tuple(demand)
    items = [item(d.item_id) for d in wanted] if asked & {"sku", "category"} else []
    for name in asked:
        if name in known:
            found[name] = known[name]
        elif name == "lines":
            found[name] = len({d.line_no for d in wanted})
        elif name == "units":
            found[name] = sum(d.quantity for d in wanted)
        elif name == "weight_g":
            found[name] = sum(d.quantity * d.weight_g for d in wanted)
        elif name == "sku":
            found[name] = tuple(sorted({facts.sku for facts in items}))
        elif name == "category":
            found[name] = tuple(sorted({facts.category for facts in items if facts.category}))
        elif name == "handling":
            found[name] = tuple(sorted({need for d in wanted for need in d.requires}))
    return Facts(**found)
