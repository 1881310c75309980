"""What the demonstration's load ends with: where every row of the file went, what became of the orders, the proof."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

import msgspec

from crossdock.cli.inventory import verdict
from crossdock.cli.output import Column, print_rich, tell, write_csv, write_json, write_table
from crossdock.demo.load import Loaded
from crossdock.demo.reconcile import Count
from crossdock.demo.showing import Shown
from crossdock.demo.summary import Summary
from crossdock.kernel.money import milli_to_minor, show
from crossdock.orchestration import VerifyReport

_QUEUES = {"backorder": "waits for stock", "review": "for a person to look at"}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is printed when the year is there."""

    rows: int
    counts: tuple[Count, ...]
    loaded: Loaded
    shown: Shown
    summary: Summary
    seconds_capturing: float
    seconds_adding: float
    seconds_in_all: float
    proof: VerifyReport
    megabytes: int

    @property
    def orders_per_second(self) -> float:
        """Captured orders by the time that capturing took, receipts and cancellations included."""
        return self.loaded.orders / self.seconds_capturing if self.seconds_capturing else 0.0


def emit_report(report: Report, output: str) -> None:
    """Write the report: three tables, one JSON document, or CSV of the rows' categories and the figures."""
    if output == "json":
        write_json(report)
    elif output == "csv":
        categories = [(f"rows: {count.category}", count.reason, count.rows) for count in report.counts]
        write_csv(("what", "detail", "value"), [*categories, *_figures(report)])
    else:
        _tables(report)


def _rows(report: Report) -> list[tuple[str, str, str, str]]:
    """Where every row of the file went: category, reason, rows for the reason, rows of the category; and all."""
    out = []
    for category, counts in groupby(report.counts, key=lambda count: count.category):
        parts = list(counts)
        whole = f"{sum(part.rows for part in parts):,}"
        if len(parts) == 1:
            out.append((str(category), parts[0].reason, "", whole))
        else:
            out.append((str(category), "", "", whole))
            out += [("", part.reason, f"{part.rows:,}", "") for part in parts]
    total = sum(count.rows for count in report.counts)
    out.append(("all rows", "as many as the file has" if total == report.rows else "NOT ALL", "", f"{total:,}"))
    return out


def _figures(report: Report) -> list[tuple[str, str, str]]:
    s, loaded = report.summary, report.loaded
    cost = show(milli_to_minor(s.cost), s.currency)
    each = show(milli_to_minor(s.cost // max(1, s.routed)), s.currency)
    figures = [
        ("orders", "captured, routed and explained", f"{s.orders:,}"),
        ("lines", "", f"{s.lines:,}"),
        ("fulfillments", "all still open: in this year nothing ships yet", f"{s.fulfillments:,}"),
        ("split orders", f"{s.split_rate:.1%} of those that could be placed at once", f"{s.split:,}"),
        ("cost of the plans", f"{each} an order", cost),
        ("proven decisions", f"of {s.decisions:,}: no plan could have been cheaper", f"{s.proven:,}"),
        ("backordered lines", f"{s.backordered_rate:.2%}: had to wait, if only for a time", f"{s.backordered:,}"),
        ("never filled", f"{s.never_rate:.2%} of the lines still wait", f"{s.never:,}"),
        ("canceled units", f"by {loaded.cancellations:,} credit notes and orders", f"{s.canceled_units:,}"),
        ("receipts", "goods that came in over the year", f"{loaded.receipts:,}"),
        *[
            (
                f"in queue {w.queue}",
                f"{w.reason.replace('_', ' ')}: {w.lines:,} lines of {w.orders:,} orders",
                f"{w.units:,}",
            )
            for w in s.waiting
        ],
        *[(f"refused: {code}", "", f"{count:,}") for code, count in loaded.refused.items()],
        ("time", f"{report.seconds_in_all:.0f} s in all, {report.megabytes:,} MB", f"{report.seconds_capturing:.0f} s"),
        ("added today", "view, shares, feeds, reservations, a promise", f"{report.seconds_adding:.1f} s"),
        ("speed", "orders captured in a second, all else included", f"{report.orders_per_second:,.0f}"),
    ]
    return [figure for figure in figures if figure[2]]


def _pages(report: Report) -> list[tuple[str, str, str]]:
    """What was added on top of the year, and the page of the console that shows it."""
    shown = report.shown
    pages = []
    if shown.view:
        text = "what the marketplace sees: stores with care, no furniture"
        pages.append(("stock view", text, f"/views/{shown.view}"))
    if shown.view and shown.kept_items:
        text = f"a number taken apart: of {shown.kept_items} items some is kept for the own shop"
        pages.append(("availability", text, f"/inventory/item?sku={shown.item}&channel={shown.view}"))
    pages += [
        (f"feed {feed.source}", f"{feed.rows:,} rows, {feed.failed} not taken: why is in the error file",
         f"/feeds/{feed.source}")
        for feed in shown.feeds
    ]  # fmt: skip
    if shown.reservations:
        pages.append(("reservations", f"{shown.reservations} carts hold units for eight hours", "/reservations"))
    if shown.draft:
        text = "a draft with three routes: try it on the year's orders, compare, activate, roll back"
        pages.append(("routing policy", text, f"/policies/{shown.draft}"))
    if shown.promised:
        page = f"/promise?channel=marketplace&basket={shown.item}+2&postal_code=EC1A"
        pages.append(("promise", f"there by {shown.promised} was promised to London; ask again", page))
    return pages


def _tables(report: Report) -> None:
    def columns(*headings: str) -> list[Column]:
        return [Column(h, itemgetter(n), right=n > 1, wraps=n == 1) for n, h in enumerate(headings)]

    print_rich("[bold]Where every row of the file went[/bold]\n")
    write_table(columns("Category", "Why", "Of these", "Rows"), _rows(report))
    print_rich("\n[bold]What became of the year[/bold]\n")
    write_table(columns("Figure", "What it means", "Count"), _figures(report))
    print_rich("\n[bold]What to look at next in the console[/bold]\n")
    write_table(columns("What", "What is there", "Page"), _pages(report))
    print()
    tell(verdict(report.proof))
