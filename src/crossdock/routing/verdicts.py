"""How each location stood before a decision: its fences, what it had, what shipping from there begins at."""

import contextlib
from typing import Literal

import numpy as np
from msgspec import Struct, structs

from crossdock.routing.checks import Check, Checks
from crossdock.routing.model import Network, Site
from crossdock.routing.record import Record, ShownBy, Versions, hidden_of
from crossdock.routing.view import View

Standing = Literal["chosen", "passed_over", "fenced", "not_needed"]


class Held(Struct, frozen=True):
    """What a location had of one item: the units wanted, those it could ship, what one would cost there (milli).

    `hidden` units more are there, but not for this channel; `rule` says by which rule of its view. `kept` units more
    are there as well, but no fence of the policy lets them go.
    """

    key: int
    item: int
    wanted: int
    there: int
    unit_cost: int
    hidden: int = 0
    rule: str = ""
    kept: int = 0


class Verdict(Struct, frozen=True):
    """One location: how it stands, each fence in turn, what it had, and what shipping from there begins at (milli).

    `opening` is a parcel's base and handling, and what is paid once per fulfillment; −1 behind a fence. `km` is −1
    where no distance is known, `deliver_day` the day on which its parcel would arrive, −1 where it is closed.
    """

    site_id: int
    code: str
    name: str
    kind: str
    standing: Standing
    checks: tuple[Check, ...]
    held: tuple[Held, ...]
    opening: int
    km: int = -1
    deliver_day: int = -1

    @property
    def failed(self) -> tuple[Check, ...]:
        """The fences that keep the location out."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def has_all(self) -> bool:
        """Whether it could ship the whole order."""
        return not self.failed and all(line.there >= line.wanted for line in self.held)


def verdicts(record: Record, view: View, network: Network, versions: Versions) -> tuple[Verdict, ...]:
    """Judge every location of a decision's network."""
    decision, known = record.decision, view.terms
    chosen = set(decision.site_ids)
    over = set(decision.passed_over.plan.site_ids) if decision.passed_over else set()
    through, checks, holds = _Through(record, len(network.sites), versions), Checks(view), _Holds(view)
    distant = view.squared is not None
    out = []
    for at, site in enumerate(network.sites):
        held = through.hides(holds.at(at, site), at)
        all_checks = (*checks.at(at), *through.check(held), _stock(held))
        fenced = not all(check.passed for check in all_checks)
        standing: Standing = "fenced" if fenced else "not_needed"
        if site.id in chosen:
            standing = "chosen"
        elif site.id in over:
            standing = "passed_over"
        opening = -1 if fenced else int(view.parcel[at]) - known.extra
        if opening >= 0 and view.late is not None:
            opening += int(view.late[at]) - known.extra_location
        day = int(view.ship_day[at])
        out.append(
            Verdict(
                site.id,
                site.code,
                site.name,
                site.kind,
                standing,
                all_checks,
                held,
                opening,
                int(view.kilometres[at]) if distant else -1,
                day + int(known.transit_z[view.zone[at]]) if day >= 0 else -1,
            )
        )
    return tuple(out)


class _Holds:
    """What locations have of each item of an order, and what a unit costs there."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.costs = view.base_costs(np.arange(len(view.zone))).astype(np.int64)

    def at(self, at: int, site: Site) -> tuple[Held, ...]:
        """Give it for one site."""
        view, out = self.view, []
        for index, row in enumerate(view.bases):
            able = set(row.requires) <= set(site.capabilities)
            there = int(view.base_stock[index, at]) if able else 0
            kept = int(view.seen_stock[index, at]) - there if able else 0
            cost = int(self.costs[index, at])
            out.append(Held(row.lines[0].key, row.item, row.quantity, there, cost, kept=kept))
        return tuple(out)


class _Through:
    """What the view hid, if the decision saw the stock through one."""

    def __init__(self, record: Record, sites: int, versions: Versions) -> None:
        self._keys = {line[0]: index for index, line in enumerate(record.lines)}
        self._hidden = hidden_of(record, sites)
        self._rules = record.hidden.rules if record.hidden is not None else ()
        self._view: ShownBy | None = None
        if record.hidden is not None:
            with contextlib.suppress(KeyError):  # then its rules are named by their places alone
                self._view = versions.views[record.hidden.view]

    def hides(self, held: tuple[Held, ...], at: int) -> tuple[Held, ...]:
        """Add to what a location had what the view hid of it, and why."""
        if self._hidden is None:
            return held
        amounts, which = self._hidden
        out = []
        for line in held:
            row = self._keys[line.key]
            units, rule = int(amounts[row, at]), int(which[row, at])
            name = self._rules[rule] if 0 <= rule < len(self._rules) else ""
            out.append(structs.replace(line, hidden=units, rule=self._say(name)) if units else line)
        return tuple(out)

    def _say(self, rule: str) -> str:
        return self._view.words(rule) if self._view is not None else rule

    def check(self, held: tuple[Held, ...]) -> tuple[Check, ...]:
        """Say what is hidden of a location where that leaves nothing of what could have been claimed."""
        if self._hidden is None:
            return ()
        name = f"the view {self._view.code}" if self._view is not None else "the view"
        hiding = [line for line in held if line.hidden]
        if not hiding:
            return (Check("view", f"shown by {name}", "nothing is hidden", passed=True),)
        rules = "; ".join(dict.fromkeys(line.rule for line in hiding))
        hidden, there = sum(line.hidden for line in hiding), sum(line.there for line in held)
        text = f"{hidden} of {hidden + there} units are hidden: {rules}"
        return (Check("view", f"shown by {name}", text, passed=there > 0),)


def _stock(held: tuple[Held, ...]) -> Check:
    some = sum(1 for line in held if line.there)
    whole = sum(1 for line in held if line.there >= line.wanted)
    return Check("stock", "a unit of any line", f"{some} of {len(held)} lines, {whole} in full", some > 0, some == 0)
