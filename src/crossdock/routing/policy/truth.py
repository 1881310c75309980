"""Whether a condition holds: compiled once, asked in about a microsecond; and in words, with what was found instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from msgspec import UNSET

from crossdock.routing.policy.conditions import (
    All,
    Cel,
    Condition,
    Contains,
    Either,
    Not,
    Number,
    OneOf,
    Yes,
    expert,
)
from crossdock.routing.policy.facts import Facts, Strings
from crossdock.routing.policy.times import During, Window, during_words

Truth = Callable[[Facts], bool | None]
"""True, False, or None where a fact that would settle it is not known."""

_SHOWN = 5
_TEXT = {
    "channel": "the channel",
    "service": "the service level",
    "method": "the method",
    "country": "the country",
    "area": "the postal area",
}
_COUNTED = {
    "lines": ("line", "lines"),
    "units": ("unit", "units"),
    "value": ("minor unit of value", "minor units of value"),
    "weight_g": ("gram", "grams"),
}
_SETS = {"sku": "item", "category": "category", "handling": "handling class", "tag": "tag"}


def compiled(condition: Condition, zone: tzinfo) -> Truth:
    """Return a function that says whether a condition holds for facts."""
    if isinstance(condition, All):
        return _all([compiled(part, zone) for part in condition.of])
    if isinstance(condition, Either):
        return _any([compiled(part, zone) for part in condition.of])
    if isinstance(condition, Not):
        return _not(compiled(condition.of, zone))
    if isinstance(condition, OneOf):
        return _one_of(condition)
    if isinstance(condition, Number):
        return _number(condition)
    if isinstance(condition, Contains):
        return _contains(condition)
    if isinstance(condition, Yes):
        return _yes(condition)
    if isinstance(condition, Cel):
        written: Truth = expert().truth_of(condition.expression, zone)
        return written
    return _during(condition, zone)


def _all(parts: list[Truth]) -> Truth:
    def truth(facts: Facts) -> bool | None:
        found: bool | None = True
        for part in parts:
            said = part(facts)
            if said is False:
                return False
            if said is None:
                found = None
        return found

    return truth


def _any(parts: list[Truth]) -> Truth:
    def truth(facts: Facts) -> bool | None:
        found: bool | None = False
        for part in parts:
            said = part(facts)
            if said:
                return True
            if said is None:
                found = None
        return found

    return truth


def _not(part: Truth) -> Truth:
    def truth(facts: Facts) -> bool | None:
        said = part(facts)
        return None if said is None else not said

    return truth


def _one_of(leaf: OneOf) -> Truth:
    name, values = leaf.fact, frozenset(leaf.values)

    def truth(facts: Facts) -> bool | None:
        found = getattr(facts, name)
        return None if found is None else found in values

    return truth


def _number(leaf: Number) -> Truth:
    name = leaf.fact
    low = float("-inf") if leaf.at_least is UNSET else leaf.at_least
    high = float("inf") if leaf.at_most is UNSET else leaf.at_most

    def truth(facts: Facts) -> bool | None:
        found = getattr(facts, name)
        return None if found is None else low <= found <= high

    return truth


def _contains(leaf: Contains) -> Truth:
    name = leaf.fact
    some, every, only, none = map(frozenset, (leaf.any, leaf.all, leaf.only, leaf.none))

    def truth(facts: Facts) -> bool | None:
        found: Strings | None = getattr(facts, name)
        if found is None:
            return None
        if some and some.isdisjoint(found):
            return False
        if every and not every.issubset(found):
            return False
        if only and not only.issuperset(found):
            return False
        return not none or none.isdisjoint(found)

    return truth


def _yes(leaf: Yes) -> Truth:
    name, value = leaf.fact, leaf.value

    def truth(facts: Facts) -> bool | None:
        found = getattr(facts, name)
        return None if found is None else found is value

    return truth


def _during(leaf: During, zone: tzinfo) -> Truth:
    holds = Window(leaf, zone).holds

    def truth(facts: Facts) -> bool | None:
        return None if facts.at is None else holds(facts.at)

    return truth


# -- in words ----------------------------------------------------------------------------------------------------------


def words(condition: Condition | None) -> str:
    """Say a condition in words, as the second half of `when …`."""
    if condition is None:
        return "always"
    if isinstance(condition, All):
        return " and ".join(_inner(part) for part in condition.of) or "always"
    if isinstance(condition, Either):
        return " or ".join(_inner(part) for part in condition.of) or "never"
    if isinstance(condition, Not):
        return f"it is not so that {_inner(condition.of)}"
    if isinstance(condition, OneOf):
        return f"{_TEXT[condition.fact]} is {_or(condition.values)}"
    if isinstance(condition, Number):
        return _number_words(condition)
    if isinstance(condition, Contains):
        return _contains_words(condition)
    if isinstance(condition, Yes):
        return _yes_words(condition.fact, value=condition.value)
    return f"`{condition.expression}`" if isinstance(condition, Cel) else f"it is decided {during_words(condition)}"


def why_not(condition: Condition, facts: Facts, zone: tzinfo) -> str:
    """Say why a condition does not hold for facts: the first part that fails, and what was found; "" when it holds."""
    if compiled(condition, zone)(facts):
        return ""
    if isinstance(condition, All):
        return next(said for part in condition.of if (said := why_not(part, facts, zone)))
    if isinstance(condition, Either):
        return "; ".join(why_not(part, facts, zone) for part in condition.of) or "no alternative is given"
    return f"it holds when {words(condition)}; {_found(condition, facts)}"


def _found(condition: Condition, facts: Facts) -> str:
    """Say what a leaf found."""
    if isinstance(condition, During):
        return "it is decided at another time"
    if not isinstance(condition, OneOf | Number | Contains | Yes):
        return "that is not so"
    value = getattr(facts, condition.fact)
    if value is None:
        return "this is not known here"
    if isinstance(condition, OneOf):
        return f"here it is {value or 'not given'}"
    if isinstance(condition, Contains):
        return f"here there are {_and(value)}" if value else "here there is none"
    if isinstance(condition, Yes):
        return f"here {_yes_words(condition.fact, value=bool(value))}"
    return f"here it is {value:,}"


def _number_words(leaf: Number) -> str:
    noun = _COUNTED.get(leaf.fact)

    def many(n: int) -> str:
        return f"{n:,}" if noun is None else f"{n:,} {noun[n != 1]}"

    what = "the priority is" if noun is None else "it has"
    if leaf.at_least is not UNSET and leaf.at_most is not UNSET:
        if leaf.at_least == leaf.at_most:
            return f"{what} exactly {many(leaf.at_least)}"
        return f"{what} {leaf.at_least:,} to {many(leaf.at_most)}"
    if leaf.at_least is not UNSET:
        return f"{what} at least {many(leaf.at_least)}"
    return f"{what} at most {many(leaf.at_most)}" if leaf.at_most is not UNSET else f"{what} any number"


def _contains_words(leaf: Contains) -> str:
    noun, said = _SETS[leaf.fact], []
    if leaf.any:
        said.append(f"the {noun} {_or(leaf.any)}")
    if leaf.all:
        said.append(f"the {noun} {_and(leaf.all)}")
    if leaf.only:
        said.append(f"nothing but the {noun} {_or(leaf.only)}")
    if leaf.none:
        said.append(f"none of the {noun} {_or(leaf.none)}")
    return f"it has {' and '.join(said) or f'any {noun}'}"


def _yes_words(fact: str, *, value: bool) -> str:
    if fact == "gift":
        return "it is a gift" if value else "it is no gift"
    return "the customer is known" if value else "the customer is a guest"


def _inner(condition: Condition) -> str:
    said = words(condition)
    return f"({said})" if isinstance(condition, All | Either) and len(condition.of) > 1 else said


def _or(names: Strings) -> str:
    return _list(names, "or")


def _and(names: Strings) -> str:
    return _list(names, "and")


def _list(names: Strings, word: str) -> str:
    shown = list(names[:_SHOWN])
    if len(names) > _SHOWN:
        return f"{', '.join(shown)} {word} {len(names) - _SHOWN:,} more"
    return f"{', '.join(shown[:-1])} {word} {shown[-1]}" if len(shown) > 1 else "".join(shown)
