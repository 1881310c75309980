"""``crossdock policy simulate``: past orders decided again under a draft, before it becomes the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crossdock.cli.documents import read_document
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import Column, column, emit, progress, write_json
from crossdock.cli.reaching import doer
from crossdock.cli.simulating import Asked, Tried
from crossdock.kernel.clock import parse_instant
from crossdock.kernel.money import Money
from crossdock.orchestration import MOST_ORDERS, DecisionDifference, SortWord, TrialView
from crossdock.routing import RoutingPolicy

app = typer.Typer(no_args_is_help=True, help="Routing policies.", rich_markup_mode=None)


_PLACES = 3


@app.command("simulate")
def simulate(  # noqa: PLR0913, PLR0917  (each is an option)
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The policy whose orders are decided again.", metavar="CODE")],
    draft: Annotated[
        Path | None, typer.Option(help="The draft, as YAML or JSON; - is standard input.", metavar="FILE")
    ] = None,
    version: Annotated[
        int | None, typer.Option(help="A version that was saved; it counts as tried afterwards.", min=1, metavar="N")
    ] = None,
    orders: Annotated[int, typer.Option(help="How many orders at most, the newest first.", min=1, max=MOST_ORDERS)] = (
        10_000
    ),
    since: Annotated[str | None, typer.Option(help="Orders placed from then on.", metavar="INSTANT")] = None,
    until: Annotated[str | None, typer.Option(help="Orders placed before then.", metavar="INSTANT")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="Also say what each single rule costs.")] = False,
    sort: Annotated[SortWord, typer.Option(help="Which differences are the biggest.")] = "money",
    shown: Annotated[int, typer.Option(help="How many differences are shown.", min=0, max=500)] = 10,
    output: Output = "table",
) -> None:
    """Decide past orders again under a draft and say what would change; nothing is written to them.

    Interrupted, the trial is canceled.
    """
    if (draft is None) == (version is None):
        raise typer.BadParameter("say which rules: one of --draft and --version")
    document = None if draft is None else read_document(draft, RoutingPolicy)
    asked = Asked(
        code,
        document,
        version,
        orders,
        None if since is None else parse_instant(since),
        None if until is None else parse_instant(until),
        rules,
        sort,
        shown,
    )
    with doer(settings_of(ctx)) as someone, progress("Deciding again", 100) as told:

        def watch(trial: TrialView) -> None:
            moved = 0 if trial.result is None else trial.result.moved
            told(trial.progress, f"{trial.done:,} of {trial.total:,} orders, {moved:,} otherwise")

        tried = someone.simulate(asked, watch)
    if output == "json":
        write_json({"trial": tried.trial, "differences": tried.differences})
    else:
        _show(tried, output)
    if tried.trial.state != "succeeded":
        typer.echo(f"error: The trial is {tried.trial.state}. {tried.trial.error}".rstrip(), err=True)
        raise typer.Exit(1)


# -- what came of it ---------------------------------------------------------------------------------------------------


class _Line(msgspec.Struct):
    what: str
    was: Any
    would: Any
    difference: Any


def _show(tried: Tried, output: Output) -> None:
    found = tried.trial.result
    if found is None:
        return
    was, would = found.was, found.would

    def average(days: int, sent: int) -> str:
        return f"{days / sent:.2f}" if sent else "–"

    lines = [
        _Line("Carriage and handling", was.spend, would.spend, _less(would.spend, was.spend)),
        _Line("What the rules count", was.rules_cost, would.rules_cost, _less(would.rules_cost, was.rules_cost)),
        _Line("Parcels", was.parcels, would.parcels, would.parcels - was.parcels),
        _Line("Days to the last parcel", was.days, would.days, would.days - was.days),
        _Line("Days too late", was.late_days, would.late_days, would.late_days - was.late_days),
        _Line("Units unfilled", was.unfilled, would.unfilled, would.unfilled - was.unfilled),
        _Line("CO2e, g", was.carbon_g, would.carbon_g, would.carbon_g - was.carbon_g),
    ]
    right = [column(name, right=True) for name in ("Was", "Would", "Difference")]
    emit(lines, [column("What"), *right], output)
    if found.rules:
        counts = ("Decisions", "Spend", "Parcels", "Days", "Unfilled")
        columns = [column("Rule"), column("Says", wraps=True), *[column(name, right=True) for name in counts]]
        emit(found.rules, [*columns, column("CO2e, g", "carbon_g", right=True)], output)
    if tried.differences:
        emit(tried.differences, _DIFFERENCES, output)
    missed = found.not_decided
    typer.echo(
        f"{found.decisions:,} decisions of {found.orders:,} orders decided again: {found.moved:,} would be other "
        f"plans. The last parcel would be there after {average(would.days, would.sent)} days on average instead of "
        f"{average(was.days, was.sent)}.",
        err=True,
    )
    for count, why in (
        (missed.orders, "orders have no decision of their capture"),
        (missed.no_network, "decisions rest on a network that is not stored"),
        (missed.unreadable, "decisions have a record that cannot be read"),
        (missed.refused, "decisions cannot be made under the draft"),
        (found.later, "later decisions of these orders were left alone"),
    ):
        if count:
            typer.echo(f"{count:,} {why}.", err=True)


def _places(one: DecisionDifference, which: str) -> str:
    places = sorted(getattr(one, which).locations, key=lambda place: -place.units)
    shown = " ".join(f"{place.location}:{place.units:,}" for place in places[:_PLACES]) or "nothing"
    return f"{shown} +{len(places) - _PLACES} more" if len(places) > _PLACES else shown


def _days(one: DecisionDifference) -> int | None:
    was, would = one.was.days, one.would.days
    return None if was is None or would is None else would - was


def _less(one: Money, other: Money) -> Money:
    return Money(one.amount - other.amount, one.currency)


_DIFFERENCES: list[Column] = [
    column("Order", "order_id"),
    column("Was")._replace(value=lambda one: _places(one, "was"), wraps=True),
    column("Would")._replace(value=lambda one: _places(one, "would"), wraps=True),
    column("Spend", right=True)._replace(value=lambda one: _less(one.would.spend, one.was.spend)),
    column("Days", right=True)._replace(value=_days),
    column("Decision", "decision_id", spare=True),
]
