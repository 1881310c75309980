"""Which counters of shares an item has, in what order a channel takes from them, and over which locations; pure.

The counters of one item stand in a forest: a counter's parent is that of the nearest group above it whose pool holds
all of its locations. Two pools that overlap without one holding the other are treated as if either were kept whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.selectors import Bools, Place, picks
from crossdock.inventory.share_model import NETWORK, Amount, ShareGroup

FREE = -1
"""Takes from what nobody is kept: no counter."""
_DEEPEST = 32


class Node(NamedTuple):
    """One counter of an item: whose, of which pool, how much, and the counter it is carved out of (−1 for none)."""

    group: str
    pool: str
    over: int
    """Which of the template's sets of locations the pool is."""
    units: int | None
    percent: int | None
    parent: int


class Template:
    """The counters that items under the same amounts have; parents come before their children."""

    def __init__(self, nodes: Sequence[Node], masks: Sequence[Bools], groups: dict[str, ShareGroup]) -> None:
        self.nodes = tuple(nodes)
        self.masks = tuple(masks)
        self._groups = groups
        self.children: tuple[tuple[int, ...], ...] = tuple(
            tuple(child for child, node in enumerate(nodes) if node.parent == at) for at in range(len(nodes))
        )
        self.everywhere = len(self.masks) == 1 and bool(self.masks[0].all())
        """Whether shares are kept of the whole network alone."""
        patterns = np.stack(self.masks).T if self.masks else np.zeros((0, 0), dtype=bool)
        found, zones = np.unique(patterns, axis=0, return_inverse=True)
        self.zone_of: list[int] = zones.reshape(-1).tolist()
        """The zone of each column: locations of one zone lie in the same pools."""
        self.pools_of = tuple(tuple(np.flatnonzero(pattern).tolist()) for pattern in found)
        within = [[bool((~a | b).all()) for b in self.masks] for a in self.masks]
        self.kept = tuple(self._kept_over(over, within) for over in range(len(self.masks)))
        """For each set of locations the outermost counters that are kept within it."""
        self._within = within
        self._paths: dict[tuple[str | None, int], tuple[int, ...]] = {}

    def _kept_over(self, over: int, within: list[list[bool]]) -> tuple[int, ...]:
        """Return the counters whose pool lies in a set of locations, or crosses its border, but not their parent's."""

        def counted(node: Node) -> bool:
            crosses = not within[over][node.over] and bool((self.masks[node.over] & self.masks[over]).any())
            return within[node.over][over] or crosses

        return tuple(
            at
            for at, node in enumerate(self.nodes)
            if counted(node) and (node.parent < 0 or not counted(self.nodes[node.parent]))
        )

    def charged(self, source: int, zone: int) -> tuple[int, ...]:
        """Return the sets of locations of which a take in a zone leaves less for those who are kept nothing."""
        pools = self.pools_of[zone]
        if source == FREE:
            return pools
        over = self.nodes[source].over
        return tuple(pool for pool in pools if not self._within[over][pool])

    def path(self, group: str | None, zone: int) -> tuple[int, ...]:
        """Return where a channel of a group takes units of a zone from, in its order; FREE is what nobody is kept."""
        key = (group, zone)
        found = self._paths.get(key)
        if found is None:
            found = self._paths[key] = tuple(self._sources(group, zone))
        return found

    def _sources(self, group: str | None, zone: int, depth: int = 0) -> list[int]:
        document = None if group is None or depth > _DEEPEST else self._groups.get(group)
        if document is None:
            return [FREE]
        if all(node.group != group for node in self.nodes):
            return self._sources(document.parent, zone, depth + 1)
        own = [at for at, node in enumerate(self.nodes) if node.group == group and node.over in self.pools_of[zone]]
        own.sort(key=lambda at: int(self.masks[self.nodes[at].over].sum()))
        if document.strategy == "restrict":
            return own
        above = self._sources(document.parent, zone, depth + 1)
        return own + above if document.strategy == "regular" else above + own


class ShareRules:
    """All share groups over one network."""

    def __init__(self, groups: Sequence[ShareGroup], places: Sequence[Place]) -> None:
        self.groups = {group.code: group for group in groups}
        self.group_of = {channel: group.code for group in groups for channel in group.channels}
        """The group of a channel, by their codes."""
        self._ordered = _parents_first(self.groups)
        self._masks = {
            (group.code, pool.code): picks(pool.locations, places) for group in groups for pool in group.pools
        }
        self._everywhere = np.ones(len(places), dtype=bool)
        self._named: set[str] = {sku for group in groups for amount in group.amounts for sku in amount.items}
        self._categories = {name for group in groups for amount in group.amounts for name in amount.categories}
        self._templates: dict[tuple[str, str], Template | None] = {}
        self.some = any(group.amounts for group in groups)
        """Whether anybody is kept anything."""

    def template(self, item: ItemFacts) -> Template | None:
        """Return the counters of an item; None when nobody is kept any of it."""
        if not self.some:
            return None
        key = (item.sku if item.sku in self._named else "", item.category if item.category in self._categories else "")
        if key not in self._templates:
            self._templates[key] = self._make(*key)
        return self._templates[key]

    def _make(self, sku: str, category: str) -> Template | None:
        nodes: list[Node] = []
        masks: list[Bools] = []
        for group in self._ordered:
            for pool in dict.fromkeys(amount.pool for amount in group.amounts):
                amount = _most_specific([a for a in group.amounts if a.pool == pool], sku, category)
                if amount is None:
                    continue
                mask = self._masks.get((group.code, pool), self._everywhere) if pool != NETWORK else self._everywhere
                over = next((n for n, known in enumerate(masks) if (known == mask).all()), len(masks))
                if over == len(masks):
                    masks.append(mask)
                parent = self._parent(group, mask, nodes, masks)
                nodes.append(Node(group.code, pool, over, amount.units, amount.percent, parent))
        return Template(nodes, masks, self.groups) if nodes else None

    def _parent(self, group: ShareGroup, mask: Bools, nodes: Sequence[Node], masks: Sequence[Bools]) -> int:
        above = group.parent
        while above is not None:
            holding = [
                at for at, node in enumerate(nodes) if node.group == above and bool((~mask | masks[node.over]).all())
            ]
            if holding:
                return min(holding, key=lambda at: int(masks[nodes[at].over].sum()))
            above = self.groups[above].parent if above in self.groups else None
        return -1


def _most_specific(amounts: Sequence[Amount], sku: str, category: str) -> Amount | None:
    for_item = [a for a in amounts if sku and sku in a.items]
    for_category = [a for a in amounts if category and category in a.categories]
    for_all = [a for a in amounts if not a.items and not a.categories]
    return next(iter([*for_item, *for_category, *for_all]), None)


def _parents_first(groups: dict[str, ShareGroup]) -> list[ShareGroup]:
    def depth(group: ShareGroup) -> int:
        count, above = 0, group.parent
        while above in groups and count < _DEEPEST:
            count, above = count + 1, groups[above].parent
        return count

    return sorted(groups.values(), key=lambda group: (depth(group), group.code))
