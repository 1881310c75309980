"""Conditions over a location and a delivery, answered for all locations at once.

What a condition says of locations alone is worked out once per network and remembered. A fact that is not known
(an unknown name, no promised day, no distance) fails whatever it is compared with.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossdock.routing.model import Demand, Network, Site
from crossdock.routing.places import Bools
from crossdock.routing.rules import AllOf, AnyOf, Condition, NotOf, Test

Numbers = NDArray[np.int64]
Words = frozenset[str | int]
Answer = Bools | bool

_OF_SITES: dict[str, Callable[[Site], tuple[str | int, ...]]] = {
    "location.code": lambda site: (site.code,),
    "location.kind": lambda site: (site.kind,),
    "location.country": lambda site: (site.country,),
    "location.groups": lambda site: site.groups,
    "location.tags": lambda site: site.tags,
    "location.markets": lambda site: site.markets or (site.country,),
    "location.carriers": lambda site: site.carriers,
    "location.capabilities": lambda site: site.capabilities,
    "location.rank": lambda site: (site.rank,),
}

_OF_TODAY = ("location.km", "location.transit_days", "location.ship_day", "location.used")

_OF_DELIVERIES: dict[str, Callable[[Demand], str | int | None]] = {
    "delivery.country": lambda demand: demand.country,
    "delivery.channel": lambda demand: demand.channel or None,
    "delivery.service": lambda demand: demand.service or None,
    "delivery.value": lambda demand: demand.value,
    "delivery.units": lambda demand: sum(line.quantity for line in demand.lines),
    "delivery.lines": lambda demand: len(demand.lines),
    "delivery.weight_g": lambda demand: sum(line.quantity * line.weight_g for line in demand.lines),
    "delivery.priority": lambda demand: demand.priority,
    "delivery.due_day": lambda demand: demand.due_day,
    "delivery.asked_day": lambda demand: demand.asked_day,
}

FACTS = (*_OF_SITES, *_OF_TODAY, *_OF_DELIVERIES)
"""The names that a test may ask for, besides those that a delivery brings itself."""


class Today:
    """The facts that a decision knows beside the network: numbers per site (with which are known), and the delivery's.

    ``numbers`` maps a fact of `location.km` and its like to (numbers, known); it is asked for when a test needs it.
    """

    def __init__(self, demand: Demand, numbers: Callable[[str], tuple[Numbers, Answer]]) -> None:
        self.numbers = numbers
        self._demand = demand
        self._facts: Mapping[str, str | int] = dict(demand.facts)

    def fact(self, name: str) -> str | int | None:
        """Give a fact of the delivery; None where it is not known."""
        found = _OF_DELIVERIES.get(name)
        if found is not None:
            return found(self._demand)
        return self._facts.get(name.removeprefix("delivery."))


class Conditions:
    """Answers conditions for one network; remembers what depends on nothing else."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._known: dict[Any, Any] = {}

    def answer(self, condition: Condition, today: Today) -> Answer:
        """Say for each site, or for all of them, whether a condition holds."""
        if isinstance(condition, AllOf):
            out: Answer = True
            for one in condition.of:
                out = self.answer(one, today) & out
            return out
        if isinstance(condition, AnyOf):
            out = False
            for one in condition.of:
                out = self.answer(one, today) | out
            return out
        if isinstance(condition, NotOf):
            inner = self.answer(condition.of, today)
            return ~inner if isinstance(inner, np.ndarray) else not inner
        return self._test(condition, today)

    def _test(self, test: Test, today: Today) -> Answer:
        if test.op in ("in", "not_in"):
            return self._words(test, today)
        return self._order(test, today)

    def _words(self, test: Test, today: Today) -> Answer:
        inside = test.op == "in"
        if test.fact in _OF_TODAY:
            numbers, known = today.numbers(test.fact)
            among = self._against(test, today)
            if among is None:
                return False
            found: Bools = np.isin(numbers, [word for word in among if isinstance(word, int)], invert=not inside)
            return np.logical_and(found, known)
        if test.than in _OF_SITES:
            left = self._site_words(test.fact) if test.fact in _OF_SITES else [self._one(test.fact, today)]
            return self._matched(left, self._site_words(test.than), inside)
        among = self._against(test, today)
        if among is None:
            return False
        if test.fact in _OF_SITES:
            key = (test.fact, among, inside)
            if key not in self._known:
                if len(self._known) > 1_000:
                    self._known.clear()
                self._known[key] = self._matched(self._site_words(test.fact), [among], inside)
            known_mask: Bools = self._known[key]
            return known_mask
        fact = today.fact(test.fact)
        return fact is not None and (fact in among) == inside

    def _matched(self, left: list[Words], right: list[Words], inside: bool) -> Bools:
        sites = len(self._network.sites)
        lefts, rights = left if len(left) == sites else left * sites, right if len(right) == sites else right * sites
        pairs = zip(lefts[:sites], rights[:sites], strict=True)
        return np.array([bool(a) and bool(b) and a.isdisjoint(b) != inside for a, b in pairs], dtype=bool)

    def _one(self, name: str, today: Today) -> Words:
        fact = today.fact(name)
        return frozenset() if fact is None else frozenset((fact,))

    def _site_words(self, name: str) -> list[Words]:
        if name not in self._known:
            self._known[name] = [frozenset(_OF_SITES[name](site)) for site in self._network.sites]
        words: list[Words] = self._known[name]
        return words

    def _against(self, test: Test, today: Today) -> Words | None:
        """Give what a fact is compared with: the values, or a fact of the delivery; None where that is not known."""
        if not test.than:
            return frozenset(test.values)
        fact = today.fact(test.than)
        return None if fact is None else frozenset((fact,))

    def _order(self, test: Test, today: Today) -> Answer:
        left, known = self._number(test.fact, today)
        if test.than:
            right, right_known = self._number(test.than, today)
        else:
            numbers = [value for value in test.values if isinstance(value, int)]
            if not numbers:
                return False
            right, right_known = min(numbers) if test.op == "at_least" else max(numbers), True
        holds: Answer = left >= right if test.op == "at_least" else left <= right
        if isinstance(holds, np.ndarray) or isinstance(known, np.ndarray) or isinstance(right_known, np.ndarray):
            both: Bools = np.logical_and(np.logical_and(known, holds), right_known)
            return both
        return known and holds and right_known

    def _number(self, name: str, today: Today) -> tuple[Any, Answer]:
        if name in _OF_TODAY:
            return today.numbers(name)
        if name == "location.rank":
            return np.array([site.rank for site in self._network.sites], dtype=np.int64), True
        if name in _OF_SITES:
            return 0, False
        fact = today.fact(name)
        return (fact, True) if isinstance(fact, int) else (0, False)


def said(condition: Condition) -> str:
    """Say a condition in words that people can read."""
    if isinstance(condition, AllOf):
        return " and ".join(_inner(one) for one in condition.of) or "anything"
    if isinstance(condition, AnyOf):
        return " or ".join(_inner(one) for one in condition.of) or "nothing"
    if isinstance(condition, NotOf):
        return f"not ({said(condition.of)})"
    fact = condition.fact.replace("_", " ").replace(".", "'s ", 1)
    against = (
        condition.than.replace("_", " ").replace(".", "'s ", 1)
        if condition.than
        else " or ".join(map(str, condition.values))
    )
    return f"{fact} {_OPS[condition.op]} {against}"


_OPS = {"in": "is", "not_in": "is not", "at_least": "at least", "at_most": "at most"}


def _inner(condition: Condition) -> str:
    words = said(condition)
    return f"({words})" if isinstance(condition, AllOf | AnyOf) else words
