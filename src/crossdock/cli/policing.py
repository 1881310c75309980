"""Commands on routing policies from the command line: done here, or by the server that owns the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from crossdock.cli.remote import Client
from crossdock.orchestration import ActivatePolicy, Actor, PolicySaved, RollBackPolicy, SaveDraft
from crossdock.routing import Finding, RoutingPolicy

if TYPE_CHECKING:
    from crossdock.app import App


class PolicyDone(Struct, frozen=True):
    """Where a version of a policy stands now, and what the last check of it found."""

    code: str
    number: int
    state: str
    findings: tuple[Finding, ...]


class Act(NamedTuple):
    """What is asked of a version: to decide from now on, or to be taken back (``to`` another version)."""

    action: Literal["activate", "roll_back"]
    code: str
    number: int
    note: str = ""
    untried: bool = False
    to: int | None = None


def save_here(app: App, document: RoutingPolicy, note: str, actor: Actor) -> PolicyDone:
    """Save a document as the next version of its policy."""
    return _done(app.submit_now(SaveDraft(actor=actor, document=document, note=note)))


def save_there(client: Client, document: RoutingPolicy, note: str) -> PolicyDone:
    """Have the server save a document."""
    return client.put(f"/v1/policies/{quote(document.code)}/draft", {"document": document, "note": note}, PolicyDone)


def act_here(app: App, asked: Act, actor: Actor) -> PolicyDone:
    """Activate a version, or roll the active one back."""
    if asked.action == "activate":
        return _done(
            app.submit_now(
                ActivatePolicy(
                    actor=actor, code=asked.code, number=asked.number, note=asked.note, untried=asked.untried
                )
            )
        )
    command = RollBackPolicy(actor=actor, code=asked.code, number=asked.number, note=asked.note, to=asked.to)
    return _done(app.submit_now(command))


def act_there(client: Client, asked: Act) -> PolicyDone:
    """Have the server do it."""
    path = f"/v1/policies/{quote(asked.code)}/versions/{asked.number}/actions/{asked.action}"
    body: dict[str, object] = {"note": asked.note}
    if asked.action == "activate":
        body["untried"] = asked.untried
    elif asked.to is not None:
        body["to"] = asked.to
    return client.post(path, body, PolicyDone)


def _done(answer: PolicySaved) -> PolicyDone:
    return PolicyDone(answer.code, answer.number, answer.state, answer.findings)
