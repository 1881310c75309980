"""What is wrong with a routing policy, each finding at its place: contradictions, routes and fences that serve nobody.

An error keeps a policy from becoming active, a warning does not. Pure: what depends on the network and the channels is
judged by those that are given, and may be judged otherwise another day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from crossdock.routing.model import Network, RoutingError, Site
from crossdock.routing.points import fitting
from crossdock.routing.policy.compile import compile_policy, rate_card, zone_of
from crossdock.routing.policy.conditions import DEEPEST, MAX_CONDITIONS, OneOf, walk
from crossdock.routing.policy.contradictions import covers, never, odd_leaves
from crossdock.routing.policy.document import RateCardIn, Route, RoutingPolicy
from crossdock.routing.policy.rules_check import rule_findings
from crossdock.routing.policy.sites import Nobody, nobody_left, unknown_names

RESERVED = ("backorder", "review")
_GIVES_UP = ("queue", "review", "cancel")
_USUAL_UNITS, _LARGE_UNITS = 5, 50


class Finding(Struct, frozen=True):
    """One thing that is wrong or odd: where (a JSON pointer), a code, and what to do about it in words."""

    severity: Literal["error", "warning"]
    pointer: str
    code: str
    message: str


class ChannelUse(NamedTuple):
    """A channel as far as a policy is concerned: its currency, its service levels, whether it uses the policy."""

    code: str
    currency: str
    services: tuple[str, ...]
    uses: bool


def check(document: RoutingPolicy, network: Network, channels: Sequence[ChannelUse] = ()) -> tuple[Finding, ...]:
    """Return everything that is wrong or odd with a document, errors first, then by place."""
    found = list(_everything(document, network, channels))
    found += _whole(document, found)
    if not errors(found):
        found += _aims(document, max(1, len(network.sites)))
    return tuple(sorted(found, key=lambda one: one.severity))


def errors(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return those that keep a policy from becoming active."""
    return tuple(one for one in findings if one.severity == "error")


def _error(pointer: str, code: str, message: str) -> Finding:
    return Finding("error", pointer, code, message)


def _warning(pointer: str, code: str, message: str) -> Finding:
    return Finding("warning", pointer, code, message)


def _everything(document: RoutingPolicy, network: Network, channels: Sequence[ChannelUse]) -> Iterator[Finding]:
    yield from _zone(document)
    yield from _card(document.card, "/card")
    yield from _names(document)
    for index, route in enumerate(document.routes):
        place = f"/routes/{index}"
        if route.card is not None:
            yield from _card(route.card, f"{place}/card")
            if route.card.currency != document.card.currency:
                text = f"The route reckons in {route.card.currency}, the policy in {document.card.currency}."
                yield _error(f"{place}/card/currency", "currency_differs", text)
        yield from _condition(route, place, channels)
        yield from _leftover(route, place)
        for severity, pointer, code, message in rule_findings(route, place):
            yield Finding(severity, pointer, code, message)
        yield from _locations(route, place, network)
    yield from _reach(document)
    yield from _currencies(document, channels)


def _zone(document: RoutingPolicy) -> Iterator[Finding]:
    try:
        zone_of(document)
    except RoutingError as error:
        yield _error("/time_zone", "unknown_time_zone", f"{error}.")


def _card(card: RateCardIn, place: str) -> Iterator[Finding]:
    try:
        rate_card(card)
    except RoutingError as error:
        yield _error(f"{place}/zones", "rate_card", f"{error}.")


def _names(document: RoutingPolicy) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, route in enumerate(document.routes):
        first = seen.setdefault(route.name, index)
        if first != index:
            text = f"Route {first + 1} is called '{route.name}' too; explanations name a route by its name."
            yield _error(f"/routes/{index}/name", "repeated", text)


def _condition(route: Route, place: str, channels: Sequence[ChannelUse]) -> Iterator[Finding]:
    if route.when is None:
        return
    nodes = list(walk(route.when, f"{place}/when"))
    if len(nodes) > MAX_CONDITIONS or max(depth for _, _, depth in nodes) > DEEPEST:
        text = f"A condition has at most {MAX_CONDITIONS} parts, {DEEPEST} deep."
        yield _error(f"{place}/when", "too_large", text)
        return
    odd = list(odd_leaves(route.when))
    for pointer, why in odd:
        yield _error(f"{place}/when{pointer}", "condition", why)
    why = "" if odd else never(route.when)
    if why:
        text = f"The route '{route.name}' never holds: {why}."
        yield _error(f"{place}/when", "contradiction", text)
    known = {channel.code for channel in channels}
    levels = {"standard"}.union(*(channel.services for channel in channels))
    for pointer, node, _ in nodes:
        if isinstance(node, OneOf) and channels and node.fact in ("channel", "service"):
            strange = sorted(set(node.values) - (known if node.fact == "channel" else levels))
            if strange:
                text = f"No {node.fact} is called {', '.join(strange[:5])}."
                yield _warning(f"{pointer}/values", f"unknown_{node.fact}", text)


def _leftover(route: Route, place: str) -> Iterator[Finding]:
    if route.leftover == "queue" and not route.queue:
        text = "Name the `queue` in which what is left lies."
        yield _error(f"{place}/queue", "no_queue", text)
    if route.queue in RESERVED:
        text = f"'{route.queue}' is a queue of its own; say `leftover: {route.queue}`."
        yield _error(f"{place}/queue", "reserved", text)
    elif route.queue and route.leftover != "queue":
        text = f"Nothing goes to the queue '{route.queue}' while `leftover` is '{route.leftover}'."
        yield _warning(f"{place}/queue", "no_effect", text)
    if route.cancel_after_hours is not None and route.leftover in ("ship_available", "cancel", "next_route"):
        text = f"With `leftover: {route.leftover}` nothing waits under this route that could be canceled later."
        yield _warning(f"{place}/cancel_after_hours", "no_effect", text)


def _locations(route: Route, place: str, network: Network) -> Iterator[Finding]:
    if not network.sites:
        return
    for pointer, text in unknown_names(route, network.sites):
        yield _warning(f"{place}{pointer}", "unknown_location", text)
    found: Nobody | None = nobody_left(route, network.sites)
    if found is not None:
        text = f"{found.words} Of {_count(network.sites)} none may serve the route '{route.name}'."
        told = _warning if route.leftover in _GIVES_UP else _error
        yield told(f"{place}{found.pointer}", "excludes_everybody", text)


def _count(sites: Sequence[Site]) -> str:
    return f"{len(sites):,} location{'' if len(sites) == 1 else 's'}"


def _reach(document: RoutingPolicy) -> Iterator[Finding]:
    """Find routes that are never tried: an earlier one holds whenever they do, and leaves nothing to them."""
    for index, route in enumerate(document.routes):
        for before, earlier in enumerate(document.routes[:index]):
            if earlier.leftover != "next_route" and covers(earlier.when, route.when):
                text = (
                    f"'{route.name}' is never tried: '{earlier.name}' (route {before + 1}) holds whenever it does and "
                    f"leaves nothing to the next (`leftover: {earlier.leftover}`)."
                )
                yield _error(f"/routes/{index}", "unreachable", text)
                break
    last = document.routes[-1]
    if last.leftover == "next_route":
        text = "No route follows: what is left waits for stock, as with `backorder`."
        yield _warning(f"/routes/{len(document.routes) - 1}/leftover", "no_next_route", text)
    if not any(covers(route.when, None) for route in document.routes):
        text = "Every route has a condition: a delivery for which none holds lies in the queue for review."
        yield _warning("/routes", "not_covered", text)


def _currencies(document: RoutingPolicy, channels: Sequence[ChannelUse]) -> Iterator[Finding]:
    for channel in channels:
        if channel.uses and channel.currency != document.card.currency:
            text = (
                f"The channel '{channel.code}' sells in {channel.currency}, the rate card is in "
                f"{document.card.currency}: its bills would be in the wrong currency."
            )
            yield _warning("/card/currency", "missing_currency", text)


def _aims(document: RoutingPolicy, locations: int) -> Iterator[Finding]:
    """Find ordered preferences for which whole numbers have no room in orders of a usual size, or of a large one."""
    for index, (route, policy) in enumerate(zip(document.routes, compile_policy(document).policies, strict=True)):
        kept = len(fitting(policy, locations, _USUAL_UNITS)) if route.prefer else 0
        if kept < len(route.prefer):
            text = (
                f"Aim {kept + 1} (`{route.prefer[kept].by}`) would never count: points have no room for it behind "
                "those before it. Give wider bands, or leave it out."
            )
            yield _error(f"/routes/{index}/prefer/{kept}", "points", text)
            continue
        large = len(fitting(policy, locations, _LARGE_UNITS)) if route.prefer else 0
        if large < len(route.prefer):
            text = (
                f"In orders of {_LARGE_UNITS} units points have no room for `{route.prefer[large].by}`: it is dropped."
            )
            yield _warning(f"/routes/{index}/prefer/{large}", "points", text)


def _whole(document: RoutingPolicy, before: Sequence[Finding]) -> Iterator[Finding]:
    """Compile it, so that nothing is activated that cannot decide; what was found before may be why it cannot."""
    try:
        compile_policy(document)
    except RoutingError as error:
        if not any(found.code in ("rate_card", "unknown_time_zone", "condition", "too_large") for found in before):
            yield _error("/routes", "cannot_decide", f"{error}.")
