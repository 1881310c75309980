"""A stock view at work: what of each location's claimable stock a channel may claim, and why not the rest.

Pure vectors over the network's locations, worked out once per set of rules that an item falls under. The steps, in
this order: locations that are not shown or excluded give nothing; the buffer is kept back; what is left is discounted
to what is surely found; the safety stock is taken where there are fewest. Within a step exactly one rule applies, the
most specific: by item before by category before any item, then by location code before group or tag before kind,
country, market or distance before anywhere; between equals the first of the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.find import TABLE, found_table
from crossdock.inventory.mirror import UNLIMITED
from crossdock.inventory.selectors import Bools, Place, describe, picks, picks_any, specificity
from crossdock.inventory.view_model import (
    NEW,
    Buffer,
    Exclusion,
    Find,
    Rule,
    SafetyStock,
    StockView,
    rule_at,
    unlimited,
)

Ints = np.ndarray[Any, np.dtype[np.int64]]
LOCATIONS = "/locations"
"""The rule that hides a location which no selector of the view picks."""
SHARES = "/shares"
"""No rule of the view: what other channels are kept (inventory.shares)."""


_MOST_APPLIED = 2_000
"""So many different sets of rules are kept worked out; about 10 kB each at 300 locations."""
_Under = tuple[tuple[int, ...], tuple[int, ...]]
"""What makes items fall under the same rules: those that name the item, those that name its category."""


class Step(NamedTuple):
    """One deduction at one location: by which rule (a JSON pointer into the view), how many units, in words."""

    rule: str
    units: int
    text: str


class LocationSteps(NamedTuple):
    """How a location's claimable stock becomes what the channel sees."""

    location_id: int
    code: str
    claimable: int
    steps: tuple[Step, ...]
    visible: int


class Applied(NamedTuple):
    """What a view does to the items that fall under the same rules, by location; None where it does nothing."""

    shown: Ints | None
    """1 where anything is shown at all, 0 elsewhere."""
    units: Ints | None
    percent: Ints | None
    tables: Ints | None
    """Where the table of found units that holds begins, by location; the first is of what is found for certain."""
    safety: int
    names: tuple[str, ...]
    """Combinations of deciding rules, and by location which of them holds."""
    why: Ints

    @property
    def hidden(self) -> Bools | None:
        """Where nothing is shown at all; None where that is nowhere."""
        return None if self.shown is None else self.shown == 0


class CompiledView:
    """One view over one network; its columns are the network's locations in their order."""

    def __init__(self, view: StockView, places: Sequence[Place], stale: frozenset[int] = frozenset()) -> None:
        self.view = view
        self.code, self.version = view.code, view.version
        self._places = places
        self._stale = np.fromiter((p.id in stale for p in places), dtype=bool, count=len(places))
        self._shown = picks_any(view.locations, places) if view.locations else np.ones(len(places), dtype=bool)
        self._masks: dict[str, Bools] = {}
        by_sku: dict[str, list[int]] = defaultdict(list)
        by_category: dict[str, list[int]] = defaultdict(list)
        self._always: list[int] = []
        self._rules = list(_shaping(view))
        for index, (_, rule) in enumerate(self._rules):
            if rule.items:
                for sku in rule.items:
                    by_sku[sku].append(index)
            elif rule.categories:
                for category in rule.categories:
                    by_category[category].append(index)
            else:
                self._always.append(index)
        # Items under the same rules share one tuple and so one piece of work, however many they are.
        self._by_sku = {sku: tuple(rules) for sku, rules in by_sku.items()}
        self._by_category = {category: tuple(rules) for category, rules in by_category.items()}
        self._applied: dict[_Under, Applied] = {}
        self._stack: list[Ints] = [np.arange(TABLE + 1, dtype=np.int64)]
        self._table_of: dict[int, int] = {}
        self._tables = np.vstack(self._stack)
        self.identity = not self._rules and bool(self._shown.all())
        """Whether everything is shown as it is."""

    # -- what is shown -------------------------------------------------------------------------------------------

    def visible(self, item: ItemFacts, claimable: Ints) -> Ints:
        """Return what the channel may claim per location, never below 0; the argument is not written to."""
        return claimable if self.identity else self._through(self.applied(item), claimable)

    def _through(self, applied: Applied, claimable: Ints) -> Ints:
        """Return what is visible of one item, or before the safety stock of several under the same rules."""
        seen = claimable
        if applied.units is not None:
            kept = applied.units
            if applied.percent is not None:
                kept = np.maximum(kept, -(-claimable * applied.percent // 100))
            seen = np.maximum(claimable - kept, 0)
        if applied.tables is not None:
            seen = self._found(applied.tables, seen)
        if seen is not claimable and (endless := claimable >= UNLIMITED).any():
            seen = np.where(endless, claimable, seen)
        if applied.shown is not None:
            seen = seen * applied.shown
        return _keep_back(seen, applied.safety) if applied.safety else seen

    def rows(self, items: Sequence[ItemFacts], claimable: Ints) -> Ints:
        """Return what is visible of several items, a row each."""
        if self.identity or not items:
            return claimable
        applied = [self.applied(item) for item in items]
        first = applied[0]
        if any(other is not first for other in applied):
            return np.stack([self._through(each, row) for each, row in zip(applied, claimable, strict=True)])
        if not first.safety:
            return self._through(first, claimable)
        before = self._through(first._replace(safety=0), claimable)
        return np.stack([_keep_back(row, first.safety) for row in before])

    def _found(self, tables: Ints, seen: Ints) -> Ints:
        few: Ints = self._tables.ravel().take(tables + np.minimum(seen, TABLE))
        if int(seen.max(initial=0)) <= TABLE:
            return few
        deep = np.minimum(seen, UNLIMITED) * self._tables.ravel().take(tables + TABLE) // TABLE
        return np.where(seen > TABLE, deep, few)

    def applied(self, item: ItemFacts) -> Applied:
        """Return what the view does to an item; worked out once for all items under the same rules."""
        key = self._key(item)
        found = self._applied.get(key)
        if found is None:
            if len(self._applied) >= _MOST_APPLIED:
                self._applied.clear()
            found = self._applied[key] = self._apply(*key)
        return found

    def _key(self, item: ItemFacts) -> _Under:
        """Return the rules that name an item, and those that name its category."""
        return self._by_sku.get(item.sku, ()), self._by_category.get(item.category, ())

    def find_permille(self, item: ItemFacts, column: int) -> int:
        """Return how likely a unit is found at the location of a column, in thousandths; 1000 where nobody doubts."""
        tables = self.applied(item).tables
        if tables is None or not tables[column]:
            return 1000
        which = int(tables[column]) // (TABLE + 1)
        return {table: permille for permille, table in self._table_of.items()}.get(which, 1000)

    def find_row(self, item: ItemFacts) -> Ints | None:
        """Return how likely a unit is found at each location, in thousandths; None where nobody doubts."""
        tables = self.applied(item).tables
        if tables is None:
            return None
        permille = np.full(len(self._stack), 1_000, dtype=np.int64)
        for value, table in self._table_of.items():
            permille[table] = value
        return permille[tables // (TABLE + 1)]

    # -- why -----------------------------------------------------------------------------------------------------

    def why(self, item: ItemFacts) -> tuple[tuple[str, ...], Ints]:
        """Return the rules that decide for an item: names (JSON pointers, several by spaces), and which holds where."""
        applied = self.applied(item)
        return applied.names, applied.why

    def explain(self, item: ItemFacts, claimable: Ints) -> list[LocationSteps]:
        """Return per location each deduction with its rule; they add up from claimable to visible."""
        visible = self.visible(item, claimable)
        names, why = self.why(item)
        before_safety = self._through(self.applied(item)._replace(safety=0), claimable)
        return [
            LocationSteps(
                place.id,
                place.code,
                int(claimable[at]),
                self._steps(names[why[at]], int(claimable[at]), int(before_safety[at]), int(visible[at])),
                int(visible[at]),
            )
            for at, place in enumerate(self._places)
        ]

    def _steps(self, rules: str, claimable: int, before_safety: int, visible: int) -> tuple[Step, ...]:
        steps: list[Step] = []
        left = claimable
        for pointer in rules.split():
            rule = None if pointer == LOCATIONS else rule_at(self.view, pointer)
            if rule is None or isinstance(rule, Exclusion):
                after = 0
            elif isinstance(rule, Buffer):
                after = left if left >= UNLIMITED else max(0, left - max(rule.units, -(-left * rule.percent // 100)))
            elif isinstance(rule, Find):
                after = before_safety
            else:
                after = visible
            if after != left:
                steps.append(Step(pointer, left - after, words(self.view, pointer)))
            left = after
        return tuple(steps)

    # -- compiling -----------------------------------------------------------------------------------------------

    def _apply(self, for_item: tuple[int, ...], for_category: tuple[int, ...]) -> Applied:
        chosen = sorted({*for_item, *for_category, *self._always})
        rules = [self._rules[index] for index in chosen]
        exclusion = self._deciding([(p, r) for p, r in rules if isinstance(r, Exclusion) and _plain(r)])
        buffer = self._deciding([(p, r) for p, r in rules if isinstance(r, Buffer)])
        find = self._deciding([(p, r) for p, r in rules if isinstance(r, Find)])
        safety = sorted(((p, r) for p, r in rules if isinstance(r, SafetyStock)), key=lambda pair: -_item_rank(pair[1]))
        hidden = ~self._shown | (exclusion >= 0)
        chains = []
        for at in range(len(self._places)):
            if not self._shown[at]:
                chains.append(LOCATIONS)
            elif exclusion[at] >= 0:
                chains.append(self._rules[exclusion[at]][0])
            else:
                steps = [self._rules[step[at]][0] for step in (buffer, find) if step[at] >= 0]
                chains.append(" ".join([*steps, *(pointer for pointer, _ in safety[:1])]))
        names = tuple(dict.fromkeys(chains))
        place_of = {name: index for index, name in enumerate(names)}
        units, percent, tables = self._numbers(buffer, find)
        return Applied(
            (~hidden).astype(np.int64) if hidden.any() else None,
            units,
            percent,
            tables,
            safety[0][1].units if safety else 0,
            names,
            np.array([place_of[chain] for chain in chains], dtype=np.int64),
        )

    def _numbers(self, buffer: Ints, find: Ints) -> tuple[Ints | None, Ints | None, Ints | None]:
        units = percent = tables = None
        if (buffer >= 0).any():
            rules = [None if at < 0 else self._rules[at][1] for at in buffer]
            units = np.array([r.units if isinstance(r, Buffer) else 0 for r in rules], dtype=np.int64)
            share = np.array([r.percent if isinstance(r, Buffer) else 0 for r in rules], dtype=np.int64)
            percent = share if share.any() else None
        if (find >= 0).any():
            which = [0 if at < 0 else self._table(self._rules[at][1]) for at in find]
            tables = np.array(which, dtype=np.int64) * (TABLE + 1)
        return units, percent, tables

    def _table(self, rule: Rule) -> int:
        permille = rule.permille if isinstance(rule, Find) else 1000
        known = self._table_of.get(permille)
        if known is None:
            known = self._table_of[permille] = len(self._stack)
            self._stack.append(found_table(permille, self.view.confidence))
            self._tables = np.vstack(self._stack)
        return known

    def _deciding(self, rules: Sequence[tuple[str, Rule]]) -> Ints:
        """Return by location which rule holds, as its place among all rules; −1 for none."""
        chosen = np.full(len(self._places), -1, dtype=np.int64)
        index_of = {pointer: index for index, (pointer, _) in enumerate(self._rules)}
        # The most specific first, and of equals the first of the document; what is taken stays taken.
        for pointer, rule in sorted(rules, key=lambda pair: rank(pair[1]), reverse=True):
            chosen[self._mask(pointer, rule) & (chosen < 0)] = index_of[pointer]
        return chosen

    def _mask(self, pointer: str, rule: Rule) -> Bools:
        mask = self._masks.get(pointer)
        if mask is None:
            mask = picks(rule.locations, self._places)
            if isinstance(rule, Exclusion) and rule.stale:
                mask = mask & self._stale
            self._masks[pointer] = mask
        return mask


def everything(places: Sequence[Place]) -> CompiledView:
    """Return the view of a channel that names none."""
    return CompiledView(unlimited(), places)


def rank(rule: Rule) -> tuple[int, int]:
    """Return how specific a rule is; the larger applies."""
    return _item_rank(rule), specificity(rule.locations)


def words(view: StockView, pointer: str) -> str:
    """Say in words what the rule at a place of the view does."""
    if pointer == LOCATIONS:
        return "the view does not show this location"
    if pointer == SHARES:
        return "kept for the shares of other channels"
    rule = rule_at(view, pointer)
    if rule is None:
        return f"the rule {pointer}"
    what = f"{_items(rule)} at {describe(rule.locations)}"
    note = f" ({rule.note})" if rule.note else ""
    if isinstance(rule, Exclusion):
        silent = " whose source has fallen silent" if rule.stale else ""
        return f"excluded: {what}{silent}{note}"
    if isinstance(rule, Buffer):
        amounts = [f"{rule.units} units"] * bool(rule.units) + [f"{rule.percent} %"] * bool(rule.percent)
        return f"buffer of {' or '.join(amounts) or '0 units'} for {what}{note}"
    if isinstance(rule, Find):
        return f"a unit is found with {rule.permille / 10:g} %, for {what}{note}"
    if isinstance(rule, SafetyStock):
        return f"safety stock of {rule.units} units for {_items(rule)}{note}"
    return f"{pointer} for {what}{note}"


def _shaping(view: StockView) -> Iterable[tuple[str, Rule]]:
    """Yield the rules that change what is visible: not the limits of what may be ordered beyond it."""
    return ((p, rule) for p, rule in view.rules() if p.split("/")[1] not in ("backorders", "preorders"))


def _plain(rule: Exclusion) -> bool:
    """Say whether an exclusion concerns ordinary goods, the only ones that are claimed so far."""
    return not rule.conditions or NEW in rule.conditions


def _item_rank(rule: Rule) -> int:
    return 2 if rule.items else 1 if rule.categories else 0


def _items(rule: Rule) -> str:
    names = rule.items or rule.categories
    if not names:
        return "every item"
    kind = "item" if rule.items else "category"
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{kind} {', '.join(names[:3])}{more}"


def _keep_back(seen: Ints, units: int) -> Ints:
    """Take units away where there are fewest; equals in the order of the network."""
    ascending = np.sort(seen)
    sums = ascending.cumsum()
    gone = int(sums.searchsorted(units, side="right"))  # so many locations give all they have
    if gone == len(seen):
        return np.zeros_like(seen)
    least = ascending[gone]
    if least >= UNLIMITED:
        return np.where(seen < UNLIMITED, 0, seen)
    out = np.where(seen < least, 0, seen)
    rest = units - (int(sums[gone - 1]) if gone else 0)
    alike = gone - int(ascending.searchsorted(least))
    if alike or rest:
        equal = (seen == least).nonzero()[0]
        out[equal[:alike]] = 0
        out[equal[alike]] -= rest
    return out
