"""What a channel may take of an item where groups of channels are kept shares of it; pure, exact integers.

For a counter n with amount A (percent of the basis of its pool, or of its parent's amount) and U units taken from it
or from a counter below it:

    unused(n)  = max(0, A − U)
    kept(n)    = max(unused(n), Σ kept(children))          what others must leave
    private(n) = max(0, unused(n) − Σ kept(children))      what its own group may take from it
    free(P)    = Σ claimable over P − Σ kept(n) of the outermost counters within P      for each set of locations P

Who is kept nothing may take min over the sets P that hold the location of free(P), never below 0. A take from a
counter leaves free(P) as it was where its pool lies within P, because claimable and kept fall by the same number.
Commands keep Σ taken ≤ what these say. Facts may take any stock away: then free is below 0, nobody who is kept nothing
gets anything, and the shares are served as long as stock lasts, first come, first served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from crossdock.inventory.share_rules import FREE, Template

Ints = np.ndarray[Any, np.dtype[np.int64]]
NO_LIMIT = 1 << 40

Part = tuple[int, int]
"""A counter of the template, or FREE, and the units taken from it."""


class Standing(NamedTuple):
    """How a counter stands: its amount, the units taken through it, what is left, and what of that is its own."""

    amount: int
    taken: int
    unused: int
    kept: int
    private: int


class ItemShares:
    """The shares of one item as they stand; takes and gives back are seen by whoever asks next."""

    def __init__(
        self,
        template: Template,
        claimable: Sequence[int],
        basis: Sequence[int],
        used: Sequence[int],
        spent: Sequence[int],
    ) -> None:
        """Begin with what is claimable, and claimable or claimed, in each set of locations; used of each counter."""
        self.template = template
        self.claimable = list(claimable)
        self.basis = list(basis)
        self.used = list(used)
        self.spent = list(spent)
        self._standing: list[Standing] | None = None
        self._free: list[int] = []

    def copy(self) -> ItemShares:
        """Return another one to try things with."""
        return ItemShares(self.template, self.claimable, self.basis, self.used, self.spent)

    # -- how it stands -------------------------------------------------------------------------------------------

    def standing(self) -> list[Standing]:
        """Return how every counter stands."""
        if self._standing is None:
            self._solve()
        assert self._standing is not None
        return self._standing

    def free(self) -> list[int]:
        """Return per set of locations what is claimable and nobody is kept; below 0 where shares are not covered."""
        if self._standing is None:
            self._solve()
        return self._free

    def _solve(self) -> None:
        template, nodes = self.template, self.template.nodes
        amounts: list[int] = []
        for node in nodes:
            if node.units is not None:
                amounts.append(node.units)
            else:
                whole = self.basis[node.over] if node.parent < 0 else amounts[node.parent]
                amounts.append(max(0, whole) * (node.percent or 0) // 100)
        taken = [
            used + (spent if node.units is not None else 0)
            for node, used, spent in zip(nodes, self.used, self.spent, strict=True)
        ]
        for at in range(len(nodes) - 1, -1, -1):
            if nodes[at].parent >= 0:
                taken[nodes[at].parent] += taken[at]
        kept = [0] * len(nodes)
        out: list[Standing] = [Standing(0, 0, 0, 0, 0)] * len(nodes)
        for at in range(len(nodes) - 1, -1, -1):
            below = sum([kept[child] for child in template.children[at]])
            unused = max(0, amounts[at] - taken[at])
            kept[at] = max(unused, below)
            out[at] = Standing(amounts[at], taken[at], unused, kept[at], max(0, unused - below))
        self._standing = out
        self._free = [
            there - sum([kept[at] for at in template.kept[over]]) for over, there in enumerate(self.claimable)
        ]

    def _left(self, source: int, zone: int) -> int:
        left = NO_LIMIT if source == FREE else self.standing()[source].private
        free = self.free()
        for pool in self.template.charged(source, zone):
            left = min(left, free[pool])
        return max(0, left)

    # -- taking and giving back ----------------------------------------------------------------------------------

    def room(self, group: str | None, column: int) -> int:
        """Return how many units at a location the group's strategy lets it take, as far as shares go."""
        return min(NO_LIMIT, sum([units for _, units in self.copy().take(group, column, NO_LIMIT)]))

    def rooms(self, group: str | None, columns: int) -> Ints:
        """Return the room at every location, each as if it were the only one that is asked."""
        by_zone = [0] * len(self.template.pools_of)
        for zone, column in {zone: at for at, zone in enumerate(self.template.zone_of)}.items():
            by_zone[zone] = self.room(group, column)
        return np.array(by_zone, dtype=np.int64)[np.array(self.template.zone_of[:columns], dtype=np.int64)]

    def take(self, group: str | None, column: int, quantity: int) -> list[Part]:
        """Take units at a location in the order of the group's strategy; returns from where, less if there is less."""
        zone = self.template.zone_of[column]
        parts: list[Part] = []
        for source in self.template.path(group, zone):
            got = min(quantity, self._left(source, zone))
            if got > 0:
                self._put(source, zone, got)
                parts.append((source, got))
                quantity -= got
            if not quantity:
                break
        return parts

    def give_back(self, column: int, parts: Sequence[Part]) -> None:
        """Give back what was taken at a location."""
        zone = self.template.zone_of[column]
        for source, quantity in parts:
            self._put(source, zone, -quantity)

    def change(self, column: int, claimable: int, basis: int = 0, used: Sequence[Part] = ()) -> None:
        """Take in that stock at a location, or what is taken of counters, has changed otherwise."""
        for pool in self.template.pools_of[self.template.zone_of[column]]:
            self.claimable[pool] += claimable
            self.basis[pool] += basis
        for source, units in used:
            if source != FREE:
                self.used[source] += units
        self._standing = None

    def _put(self, source: int, zone: int, quantity: int) -> None:
        for pool in self.template.pools_of[zone]:
            self.claimable[pool] -= quantity
        if source != FREE:
            self.used[source] += quantity
        self._standing = None

    # -- several locations at once -------------------------------------------------------------------------------

    def fit(self, group: str | None, wanted: Mapping[int, int]) -> dict[int, int]:
        """Return how many of the units wanted at each location the group may take together; changes nothing."""
        probe, got = self.copy(), {}
        for column in self._narrowest_first(group, wanted):
            got[column] = sum([units for _, units in probe.take(group, column, wanted[column])])
        return got

    def open_to(self, group: str | None, visible: Ints) -> int:
        """Return how many of the units that a channel sees it may take in all."""
        wanted = {int(column): int(visible[column]) for column in np.flatnonzero(visible)}
        by_zone: dict[int, int] = {}
        first: dict[int, int] = {}
        for column, units in wanted.items():
            zone = self.template.zone_of[column]
            by_zone[zone] = by_zone.get(zone, 0) + units
            first.setdefault(zone, column)
        return sum(self.fit(group, {first[zone]: units for zone, units in by_zone.items()}).values())

    def _narrowest_first(self, group: str | None, columns: Mapping[int, int]) -> list[int]:
        """Order locations so that those which can be served from fewer counters are served first."""
        template = self.template
        return sorted(columns, key=lambda column: (len(template.path(group, template.zone_of[column])), column))


def open_to(group: str | None, visible: Ints, shares: ItemShares | None) -> int:
    """Return what of the visible units a channel of a group may take in all; all of them where nobody is kept any."""
    return int(visible.sum()) if shares is None else shares.open_to(group, visible)


def last_taken_first(parts: Sequence[Part], quantity: int) -> tuple[list[Part], list[Part]]:
    """Split what a claim took into what stays and what goes back when so many units are released."""
    stays, back = list(parts), []
    while quantity > 0 and stays:
        source, units = stays.pop()
        given = min(units, quantity)
        back.append((source, given))
        quantity -= given
        if units > given:
            stays.append((source, units - given))
    return stays, back
