"""The versions of routing policies and every change of where they stand, with who and why."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from crossdock.kernel.content import canonical
from crossdock.orchestration import tables
from crossdock.orchestration.errors import UnknownPolicyVersion
from crossdock.orchestration.policies.lifecycle import OPEN, State, step
from crossdock.routing.model import Policy
from crossdock.routing.policy.check import Finding
from crossdock.routing.policy.compile import CompiledPolicy, compile_policy, from_rules
from crossdock.routing.policy.document import RoutingPolicy
from crossdock.storage import versions
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

DOCUMENT = "policy_document"
"""The kind under which documents are kept; what they compile to is kept as ``policy``."""
_document = msgspec.json.Decoder(RoutingPolicy).decode
_policy = msgspec.json.Decoder(Policy).decode
_findings = msgspec.json.Decoder(tuple[Finding, ...]).decode
_COLUMNS = "number, hash, state, base, created_at, actor, note, findings, activated_at, untried"


class VersionRow(NamedTuple):
    """A version as it stands; ``activated_at`` is when it last became active, ``untried`` that nobody had tried it."""

    number: int
    hash: str
    state: State
    base: int | None
    created_at: int
    actor: str
    note: str
    findings: tuple[Finding, ...]
    activated_at: int | None
    untried: bool


class ChangeRow(NamedTuple):
    """One change of where a version stands."""

    number: int
    state: State
    at: int
    actor: str
    note: str


def version_rows(session: Session, code: str, *, locked: bool = False) -> list[VersionRow]:
    """Return the versions of a policy, oldest first."""
    lock = " {lock}" if locked else ""
    sql = f"SELECT {_COLUMNS} FROM policy_versions WHERE code = ? ORDER BY number{lock}"
    return [_row(row) for row in session.fetch(sql, code)]


def find(rows: list[VersionRow], code: str, number: int) -> VersionRow:
    """Return the version of a number; raises UnknownPolicyVersion."""
    found = next((row for row in rows if row.number == number), None)
    if found is None:
        raise UnknownPolicyVersion(f"The policy '{code}' has no version {number}.")
    return found


def open_version(rows: list[VersionRow]) -> VersionRow | None:
    """Return the version that is being worked on, if any."""
    return next((row for row in reversed(rows) if row.state in OPEN), None)


def active_version(rows: list[VersionRow]) -> VersionRow | None:
    """Return the active version, if any."""
    return next((row for row in rows if row.state is State.ACTIVE), None)


def changes(session: Session, code: str) -> list[ChangeRow]:
    """Return every change of where a policy's versions stand, newest first."""
    sql = "SELECT number, state, at, actor, note FROM policy_changes WHERE code = ? ORDER BY id DESC"
    return [ChangeRow(row[0], State(row[1]), *row[2:]) for row in session.fetch(sql, code)]


def read_document(session: Session, digest: str) -> RoutingPolicy:
    """Return a document by its hash; raises UnknownPolicyVersion."""
    body = versions.load(session, digest)
    if body is None:
        raise UnknownPolicyVersion(f"There is no policy document {digest}.")
    return _document(body)


def active(session: Session) -> tuple[dict[str, CompiledPolicy], frozenset[str]]:
    """Return the active policies by code, compiled, and the versions of what they compile to that are kept."""
    sql = "SELECT p.code, v.kind, v.body FROM policies p JOIN versions v ON v.hash = p.hash ORDER BY p.code"
    found: dict[str, CompiledPolicy] = {}
    kept: set[str] = set()
    for code, kind, body in session.fetch(sql):
        found[code] = compile_policy(_stored(code, kind, bytes(body)))
        if kind == DOCUMENT:
            kept.update(policy.version for policy in found[code].policies)
    return found, frozenset(kept)


def active_document(session: Session, code: str) -> RoutingPolicy | None:
    """Return the active version of a policy as a document; None when none is active."""
    sql = "SELECT v.kind, v.body FROM policies p JOIN versions v ON v.hash = p.hash WHERE p.code = ?"
    rows = session.fetch(sql, code)
    return _stored(code, rows[0][0], bytes(rows[0][1])) if rows else None


def _stored(code: str, kind: str, body: bytes) -> RoutingPolicy:
    """Read an active policy; what was activated before there were documents is one set of rules."""
    return _document(body) if kind == DOCUMENT else from_rules(code, _policy(body))


def add_version(unit: Unit, document: RoutingPolicy, number: int, base: int | None, findings: Any, who: Any) -> bool:
    """Store a document as a version; says whether the number was still free. ``who`` is (actor, note)."""
    versions.keep(unit, [(document.version, DOCUMENT, canonical(document))])
    told = msgspec.json.encode(findings).decode()
    row = (document.code, number, document.version, int(State.DRAFT), base, unit.now, *who, told, None, 0)
    if not unit.session.insert_new(tables.policy_versions, [row]):
        return False
    unit.dirty = True
    _changed(unit, document.code, number, State.DRAFT, who)
    return True


def move(unit: Unit, code: str, row: VersionRow, wanted: State, who: tuple[str, str]) -> VersionRow:
    """Let a version stand otherwise; raises PolicyNotReady when that may not follow."""
    state = step(row.state, wanted)
    at = unit.now if state is State.ACTIVE else row.activated_at
    untried = row.state is State.VALIDATED if state is State.ACTIVE else row.untried
    sql = "UPDATE policy_versions SET state = ?, activated_at = ?, untried = ? WHERE code = ? AND number = ?"
    unit.session.execute(sql, int(state), at, int(untried), code, row.number)
    _changed(unit, code, row.number, state, who)
    return row._replace(state=state, activated_at=at, untried=untried)


def set_findings(unit: Unit, code: str, number: int, findings: tuple[Finding, ...]) -> None:
    """Store what the last check of a version found."""
    told = msgspec.json.encode(findings).decode()
    unit.session.execute("UPDATE policy_versions SET findings = ? WHERE code = ? AND number = ?", told, code, number)
    unit.dirty = True


def make_active(unit: Unit, code: str, row: VersionRow, policy: CompiledPolicy, actor: str) -> None:
    """Name a version as the one that decides, and keep what it compiles to for the decisions that will rest on it."""
    versions.keep(unit, [(each.version, "policy", canonical(each)) for each in policy.policies])
    values = (row.hash, unit.now, actor, row.number)
    sql = "UPDATE policies SET hash = ?, activated_at = ?, actor = ?, number = ? WHERE code = ?"
    if not unit.session.execute(sql, *values, code):
        unit.insert(tables.policies, [(code, *values)])
    unit.dirty = True


def _changed(unit: Unit, code: str, number: int, state: State, who: tuple[str, str]) -> None:
    unit.insert(tables.policy_changes, [(unit.ids.one(), code, number, int(state), unit.now, *who)])


def _row(row: Any) -> VersionRow:
    number, digest, state, base, at, actor, note, findings, activated_at, untried = row
    return VersionRow(
        number, digest, State(state), base, at, actor, note, _findings(findings), activated_at, bool(untried)
    )


def number_of(session: Session, code: str, digest: str) -> int | None:
    """Return the newest version of a policy with this content; None when there is none."""
    rows = session.fetch("SELECT max(number) FROM policy_versions WHERE code = ? AND hash = ?", code, digest)
    return None if rows[0][0] is None else int(rows[0][0])
