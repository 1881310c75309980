"""Conditions for experts: one expression in CEL (Common Expression Language) over the facts of a delivery.

Loaded when a policy has such a condition, because the package brings a terminal with it (0.1 s). An expression cannot
call anything of ours; its length, nesting and macros are limited, so that none takes long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import cel

from crossdock.routing.model import RoutingError
from crossdock.routing.policy.facts import FACTS, Facts
from crossdock.routing.policy.times import WEEKDAYS

DEEPEST = 20
TIMES = ("hour", "minute", "weekday", "date")
"""What an expression knows of the time, besides the facts: numbers, `mon` to `sun`, and an ISO date."""
_MACRO = re.compile(r"\.\s*(all|exists|exists_one|filter|map)\s*\(")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = 1_767_600_000_000_000
_SAMPLE = Facts(
    channel="web", service="standard", method="ship", country="GB", area="EC1A", known_customer=True, gift=False,
    priority=0, lines=1, units=2, value=1_000, weight_g=500, sku=("A",), category=("c",), handling=("ambient",),
    tag=("t",), at=_MONDAY,
)  # fmt: skip


def asked_by(expression: str) -> frozenset[str]:
    """Return the facts that an expression asks for; none of one that cannot be read."""
    try:
        names = set(cel.compile(expression).variables())
    except ValueError:
        return frozenset()
    return frozenset(names & set(FACTS)) | (frozenset({"at"}) if names & set(TIMES) else frozenset())


def wrong_with(expression: str) -> str:
    """Say what is wrong with an expression; "" when it can be asked."""
    if _depth(expression) > DEEPEST:
        return f"Brackets are nested at most {DEEPEST} deep."
    if len(_MACRO.findall(expression)) > 1:
        return "An expression goes through one list at most once."
    try:
        program = cel.compile(expression)
    except ValueError as error:
        return _first_line(error)
    macros = bool(_MACRO.search(expression))
    strange = sorted(set(program.variables()) - set(FACTS) - set(TIMES))
    if strange and not macros:
        return f"Nothing is known under {', '.join(strange)}; there are {', '.join((*FACTS[:-1], *TIMES))}."
    try:
        said = program.execute(_variables(_SAMPLE, frozenset(program.variables()), UTC))
    except Exception as error:  # noqa: BLE001  (whatever it raises is a fault of the expression)
        return _first_line(error)
    return "" if isinstance(said, bool) else f"It gives {said!r} instead of true or false."


def truth_of(expression: str, zone: tzinfo) -> Callable[[Facts], bool | None]:
    """Return a function that asks an expression; what it cannot answer is neither true nor false.

    Raises RoutingError for what is no expression.
    """
    try:
        program = cel.compile(expression)
    except ValueError as error:
        raise RoutingError(f"`{expression[:40]}` is no expression: {_first_line(error)}") from None
    names, asked = frozenset(program.variables()), asked_by(expression)

    def truth(facts: Facts) -> bool | None:
        if any(getattr(facts, name) is None for name in asked):
            return None
        try:
            said = program.execute(_variables(facts, names, zone))
        except Exception:  # noqa: BLE001  (division by zero, an overflow: of this delivery nothing can be said)
            return None
        return said if isinstance(said, bool) else None

    return truth


def _variables(facts: Facts, names: frozenset[str], zone: tzinfo) -> dict[str, Any]:
    known = {name: getattr(facts, name) for name in names if name in FACTS}
    found = {name: list(value) if isinstance(value, tuple) else value for name, value in known.items()}
    if facts.at is not None and not names.isdisjoint(TIMES):
        local = (_EPOCH + timedelta(microseconds=facts.at)).astimezone(zone)
        found |= {
            "hour": local.hour,
            "minute": local.minute,
            "weekday": WEEKDAYS[local.weekday()],
            "date": local.date().isoformat(),
        }
    return found


def _depth(expression: str) -> int:
    depth = deepest = 0
    for letter in expression:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text[:300]
