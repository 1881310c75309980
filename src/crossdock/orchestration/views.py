"""Stock views in: each change makes a version; in every process the next decision sees through it."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.inventory import view_checks
from crossdock.kernel.content import canonical
from crossdock.orchestration import tables
from crossdock.orchestration.configure import Configure
from crossdock.orchestration.errors import ConfigurationRefused
from crossdock.orchestration.view_commands import PutView, ViewPut
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
            return [ConfigurationRefused(f"{len(faults)} faults; the first: {faults[0].message}", tuple(faults))]
        odd = tuple(view_checks.warnings(view, self._engine.directory.places))
        active = unit.session.fetch("SELECT hash FROM views WHERE code = ? {lock}", view.code)
        result = "changed" if active else "created"
        if active and active[0][0] == view.version:
            result = "unchanged"
        else:
            versions.keep(unit, [(view.version, "view", canonical(view))])
            self._activate(unit, view.code, view.version, command.actor.name, new=not active)
        done = self._done(unit, command, "view", [(view.code, result)], view.version)
        return [ViewPut(results=done.results, warnings=odd)]

    def _activate(self, unit: Unit, code: str, version: str, actor: str, *, new: bool) -> None:
        if new:
            unit.insert(tables.views, [(code, version, unit.now, actor)])
            return
        sql = "UPDATE views SET hash = ?, activated_at = ?, actor = ? WHERE code = ?"
        unit.session.execute(sql, version, unit.now, actor, code)
        unit.dirty = True
