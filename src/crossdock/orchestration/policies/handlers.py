"""Routing policies in: saved as versions, checked, made active, taken back; every process follows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crossdock.events import policies as events
from crossdock.events.catalog import new_event
from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.orchestration.commands import Put, PutPolicy
from crossdock.orchestration.configure import Configure
from crossdock.orchestration.errors import (
    ConfigurationRefused,
    PolicyInvalid,
    PolicyMovedOn,
    PolicyNotReady,
    PolicyUntried,
)
from crossdock.orchestration.policies import store
from crossdock.orchestration.policies.commands import (
    ActivatePolicy,
    PolicySaved,
    RollBackPolicy,
    SaveDraft,
    ValidatePolicy,
)
from crossdock.orchestration.policies.lifecycle import OPEN, WORDS, State
from crossdock.orchestration.policies.queries import channel_uses
from crossdock.orchestration.policies.store import VersionRow
from crossdock.routing.model import RoutingError
from crossdock.routing.policy.check import Finding, check, errors
from crossdock.routing.policy.compile import as_sent, compile_policy, from_rules
from crossdock.routing.policy.document import RoutingPolicy
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Outcome

_PUT = "put as one set of rules"
_SHOWN = 100


class PolicyHandler(Configure):
    """What the handlers of policies have in common."""

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        self._engine.follow(unit.session)
        try:
            return [self.do(unit, command)]
        except CrossdockError as refusal:
            return [refusal]

    def do(self, unit: Unit, command: Any) -> Outcome:
        raise NotImplementedError

    def _check(self, document: RoutingPolicy) -> tuple[Finding, ...]:
        directory = self._engine.directory
        return check(document, directory.network, channel_uses(directory, document.code))

    def _must_be_sound(self, unit: Unit, code: str, row: VersionRow) -> tuple[Finding, ...]:
        """Return the warnings of a version; raises PolicyInvalid when it has errors as things are now."""
        found = self._check(store.read_document(unit.session, row.hash))
        wrong = errors(found)
        if wrong:
            more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
            faults = tuple(FieldError(one.pointer, one.code, one.message) for one in wrong[:_SHOWN])
            raise PolicyInvalid(f"Version {row.number} of '{code}': {wrong[0].message}{more}", faults)
        if found != row.findings:
            store.set_findings(unit, code, row.number, found)
        return found

    def _tell(self, unit: Unit, event: Any, actor: str) -> None:
        unit.event(new_event(event, at=unit.now, subject=event.code, actor=actor))

    def _save(
        self, unit: Unit, document: RoutingPolicy, rows: list[VersionRow], base: int | None, who: tuple[str, str]
    ) -> VersionRow | None:
        """Store a document as the next version, in place of the one that is being worked on; None when too late."""
        code, found = document.code, self._check(document)
        number = rows[-1].number + 1 if rows else 1
        if not store.add_version(unit, document, number, base, found, who):
            return None
        for row in rows:
            if row.state in OPEN:
                store.move(unit, code, row, State.REPLACED, (who[0], f"version {number} was saved"))
        wrong = len(errors(found))
        event = events.PolicyDrafted(code, number, document.version, who[1], errors=wrong, warnings=len(found) - wrong)
        self._tell(unit, event, who[0])
        return VersionRow(number, document.version, State.DRAFT, base, unit.now, *who, found, None, untried=False)

    def _activate(
        self, unit: Unit, code: str, row: VersionRow, rows: list[VersionRow], who: tuple[str, str]
    ) -> VersionRow:
        """Let a version decide, and the one that did until now retire."""
        before = store.active_version(rows)
        if row.state in (State.DRAFT, State.REPLACED):
            row = store.move(unit, code, row, State.VALIDATED, (who[0], ""))
        if before is not None:
            store.move(unit, code, before, State.RETIRED, (who[0], f"version {row.number} is active"))
        moved = store.move(unit, code, row, State.ACTIVE, who)
        compiled = compile_policy(store.read_document(unit.session, row.hash))
        store.make_active(unit, code, moved, compiled, who[0])
        number = None if before is None else before.number
        event = events.PolicyActivated(code, row.number, row.hash, who[1], before=number, untried=moved.untried)
        self._tell(unit, event, who[0])
        return moved


class SaveDraftHandler(PolicyHandler):
    """Does SaveDraft."""

    def do(self, unit: Unit, command: SaveDraft) -> Outcome:
        document = command.document
        rows = store.version_rows(unit.session, document.code, locked=True)
        if command.base is not None and (not rows or rows[-1].number != command.base):
            newest = f"{rows[-1].number}, by {rows[-1].actor}" if rows else "none"
            raise PolicyMovedOn(f"You began with version {command.base}; the newest of '{document.code}' is {newest}.")
        latest = rows[-1] if rows else None
        if latest is not None and latest.hash == document.version and latest.state in (*OPEN, State.ACTIVE):
            return _saved(document.code, latest, "unchanged", latest.findings)
        made_from = command.base if latest is None or command.base is not None else latest.number
        row = self._save(unit, document, rows, made_from, (command.actor.name, command.note))
        if row is None:
            return AGAIN
        return _saved(document.code, row, "changed" if rows else "created", row.findings)


class ValidateHandler(PolicyHandler):
    """Does ValidatePolicy."""

    def do(self, unit: Unit, command: ValidatePolicy) -> Outcome:
        rows = store.version_rows(unit.session, command.code, locked=True)
        row = store.find(rows, command.code, command.number)
        found = self._must_be_sound(unit, command.code, row)
        if row.state not in (State.DRAFT, State.REPLACED):
            return _saved(command.code, row, "unchanged", found)
        other = store.open_version(rows)
        if row.state is State.REPLACED and other is not None:
            store.move(unit, command.code, other, State.REPLACED, (command.actor.name, f"{row.number} is taken up"))
        row = store.move(unit, command.code, row, State.VALIDATED, (command.actor.name, command.note))
        event = events.PolicyValidated(command.code, row.number, row.hash, command.note, warnings=len(found))
        self._tell(unit, event, command.actor.name)
        return _saved(command.code, row, "changed", found)


class ActivateHandler(PolicyHandler):
    """Does ActivatePolicy."""

    def do(self, unit: Unit, command: ActivatePolicy) -> Outcome:
        code, rows = command.code, store.version_rows(unit.session, command.code, locked=True)
        row, now = store.find(rows, code, command.number), store.active_version(rows)
        if command.instead_of is not None and command.instead_of != (0 if now is None else now.number):
            text = "no version is active" if now is None else f"version {now.number} is active"
            raise PolicyMovedOn(f"You meant to follow version {command.instead_of} of '{code}', but {text}.")
        if row.state is State.ACTIVE:
            return _saved(code, row, "unchanged", row.findings)
        found = self._must_be_sound(unit, code, row)
        is_new = row.state in (State.DRAFT, State.VALIDATED, State.REPLACED)
        if is_new and not command.untried:
            raise PolicyUntried(f"Version {row.number} of '{code}' is {WORDS[row.state]}: nobody has tried it.")
        moved = self._activate(unit, code, row, rows, (command.actor.name, command.note))
        self._done(unit, command, "policy", [(code, "changed" if now else "created")], row.hash)
        return _saved(code, moved, "changed" if now else "created", found)


class RollBackHandler(PolicyHandler):
    """Does RollBackPolicy."""

    def do(self, unit: Unit, command: RollBackPolicy) -> Outcome:
        code, rows = command.code, store.version_rows(unit.session, command.code, locked=True)
        row = store.find(rows, code, command.number)
        if row.state is not State.ACTIVE:
            raise PolicyNotReady(f"Version {row.number} of '{code}' is {WORDS[row.state]}, not active.")
        target = self._target(code, rows, row, command.to)
        who = (command.actor.name, command.note)
        store.move(unit, code, row, State.ROLLED_BACK, who)
        again = store.move(unit, code, target, State.ACTIVE, who)
        try:
            compiled = compile_policy(store.read_document(unit.session, target.hash))
        except RoutingError as error:
            raise PolicyInvalid(f"Version {target.number} of '{code}' cannot decide any more: {error}.") from None
        store.make_active(unit, code, again, compiled, command.actor.name)
        self._tell(unit, events.PolicyRolledBack(code, row.number, row.hash, command.note, now=again.number), who[0])
        self._done(unit, command, "policy", [(code, "changed")], again.hash)
        return _saved(code, again, "changed", again.findings)

    def _target(self, code: str, rows: list[VersionRow], row: VersionRow, to: int | None) -> VersionRow:
        if to is not None:
            target = store.find(rows, code, to)
            if target.activated_at is None or target.number == row.number:
                raise PolicyNotReady(f"Version {to} of '{code}' was not active before.")
            return target
        retired = [each for each in rows if each.state is State.RETIRED]
        if not retired:
            raise PolicyNotReady(f"No version of '{code}' was active before version {row.number}.")
        return max(retired, key=lambda each: (each.activated_at or 0, each.number))


class PutPolicyHandler(PolicyHandler):
    """Does PutPolicy: one set of rules becomes a version with one route, active at once and untried."""

    def do(self, unit: Unit, command: PutPolicy) -> Outcome:
        try:
            document = as_sent(from_rules(command.code, command.policy))
        except msgspec.ValidationError as error:
            raise ConfigurationRefused(str(error)) from None
        rows = store.version_rows(unit.session, command.code, locked=True)
        now = store.active_version(rows)
        if now is not None and now.hash == document.version:
            return self._done(unit, command, "policy", [(command.code, "unchanged")], now.hash)
        who = (command.actor.name, _PUT)
        known = bool(unit.session.fetch("SELECT 1 FROM policies WHERE code = ?", command.code))
        same = next((row for row in rows if row.hash == document.version), None)
        row = same or self._save(unit, document, rows, None if now is None else now.number, who)
        if row is None:
            return AGAIN
        self._must_be_sound(unit, command.code, row)
        self._activate(unit, command.code, row, rows, who)
        result = "changed" if known else "created"
        done: Put = self._done(unit, command, "policy", [(command.code, result)], row.hash)
        return done


def mark_tried(unit: Unit, code: str, number: int, actor: str, what: str) -> State:
    """Let a version count as tried, saying what it was tried on; returns where it stands now.

    Raises UnknownPolicyVersion, and PolicyNotReady when it has errors or is replaced. What is tried already stays so.
    """
    rows = store.version_rows(unit.session, code, locked=True)
    row = store.find(rows, code, number)
    if row.state is State.DRAFT:
        if errors(row.findings):
            raise PolicyNotReady(f"Version {number} of '{code}' has errors and cannot be tried.")
        row = store.move(unit, code, row, State.VALIDATED, (actor, ""))
    if row.state is not State.VALIDATED:
        return row.state
    row = store.move(unit, code, row, State.TRIED, (actor, what))
    unit.event(new_event(events.PolicyTried(code, number, row.hash, what), at=unit.now, subject=code, actor=actor))
    return row.state


def _saved(code: str, row: VersionRow, result: str, findings: tuple[Finding, ...]) -> PolicySaved:
    return PolicySaved(code=code, number=row.number, state=WORDS[row.state], result=result, findings=findings)
