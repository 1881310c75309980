"""Which routes were tried for a decision, kept in a few bytes beside its record, and told again from them.

Kept are the hash of the document, the facts that its conditions asked for, and for each route tried how many units it
was asked for and left. What each condition said, and why, is worked out anew when somebody asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from crossdock.orchestration.errors import UnknownPolicyVersion
from crossdock.orchestration.policies import store
from crossdock.orchestration.terms import Routes
from crossdock.routing.policy.compile import compile_policy
from crossdock.routing.policy.facts import Facts
from crossdock.routing.policy.truth import words
from crossdock.storage.session import Session


class Step(NamedTuple):
    """A route that was tried: how many units it was asked for, and how many it left."""

    route: str
    asked: int
    left: int


class Trace(Struct, frozen=True, array_like=True):
    """What is kept."""

    source: str
    facts: Facts
    steps: tuple[Step, ...]


class RouteTold(Struct, frozen=True, kw_only=True):
    """One route of the policy as it was: what it wants in words, whether it held, and what it was asked for and left.

    ``why`` says which condition failed and what was found instead; ``asked`` and ``left`` are null where it was not
    tried, because its condition failed or an earlier route had left nothing.
    """

    route: str
    when: str
    held: bool
    why: str
    asked: int | None = None
    left: int | None = None


class TraceTold(Struct, frozen=True, kw_only=True):
    """The routes of the policy version by which a delivery was decided, in order."""

    policy: str
    version: int | None
    routes: tuple[RouteTold, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Trace).decode


def packed(routes: Routes, steps: Sequence[Step]) -> bytes:
    """Return what is kept of the routes tried so far; nothing of a policy whose one route always holds."""
    if routes.compiled.document.is_plain:
        return b""
    return _encode(Trace(routes.compiled.source, routes.facts, tuple(steps)))


def unpacked(trace: bytes) -> tuple[Step, ...]:
    """Return the routes that were tried; none of a policy whose one route always holds."""
    return _decode(trace).steps if trace else ()


def tell(session: Session, decision_id: int) -> TraceTold | None:
    """Return which routes were tried for a decision, in words; None where it had no choice, or nobody knows."""
    rows = session.fetch("SELECT trace FROM decisions WHERE id = ?", decision_id)
    if not rows or rows[0][0] is None:
        return None
    return told(session, bytes(rows[0][0]))


def sentences(found: TraceTold) -> tuple[str, ...]:
    """Say of each route what came of it, for people."""
    version = "" if found.version is None else f", version {found.version}"
    said = [f"Decided by the policy '{found.policy}'{version}:"]
    for one in found.routes:
        if not one.held:
            said.append(f"- '{one.route}' did not hold: {one.why}.")
        elif one.asked is None:
            said.append(f"- '{one.route}' was not needed.")
        elif one.left:
            said.append(f"- '{one.route}' was asked for {_units(one.asked)} and left {one.left:,}.")
        else:
            said.append(f"- '{one.route}' was asked for {_units(one.asked)} and left none.")
    return tuple(said)


def _units(count: int) -> str:
    return f"{count:,} unit{'' if count == 1 else 's'}"


def told(session: Session, trace: bytes) -> TraceTold | None:
    """Return which routes a trace names, in words; None when its document is not known any more."""
    found = _decode(trace)
    try:
        document = store.read_document(session, found.source)
    except UnknownPolicyVersion:
        return None
    by_name = {step.route: step for step in found.steps}
    conditions = [route.when for route in document.routes]
    tried = compile_policy(document).trace(found.facts)
    return TraceTold(
        policy=document.code,
        version=store.number_of(session, document.code, found.source),
        routes=tuple(
            RouteTold(
                route=each.name,
                when=words(when),
                held=each.holds,
                why=each.why,
                asked=by_name[each.name].asked if each.name in by_name else None,
                left=by_name[each.name].left if each.name in by_name else None,
            )
            for each, when in zip(tried, conditions, strict=True)
        ),
    )
