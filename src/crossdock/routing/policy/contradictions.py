"""What a condition amounts to: whether it can ever hold, whether it always does, whether it says no more than another.

Sound, not complete: what is called a contradiction is one; some that only hold by chance are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

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
    walk,
)
from crossdock.routing.policy.times import During


def never(condition: Condition) -> str:
    """Say why a condition can never hold; "" when it may."""
    if isinstance(condition, All):
        return next((why for part in condition.of if (why := never(part))), "") or _clash(condition)
    if isinstance(condition, Either):
        if not condition.of:
            return "one of no alternatives never holds"
        reasons = [never(part) for part in condition.of]
        return reasons[0] if all(reasons) else ""
    if isinstance(condition, Not):
        return "what is denied always holds" if always(condition.of) else ""
    if isinstance(condition, Number):
        low, high = bounds(condition)
        return f"nothing is at least {low:,} and at most {high:,}" if low > high else ""
    if isinstance(condition, Contains):
        return _never_contains(condition)
    return _never_during(condition) if isinstance(condition, During) else ""


def always(condition: Condition) -> bool:
    """Say whether a condition holds whatever the facts are."""
    if isinstance(condition, All):
        return all(always(part) for part in condition.of)
    if isinstance(condition, Either):
        return any(always(part) for part in condition.of)
    if isinstance(condition, Not):
        return bool(never(condition.of))
    if isinstance(condition, Number):
        return condition.at_least is UNSET and condition.at_most is UNSET
    if isinstance(condition, Contains):
        return not (condition.any or condition.all or condition.only or condition.none)
    return condition == During()


def covers(wide: Condition | None, narrow: Condition | None) -> bool:
    """Say whether the wide condition surely holds wherever the narrow one does."""
    if wide is None or always(wide):
        return True
    if narrow is None:
        return False
    said = set(conjuncts(narrow))
    return all(part in said or _covered(part, said) for part in conjuncts(wide))


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """Yield the conditions that must hold together for a condition to hold."""
    if isinstance(condition, All):
        for part in condition.of:
            yield from conjuncts(part)
    else:
        yield condition


def bounds(leaf: Number) -> tuple[float, float]:
    """Return the least and the greatest number that a test lets through."""
    low = float("-inf") if leaf.at_least is UNSET else leaf.at_least
    high = float("inf") if leaf.at_most is UNSET else leaf.at_most
    return low, high


def odd_leaves(condition: Condition) -> Iterator[tuple[str, str]]:
    """Yield places of the tree (JSON pointers) that ask for nothing or for what no calendar has, each with why."""
    for pointer, node, _ in walk(condition):
        if isinstance(node, Number | Contains) and always(node):
            yield pointer, "The test asks for nothing: give it a bound or names."
        elif isinstance(node, All | Either) and not node.of:
            yield f"{pointer}/of", "There is no condition in it."
        elif isinstance(node, Cel):
            wrong = expert().wrong_with(node.expression)
            if wrong:
                yield f"{pointer}/expression", wrong
        elif isinstance(node, During):
            for name, why in _odd_times(node):
                yield f"{pointer}/{name}", why


def _covered(wide: Condition, said: set[Condition]) -> bool:
    if isinstance(wide, OneOf):
        same = [part for part in said if isinstance(part, OneOf) and part.fact == wide.fact]
        return any(set(part.values) <= set(wide.values) for part in same)
    if isinstance(wide, Number):
        low, high = bounds(wide)
        numbers = [bounds(part) for part in said if isinstance(part, Number) and part.fact == wide.fact]
        return any(low <= least and most <= high for least, most in numbers)
    return isinstance(wide, Either) and any(part in said for part in wide.of)


def _clash(condition: All) -> str:
    """Say which conditions that must hold together cannot."""
    texts: dict[str, set[str]] = {}
    denied: dict[str, set[str]] = {}
    numbers: dict[str, tuple[float, float]] = {}
    answers: dict[str, bool] = {}
    for part in conjuncts(condition):
        if isinstance(part, OneOf):
            known = texts.get(part.fact)
            texts[part.fact] = set(part.values) if known is None else known & set(part.values)
        elif isinstance(part, Not) and isinstance(part.of, OneOf):
            denied.setdefault(part.of.fact, set()).update(part.of.values)
        elif isinstance(part, Number):
            low, high = bounds(part)
            least, most = numbers.get(part.fact, (low, high))
            numbers[part.fact] = (max(low, least), min(high, most))
        elif isinstance(part, Yes) and answers.setdefault(part.fact, part.value) is not part.value:
            return f"`{part.fact}` cannot be so and not so"
    for fact, values in texts.items():
        if not values - denied.get(fact, set()):
            return f"`{fact}` cannot be what all of its tests want"
    for fact, (low, high) in numbers.items():
        if low > high:
            return f"`{fact}` cannot be at least {low:,} and at most {high:,}"
    parts = list(conjuncts(condition))
    if any(isinstance(part, Not) and part.of in parts for part in parts):
        return "something is asked for and denied"
    return ""


def _never_contains(leaf: Contains) -> str:
    none, only = set(leaf.none), set(leaf.only)
    both = none & set(leaf.all)
    if both:
        return f"{', '.join(sorted(both))} cannot be there and not be there"
    if leaf.any and set(leaf.any) <= none:
        return "each of `any` is among `none`"
    if only and not set(leaf.all) <= only:
        return "`all` names what `only` does not allow"
    if only and leaf.any and only.isdisjoint(leaf.any):
        return "`only` allows none of `any`"
    return ""


def _never_during(leaf: During) -> str:
    if leaf.first_day and leaf.last_day and leaf.first_day > leaf.last_day:
        return f"{leaf.last_day} is before {leaf.first_day}"
    if leaf.last_day and leaf.begin and leaf.begin == leaf.end:
        return f"nothing is between {leaf.begin} and {leaf.end}"
    if leaf.days_of_month and set(leaf.days_of_month) == {0}:
        return "no month has a day 0"
    return ""


def _odd_times(leaf: During) -> Iterator[tuple[str, str]]:
    for name in ("first_day", "last_day"):
        day = getattr(leaf, name)
        if day is not None:
            try:
                date.fromisoformat(day)
            except ValueError:
                yield name, f"The calendar has no {day}."
    if (leaf.every_year_from is None) is not (leaf.every_year_until is None):
        yield "every_year_from", "A season has a first and a last day: give both."
    if leaf.every_weeks > 1 and leaf.first_day is None:
        yield "every_weeks", "Weeks are counted from that of `first_day`: give one."
    if leaf.begin is not None and leaf.begin == leaf.end:
        yield "end", "A window that ends when it begins has no length; leave both out for the whole day."
    for name in ("nth", "days_of_month"):
        if 0 in getattr(leaf, name):
            yield name, "Days and weeks of a month are counted from 1; -1 is the last."
