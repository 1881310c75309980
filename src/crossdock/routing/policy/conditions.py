"""Conditions of a route as data: a tree of tests on the facts of a delivery, fit for a form and for a YAML file.

Each node names its `type`: `all`, `any`, `not`, `one_of`, `number`, `contains`, `yes`, `during`, `cel`. `truth`
compiles a tree and says it in English, `facts_of` names what it asks.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from crossdock.kernel.document import Input, clean
from crossdock.routing.policy.facts import NumberFact, SetFact, TextFact, YesNoFact
from crossdock.routing.policy.times import During

MAX_CONDITIONS = 100
DEEPEST = 8
MAX_VALUES = 5_000

Name = Annotated[str, clean(min_length=1, max_length=120)]
Values = Annotated[tuple[Name, ...], Meta(min_length=1, max_length=MAX_VALUES)]
Whole = Annotated[int, Meta(ge=-(10**12), le=10**12)]


class All(Input, tag_field="type", tag="all"):
    """Every one of these conditions holds; of none at all, it does."""

    of: Annotated[tuple[Condition, ...], Meta(max_length=MAX_CONDITIONS)]


class Either(Input, tag_field="type", tag="any"):
    """At least one of these conditions holds."""

    of: Annotated[tuple[Condition, ...], Meta(max_length=MAX_CONDITIONS)]


class Not(Input, tag_field="type", tag="not"):
    """The condition does not hold."""

    of: Condition


class OneOf(Input, tag_field="type", tag="one_of"):
    """A text is one of these: channel, service level, method, country or postal area."""

    fact: TextFact
    values: Values


class Number(Input, tag_field="type", tag="number"):
    """A number lies between two bounds, both included; `value` counts minor units, `weight_g` grams."""

    fact: NumberFact
    at_least: Whole | UnsetType = UNSET
    at_most: Whole | UnsetType = UNSET


class Contains(Input, tag_field="type", tag="contains"):
    """The delivery has items, handling classes or order tags like these: any, all, only or none of them."""

    fact: SetFact
    any: Annotated[tuple[Name, ...], Meta(max_length=MAX_VALUES)] = ()
    all: Annotated[tuple[Name, ...], Meta(max_length=MAX_VALUES)] = ()
    only: Annotated[tuple[Name, ...], Meta(max_length=MAX_VALUES)] = ()
    none: Annotated[tuple[Name, ...], Meta(max_length=MAX_VALUES)] = ()


class Yes(Input, tag_field="type", tag="yes"):
    """Something is so, or with `value: false` is not: the customer is known, the delivery is a gift."""

    fact: YesNoFact
    value: bool = True


class Cel(Input, tag_field="type", tag="cel"):
    """For experts: an expression in CEL over the same facts, and `hour`, `minute`, `weekday` (mon …), `date` (ISO).

    `units >= 10 && channel in ["web", "app"] && !("hazmat" in handling)`
    """

    expression: Annotated[str, clean(min_length=1, max_length=500)]


Condition = All | Either | Not | OneOf | Number | Contains | Yes | During | Cel


def expert() -> Any:
    """Return the module that reads CEL, loaded when a policy needs it."""
    return importlib.import_module("crossdock.routing.policy.expert")


def parts(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that a node is made of; none of a leaf."""
    if isinstance(condition, All | Either):
        return condition.of
    return (condition.of,) if isinstance(condition, Not) else ()


def walk(condition: Condition, pointer: str = "", depth: int = 1) -> Iterator[tuple[str, Condition, int]]:
    """Yield every node with its place (a JSON pointer) and its depth, from the top."""
    yield pointer, condition, depth
    if isinstance(condition, Not):
        yield from walk(condition.of, f"{pointer}/of", depth + 1)
    elif isinstance(condition, All | Either):
        for index, part in enumerate(condition.of):
            yield from walk(part, f"{pointer}/of/{index}", depth + 1)


def facts_of(condition: Condition | None) -> frozenset[str]:
    """Return the names of the facts that a condition asks for."""
    if condition is None:
        return frozenset()
    nodes = [node for _, node, _ in walk(condition)]
    named = {node.fact for node in nodes if isinstance(node, OneOf | Number | Contains | Yes)}
    timed = {"at"} if any(isinstance(node, During) for node in nodes) else set()
    written = [expert().asked_by(node.expression) for node in nodes if isinstance(node, Cel)]
    return frozenset(named | timed).union(*written)
