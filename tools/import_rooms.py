"""The import arrows between the packages of crossdock, kept as one table in pyproject.toml.

Import-linter's own contracts forbid; a house is easier to read by what is allowed. Each row of `may_import` names a
room (a child of the root package) and the rooms that it may import directly. A room without a row, a row in a
circle, or an import without an entry breaks the contract. Rows may name rooms that do not exist yet.
"""

import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.contract import InvalidContractOptions

Doors = Mapping[str, frozenset[str]]  # a room, or "*" → the modules that may be used as a door; none: any


class TableField(fields.Field[Mapping[str, Doors]]):
    def parse(self, raw_data: Any) -> Mapping[str, Doors]:
        if not isinstance(raw_data, dict):
            raise fields.ValidationError("Expected a table of lists.")
        return {row: dict(map(parse_entry, entries)) for row, entries in raw_data.items()}


def parse_entry(entry: str) -> tuple[str, frozenset[str]]:
    """`storage (store, tables)` → storage, by the modules store and tables."""
    match = re.fullmatch(r"(\*|\w+)(?: \((\w+(?:, \w+)*)\))?", entry)
    if not match:
        raise fields.ValidationError(f"Expected `room` or `room (module, module)`, not {entry!r}.")
    return match[1], frozenset(match[2].split(", ") if match[2] else ())


class RoomsContract(Contract):
    type_name = "rooms"

    # What import-linter reads into each field is not what it declares, hence Any.
    may_import: Any = TableField()
    kept_to: Any = TableField(default={})
    features: Any = fields.ListField(fields.StringField(), default=[])
    outsiders: Any = fields.ListField(fields.StringField(), default=[])

    def validate(self) -> None:
        rows: Mapping[str, Doors] = self.may_import
        unknown = {room for doors in rows.values() for room in doors} - set(rows)
        if unknown:
            raise InvalidContractOptions({"may_import": f"no row for {', '.join(sorted(unknown))}"})
        try:
            TopologicalSorter(rows).prepare()
        except CycleError as error:
            raise InvalidContractOptions({"may_import": f"a circle: {' → '.join(error.args[1])}"}) from error

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002
        root: str = self.session_options["root_packages"][0]
        problems = [*self._rooms_without_row(graph, root), *self._imports_without_entry(graph, root)]
        return ContractCheck(kept=not problems, metadata={"problems": problems})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for problem in check.metadata["problems"]:
            output.print_error(f"- {problem}", bold=False)
        output.new_line()

    def _rooms_without_row(self, graph: ImportGraph, root: str) -> Iterator[str]:
        for child in sorted(graph.find_children(root)):
            if child.rpartition(".")[2] not in self.may_import:
                yield f"{child} has no row in may_import"

    def _imports_without_entry(self, graph: ImportGraph, root: str) -> Iterator[str]:
        for importer in sorted(graph.modules):
            if importer.partition(".")[0] != root:
                continue
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                reason = self._refusal(importer.split(".")[1:], imported.split("."), root)
                details = graph.get_import_details(importer=importer, imported=imported) if reason else ()
                if reason and not all(names_what_is_public(detail["line_contents"], imported) for detail in details):
                    lines = ", ".join(str(detail["line_number"]) for detail in details)
                    yield f"{importer} (l. {lines}) imports {imported}: {reason}"

    def _refusal(self, importer: list[str], imported: list[str], root: str) -> str | None:
        """Why the module (its path inside the root package) may not import that one; None if it may."""
        if imported[0] != root:
            return self._refusal_outside(importer, imported[0])
        if len(imported) == 1 or importer[:1] == imported[1:2]:
            return None
        if not importer:
            return f"{root} itself imports nothing of ours"
        own_room, room = importer[0], imported[1]
        doors: Doors = self.may_import.get(own_room, {})
        if room not in doors:
            return f"{own_room} may not import {room}"
        if not passes(doors, room, importer):
            return f"{own_room} imports {room} only from {', '.join(sorted(doors[room]))}"
        if own_room in self.outsiders and room in self.features and len(imported) > 2:
            return f"{own_room} knows {room} only by its public names, in {root}.{room}"
        return None

    def _refusal_outside(self, importer: list[str], package: str) -> str | None:
        keepers: Doors | None = self.kept_to.get(package)
        if keepers is None or any(passes(keepers, room, importer) for room in (*importer[:1], "*")):
            return None
        rooms = (f"{room} ({', '.join(sorted(doors))})" if doors else room for room, doors in sorted(keepers.items()))
        return f"{package} is kept to {', '.join(rooms)}"


def passes(doors: Doors, room: str, importer: list[str]) -> bool:
    """Whether the importing module is one of the doors to the room."""
    return room in doors and (not doors[room] or not doors[room].isdisjoint(importer[1:]))


def names_what_is_public(line: str, module: str) -> bool:
    """Whether `from house.events import envelope` means a public name of house.events, not its module of that name."""
    package, _, name = module.rpartition(".")
    if not line.startswith(f"from {package} import "):
        return False
    public = importlib.import_module(package)
    return name in getattr(public, "__all__", ()) and not inspect.ismodule(getattr(public, name, None))
