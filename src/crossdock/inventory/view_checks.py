"""What is wrong with a stock view, and what is merely odd; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crossdock.inventory.selectors import Place, describe, picks, picks_any
from crossdock.inventory.view_model import Buffer, Exclusion, Rule, Selector, StockView
from crossdock.kernel.errors import FieldError


def faults(view: StockView) -> list[FieldError]:
    """Return what makes a view contradict itself."""
    found = []
    for pointer, rule in view.rules():
        if rule.items and rule.categories:
            text = "A rule is for items or for categories, not both: make two rules of it."
            found.append(FieldError(f"{pointer}/categories", "contradiction", text))
        if isinstance(rule, Buffer) and not (rule.units or rule.percent) and rank_of_nothing(rule):
            text = "A buffer for everything everywhere that keeps nothing back does nothing: give units or percent."
            found.append(FieldError(pointer, "does_nothing", text))
    return found


def rank_of_nothing(rule: Rule) -> bool:
    """Say whether a rule is for everything; one of 0 units for something takes the place of a broader rule."""
    return not rule.items and not rule.categories and rule.locations is None


def warnings(view: StockView, places: Sequence[Place]) -> Iterator[str]:
    """Yield what is odd about a view over these locations, though it is allowed."""
    if not places:
        return
    shown = picks_any(view.locations, places) if view.locations else picks(None, places)
    if not shown.any():
        yield "The view hides everything: none of its selectors picks a location."
    for pointer, rule in view.rules():
        if isinstance(rule, Exclusion) and not (rule.items or rule.categories or rule.conditions or rule.stale):
            shown &= ~picks(rule.locations, places)
            if not shown.any():
                yield f"The view hides everything: {pointer} excludes every item at {describe(rule.locations)}."
                break
        if isinstance(rule, Buffer) and rule.percent == 100 and rank_of_nothing(rule):
            yield f"The view hides everything: {pointer} keeps back 100 % of every item everywhere."
    yield from _empty(view, places)


def _empty(view: StockView, places: Sequence[Place]) -> Iterator[str]:
    selectors: list[tuple[str, Selector]] = [(f"/locations/{n}", s) for n, s in enumerate(view.locations)]
    selectors += [(f"{p}/locations", rule.locations) for p, rule in view.rules() if rule.locations is not None]
    for pointer, selector in selectors:
        if not picks(selector, places).any():
            yield f"{pointer} picks no location: {describe(selector)}."
