"""The form of a stock view: every field as the text that stands in it, so that nothing typed is lost to a fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from crossdock.inventory import Rule, Selector, StockView, selector_words, view_rule_rank
from crossdock.web.view_documents import RULES, Checked, Fault, Path, check

Row = dict[str, str]
LISTS = ("locations", *RULES)
SHOWN = 120
"""A form of more rules than this is not offered: such views are edited as YAML."""
KINDS = ("dc", "store", "3pl", "supplier", "pickup_point")
AMOUNTS: dict[str, tuple[str, ...]] = {
    "exclusions": ("conditions", "stale"),
    "buffers": ("units", "percent"),
    "safety_stock": ("units",),
    "find": ("permille",),
    "backorders": ("units",),
    "preorders": ("units",),
}
_CODES = ("groups", "tags", "countries", "markets", "codes")
_CIRCLE = ("latitude", "longitude", "km")
_FIELD = re.compile(rf"({'|'.join(LISTS)})-(\d{{1,5}})-([a-z]+)")


class State(msgspec.Struct):
    """What stands in the form."""

    code: str = ""
    name: str = ""
    confidence: str = "95"
    lists: dict[str, list[Row]] = msgspec.field(default_factory=lambda: {name: [] for name in LISTS})

    @property
    def rows(self) -> int:
        """How many rules and selectors there are."""
        return sum(len(rows) for rows in self.lists.values())

    def add(self, name: str) -> None:
        """Add an empty row to a list."""
        if name in self.lists:
            self.lists[name].append({})

    def remove(self, name: str, at: int) -> None:
        """Take a row out of a list."""
        if name in self.lists and at < len(self.lists[name]):
            del self.lists[name][at]


# -- from what is stored ----------------------------------------------------------------------------------------------


def state_of(view: StockView) -> State:
    """Return the form of a view."""
    state = State(view.code, view.name, _tenths(view.confidence))
    state.lists["locations"] = [_where(selector) for selector in view.locations]
    for name in RULES:
        state.lists[name] = [_row(name, rule) for rule in getattr(view, name)]
    return state


def _row(name: str, rule: Rule) -> Row:
    row = {"items": ", ".join(rule.items), "categories": ", ".join(rule.categories), "note": rule.note}
    row |= _where(rule.locations) if rule.locations else {}
    for field in AMOUNTS[name]:
        value = getattr(rule, field)
        if field == "permille":
            row[field] = _tenths(value)
        elif field == "conditions":
            row[field] = ", ".join(value)
        elif field == "stale":
            row[field] = "1" if value else ""
        else:
            row[field] = str(value) if value else ""
    return row


def _where(selector: Selector) -> Row:
    row = {name: ", ".join(getattr(selector, name)) for name in ("kinds", *_CODES)}
    if selector.within is not None:
        row |= {name: f"{getattr(selector.within, name):g}" for name in _CIRCLE}
        row["km"] = str(selector.within.km)
    return row


def _tenths(permille: int) -> str:
    return f"{permille / 10:g}"


# -- from what was typed ----------------------------------------------------------------------------------------------


def read_state(form: Iterable[tuple[str, Any]]) -> State:
    """Return the form as it was sent; fields that it does not have are passed over."""
    state = State()
    rows: dict[str, dict[int, Row]] = {name: {} for name in LISTS}
    for field, value in form:
        text = str(value).strip()
        if field in ("code", "name", "confidence"):
            setattr(state, field, text)
            continue
        found = _FIELD.fullmatch(field)
        if found:
            row = rows[found[1]].setdefault(int(found[2]), {})
            before = row.get(found[3])
            row[found[3]] = f"{before}, {text}" if before and text else text or before or ""
    state.lists = {name: [row for _, row in sorted(rows[name].items())] for name in LISTS}
    return state


def checked(state: State) -> Checked:
    """Return the view that the form says, or what is wrong with it."""
    faults: list[Fault] = []
    document: dict[str, Any] = {"code": state.code}
    if state.name:
        document["name"] = state.name
    document["confidence"] = _permille(state.confidence, ("confidence",), faults) or 950
    document["locations"] = [
        _selector(row, ("locations", at), faults) or {} for at, row in enumerate(state.lists["locations"])
    ]
    for name in RULES:
        document[name] = [_rule(name, row, (name, at), faults) for at, row in enumerate(state.lists[name])]
    found = check({field: value for field, value in document.items() if value != []})
    known = {fault.path for fault in faults}
    faults += [fault for fault in found.faults if fault.path not in known]
    return Checked(None if faults else found.view, faults)


def _rule(name: str, row: Row, at: Path, faults: list[Fault]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "items": _split(row.get("items", ""), _COMMAS),
        "categories": _split(row.get("categories", ""), _COMMAS),
        "note": row.get("note", ""),
        "locations": _selector(row, (*at, "locations"), faults),
    }
    for field in AMOUNTS[name]:
        text = row.get(field, "")
        if field == "stale":
            rule[field] = bool(text)
        elif field == "conditions":
            rule[field] = _split(text, _SPACES)
        elif field == "permille":
            rule[field] = _permille(text, (*at, field), faults)
        else:
            rule[field] = _whole(text, (*at, field), faults)
    return {field: value for field, value in rule.items() if value or (value == 0 and value is not False)}


def _selector(row: Mapping[str, str], at: Path, faults: list[Fault]) -> dict[str, Any] | None:
    selector: dict[str, Any] = {name: _split(row.get(name, ""), _SPACES) for name in ("kinds", *_CODES)}
    for name in ("countries", "markets"):
        selector[name] = [code.upper() for code in selector[name]]
    if any(row.get(name) for name in _CIRCLE):
        km = _whole(row.get("km", ""), (*at, "within", "km"), faults)
        selector["within"] = {
            "latitude": _degrees(row.get("latitude", ""), (*at, "within", "latitude"), faults),
            "longitude": _degrees(row.get("longitude", ""), (*at, "within", "longitude"), faults),
            "km": 0 if km is None else km,
        }
    return {name: value for name, value in selector.items() if value} or None


_COMMAS = re.compile(r"[,;\n]+")
_SPACES = re.compile(r"[,;\s]+")


def _split(text: str, by: re.Pattern[str]) -> list[str]:
    return [part.strip() for part in by.split(text) if part.strip()]


def _whole(text: str, at: Path, faults: list[Fault]) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        faults.append(Fault(at, f"'{text[:20]}' is no whole number."))
        return None
    return int(text)


def _permille(text: str, at: Path, faults: list[Fault]) -> int | None:
    """Read a percentage with at most one digit behind the point as thousandths."""
    if not text:
        return None
    try:
        thousandths = Decimal(text.rstrip("% ")) * 10
        if thousandths == int(thousandths):
            return int(thousandths)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    faults.append(Fault(at, f"'{text[:20]}' is no percentage; write it as 92 or 92.5."))
    return None


def _degrees(text: str, at: Path, faults: list[Fault]) -> float:
    try:
        return float(text)
    except ValueError:
        faults.append(Fault(at, f"'{text[:20]}' is no coordinate; write it as 51.5."))
        return 0.0


# -- what is said beside the fields -----------------------------------------------------------------------------------


def by_field(faults: Sequence[Fault]) -> dict[str, str]:
    """Return the faults by the name of the field that they belong to; those of no field by ``""``."""
    out: dict[str, str] = {}
    for fault in faults:
        name = field_of(fault.path)
        out[name] = f"{out[name]} {fault.message}" if name in out else fault.message
    return out


def field_of(path: Path) -> str:
    """Return the name of the form's field for a place in the document: ``buffers-0-units``."""
    if not path:
        return ""
    if len(path) < 2:
        return str(path[0])
    head, at, *below = path
    names = [name for name in below if isinstance(name, str) and name not in ("locations", "within")]
    return "-".join([str(head), str(at), *names[:1]])


def anchor_of(path: Path) -> str:
    """Return the id of what stands nearest to a place in the form."""
    return "-".join(field_of(path).split("-")[:2]) or "editor"


def where_words(row: Row) -> str:
    """Say which locations a row is for, as far as it can be read."""
    selector = _selector(row, (), [])
    try:
        return selector_words(msgspec.convert(selector or {}, Selector))
    except msgspec.ValidationError:
        return "not readable yet"


def precedence(name: str, rows: Sequence[Row]) -> list[int]:
    """Return for each row of a list its place in the order in which rules are tried: 1 applies before 2."""
    ranks: list[tuple[int, int, int]] = []
    for at, row in enumerate(rows):
        try:
            rule = msgspec.convert(_rule(name, row, (), []), RULES[name])
            ranks.append((*(-one for one in view_rule_rank(rule)), at))  # type: ignore[arg-type]
        except msgspec.ValidationError:
            ranks.append((1, 1, at))
    order = sorted(ranks)
    return [order.index(one) + 1 for one in ranks]
