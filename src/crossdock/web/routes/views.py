"""Stock views: the list, and the editor that shows what a view would change before it is saved."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath

from crossdock.analytics import list_channels
from crossdock.identity import SignedIn
from crossdock.inventory import StockView
from crossdock.kernel.errors import CrossdockError, NotFound
from crossdock.orchestration import (
    ActiveView,
    Actor,
    PutView,
    ViewPreview,
    list_views,
    preview_view,
    read_view,
    read_view_version,
    view_history,
)
from crossdock.web import view_form
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.going import go_to
from crossdock.web.security import AnyRequest, AnyResponse
from crossdock.web.view_documents import Checked, Excerpt, Fault, check, excerpts, read_yaml, refused, with_lines
from crossdock.web.view_documents import write_yaml as to_yaml
from crossdock.web.view_form import State

NEW = "/new-view"
Tab = Literal["form", "yaml"]
_ROW = re.compile(r"remove:([a-z_]+)-(\d{1,5})")
DONE = {"saved": "The view is saved. The next decision, promise and availability answer sees through it."}


class Asked(msgspec.Struct, frozen=True):
    """Which side of the editor, and which version of the view; without one, the active one."""

    tab: Tab = "form"
    version: Text = ""
    done: Text = ""


class Editor(msgspec.Struct, kw_only=True):
    """What the editor's page shows."""

    active: ActiveView | None
    tab: Tab = "form"
    state: State = msgspec.field(default_factory=State)
    text: str = ""
    based_on: str = ""
    view: StockView | None = None
    """What was read of the form or the text, when nothing is wrong with it."""
    faults: list[Fault] = []
    excerpts: list[Excerpt] = []
    preview: ViewPreview | None = None
    notes: list[tuple[str, str]] = []
    asked: bool = False
    """Whether somebody sent something, so that what is folded may open."""

    @property
    def fresh(self) -> bool:
        """Whether this would be saved as something that is not there yet."""
        return self.view is not None and (self.active is None or self.view.version != self.active.version)


@get("/views")
async def views(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the views, and the channels that look through none."""

    def read(session: Any) -> dict[str, Any]:
        found = list_views(session)
        looking = {code for one in found for code in one.channels}
        return {"views": found, "unbound": [one for one in list_channels(session) if one.code not in looking]}

    return console.page(request, "views.html", section="Inventory", part="Views", new=NEW, **await console.read(read))


@get(NEW)
async def new_view(request: AnyRequest, console: Site) -> AnyResponse:
    """Show the editor of a view that is not there yet."""
    return await _page(request, console, Editor(active=None, tab=asked(request, Asked).tab, text="code: \n"))


@get("/views/{code:str}")
async def view(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show the editor of a view."""
    wanted = asked(request, Asked)

    def read(session: Any) -> tuple[ActiveView | None, StockView | None]:
        active = read_view(session, code)
        older = read_view_version(session, wanted.version) if wanted.version else None
        return active, older if older is not None and older.code == code else None

    active, older = await console.read(read)
    if active is None or (wanted.version and older is None):
        raise NotFound(f"There is no stock view '{code}'{', or no such version of it' if wanted.version else ''}.")
    shown = older or active.view
    editor = Editor(
        active=active,
        tab=wanted.tab,
        state=view_form.state_of(shown),
        text=to_yaml(shown),
        based_on=active.version,
        view=shown,
        notes=[("done", DONE[wanted.done])] if wanted.done in DONE else [],
    )
    if shown.version != active.version:
        words = (
            f"This is version {shown.version[:8]}, which is not the active one. Preview and save it to go back to it."
        )
        editor.notes = [("wait", words)]
    return await _page(request, console, editor)


@get("/views/{code:str}/history")
async def history(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show the versions of a view, with who saved each and when."""

    def read(session: Any) -> dict[str, Any]:
        active = read_view(session, code)
        if active is None:
            raise NotFound(f"There is no stock view '{code}'.")
        return {"active": active, "history": view_history(session, code)}

    facts = await console.read(read)
    return console.page(request, "view_history.html", section="Inventory", part="Views", **facts)


@post(NEW, status_code=200)
async def edit_new_view(request: AnyRequest, console: Site) -> AnyResponse:
    """Do what the editor of a new view asks for."""
    return await _edit(request, console, None)


@post("/views/{code:str}", status_code=200)
async def edit_view(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Do what the editor of a view asks for."""
    return await _edit(request, console, code)


async def _edit(request: AnyRequest, console: Console, code: str | None) -> AnyResponse:
    form = await request.form()
    do = str(form.get("do", "preview"))
    active = await console.read(lambda session: read_view(session, code)) if code is not None else None
    if code is not None and active is None:
        raise NotFound(f"There is no stock view '{code}'.")
    tab: Tab = "yaml" if form.get("tab") == "yaml" else "form"
    editor = Editor(active=active, tab=tab, based_on=str(form.get("based_on", "")), asked=True)
    if tab == "yaml":
        editor.text = str(form.get("text", "")).replace("\r\n", "\n")
        found = await asyncio.to_thread(_read_text, editor)
    else:
        editor.state = view_form.read_state(form.multi_items())
        if code is not None:
            editor.state.code = code
        _change_rows(editor.state, do)
        found = view_form.checked(editor.state)
    editor.view, editor.faults = found.view, found.faults
    if code is not None and editor.view is not None and editor.view.code != code:
        editor.faults = [Fault(("code",), f"This is the view '{code}'; make a new view to give it another code.")]
        editor.view = None
    if do in ("form", "yaml"):
        _turn(editor, do)
    elif do in ("preview", "save"):
        return await _preview_or_save(request, console, editor, do, str(form.get("previewed", "")))
    elif not do.startswith("remove:"):
        editor.faults = []  # a row that was only just added is empty, and that is no fault yet
    return await _page(request, console, editor)


def _read_text(editor: Editor) -> Checked:
    document, faults = read_yaml(editor.text)
    found = Checked(None, faults) if faults else check(document)
    if found.faults and not faults:
        found = Checked(None, with_lines(editor.text, found.faults))
    editor.excerpts = excerpts(editor.text, found.faults)
    return found


def _change_rows(state: State, do: str) -> None:
    if do.startswith("add:"):
        state.add(do.removeprefix("add:"))
    found = _ROW.fullmatch(do)
    if found:
        state.remove(found[1], int(found[2]))


def _turn(editor: Editor, to: str) -> None:
    """Show the other side of the editor with what is there, if it can be read."""
    if editor.view is None:
        words = "Mend what is wrong first: the other side shows only what can be read."
        editor.notes = [("wait", words)]
        return
    editor.tab = "yaml" if to == "yaml" else "form"
    editor.state, editor.text = view_form.state_of(editor.view), to_yaml(editor.view)


async def _preview_or_save(
    request: AnyRequest, console: Console, editor: Editor, do: str, previewed: str
) -> AnyResponse:
    wanted = editor.view
    if wanted is None:
        return await _page(request, console, editor, status=422)
    try:
        editor.preview = await console.read(lambda session: preview_view(session, wanted))
    except CrossdockError as refusal:
        return await _refused(request, console, editor, refusal)
    active = editor.active.version if editor.active else ""
    if editor.based_on != active:
        words = "Somebody saved another version of this view meanwhile. The preview compares with that one."
        editor.notes = [("wait", words)]
        editor.based_on = active
    elif do == "save" and previewed != wanted.version:
        editor.notes = [("wait", "This differs from what was previewed. Here is its effect; save it if it is meant.")]
    elif do == "save" and editor.active is None and await _is_taken(console, wanted.code):
        editor.faults = [Fault(("code",), "There is a view with this code already.")]
        editor.notes = [("bad", "Nothing is saved.")]
        editor.preview = None
        return await _page(request, console, editor, status=409)
    elif do == "save":
        signed_in: SignedIn = request.state.signed_in
        try:
            await console.submit(PutView(actor=Actor(signed_in.user.actor), view=wanted))
        except CrossdockError as refusal:
            return await _refused(request, console, editor, refusal)
        return go_to(request, f"/views/{wanted.code}?done=saved")
    return await _page(request, console, editor)


async def _is_taken(console: Console, code: str) -> bool:
    return await console.read(lambda session: read_view(session, code)) is not None


async def _refused(request: AnyRequest, console: Console, editor: Editor, refusal: CrossdockError) -> AnyResponse:
    editor.faults = refused(refusal.errors)
    if editor.tab == "yaml":
        editor.faults = with_lines(editor.text, editor.faults)
        editor.excerpts = excerpts(editor.text, editor.faults)
    editor.notes = [("bad", f"{refusal.title}. {refusal.detail}")]
    editor.view = editor.preview = None
    return await _page(request, console, editor, status=refusal.status)


async def _page(request: AnyRequest, console: Console, editor: Editor, status: int = 200) -> AnyResponse:
    if editor.tab == "form" and editor.view is not None and editor.state.rows > view_form.SHOWN:
        editor.tab, editor.text = "yaml", to_yaml(editor.view)
        editor.notes = [*editor.notes, ("info", f"With {editor.state.rows} rules this view is edited as YAML.")]
    page = console.page(
        request,
        "view.html",
        section="Inventory",
        part="Views",
        status=status,
        editor=editor,
        form=view_form,
        wrong=view_form.by_field(editor.faults) if editor.tab == "form" else {},
        action=f"/views/{editor.active.view.code}" if editor.active else NEW,
    )
    if editor.preview is not None:
        page.headers["HX-Reswap"] = "outerMorph show:top showTarget:#preview"
    return page


handlers = [views, new_view, view, history, edit_new_view, edit_view]
