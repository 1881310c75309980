"""A routing policy as a person writes it: read part by part, so that each part's fault is told at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from crossdock.routing import Cost, Fence, Finding, Prefer, Route, RouteCondition, RoutingPolicy
from crossdock.web.view_documents import Fault, Path, faults_of

_PARTS: dict[str, Any] = {"fences": Fence, "costs": Cost, "prefer": Prefer}


class Checked(NamedTuple):
    """A document that is a policy, or what keeps it from being one."""

    policy: RoutingPolicy | None
    faults: list[Fault]


def check(document: Any) -> Checked:
    """Read a policy rule by rule."""
    if not isinstance(document, Mapping):
        return Checked(None, [Fault((), "A policy is a mapping: `code`, `card` and `routes`.")])
    faults: list[Fault] = []
    rest = dict(document)
    routes = rest.get("routes")
    if isinstance(routes, Sequence) and not isinstance(routes, str):
        for at, route in enumerate(routes):
            faults += _route(route, ("routes", at))
        if faults:
            rest["routes"] = [{"name": "route"}]
    faults += faults_of(rest, RoutingPolicy, ())
    return Checked(None if faults else msgspec.convert(document, RoutingPolicy), faults)


def _route(route: Any, at: Path) -> list[Fault]:
    if not isinstance(route, Mapping):
        return faults_of(route, Route, at)
    faults: list[Fault] = []
    rest = dict(route)
    for name, kind in _PARTS.items():
        rules = rest.get(name)
        if isinstance(rules, Sequence) and not isinstance(rules, str):
            found = [fault for row, rule in enumerate(rules) for fault in faults_of(rule, kind, (*at, name, row))]
            faults += found
            if found:
                rest[name] = []
    if rest.get("when") is not None:
        found = faults_of(rest["when"], RouteCondition, (*at, "when"))
        faults += found
        if found:
            rest["when"] = None
    return faults + faults_of(rest, Route, at)


def findings_of(findings: Sequence[Finding]) -> list[tuple[str, Fault]]:
    """Return what the check of a policy found, each with how grave it is, at its place."""
    return [(one.severity, Fault(_path(one.pointer), one.message)) for one in findings]


def _path(pointer: str) -> Path:
    return tuple(int(one) if one.isdigit() else one for one in pointer.split("/") if one)
