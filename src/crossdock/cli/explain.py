"""``crossdock explain``: why the units of an order go where they go, why not elsewhere, what would have changed it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any

import msgspec
import typer

from crossdock import local
from crossdock.cli.finding import ChannelOption, OrderArgument, find_one
from crossdock.cli.options import Output, settings_of
from crossdock.cli.output import Column, tell, text, write_csv, write_json, write_table
from crossdock.kernel.ids import decode_id
from crossdock.kernel.money import milli_to_minor, show
from crossdock.orchestration import FlipsView, TraceTold, explain_decision, read_flips, read_routes, route_words
from crossdock.routing import Explanation, Verdict, dated, words


class Explained(msgspec.Struct, frozen=True):
    """A decision of an order with everything there is to say about it, and the same as sentences."""

    decision_id: str
    delivery: int
    cause: str
    decided_at: datetime
    words: tuple[str, ...]
    explanation: Explanation
    what_if: FlipsView | None = None
    routes: TraceTold | None = None


def explain(
    ctx: typer.Context,
    order: OrderArgument,
    channel: ChannelOption = None,
    why_not: Annotated[
        str | None,
        typer.Option(help="About this location: what kept it out, and what would have brought it in.", metavar="CODE"),
    ] = None,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="With the smallest changes that would have changed the choice.")
    ] = False,
    locations: Annotated[bool, typer.Option("--locations", help="With the verdict on every location.")] = False,
    output: Output = "table",
) -> None:
    """Say why the units of an order go where they go, decision by decision, in money."""
    with local.reading(settings_of(ctx).database_url) as read:
        asked = what_if or why_not is not None
        found: list[Explained] = read(lambda session: _explained(session, order, channel, why_not, asked=asked))
    if output == "json":
        write_json(found)
    elif output == "csv":
        rows = [(e.decision_id, *row) for e in found for row in _bill(e)]
        write_csv(("decision", "location", "what", "how", "amount"), rows)
    else:
        for one in found:
            _tell(one, why_not, locations=locations, rules=what_if)
        if not found:
            typer.echo("Nothing was decided: see `crossdock orders show` for the queue that it lies in.", err=True)
        elif not asked:
            hint = f"What would have changed it: crossdock explain {order} --what-if, or --why-not LOCATION."
            typer.echo(hint, err=True)


def _explained(session: Any, order: str, channel: str | None, why_not: str | None, *, asked: bool) -> list[Explained]:
    view = find_one(session, order, channel, personal=False)
    found = []
    for ref in view.decisions:
        number = decode_id("dec", ref.id)
        explanation = explain_decision(session, number)
        if explanation is not None:
            said = tuple(dated(sentence) for sentence in words(explanation))
            flips = read_flips(session, number, why_not) if asked else None
            routes = read_routes(session, number)
            found.append(Explained(ref.id, ref.delivery, ref.cause, ref.decided_at, said, explanation, flips, routes))
    return found


def _tell(one: Explained, why_not: str | None, *, locations: bool, rules: bool) -> None:
    typer.echo(f"{one.decision_id}: {one.cause}, {text(one.decided_at)} UTC, delivery {one.delivery}")
    _sentences(one.words)
    if one.routes is not None:
        _sentences(route_words(one.routes))
    rows = _bill(one)
    if rows:
        typer.echo("\nWhat it costs")
        write_table(
            [Column(h, itemgetter(n), n == 3) for n, h in enumerate(("Location", "What", "How", "Amount"))], rows
        )
    if why_not is not None:
        _tell_about(one, why_not)
    if one.what_if is not None:
        _tell_flips(one.what_if, rules=rules)
    if locations:
        typer.echo("\nEvery location that was looked at")
        write_table(
            [
                Column("Location", lambda v: v.code),
                Column("Standing", lambda v: v.standing.replace("_", " ")),
                Column("Lines in full", _lines),
                Column("From", lambda v: _from(v, one.explanation.currency), right=True),
                Column("Why not", _why_not, wraps=True),
            ],
            one.explanation.verdicts,
        )


def _tell_about(one: Explained, code: str) -> None:
    verdict = next((v for v in one.explanation.verdicts if v.code == code), None)
    if verdict is None:
        return
    typer.echo(f"\n{verdict.name or code}: {verdict.standing.replace('_', ' ')}")
    write_table(
        [
            Column("Fence", lambda c: c.fence),
            Column("Expected", lambda c: dated(c.expected), wraps=True),
            Column("Found", lambda c: dated(c.actual), wraps=True),
            Column("", lambda c: "passed" if c.passed else "kept it out"),
        ],
        verdict.checks,
    )


def _tell_flips(flips: FlipsView, *, rules: bool) -> None:
    told = {sentence for one in flips.locations for sentence in one.words}
    for one in flips.locations:
        typer.echo(f"\nWhat would have changed it: {one.name}{', chosen' if one.chosen else ''}")
        _sentences(one.words or ("Nothing that was tried.",))
    others = [sentence for sentence in flips.words if sentence not in told]
    if others and (rules or not flips.locations):
        typer.echo("\nThe promised day and the rules in force" if flips.same else "")
        _sentences(others)


def _sentences(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        tell(sentence, "  ")


def _lines(verdict: Verdict) -> str:
    return f"{sum(1 for line in verdict.held if line.there >= line.wanted)} of {len(verdict.held)}"


def _from(verdict: Verdict, currency: str) -> str:
    return show(milli_to_minor(verdict.opening), currency) if verdict.opening >= 0 else "–"


def _why_not(verdict: Verdict) -> str:
    return "; ".join(f"{c.fence}: {dated(c.actual)}, needs {dated(c.expected)}" for c in verdict.failed)


def _bill(one: Explained) -> list[tuple[str, str, str, str]]:
    codes = {verdict.site_id: verdict.code for verdict in one.explanation.verdicts}
    return [
        (
            "" if line.site_id is None else codes.get(line.site_id, str(line.site_id)),
            line.what,
            dated(line.how),
            show(milli_to_minor(line.amount), one.explanation.currency),
        )
        for line in one.explanation.chosen.lines
    ]
