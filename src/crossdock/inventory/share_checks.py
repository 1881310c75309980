"""What is wrong with groups of channels that share stock, and what is merely odd; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from crossdock.inventory.selectors import Place, describe, picks
from crossdock.inventory.share_model import NETWORK, Amount, ShareGroup
from crossdock.kernel.errors import FieldError


def faults(
    groups: Sequence[ShareGroup], known: Mapping[str, ShareGroup], channels: Collection[str]
) -> list[FieldError]:
    """Return what makes these groups contradict themselves, or those that are known (with these among them)."""
    found: list[FieldError] = []
    group_of: dict[str, list[str]] = defaultdict(list)
    for group in known.values():
        for channel in dict.fromkeys(group.channels):
            group_of[channel].append(group.code)
    for index, group in enumerate(groups):
        at = f"/groups/{index}"
        if [g.code for g in groups].index(group.code) != index:
            found.append(FieldError(f"{at}/code", "repeated", f"The group '{group.code}' is there twice."))
        found += _place(group, known, at)
        for place, channel in enumerate(group.channels):
            others = [code for code in group_of[channel] if code != group.code]
            if channel not in channels:
                text = f"There is no channel '{channel}'."
                found.append(FieldError(f"{at}/channels/{place}", "unknown_channel", text))
            if others:
                text = f"The channel '{channel}' is in the group '{others[0]}' already; a channel is in one."
                found.append(FieldError(f"{at}/channels/{place}", "in_two_groups", text))
        found += _amounts(group, at)
    return found


def _place(group: ShareGroup, known: Mapping[str, ShareGroup], at: str) -> Iterator[FieldError]:
    if group.parent is not None and group.parent not in known:
        yield FieldError(f"{at}/parent", "unknown_group", f"There is no group '{group.parent}'.")
    seen, above = {group.code}, group.parent
    while above is not None and above in known:
        if above in seen:
            yield FieldError(f"{at}/parent", "circle", f"The group '{group.code}' would be above itself.")
            return
        seen.add(above)
        above = known[above].parent


def _amounts(group: ShareGroup, at: str) -> Iterator[FieldError]:
    pools = [pool.code for pool in group.pools]
    for index, code in enumerate(pools):
        if code == NETWORK or pools.index(code) != index:
            text = f"The pool '{code}' " + ("is all locations." if code == NETWORK else "is there twice.")
            yield FieldError(f"{at}/pools/{index}/code", "repeated", text)
    for index, amount in enumerate(group.amounts):
        where = f"{at}/amounts/{index}"
        if (amount.units is None) == (amount.percent is None):
            yield FieldError(where, "contradiction", "An amount is in units or in percent: give one of them.")
        if amount.items and amount.categories:
            yield FieldError(f"{where}/categories", "contradiction", "An amount is for items or for categories.")
        if amount.pool != NETWORK and amount.pool not in pools:
            yield FieldError(f"{where}/pool", "unknown_pool", f"The group has no pool '{amount.pool}'.")


def warnings(groups: Sequence[ShareGroup], places: Sequence[Place]) -> Iterator[str]:
    """Yield what is odd about all groups together, though it is allowed."""
    everything: dict[str | None, int] = defaultdict(int)
    for group in groups:
        for amount in group.amounts:
            if amount.pool == NETWORK and _for_all(amount):
                everything[group.parent] += amount.percent or 0
    for parent, percent in everything.items():
        if percent > 100:
            whose = "of everything" if parent is None else f"of what '{parent}' is kept"
            yield f"The groups are kept {percent} % {whose} together: whoever comes first gets it."
    pools = [(group, pool, picks(pool.locations, places)) for group in groups for pool in group.pools]
    for index, (group, pool, mask) in enumerate(pools):
        if places and not mask.any():
            yield f"The pool '{pool.code}' of '{group.code}' picks no location: {describe(pool.locations)}."
        for other, crossing, theirs in pools[index + 1 :]:
            if (mask & theirs).any() and (mask & ~theirs).any() and (~mask & theirs).any():
                yield (
                    f"The pools '{pool.code}' of '{group.code}' and '{crossing.code}' of '{other.code}' overlap, and "
                    f"neither holds the other: each is kept as if the other took nothing there."
                )
    for group in groups:
        if not group.channels and all(other.parent != group.code for other in groups) and group.amounts:
            yield f"The group '{group.code}' is kept stock, and no channel is in it."


def _for_all(amount: Amount) -> bool:
    return not amount.items and not amount.categories
