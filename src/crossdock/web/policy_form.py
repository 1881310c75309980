"""The form of a routing policy: every field as the text that stands in it, by its place, so that nothing typed is lost.

A field is called by its place in the document: ``routes-0-fences-1-km``. What the form cannot say (rate cards, nested
conditions, weights) stays as it is in a field of JSON, and is edited as YAML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from crossdock.kernel.money import digits
from crossdock.routing import RoutingPolicy
from crossdock.web.policy_fields import LISTS, ROUTE, SITE_NAMES, USUAL, Field, offer
from crossdock.web.view_documents import Fault, Path

Flat = dict[str, str]
KEPT = ("card", "weights", "merge")
"""What a route may say that the form has no fields for: it stays as it is, and is edited as YAML."""
SHOWN = 40
"""A form of more routes than this is not offered: such policies are edited as YAML."""
_NAME = re.compile(r"[a-z_]{1,30}(-[a-z_0-9]{1,30}){0,6}")
_LEAVES = frozenset({"one_of", "number", "contains", "yes", "during"})


# -- from what is stored ----------------------------------------------------------------------------------------------


def flat_of(policy: RoutingPolicy) -> Flat:
    """Return the fields of a policy."""
    document = msgspec.to_builtins(policy)
    currency = policy.card.currency
    flat = {name: str(document.get(name, "")) for name in ("code", "name", "note", "time_zone")}
    flat["card"] = _json(document["card"])
    for at, (stored, route) in enumerate(zip(policy.routes, document["routes"], strict=True)):
        prefix = f"routes-{at}"
        _fill(flat, prefix, ROUTE, {field.name: getattr(stored, field.name) for field in ROUTE}, currency)
        for name in KEPT:
            flat[f"{prefix}-{name}"] = _json(route[name]) if route.get(name) else ""
        for name in ("fences", "costs", "prefer"):
            for row, rule in enumerate(route.get(name, ())):
                _row(flat, f"{prefix}-{name}-{row}", name, rule, currency)
        _condition(flat, prefix, route.get("when"), currency)
    return flat


def _row(flat: Flat, prefix: str, name: str, rule: Mapping[str, Any], currency: str) -> None:
    tag = str(rule["by"] if name == "prefer" else rule["type"])
    flat[f"{prefix}-type"] = tag
    found = offer(name, tag)
    if found is not None:
        _fill(flat, prefix, found.fields, rule, currency)


def _condition(flat: Flat, prefix: str, when: Mapping[str, Any] | None, currency: str) -> None:
    if when is None:
        flat[f"{prefix}-match"] = "always"
        return
    if when["type"] in _LEAVES:
        when = {"type": "all", "of": [when]}
    parts = when.get("of", ())
    if when["type"] not in ("all", "any") or any(part["type"] not in _LEAVES for part in parts):
        flat[f"{prefix}-match"], flat[f"{prefix}-when"] = "json", _json(when)
        return
    flat[f"{prefix}-match"] = str(when["type"])
    for row, part in enumerate(parts):
        _row(flat, f"{prefix}-tests-{row}", "tests", {"value": True, **part}, currency)


def _fill(flat: Flat, prefix: str, fields: Iterable[Field], values: Mapping[str, Any], currency: str) -> None:
    for field in fields:
        value = values.get(field.name)
        if field.kind == "sites":
            for name, _ in SITE_NAMES:
                flat[f"{prefix}-sites-{name}"] = ", ".join((value or {}).get(name, ()))
        else:
            flat[f"{prefix}-{field.name}"] = _text(field, value, currency)


def _text(field: Field, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if field.kind in ("list", "ints"):
        return ", ".join(map(str, value))
    if field.kind == "bool":
        return "1" if value else ""
    if field.kind in ("money", "minor"):
        return _major(value, currency, 1_000 if field.kind == "money" else 1) if value else ""
    if field.kind == "percent":
        return f"{value / 10:g}" if value else ""
    if field.kind == "steps":
        return ", ".join(f"{step['used'] / 10:g}: {_major(step['amount'], currency, 1_000)}" for step in value)
    if field.kind == "json":
        return _json(value)
    return str(value) if value or field.kind != "int" else ""


def _major(amount: int, currency: str, parts: int) -> str:
    places = digits(currency)
    return (
        f"{(Decimal(amount) / parts / 10**places):.{places}f}"
        if amount % parts == 0
        else str(Decimal(amount) / parts / 10**places)
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# -- rows that come, go and move --------------------------------------------------------------------------------------


def read_flat(form: Iterable[tuple[str, Any]]) -> Flat:
    """Return the fields that were sent; names that no field has are passed over."""
    return {name: str(value)[:100_000].strip() for name, value in form if _NAME.fullmatch(name)}


def rows(flat: Flat, prefix: str) -> int:
    """Return how many rows a list has."""
    found = re.compile(rf"{re.escape(prefix)}-(\d+)-")
    numbers = [int(match[1]) for name in flat if (match := found.match(name))]
    return max(numbers, default=-1) + 1


def add(flat: Flat, prefix: str, tag: str) -> None:
    """Add a row to a list, or a route."""
    at = rows(flat, prefix)
    if prefix == "routes":
        flat |= {f"routes-{at}-{name}": value for name, value in USUAL.items()}
        flat |= {f"routes-{at}-name": f"route {at + 1}", f"routes-{at}-match": "always"}
    elif offer(prefix.rpartition("-")[2], tag) is not None:
        flat[f"{prefix}-{at}-type"] = tag


def reorder(flat: Flat, prefix: str, order: list[int]) -> None:
    """Put the rows of a list into another order; those that it leaves out are gone."""
    old = {at: _under(flat, f"{prefix}-{at}") for at in range(rows(flat, prefix))}
    for at, below in old.items():
        for name in below:
            del flat[f"{prefix}-{at}-{name}"]
    for at, number in enumerate(order):
        flat |= {f"{prefix}-{at}-{name}": value for name, value in old.get(number, {}).items()}


def _under(flat: Flat, prefix: str) -> Flat:
    return {name[len(prefix) + 1 :]: value for name, value in flat.items() if name.startswith(f"{prefix}-")}


# -- from what was typed ----------------------------------------------------------------------------------------------


def document_of(flat: Flat) -> tuple[dict[str, Any], list[Fault]]:
    """Return the document that the fields say, and what cannot be read."""
    faults: list[Fault] = []
    card = _read_json(flat.get("card", ""), ("card",), faults) or {}
    currency = str(card.get("currency", "")) if isinstance(card, dict) else ""
    document: dict[str, Any] = {"code": flat.get("code", ""), "card": card}
    document |= {name: flat[name] for name in ("name", "note", "time_zone") if flat.get(name)}
    document["routes"] = [_route(flat, at, currency, faults) for at in range(rows(flat, "routes"))]
    return document, faults


def _route(flat: Flat, at: int, currency: str, faults: list[Fault]) -> dict[str, Any]:
    prefix, path = f"routes-{at}", ("routes", at)
    route = _values(flat, prefix, ROUTE, path, currency, faults)
    for name in ("unfilled_per_unit", "unfilled_permille"):
        route.setdefault(name, 0)  # an empty field says that it counts nothing
    route["keep_groups"] = bool(flat.get(f"{prefix}-keep_groups"))
    for name in KEPT:
        if flat.get(f"{prefix}-{name}"):
            route[name] = _read_json(flat[f"{prefix}-{name}"], (*path, name), faults)
    for name in ("fences", "costs", "prefer"):
        count = rows(flat, f"{prefix}-{name}")
        if count:
            route[name] = [
                _rule(flat, f"{prefix}-{name}-{n}", name, (*path, name, n), currency, faults) for n in range(count)
            ]
    match = flat.get(f"{prefix}-match", "always")
    if match == "json":
        route["when"] = _read_json(flat.get(f"{prefix}-when", ""), (*path, "when"), faults)
    elif match in ("all", "any"):
        tests = [
            _rule(flat, f"{prefix}-tests-{n}", "tests", (*path, "tests", n), currency, faults)
            for n in range(rows(flat, f"{prefix}-tests"))
        ]
        if tests:
            route["when"] = tests[0] if len(tests) == 1 else {"type": match, "of": tests}
    return route


def _rule(flat: Flat, prefix: str, name: str, path: Path, currency: str, faults: list[Fault]) -> dict[str, Any]:
    tag = flat.get(f"{prefix}-type", "")
    found = offer(name, tag)
    values = _values(flat, prefix, found.fields if found else (), path, currency, faults)
    if tag == "yes":
        values["value"] = bool(values.get("value"))
    if any(field.kind == "sites" for field in (found.fields if found else ())) and tag in ("among", "without"):
        values.setdefault("sites", {})
    return {"by" if name == "prefer" else "type": tag, **values}


def _values(
    flat: Flat, prefix: str, fields: Iterable[Field], path: Path, currency: str, faults: list[Fault]
) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field in fields:
        if field.kind == "sites":
            sites = {name: _split(flat.get(f"{prefix}-sites-{name}", "")) for name, _ in SITE_NAMES}
            if any(sites.values()):
                out["sites"] = {name: names for name, names in sites.items() if names}
            continue
        text = flat.get(f"{prefix}-{field.name}", "")
        if text:
            value = _value(field, text, (*path, field.name), currency, faults)
            if value is not None:
                out[field.name] = value
    return out


def _value(field: Field, text: str, path: Path, currency: str, faults: list[Fault]) -> Any:
    if field.kind == "bool":
        return True
    if field.kind == "list":
        return _split(text)
    if field.kind == "json":
        return _read_json(text, path, faults)
    try:
        if field.kind == "int":
            return int(text.replace(",", ""))
        if field.kind == "ints":
            return [int(part) for part in _split(text)]
        if field.kind == "percent":
            return _exact(Decimal(text.rstrip("% ")) * 10)
        if field.kind in ("money", "minor"):
            return _milli(text, currency, 1_000 if field.kind == "money" else 1)
        if field.kind == "steps":
            pairs = [part.partition(":") for part in _split(text)]
            return [
                {"used": _exact(Decimal(used.strip(" %")) * 10), "amount": _milli(amount, currency, 1_000)}
                for used, _, amount in pairs
            ]
    except (InvalidOperation, ValueError, OverflowError):
        what = {"int": "whole number", "ints": "list of whole numbers", "percent": "percentage"}
        words = what.get(
            field.kind, "amount such as 1.50" if field.kind != "steps" else "list such as 80: 1.00, 95: 3.00"
        )
        faults.append(Fault(path, f"'{text[:30]}' is no {words}."))
        return None
    return text


def _milli(text: str, currency: str, parts: int) -> int:
    return _exact(Decimal(text.strip().lstrip("£€$").replace(",", "")) * 10 ** digits(currency) * parts)


def _exact(value: Decimal) -> int:
    if value != int(value):
        raise ValueError
    return int(value)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _read_json(text: str, path: Path, faults: list[Fault]) -> Any:
    try:
        return msgspec.json.decode(text) if text else None
    except msgspec.DecodeError as error:
        faults.append(Fault(path, f"This is no JSON: {error}."))
        return None


def by_field(faults: Iterable[Fault]) -> dict[str, str]:
    """Return the faults by the name of the field that they belong to."""
    out: dict[str, str] = {}
    for fault in faults:
        name = "-".join(str(part) for part in fault.path if part != "of").replace("-when", "-tests")
        out[name] = f"{out[name]} {fault.message}" if name in out else fault.message
    return out


__all__ = [
    "KEPT",
    "LISTS",
    "ROUTE",
    "SHOWN",
    "SITE_NAMES",
    "add",
    "by_field",
    "document_of",
    "flat_of",
    "read_flat",
    "reorder",
    "rows",
]
