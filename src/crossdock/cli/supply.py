"""``crossdock supply``: what is coming, and what arrived of it."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
import typer

from crossdock import local
from crossdock.cli.files import FileRefused
from crossdock.cli.options import DryRun, Output, settings_of
from crossdock.cli.output import column, emit, progress, write_json
from crossdock.cli.reaching import doer
from crossdock.inventory import SupplyFilter, SupplyLineIn, SupplyReceiptIn, find_supply, list_supply, read_supply
from crossdock.kernel.clock import instant, moment, now, utc_day
from crossdock.kernel.errors import FieldError, Invalid, NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import SupplyOutcome, SupplyReceipt

app = typer.Typer(no_args_is_help=True, help="What is coming, and what arrived of it.", rich_markup_mode=None)
T = TypeVar("T")
State = Literal["open", "closed", "canceled"]
_AT_ONCE = 500
_COLUMNS = [
    column("Reference", wraps=True),
    column("Line"),
    column("SKU", "sku"),
    column("Location"),
    column("Expected", "expected_on"),
    column("Quantity", right=True),
    column("Received", right=True),
    column("Claimed", right=True),
    column("State"),
    column("Late"),
]
_FILE = typer.Argument(
    help="CSV with a header, or NDJSON with a document on each line.", exists=True, dir_okay=False, readable=True
)


class Done(msgspec.Struct):
    """What became of one row of a file."""

    row: int
    name: str
    result: str
    on_hand: int | None
    message: str


@app.command("list")
def list_all(
    ctx: typer.Context,
    sku: Annotated[list[str] | None, typer.Option(help="Of this item; may be repeated.", metavar="SKU")] = None,
    location: Annotated[str | None, typer.Option(help="Coming to this location.", metavar="CODE")] = None,
    state: Annotated[State | None, typer.Option(help="In this state.")] = None,
    reference: Annotated[str | None, typer.Option(help="Of this order or transfer.", metavar="NAME")] = None,
    late: Annotated[bool | None, typer.Option("--late/--not-late", help="Due on a day that has passed.")] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000, metavar="N")] = 50,
    output: Output = "table",
) -> None:
    """List supply lines, the earliest expected first."""
    wanted = SupplyFilter(tuple(sku or ()), location, () if state is None else (state,), reference, late)
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_supply(session, wanted, utc_day(now()), None, limit))
    emit(page.lines, _COLUMNS, output)
    if page.next is not None and output == "table":
        typer.echo(f"There are more than these {limit}: --limit shows more, filters fewer.", err=True)


@app.command("show")
def show_one(
    ctx: typer.Context,
    line: Annotated[str, typer.Argument(help="The id, sup_…, or a reference.", metavar="LINE")],
    number: Annotated[str, typer.Option("--line", help="Which line of the reference.", metavar="NUMBER")] = "1",
    output: Output = "table",
) -> None:
    """Show a supply line, who it is promised to, and what arrived of it."""

    def look(session: Any) -> Any:
        id_ = decode_id("sup", line) if line.startswith("sup_") else find_supply(session, line, number)
        found = None if id_ is None else read_supply(session, id_, utc_day(now()))
        if found is None:
            text = f"There is no supply line '{line}' '{number}'."
            raise NotFound(text, next_step="`crossdock supply list` shows what there is.")
        return found

    with local.reading(settings_of(ctx).database_url) as read:
        detail = read(look)
    if output == "json":
        write_json(detail)
        return
    emit([detail.line], _COLUMNS, output)
    if output == "table":
        for each in detail.bound:
            typer.echo(f"{each.quantity} units are bound to demand {each.demand} of {each.owner_id}.", err=True)
        for came in detail.receipts:
            typer.echo(f"{came.quantity} units came by {came.record} of {came.source}.", err=True)


@app.command("put")
def put(ctx: typer.Context, file: Annotated[Path, _FILE], dry_run: DryRun = False, output: Output = "table") -> None:
    """Announce, change or call off supply lines of a file; the same file again changes nothing.

    Columns: reference, sku, location, expected_on, quantity, and line, kind, canceled if known.
    """
    lines = _read(file, SupplyLineIn, ("reference", "sku", "location", "expected_on", "quantity"), {})
    if dry_run:
        typer.echo(f"Would put {len(lines):,} supply lines.", err=True)
        return
    with doer(settings_of(ctx)) as someone:
        _each(lines, someone.put_supply, lambda line: f"{line.reference} {line.line}", output)


@app.command("receive")
def receive(  # noqa: PLR0913, PLR0917  (one parameter a choice)
    ctx: typer.Context,
    reference: Annotated[str | None, typer.Argument(help="Whose goods came.", metavar="[REFERENCE]")] = None,
    number: Annotated[str, typer.Option("--line", help="Which line of the reference.", metavar="NUMBER")] = "1",
    quantity: Annotated[
        int | None, typer.Option(help="How many came; without it, all that is still to come.", min=0, metavar="N")
    ] = None,
    final: Annotated[bool, typer.Option("--final", help="Nothing more will come.")] = False,
    record: Annotated[
        str | None, typer.Option(help="Names the receipt, so that it counts once.", metavar="NAME")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Receipts as CSV or NDJSON instead.", exists=True, dir_okay=False)
    ] = None,
    source: Annotated[str, typer.Option(help="Who says so; a record of a source counts once.")] = "file",
    output: Output = "table",
) -> None:
    """Record what arrived: all or a part of one line, or the receipts of a file.

    Columns of a file: reference, quantity, and line, record, occurred_at, final if known.
    """
    if (reference is None) == (file is None):
        raise typer.BadParameter("give a reference, or --file with receipts")
    sent: list[SupplyReceiptIn]
    if file is not None:
        mark = hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()
        written = moment(file.stat().st_mtime_ns // 1000).isoformat()
        sent = _read(file, SupplyReceiptIn, ("reference", "quantity"), {"record": mark, "occurred_at": written})
    else:
        at = now()
        came = _open(ctx, str(reference), number) if quantity is None else quantity
        sent = [
            SupplyReceiptIn(
                record=record or f"cli-{at}",
                reference=str(reference),
                line=number,
                quantity=came,
                occurred_at=moment(at),
                final=final,
            )
        ]
    receipts = [
        SupplyReceipt(
            source=source,
            record=each.record,
            reference=each.reference,
            line=each.line,
            quantity=each.quantity,
            occurred_at=instant(each.occurred_at),
            final=each.final,
        )
        for each in sent
    ]
    with doer(settings_of(ctx)) as someone:
        _each(receipts, someone.receive_supply, lambda each: f"{each.reference} {each.line}", output)


def _open(ctx: typer.Context, reference: str, number: str) -> int:
    wanted = SupplyFilter(reference=reference)
    with local.reading(settings_of(ctx).database_url) as read:
        page = read(lambda session: list_supply(session, wanted, 0, None, 10_000))
    found = next((line for line in page.lines if line.line == number), None)
    if found is None:
        text = f"There is no supply line '{reference}' '{number}'."
        raise NotFound(text, next_step="`crossdock supply list` shows what there is.")
    return found.open


def _each(
    rows: Sequence[T],
    do: Callable[[Sequence[T]], Sequence[SupplyOutcome]],
    name: Callable[[T], str],
    output: Literal["table", "json", "csv"],
) -> None:
    """Have rows done part by part, and say what became of them; ends with 4 when one failed."""
    done: list[Done] = []
    with progress("Sending", len(rows)) as told:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            for offset, (row, outcome) in enumerate(zip(part, do(part), strict=True)):
                line = start + offset + 1
                done.append(Done(line, name(row), outcome.result, outcome.on_hand, outcome.message))
            told(len(done), f"{len(done):,} lines")
    failed = [each for each in done if each.result == "failed"]
    columns = [
        column("Row", right=True),
        column("Name", wraps=True),
        column("Result"),
        column("On hand", right=True),
        column("Message", wraps=True),
    ]
    if failed or output != "table":
        emit(failed if output == "table" else done, columns, output)
    counts = Counter(each.result for each in done)
    typer.echo(", ".join(f"{n:,} {word}" for word, n in sorted(counts.items())) + ".", err=True)
    if failed:
        raise typer.Exit(4)


def _read(file: Path, type_: type[T], needed: tuple[str, ...], defaults: dict[str, str]) -> list[T]:
    """Read a file's documents; raises FileRefused with every fault. ``defaults`` are for fields that a row leaves out.

    A record that is left out is named by the file's content and the row, so that the same file counts once.
    """
    faults: list[FieldError] = []
    found: list[T] = []
    try:
        rows = list(_documents(file, needed))
    except UnicodeDecodeError:
        raise FileRefused(f"{file} is not UTF-8 text.") from None
    for number, document in rows:
        try:
            if isinstance(document, msgspec.DecodeError):
                raise document
            for name, value in defaults.items():
                document.setdefault(name, f"{value}:{number}" if name == "record" else value)
            found.append(msgspec.convert(document, type_, strict=False))
        except msgspec.DecodeError as error:
            faults.append(FieldError(f"line {number}", "invalid", str(error)))
    if faults:
        raise FileRefused(f"{len(faults)} rows of {file} cannot be read.", tuple(faults))
    if not found:
        raise FileRefused(f"{file} has no rows.", next_step="Put one row a line under the header.")
    return found


def _documents(file: Path, needed: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    text = file.read_bytes().decode("utf-8-sig")
    if text.lstrip().startswith("{"):
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.DecodeError as error:
                yield number, error
        return
    table = csv.DictReader(text.splitlines())
    names = [name.strip().lower() for name in table.fieldnames or ()]
    missing = [name for name in needed if name not in names]
    if missing:
        wrong = ", ".join(f"no column '{name}'" for name in missing)
        raise FileRefused(f"{file} has {wrong}.", next_step=f"It needs the columns {', '.join(needed)}.")
    table.fieldnames = names
    for number, row in enumerate(table, 2):
        if None in row:
            raise Invalid(f"Line {number} of {file} has more fields than the header.")
        yield number, {name: value.strip() for name, value in row.items() if value and value.strip()}
