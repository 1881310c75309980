"""Routing policies: the list, the editor of the version that is being worked on, and all versions with their ways."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath

from crossdock.identity import SignedIn
from crossdock.kernel.errors import CrossdockError, NotFound
from crossdock.network import list_channels
from crossdock.orchestration import (
    ActivatePolicy,
    Actor,
    PolicyVersion,
    RollBackPolicy,
    SaveDraft,
    check_policy,
    list_policies,
    list_trials,
    policy_diff,
    policy_yaml,
    read_policy_draft,
    read_policy_version,
    read_policy_versions,
    say_route,
)
from crossdock.routing import Finding, Route, RoutingPolicy
from crossdock.web import policy_form
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.going import go_to
from crossdock.web.policy_documents import check
from crossdock.web.policy_fields import LISTS, ROUTE
from crossdock.web.security import AnyRequest, AnyResponse
from crossdock.web.view_documents import Excerpt, Fault, excerpts, read_yaml, refused, with_lines

NEW = "/new-policy"
Tab = Literal["form", "yaml"]
_PLACE = re.compile(r"(add|remove|up|down|order):([a-z0-9-]{1,80})")
_CARD = '{"currency":"GBP","zones":[{"up_to_km":20016,"base":0,"per_kg":0,"transit_days":1}]}'
_ROUTE = re.compile(r"(routes-\d{1,3})-")
DONE = {
    "saved": "The draft is saved. Nothing is decided by it yet: try it, then make it active.",
    "unchanged": "Nothing has changed since this version was saved.",
    "activated": "This version decides from now on.",
    "rolled_back": "The version before it decides again.",
}


class Asked(msgspec.Struct, frozen=True):
    """Which side of the editor, and which version; without one, the one that is being worked on."""

    tab: Tab = "form"
    version: int | None = None
    done: Text = ""


class Editor(msgspec.Struct, kw_only=True):
    """What the editor's page shows."""

    stored: PolicyVersion | None
    tab: Tab = "form"
    flat: dict[str, str] = {}
    text: str = ""
    policy: RoutingPolicy | None = None
    """What was read of the form or the text, when nothing is wrong with it."""
    faults: list[Fault] = []
    excerpts: list[Excerpt] = []
    findings: tuple[Finding, ...] = ()
    notes: list[tuple[str, str]] = []
    base: str = ""
    open: str = ""
    """The route that is unfolded."""

    @property
    def fresh(self) -> bool:
        """Whether this differs from the version that is stored."""
        return self.policy is not None and (self.stored is None or self.policy.version != self.stored.version)


async def stored_version(console: Console, code: str, number: int | None) -> PolicyVersion:
    """Return a version of a policy; without a number the one that is being worked on, else the newest."""

    def read(session: Any) -> PolicyVersion | None:
        return read_policy_draft(session, code) if number is None else read_policy_version(session, code, number)

    found = await console.read(read)
    if found is None:
        raise NotFound(f"There is no routing policy '{code}'.")
    return found


@get("/policies")
async def policies(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the policies, and the channels that each decides for."""

    def read(session: Any) -> dict[str, Any]:
        return {"policies": list_policies(session), "channels": list_channels(session)}

    return console.page(
        request, "policies.html", section="Routing", part="Policies", new=NEW, **await console.read(read)
    )


@get(NEW)
async def new_policy(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the editor of a policy that is not there yet, with one route."""
    flat: dict[str, str] = {
        "card": '{"currency":"GBP","zones":[{"up_to_km":20016,"base":0,"per_kg":0,"transit_days":1}]}'
    }
    policy_form.add(flat, "routes", "")
    return await _page(request, console, Editor(stored=None, tab=asked(request, Asked).tab, flat=flat, open="routes-0"))


@get("/policies/{code:str}")
async def policy(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show the editor of a policy: the version that is being worked on, else the newest."""
    wanted = asked(request, Asked)

    found = await stored_version(console, code, wanted.version)
    editor = Editor(
        stored=found,
        tab=wanted.tab,
        flat=policy_form.flat_of(found.document),
        text=policy_yaml(found.document),
        policy=found.document,
        findings=found.findings,
        notes=[("done", DONE[wanted.done])] if wanted.done in DONE else [],
    )
    return await _page(request, console, editor)


@post(NEW, status_code=200)
async def edit_new_policy(request: AnyRequest, console: Site) -> AnyResponse:
    """Do what the editor of a new policy asks for."""
    return await _edit(request, console, None)


@post("/policies/{code:str}", status_code=200)
async def edit_policy(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Do what the editor of a policy asks for."""
    return await _edit(request, console, code)


async def _edit(request: AnyRequest, console: Console, code: str | None) -> AnyResponse:
    form = await request.form()
    do, base = str(form.get("do", "check")), str(form.get("base", ""))
    number = int(base) if base.isdigit() else None
    stored = None if code is None else await stored_version(console, code, number)
    tab: Tab = "yaml" if form.get("tab") == "yaml" else "form"
    editor = Editor(stored=stored, tab=tab, base=base, open=str(form.get("open", "")))
    if tab == "yaml":
        editor.text = str(form.get("text", "")).replace("\r\n", "\n")
        await asyncio.to_thread(_read_text, editor)
    else:
        editor.flat = policy_form.read_flat(form.multi_items())
        if code is not None:
            editor.flat["code"] = code
        _rearrange(editor, do, str(form.get("order", "")), {str(k): str(v) for k, v in form.items()})
        _read_form(editor)
    if code is not None and editor.policy is not None and editor.policy.code != code:
        editor.faults = [Fault(("code",), f"This is the policy '{code}'; make a new one to give it another code.")]
        editor.policy = None
    if do in ("form", "yaml"):
        _turn(editor, do)
    elif do == "save" and editor.policy is not None:
        return await _save(request, console, editor, editor.policy, str(form.get("why", "")).strip())
    elif _PLACE.fullmatch(do):
        editor.faults = []  # what was only just added is empty, and that is no fault yet
    if editor.policy is not None:
        found = editor.policy
        editor.findings = await console.read(lambda session: check_policy(session, found))
    status = 422 if editor.faults and do in ("save", "check") else 200
    return await _page(request, console, editor, status=status)


def _read_text(editor: Editor) -> None:
    document, faults = read_yaml(editor.text)
    if not faults:
        editor.policy, found = check(document)
        faults = with_lines(editor.text, found) if found else []
    editor.faults, editor.excerpts = faults, excerpts(editor.text, faults)


def _read_form(editor: Editor) -> None:
    document, faults = policy_form.document_of(editor.flat)
    if faults:
        editor.faults = faults
        return
    editor.policy, editor.faults = check(document)


def _rearrange(editor: Editor, do: str, order: str, form: dict[str, str]) -> None:
    """Add, remove or move a row of a list or a route."""
    found = _PLACE.fullmatch(do)
    if found is None:
        return
    what, place = found[1], found[2]
    inside = _ROUTE.match(place)
    if inside is not None:
        editor.open = inside[1]
    if what == "add":
        policy_form.add(editor.flat, place, form.get(f"new-{place}", ""))
        if place == "routes":
            editor.open = f"routes-{policy_form.rows(editor.flat, 'routes') - 1}"
        return
    prefix, _, at = place.rpartition("-")
    if what == "order":
        prefix = place
    elif not at.isdigit():
        return
    numbers = list(range(policy_form.rows(editor.flat, prefix)))
    if what == "order":
        wanted = [int(one) for one in order.split(",") if one.isdigit()]
        numbers = wanted if sorted(wanted) == numbers else numbers
    elif what == "remove":
        numbers = [one for one in numbers if one != int(at)]
    else:
        here, there = int(at), int(at) + (-1 if what == "up" else 1)
        if 0 <= there < len(numbers):
            numbers[here], numbers[there] = numbers[there], numbers[here]
    policy_form.reorder(editor.flat, prefix, numbers)
    if prefix == "routes":
        editor.open = ""


def _turn(editor: Editor, to: str) -> None:
    """Show the other side of the editor with what is there, if it can be read."""
    if editor.policy is None:
        editor.notes = [("wait", "Mend what is wrong first: the other side shows only what can be read.")]
        return
    editor.tab = "yaml" if to == "yaml" else "form"
    editor.flat, editor.text = policy_form.flat_of(editor.policy), policy_yaml(editor.policy)


async def _save(request: AnyRequest, console: Console, editor: Editor, wanted: RoutingPolicy, why: str) -> AnyResponse:
    signed_in: SignedIn = request.state.signed_in
    base = int(editor.base) if editor.base.isdigit() else None
    try:
        saved = await console.submit(
            SaveDraft(actor=Actor(signed_in.user.actor), document=wanted, note=why[:300], base=base)
        )
    except CrossdockError as refusal:
        editor.faults = refused(refusal.errors)
        editor.notes = [("bad", f"{refusal.title}. {refusal.detail}")]
        return await _page(request, console, editor, status=refusal.status)
    done = "unchanged" if saved.result == "unchanged" else "saved"
    return go_to(request, f"/policies/{wanted.code}?done={done}")


async def _page(request: AnyRequest, console: Console, editor: Editor, status: int = 200) -> AnyResponse:
    code = editor.stored.code if editor.stored else ""
    if editor.tab == "form" and editor.policy is not None and len(editor.policy.routes) > policy_form.SHOWN:
        editor.tab, editor.text = "yaml", policy_yaml(editor.policy)
        editor.notes = [*editor.notes, ("info", f"With {len(editor.policy.routes)} routes this is edited as YAML.")]

    def read(session: Any) -> dict[str, Any]:
        folder = console.backend.data_dir
        versions = read_policy_versions(session, code) if code else []
        return {
            "trials": list_trials(session, folder, code, 3) if code else [],
            "active": next((one for one in versions if one.state == "active"), None),
            "newest": versions[0] if versions else None,
        }

    if editor.stored is not None and not editor.base:
        editor.base = str(editor.stored.number)
    return console.page(
        request,
        "policy.html",
        section="Routing",
        part="Policies",
        status=status,
        editor=editor,
        form=policy_form,
        lists=LISTS,
        route_fields={field.name: field for field in ROUTE},
        count=policy_form.rows(editor.flat, "routes"),
        wrong=policy_form.by_field(editor.faults) if editor.tab == "form" else {},
        yaml=policy_yaml(editor.policy) if editor.policy else "",
        sentences=_sentences(editor) if editor.tab == "form" else (),
        action=f"/policies/{code}" if code else NEW,
        **await console.read(read),
    )


def _sentences(editor: Editor) -> list[tuple[str, ...]]:
    """Say what each route does; nothing of one that cannot be read."""
    document, _ = policy_form.document_of(editor.flat)
    currency = str((document["card"] or {}).get("currency", ""))
    said: list[tuple[str, ...]] = []
    for route in document["routes"]:
        try:
            said.append(say_route(msgspec.convert(route, Route), currency))
        except msgspec.ValidationError:
            said.append(())
    return said


# -- versions ----------------------------------------------------------------------------------------------------------


@get("/policies/{code:str}/versions")
async def versions(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show every version of a policy: where it stands, who did what with it and why."""
    found = await console.read(lambda session: read_policy_versions(session, code))
    if not found:
        raise NotFound(f"There is no routing policy '{code}'.")
    return console.page(request, "policy_versions.html", section="Routing", part="Policies", code=code, versions=found)


class Compared(msgspec.Struct, frozen=True):
    """Which versions are compared; without them, the active one and the newest."""

    before: int | None = None
    after: int | None = None


@get("/policies/{code:str}/diff")
async def difference(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show what changed between two versions."""
    wanted = asked(request, Compared)

    def read(session: Any) -> dict[str, Any]:
        return {
            "diff": policy_diff(session, code, wanted.before, wanted.after),
            "versions": read_policy_versions(session, code),
        }

    facts = await console.read(read)
    return console.page(request, "policy_diff.html", section="Routing", part="Policies", code=code, **facts)


@post("/policies/{code:str}/versions/{number:int}/{action:str}", status_code=200)
async def act(
    request: AnyRequest, console: Site, code: FromPath[str], number: FromPath[int], action: FromPath[str]
) -> AnyResponse:
    """Make a version the active one, or take it back."""
    form = await request.form()
    signed_in: SignedIn = request.state.signed_in
    who, note = Actor(signed_in.user.actor), str(form.get("reason", "")).strip()[:300]
    if action == "activate":
        untried = form.get("untried") == "1"
        await console.submit(ActivatePolicy(actor=who, code=code, number=number, note=note, untried=untried))
        return go_to(request, f"/policies/{code}?version={number}&done=activated")
    if action == "roll_back":
        back = await console.submit(RollBackPolicy(actor=who, code=code, number=number, note=note))
        return go_to(request, f"/policies/{code}?version={back.number}&done=rolled_back")
    raise NotFound("There is no such action.")


handlers = [policies, new_policy, policy, edit_new_policy, edit_policy, versions, difference, act]
