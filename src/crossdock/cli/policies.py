"""``crossdock policy``: routing policies as YAML files and as versions that are checked, activated and rolled back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from crossdock import local
from crossdock.cli.documents import read_document, write_schema
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import column, emit, write_json
from crossdock.cli.policing import Act
from crossdock.cli.reaching import doer
from crossdock.cli.trials import app
from crossdock.kernel.clock import rfc3339
from crossdock.kernel.errors import FieldError, NotFound
from crossdock.orchestration import (
    PolicyInvalid,
    PolicyVersion,
    check_policy,
    list_policies,
    policy_diff,
    policy_yaml,
    read_policy_draft,
    read_policy_version,
    read_policy_versions,
)
from crossdock.routing import Finding, RoutingPolicy

__all__ = ["app"]

Code = Annotated[str, typer.Argument(help="Which policy.", metavar="CODE")]
Number = Annotated[int | None, typer.Argument(help="Which version; absent for the newest.", metavar="NUMBER")]
Note = Annotated[str, typer.Option("--note", help="Why; kept with the version.")]
PolicyFile = Annotated[Path, typer.Argument(help="YAML or JSON; - is standard input.", metavar="FILE")]


@app.command("list")
def show_all(ctx: typer.Context, output: Output = "table") -> None:
    """List the routing policies: which version decides, and which one is being worked on."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(list_policies)
    columns = [
        column("Code", "code"),
        column("Name", "name", wraps=True, spare=True),
        column("Active", "active", right=True),
        column("Since")._replace(value=lambda one: "" if one.activated_at is None else rfc3339(one.activated_at)),
        column("By", "activated_by"),
        column("Draft", "draft", right=True),
        column("State", "draft_state"),
    ]
    emit(found, columns, output)


@app.command("show")
def show(ctx: typer.Context, code: Code, number: Number = None, output: Output = "table") -> None:
    """Write a version of a policy as YAML, as it can be saved again; with JSON also where it stands and why."""
    with local.reading(settings_of(ctx).database_url) as read:
        version = number or _number(read(lambda session: read_policy_draft(session, code)), code)
        found = read(lambda session: read_policy_version(session, code, version))
    if output == "json":
        write_json(found)
    else:
        sys.stdout.write(policy_yaml(found.document))


@app.command("versions")
def versions(ctx: typer.Context, code: Code, output: Output = "table") -> None:
    """List the versions of a policy, newest first: where each stands, who made it and why."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: read_policy_versions(session, code))
    if not found:
        raise NotFound(f"There is no policy '{code}'.", next_step="`crossdock policy list` shows what there is.")
    columns = [
        column("Version", "number", right=True),
        column("State", "state"),
        column("Saved")._replace(value=lambda one: rfc3339(one.created_at)),
        column("By", "created_by"),
        column("Findings", right=True)._replace(value=lambda one: len(one.findings)),
        column("Note", "note", wraps=True, spare=True),
    ]
    emit(found, columns, output)


@app.command("validate")
def validate(ctx: typer.Context, file: PolicyFile, output: Output = "table") -> None:
    """Say what is wrong or odd with a policy by the network and the channels as they are; nothing is saved."""
    document = read_document(file, RoutingPolicy)
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: check_policy(session, document))
    if output == "json":
        write_json(found)
    _refuse(f"The policy '{document.code}' has errors.", _say(found))
    typer.echo(f"The policy '{document.code}' may become active.", err=True)


@app.command("save")
def save(ctx: typer.Context, file: PolicyFile, note: Note = "") -> None:
    """Save a policy as the next version of its code; nothing is decided by it before it is activated."""
    document = read_document(file, RoutingPolicy)
    with doer(settings_of(ctx)) as someone:
        saved = someone.save_policy(document, note)
    _say(saved.findings)
    typer.echo(f"Version {saved.number} of '{saved.code}' is {saved.state}.", err=True)


@app.command("activate")
def activate(
    ctx: typer.Context,
    code: Code,
    number: Number = None,
    note: Note = "",
    untried: Annotated[bool, typer.Option("--untried", help="Though nobody has tried it; that is recorded.")] = False,
) -> None:
    """Make a version of a policy the one that decides, from the next decision on; refused while it has errors."""
    with local.reading(settings_of(ctx).database_url) as read:
        version = number or _number(read(lambda session: read_policy_draft(session, code)), code)
    with doer(settings_of(ctx)) as someone:
        done = someone.act_on_policy(Act("activate", code, version, note, untried))
    _say(done.findings)
    typer.echo(f"Version {done.number} of '{code}' is active.", err=True)


@app.command("rollback")
def rollback(
    ctx: typer.Context,
    code: Code,
    note: Note = "",
    to: Annotated[int | None, typer.Option(help="Which version is to be active again.", metavar="NUMBER")] = None,
) -> None:
    """Take the active version of a policy back: the one that was active before it is active again."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: read_policy_versions(session, code))
    active = [one.number for one in found if one.state == "active"]
    if not active:
        raise NotFound(f"No version of a policy '{code}' is active.")
    with doer(settings_of(ctx)) as someone:
        done = someone.act_on_policy(Act("roll_back", code, active[0], note, to=to))
    typer.echo(f"Version {active[0]} of '{code}' is taken back; version {done.number} is active.", err=True)


@app.command("diff")
def diff(
    ctx: typer.Context,
    code: Code,
    before: Annotated[int | None, typer.Argument(help="Absent for the active version.", metavar="FROM")] = None,
    after: Annotated[int | None, typer.Argument(help="Absent for the newest version.", metavar="TO")] = None,
    output: Output = "table",
) -> None:
    """Say what changed between two versions of a policy."""
    with local.reading(settings_of(ctx).database_url) as read:
        found = read(lambda session: policy_diff(session, code, before, after))
    if output == "table":
        sys.stdout.write(found.text)
        return
    if output == "json":
        write_json(found)
        return
    emit(found.differences, [column("Pointer"), column("Before"), column("After")], output)


@app.command("schema")
def schema() -> None:
    """Write the JSON Schema of a routing policy, for editors."""
    write_schema(RoutingPolicy)


def _number(found: PolicyVersion | None, code: str) -> int:
    """Return the number of the version that is being worked on, or the newest."""
    if found is None:
        raise NotFound(f"There is no policy '{code}'.", next_step="`crossdock policy list` shows what there is.")
    return found.number


def _say(findings: Sequence[Finding]) -> list[Finding]:
    """Tell the warnings; return the errors."""
    for one in findings:
        typer.echo(f"{one.severity}: {one.pointer}: {one.message}", err=True)
    return [one for one in findings if one.severity == "error"]


def _refuse(text: str, wrong: Sequence[Finding]) -> None:
    if wrong:
        raise PolicyInvalid(text, tuple(FieldError(one.pointer, one.code, one.message) for one in wrong))
