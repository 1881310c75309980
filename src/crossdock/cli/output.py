"""Data for standard output: a table for people, JSON and CSV for programs. Words and progress go to standard error."""

from __future__ import annotations

import csv
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from crossdock.cli.options import Format
from crossdock.kernel.money import Money, show

if TYPE_CHECKING:
    from rich.console import Console

_WRAPPED = 24


class Column(NamedTuple):
    """One column: its heading, the value it has for a row, and how it behaves where there is little room.

    A ``spare`` column is left out of a table that would be too wide, the last one first; a ``wraps`` column breaks its
    text. All others are kept whole: an id is there to be copied.
    """

    heading: str
    value: Callable[[Any], Any]
    right: bool = False
    spare: bool = False
    wraps: bool = False


def column(heading: str, field: str = "", *, right: bool = False, spare: bool = False, wraps: bool = False) -> Column:
    """Return a column that shows a field of the rows."""
    name = field or heading.lower().replace(" ", "_")
    return Column(heading, lambda row: getattr(row, name), right, spare, wraps)


def emit(rows: Iterable[Any], columns: Sequence[Column], output: Format) -> None:
    """Write rows: as a table, as one JSON array of the whole documents, or as CSV of the columns."""
    if output == "json":
        write_json(list(rows))
    elif output == "csv":
        write_csv([c.heading.lower().replace(" ", "_") for c in columns], ([c.value(r) for c in columns] for r in rows))
    else:
        shown = list(rows)
        if shown:
            write_table(columns, shown)
        else:
            print("Nothing found.", file=sys.stderr)


def write_json(document: Any) -> None:
    """Write a document, indented."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, under a header if there is one; money in minor units with its currency, instants in RFC 3339."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if headings:
        writer.writerow(headings)
    for row in rows:
        writer.writerow([_plain(value) for value in row])


def write_table(columns: Sequence[Column], rows: Sequence[Any]) -> None:
    """Write a table that fits the terminal; a pipe gets one line a row, never cut."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    console = out()
    cells = {c.heading: [text(c.value(row)) for row in rows] for c in columns}
    shown = _fitting(columns, cells, console.width) if console.is_terminal else list(columns)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for c in shown:
        table.add_column(c.heading, justify="right" if c.right else "left", no_wrap=not c.wraps, overflow="fold")
    for index in range(len(rows)):
        table.add_row(*[cells[c.heading][index] for c in shown])
    print_rich(table)


def _fitting(columns: Sequence[Column], cells: dict[str, list[str]], width: int) -> list[Column]:
    """Leave spare columns out, the last first, until the rest has room."""
    shown = list(columns)

    def wide(c: Column) -> int:
        widest = max(map(len, (c.heading, *cells[c.heading])))
        return 3 + (min(widest, _WRAPPED) if c.wraps else widest)

    while sum(map(wide, shown)) > width and any(c.spare for c in shown):
        shown.remove(next(c for c in reversed(shown) if c.spare))
    return shown


def print_rich(thing: Any) -> None:
    """Write a table or text of Rich to standard output; where nobody looks, as wide as it likes to be."""
    console = out()
    if not console.is_terminal:
        console.width = 10_000
        with console.capture() as captured:
            console.print(thing)
        print("\n".join(line.rstrip() for line in captured.get().splitlines()))
        return
    console.print(thing)


def tell(sentence: str, indent: str = "") -> None:
    """Write a sentence to standard output, broken where the terminal ends."""
    width = out().width if sys.stdout.isatty() else 10_000
    print(textwrap.fill(sentence, width, initial_indent=indent, subsequent_indent=indent + "  "))


def text(value: Any) -> str:
    """Write a value for people."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Money):
        return show(value.amount, value.currency)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, int):
        return f"{value:,}"
    return ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return f"{value.amount} {value.currency}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (tuple, list)):
        return " ".join(map(str, value))
    return "" if value is None else value


def out() -> Console:
    """Return standard output as Rich writes to it; NO_COLOR is heeded."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def err() -> Console:
    """Return standard error as Rich writes to it; NO_COLOR is heeded."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[int, str], None]]:
    """Show how far long work is, on standard error; call with what is done and a word on it.

    Where nobody looks there is no bar: a log is not filled with them.
    """
    console = err()
    if not console.is_terminal:
        yield lambda _done, _note: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        transient=True,
        refresh_per_second=4,  # drawing takes time from the work
        expand=True,
    )
    with bar:
        task = bar.add_task(what, total=total, note="")
        yield lambda done, note: bar.update(task, completed=done, note=note)
