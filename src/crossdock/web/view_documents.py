"""A stock view as a person writes it: as YAML or in a form; what is wrong with it is said at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import yaml

from crossdock.inventory import Buffer, Exclusion, Find, Limit, Rule, SafetyStock, Selector, StockView
from crossdock.kernel.errors import FieldError

Path = tuple[str | int, ...]
MAX_TEXT = 2_000_000
RULES: dict[str, type[Rule]] = {
    "exclusions": Exclusion,
    "buffers": Buffer,
    "safety_stock": SafetyStock,
    "find": Find,
    "backorders": Limit,
    "preorders": Limit,
}
"""The lists of rules that a view has, in the order in which people think of them."""
_PARTS: dict[str, type[Any]] = {"locations": Selector, **RULES}
_PLACE = re.compile(r" - at `\$(.*)`$")
_TOKEN = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")
_BOUND = re.compile(r"^Expected `int` (<=|>=) (-?\d+)$")


class Fault(NamedTuple):
    """What is wrong, and where: names and numbers down from the document's top."""

    path: Path
    message: str
    line: int = 0

    @property
    def where(self) -> str:
        """The place as people write it: ``buffers[0].units``."""
        return "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in self.path).lstrip(".")


class Checked(NamedTuple):
    """A document that is a view, or what keeps it from being one."""

    view: StockView | None
    faults: list[Fault]


def check(document: Any) -> Checked:
    """Read a view part by part, so that each part's fault is told and not the first one only."""
    if not isinstance(document, Mapping):
        return Checked(None, [Fault((), "A view is a mapping: `code: web` is its least.")])
    faults: list[Fault] = []
    rest = dict(document)
    for name, kind in _PARTS.items():
        parts = rest.get(name)
        if not isinstance(parts, Sequence) or isinstance(parts, str):
            continue
        found = [fault for at, part in enumerate(parts) for fault in faults_of(part, kind, (name, at))]
        faults += found
        if found:
            rest[name] = []
    faults += faults_of(rest, StockView, ())
    return Checked(None if faults else msgspec.convert(document, StockView), faults)


def faults_of(part: Any, kind: Any, at: Path) -> list[Fault]:
    """Return what keeps a part of a document from being of its kind, at its place."""
    try:
        msgspec.convert(part, kind)
    except msgspec.ValidationError as error:
        return [_fault(str(error), at)]
    return []


def _fault(text: str, at: Path) -> Fault:
    found = _PLACE.search(text)
    place = found[1] if found else ""
    below = tuple(int(number) if number else name for name, number in _TOKEN.findall(place) if name or number)
    said, path = _PLACE.sub("", text), (*at, *below)
    if unknown := _UNKNOWN.match(said):
        return Fault((*path, unknown[1]), f"There is no field '{unknown[1]}' here.")
    if missing := _MISSING.match(said):
        return Fault((*path, missing[1]), "This is missing.")
    if bound := _BOUND.match(said):
        return Fault(path, f"It must be at {'most' if bound[1] == '<=' else 'least'} {bound[2]}.")
    return Fault(path, f"{said}.")


def refused(errors: Sequence[FieldError]) -> list[Fault]:
    """Return the faults that the engine found, told by JSON pointers, as ours."""
    return [Fault(_path(error.pointer), error.message) for error in errors]


def _path(pointer: str) -> Path:
    return tuple(int(one) if one.isdigit() else one for one in pointer.split("/") if one)


# -- YAML -------------------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Reads YAML without aliases: what is written small stays small."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases (`*name`) are not read here", mark)
        return super().compose_node(parent, index)


def write_yaml(view: StockView) -> str:
    """Write a view as YAML; reading it gives the same view."""
    return yaml.safe_dump(
        msgspec.to_builtins(view), sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
    )


def read_yaml(text: str) -> tuple[Any, list[Fault]]:
    """Read YAML; a fault of writing has its line."""
    if len(text) > MAX_TEXT:
        return None, [Fault((), f"The text is longer than {MAX_TEXT:,} characters; send it through the API.")]
    try:
        return yaml.load(text, _Loader), []  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return None, [Fault((), f"This is no YAML: {said}.", mark.line + 1 if mark else 0)]
    except yaml.YAMLError as error:
        return None, [Fault((), f"This is no YAML: {error}.")]


def with_lines(text: str, faults: Sequence[Fault]) -> list[Fault]:
    """Say of each fault in which line of the text it stands: of the nearest thing above it that is written."""
    top = yaml.compose(text, _Loader)
    return [fault._replace(line=_line(top, fault.path)) for fault in faults]


def _line(node: Any, path: Path) -> int:
    line = int(node.start_mark.line) + 1 if node is not None else 1
    for name in path:
        below = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == name:
                    line, below = int(key.start_mark.line) + 1, value
        elif isinstance(node, yaml.SequenceNode) and isinstance(name, int) and name < len(node.value):
            below = node.value[name]
            line = int(below.start_mark.line) + 1
        if below is None:
            return line
        node = below
    return line


class Excerpt(NamedTuple):
    """Lines around a fault: number, text, whether the fault is in it."""

    fault: Fault
    lines: tuple[tuple[int, str, bool], ...]


def excerpts(text: str, faults: Sequence[Fault]) -> list[Excerpt]:
    """Return each fault with the lines around it."""
    lines = text.splitlines()
    out = []
    for fault in faults:
        first, last = max(fault.line - 2, 1), min(fault.line + 1, len(lines))
        shown = tuple((n, lines[n - 1], n == fault.line) for n in range(first, last + 1)) if fault.line else ()
        out.append(Excerpt(fault, shown))
    return out
