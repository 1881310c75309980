"""Stock views and shares in: each change makes a version; in every process the next decision sees through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.inventory import share_checks, view_checks
from crossdock.kernel.content import canonical
from crossdock.kernel.errors import FieldError
from crossdock.orchestration import tables
from crossdock.orchestration.configure import Configure
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.views.commands import PutShareGroups, PutView, ViewPut
from crossdock.storage import versions
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome


class PutViewHandler(Configure):
    """Does PutView: keeps the version for ever and makes it the active one."""

    def run(self, unit: Unit, commands: Sequence[PutView], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        self._engine.follow(unit.session)
        view = command.view
        faults = view_checks.faults(view)
        if faults:
            return [_refused(faults)]
        odd = tuple(view_checks.warnings(view, self._engine.directory.places))
        result = _activate(unit, tables.views, "view", view, command.actor.name)
        done = self._done(unit, command, "view", [(view.code, result)], view.version)
        return [ViewPut(results=done.results, warnings=odd)]


class PutShareGroupsHandler(Configure):
    """Does PutShareGroups: counters keep what was taken, the amounts are the new ones from the next decision on."""

    def run(self, unit: Unit, commands: Sequence[PutShareGroups], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        self._engine.follow(unit.session)
        directory = self._engine.directory
        known = {**directory.shares.groups, **{group.code: group for group in command.groups}}
        channels = {code for (code,) in unit.session.fetch("SELECT code FROM channels")}
        faults = share_checks.faults(command.groups, known, channels)
        if faults:
            return [_refused(faults)]
        odd = tuple(share_checks.warnings(tuple(known.values()), directory.places))
        name = command.actor.name
        results = [(g.code, _activate(unit, tables.share_groups, "share_group", g, name)) for g in command.groups]
        done = self._done(unit, command, "share_group", results)
        return [ViewPut(results=done.results, warnings=odd)]


def _activate(unit: Unit, table: Any, kind: str, document: Any, actor: str) -> str:
    """Make a document the active version of its code; says "created", "changed" or "unchanged"."""
    code, version = document.code, document.version
    active = unit.session.fetch(f"SELECT hash FROM {table.name} WHERE code = ? {{lock}}", code)
    if active and active[0][0] == version:
        return "unchanged"
    versions.keep(unit, [(version, kind, canonical(document))])
    unit.insert(tables.activations, [(unit.ids.one(), kind, code, version, unit.now, actor)])
    if not active:
        unit.insert(table, [(code, version, unit.now, actor)])
        return "created"
    sql = f"UPDATE {table.name} SET hash = ?, activated_at = ?, actor = ? WHERE code = ?"
    unit.session.execute(sql, version, unit.now, actor, code)
    unit.dirty = True
    return "changed"


def _refused(faults: Sequence[FieldError]) -> ConfigurationRefused:
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return ConfigurationRefused(f"{faults[0].message}{more}", tuple(faults))
