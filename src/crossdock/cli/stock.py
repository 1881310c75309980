"""``crossdock stock``: facts about stock from a file."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

import msgspec
import typer

from crossdock.cli.files import FileRefused
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, progress
from crossdock.cli.reaching import doer
from crossdock.inventory import Kind
from crossdock.kernel.clock import parse_instant
from crossdock.kernel.errors import FieldError, Invalid
from crossdock.orchestration import StockFact

app = typer.Typer(no_args_is_help=True, help="Facts about stock from files.", rich_markup_mode=None)
KINDS: tuple[str, ...] = get_args(Kind)
NEEDED = ("sku", "location", "quantity")
KNOWN = (*NEEDED, "kind", "record", "occurred_at", "reason")
_AT_ONCE = 2_000


class Outcome(msgspec.Struct):
    """What became of one row."""

    line: int
    record: str
    result: str
    on_hand: int | None
    message: str


@app.callback()
def stock() -> None:
    """Keep the group, though it has one command as yet."""


@app.command("import")
def import_facts(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV with a header.", exists=True, dir_okay=False, readable=True)],
    kind: Annotated[Kind | None, typer.Option(help="What the rows are, where they do not say it themselves.")] = None,
    source: Annotated[str, typer.Option(help="Who says so; a record of a source counts once.")] = "file",
    dry_run: DryRun = False,
    output: Output = "table",
) -> None:
    """Record what a CSV says of stock: columns sku, location, quantity, and kind, record, occurred_at, reason if known.

    Without a record the row is named by the file's content and its place in it, so the same file counts once. Without
    an instant it holds as of when the file was written.
    """
    rows = read_facts(file, kind, source)
    if dry_run:
        kinds = ", ".join(f"{n:,} {name}" for name, n in Counter(fact.kind for fact in rows).items())
        typer.echo(f"Would record {len(rows):,} facts: {kinds}.", err=True)
        return
    outcomes: list[Outcome] = []
    with doer(settings_of(ctx)) as someone, progress("Recording", len(rows)) as told:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            for offset, (fact, done) in enumerate(zip(part, someone.record(part), strict=True)):
                line = start + offset + 2
                outcomes.append(Outcome(line, fact.record, done.result, done.on_hand, done.message))
            told(len(outcomes), f"{len(outcomes):,} facts")
    failed = [outcome for outcome in outcomes if outcome.result == "failed"]
    columns = [
        column("Line", right=True),
        column("Result"),
        column("On hand", right=True),
        column("Message", wraps=True),
    ]
    emit(failed if output == "table" else outcomes, columns, output) if failed or output != "table" else None
    counts = Counter(outcome.result for outcome in outcomes)
    typer.echo(", ".join(f"{counts[word]:,} {word}" for word in ("recorded", "repeated", "failed")) + ".", err=True)
    if failed:
        raise typer.Exit(4)


def read_facts(file: Path, kind: str | None, source: str) -> list[StockFact]:
    """Read a CSV of facts; raises FileRefused with every fault."""
    body = file.read_bytes()
    mark = hashlib.blake2b(body, digest_size=8).hexdigest()
    try:
        table = csv.DictReader(body.decode("utf-8-sig").splitlines())
        names = [name.strip().lower() for name in table.fieldnames or ()]
    except UnicodeDecodeError:
        raise FileRefused(f"{file} is not UTF-8 text.") from None
    missing, unknown = [n for n in NEEDED if n not in names], [n for n in names if n not in KNOWN]
    if missing or unknown:
        wrong = [*[f"no column '{n}'" for n in missing], *[f"an unknown column '{n}'" for n in unknown]]
        raise FileRefused(f"{file} has {', '.join(wrong)}.", next_step=f"The columns are {', '.join(KNOWN)}.")
    table.fieldnames = names
    faults: list[FieldError] = []
    written = file.stat().st_mtime_ns // 1000
    facts = list(_facts(table, kind, source, mark, written, faults))
    if faults:
        raise FileRefused(f"{len(faults)} rows of {file} cannot be read.", tuple(faults))
    if not facts:
        raise FileRefused(f"{file} has no rows.", next_step="Put one fact a row under the header.")
    return facts


def _facts(
    table: Iterator[dict[str, str]], kind: str | None, source: str, mark: str, written: int, faults: list[FieldError]
) -> Iterator[StockFact]:
    for number, row in enumerate(table, 2):
        try:
            what = (row.get("kind") or kind or "").strip()
            if what not in KINDS:
                raise Invalid(
                    f"kind is '{what}', not one of {', '.join(KINDS)}" if what else "no kind; --kind sets one"
                )
            when = (row.get("occurred_at") or "").strip()
            yield StockFact(
                source=source,
                record=(row.get("record") or "").strip() or f"{mark}:{number}",
                kind=what,
                sku=row["sku"].strip(),
                location=row["location"].strip(),
                quantity=int(row["quantity"]),
                occurred_at=parse_instant(when) if when else written,
                reason=(row.get("reason") or "").strip(),
            )
        except (ValueError, TypeError, AttributeError):
            text = f"'{row.get('quantity')}' is no whole number"
            faults.append(FieldError(f"line {number}", "invalid", text))
        except Invalid as fault:
            faults.append(FieldError(f"line {number}", "invalid", fault.detail))
