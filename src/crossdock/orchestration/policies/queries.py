"""Reading routing policies: the active versions and all others, what changed between two, who did what and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from crossdock.orchestration.directory import Directory
from crossdock.orchestration.policies import store
from crossdock.orchestration.policies.lifecycle import WORDS, State, actions
from crossdock.orchestration.policies.store import VersionRow
from crossdock.routing.policy.check import ChannelUse, Finding, check
from crossdock.routing.policy.document import RoutingPolicy, in_order
from crossdock.storage.session import Session


class PolicyInShort(Struct, frozen=True, kw_only=True):
    """A policy: its active version if there is one, and the one that is being worked on."""

    code: str
    name: str
    version: str | None
    active: int | None
    activated_at: int | None
    activated_by: str | None
    draft: int | None
    draft_state: str | None


class PolicyChange(Struct, frozen=True, kw_only=True):
    """Where a version came to stand, when, by whom and why."""

    number: int
    state: str
    at: int
    actor: str
    note: str


class PolicyVersion(Struct, frozen=True, kw_only=True):
    """A version of a routing policy: what it says, where it stands, what the last check found, and its history.

    ``untried`` says that it became active though nobody had tried it.
    """

    code: str
    number: int
    version: str
    state: str
    base: int | None
    created_at: int
    created_by: str
    note: str
    untried: bool
    findings: tuple[Finding, ...]
    supported_actions: tuple[str, ...]
    changes: tuple[PolicyChange, ...]
    document: RoutingPolicy


class Difference(Struct, frozen=True, kw_only=True):
    """One place at which two versions differ; null where one of them has nothing there.

    Routes are compared by their names: their places are written ``/routes/NAME``.
    """

    pointer: str
    before: Any
    after: Any


class PolicyDiff(Struct, frozen=True, kw_only=True):
    """What changed between two versions: place by place, the order of the routes, and as a text of two YAML files."""

    code: str
    from_number: int
    to_number: int
    differences: tuple[Difference, ...]
    routes_before: tuple[str, ...]
    routes_after: tuple[str, ...]
    text: str


def list_policies(session: Session) -> list[PolicyInShort]:
    """Return the policies by code."""
    sql = """
        SELECT code FROM policies UNION SELECT code FROM policy_versions ORDER BY code
    """
    return [_in_short(session, str(code)) for (code,) in session.fetch(sql)]


def read_active_policy(session: Session, code: str) -> tuple[RoutingPolicy, str, int | None, int, str] | None:
    """Return the active version of a policy: document, hash, number, when and by whom it was activated."""
    rows = session.fetch("SELECT hash, number, activated_at, actor FROM policies WHERE code = ?", code)
    if not rows:
        return None
    digest, number, at, actor = rows[0]
    document = store.active_document(session, code)
    return None if document is None else (document, str(digest), number, int(at), str(actor))


def read_policy_versions(session: Session, code: str) -> list[PolicyVersion]:
    """Return the versions of a policy, newest first."""
    rows = store.version_rows(session, code)
    history = store.changes(session, code)
    return [_version(session, code, row, history) for row in reversed(rows)]


def read_policy_version(session: Session, code: str, number: int) -> PolicyVersion:
    """Return a version of a policy; raises UnknownPolicyVersion."""
    row = store.find(store.version_rows(session, code), code, number)
    return _version(session, code, row, store.changes(session, code))


def read_policy_draft(session: Session, code: str) -> PolicyVersion | None:
    """Return the version that is being worked on, else the newest; None when there is none."""
    rows = store.version_rows(session, code)
    row = store.open_version(rows) or (rows[-1] if rows else None)
    return None if row is None else _version(session, code, row, store.changes(session, code))


def policy_diff(session: Session, code: str, before: int | None = None, after: int | None = None) -> PolicyDiff:
    """Return what changed from one version (without one the active) to another (the newest).

    Raises UnknownPolicyVersion.
    """
    rows = store.version_rows(session, code)
    active = store.active_version(rows)
    first = before or (active.number if active is not None else 1)
    last = after or (rows[-1].number if rows else 1)
    old = store.read_document(session, store.find(rows, code, first).hash)
    new = store.read_document(session, store.find(rows, code, last).hash)
    return compare(old, new, first, last)


def compare(old: RoutingPolicy, new: RoutingPolicy, before: int, after: int) -> PolicyDiff:
    """Return what changed between two documents; the numbers are what they are called by."""
    text = difflib.unified_diff(
        policy_yaml(old).splitlines(keepends=True),
        policy_yaml(new).splitlines(keepends=True),
        f"{old.code} version {before}",
        f"{new.code} version {after}",
    )
    return PolicyDiff(
        code=new.code,
        from_number=before,
        to_number=after,
        differences=tuple(_differences("", _by_name(old), _by_name(new))),
        routes_before=tuple(route.name for route in old.routes),
        routes_after=tuple(route.name for route in new.routes),
        text="".join(text),
    )


def check_policy(session: Session, document: RoutingPolicy) -> tuple[Finding, ...]:
    """Return what saving a document would find, by the network and the channels as they are; saves nothing."""
    directory = Directory()
    directory.refresh(session)
    return check(document, directory.network, channel_uses(directory, document.code))


def channel_uses(directory: Directory, code: str) -> tuple[ChannelUse, ...]:
    """Return the channels as far as the policy of a code is concerned."""
    return tuple(
        ChannelUse(
            stored.channel.code,
            stored.channel.currency,
            tuple(service.code for service in stored.channel.services),
            stored.channel.policy == code or any(service.policy == code for service in stored.channel.services),
        )
        for stored in directory.channels
    )


def policy_yaml(document: RoutingPolicy) -> str:
    """Return a document as YAML: what ``save`` reads back as the same document."""
    return msgspec.yaml.encode(in_order(document)).decode()


def _by_name(document: RoutingPolicy) -> dict[str, Any]:
    plain = in_order(document)
    plain["routes"] = {route["name"]: route for route in plain["routes"]}
    return plain


def _differences(pointer: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            yield from _differences(f"{pointer}/{escaped}", old.get(name), new.get(name))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{pointer}/{index}", one, other)
    elif old != new:
        yield Difference(pointer=pointer, before=old, after=new)


def _in_short(session: Session, code: str) -> PolicyInShort:
    active = read_active_policy(session, code)
    rows = store.version_rows(session, code)
    draft = store.open_version(rows)
    known = [] if active is None else [active[0]]
    documents = known or [store.read_document(session, row.hash) for row in rows[-1:]]
    return PolicyInShort(
        code=code,
        name=documents[0].name if documents else "",
        version=None if active is None else active[1],
        active=None if active is None else active[2],
        activated_at=None if active is None else active[3],
        activated_by=None if active is None else active[4],
        draft=None if draft is None else draft.number,
        draft_state=None if draft is None else WORDS[draft.state],
    )


def _version(session: Session, code: str, row: VersionRow, history: list[store.ChangeRow]) -> PolicyVersion:
    return PolicyVersion(
        code=code,
        number=row.number,
        version=row.hash,
        state=WORDS[State(row.state)],
        base=row.base,
        created_at=row.created_at,
        created_by=row.actor,
        note=row.note,
        untried=row.untried,
        findings=row.findings,
        supported_actions=actions(row.state),
        changes=tuple(
            PolicyChange(number=c.number, state=WORDS[c.state], at=c.at, actor=c.actor, note=c.note)
            for c in history
            if c.number == row.number
        ),
        document=store.read_document(session, row.hash),
    )
