"""What the search sees of an order's lines: one row for each item, for lines that leave together, for whole bundles.

Lines of the same item are folded into one row, because they stand before the same stock; their weight is the item's,
their requirements are joined, and an unfilled unit counts with the highest of their values.

A group is one row of one unit, all or nothing, and so are the other lines of its items: all units of an item that is in
a group go with it. Groups that share an item are one. A bundle kept whole is a row whose units are bundles; its
parts are picked together, as one line.
"""

from typing import NamedTuple

from crossdock.routing.model import Demand, DemandLine, Policy, RoutingError


class Part(NamedTuple):
    """What one unit of a row takes of an item: its place among the items, the units; the line, if it is one alone."""

    base: int
    units: int
    line: DemandLine | None


class Row(NamedTuple):
    """An item of the order: its demand lines, units, grams and penalty (milli) per unit, what handling it needs.

    A row of several items has `parts`; its amounts are those of all parts together, and `lines_more` are the lines that
    are picked beside the first.
    """

    lines: tuple[DemandLine, ...]
    item: int
    quantity: int
    weight_g: int
    penalty: int
    requires: tuple[str, ...]
    volume_cm3: int = 0
    value: int = 0
    category: str = ""
    parts: tuple[Part, ...] = ()
    lines_more: int = 0


def rows_of(demand: Demand, policy: Policy) -> list[Row]:
    """Give the rows of an order under a policy, in the order in which their items first appear."""
    if not demand.lines:
        raise RoutingError("a demand without lines cannot be routed")
    lines = demand.lines
    grouped = policy.keep_groups and any(line.group for line in lines)
    bundled = policy.whole_bundles and any(line.bundle for line in lines)
    bases = items_of(lines, policy)
    if not grouped and not bundled:
        return bases
    return _joined(bases, lines, policy, grouped=grouped, bundled=bundled)


def items_of(lines: tuple[DemandLine, ...], policy: Policy) -> list[Row]:
    """Fold lines by item, in the order in which items first appear."""
    per_unit, permille = policy.unfilled_per_unit, policy.unfilled_permille
    if len({line.item for line in lines}) == len(lines):
        return [
            Row(
                (i,),
                i.item,
                i.quantity,
                i.weight_g,
                per_unit + i.unit_value * permille,
                i.requires,
                i.volume_cm3,
                i.unit_value,
                i.category,
            )
            for i in lines
        ]
    by_item: dict[int, list[DemandLine]] = {}
    for line in lines:
        by_item.setdefault(line.item, []).append(line)
    return [_folded(same, policy) for same in by_item.values()]


def _folded(same: list[DemandLine], policy: Policy) -> Row:
    value = max([line.unit_value for line in same])
    return Row(
        tuple(same),
        same[0].item,
        sum([line.quantity for line in same]),
        max([line.weight_g for line in same]),
        policy.penalty(value),
        tuple(sorted({name for line in same for name in line.requires})),
        max([line.volume_cm3 for line in same]),
        value,
        same[0].category,
    )


def _joined(
    bases: list[Row], lines: tuple[DemandLine, ...], policy: Policy, *, grouped: bool, bundled: bool
) -> list[Row]:
    """Put the items of groups, and the parts of bundles, into rows of their own; what is left keeps its row."""
    place = {row.item: at for at, row in enumerate(bases)}
    groups = _groups(bases) if grouped else []
    inside = {at for group in groups for at in group}
    out = [_group(bases, group) for group in groups]
    taken: set[int] = set()
    if bundled:
        free = [line for line in lines if place[line.item] not in inside]
        for parts in _bundles(free):
            out.append(_bundle(bases, place, parts, policy))
            taken.update(line.key for line in parts)
    for at, base in enumerate(bases):
        if at in inside:
            continue
        left = [line for line in base.lines if line.key not in taken]
        if len(left) == len(base.lines):
            out.append(base)
        elif left:
            rest = _folded(left, policy)
            out.append(rest._replace(weight_g=base.weight_g, requires=base.requires, volume_cm3=base.volume_cm3))
    return sorted(out, key=lambda row: place[row.item])


def _groups(bases: list[Row]) -> list[tuple[int, ...]]:
    """Give the items (by their places) that leave together: those of a group, and of groups with an item in common."""
    of: dict[int, set[int]] = {}
    for at, base in enumerate(bases):
        names = {line.group for line in base.lines if line.group}
        joined = {at}.union(*(of[name] for name in names if name in of))
        for name in names | {line.group for other in joined for line in bases[other].lines if line.group}:
            of[name] = joined
    return sorted({tuple(sorted(group)) for group in of.values()})


def _group(bases: list[Row], group: tuple[int, ...]) -> Row:
    items = [bases[at] for at in group]
    return Row(
        tuple(line for item in items for line in item.lines),
        items[0].item,
        1,
        sum(item.quantity * item.weight_g for item in items),
        sum(item.quantity * item.penalty for item in items),
        tuple(sorted({name for item in items for name in item.requires})),
        sum(item.quantity * item.volume_cm3 for item in items),
        sum(item.quantity * item.value for item in items),
        parts=tuple(Part(at, bases[at].quantity, None) for at in group),
        lines_more=len(items) - 1,
    )


def _bundles(lines: list[DemandLine]) -> list[list[DemandLine]]:
    """Give the lines of bundles that are still whole: as many of each part as of the others."""
    by_bundle: dict[int, list[DemandLine]] = {}
    for line in lines:
        if line.bundle:
            by_bundle.setdefault(line.bundle, []).append(line)
    whole = []
    for parts in by_bundle.values():
        counts = {(line.quantity // line.in_bundle, line.quantity % line.in_bundle) for line in parts}
        one_by_one = len({line.item for line in parts}) == len(parts)
        if (
            len(counts) == 1
            and one_by_one
            and next(iter(counts))[1] == 0
            and (len(parts) > 1 or parts[0].in_bundle > 1)
        ):
            whole.append(parts)
    return whole


def _bundle(bases: list[Row], place: dict[int, int], parts: list[DemandLine], policy: Policy) -> Row:
    items = [bases[place[line.item]] for line in parts]
    each = [line.in_bundle for line in parts]
    return Row(
        tuple(parts),
        parts[0].item,
        parts[0].quantity // parts[0].in_bundle,
        sum(units * item.weight_g for units, item in zip(each, items, strict=True)),
        sum(line.in_bundle * policy.penalty(line.unit_value) for line in parts),
        tuple(sorted({name for line in parts for name in line.requires})),
        sum(units * item.volume_cm3 for units, item in zip(each, items, strict=True)),
        sum(line.in_bundle * line.unit_value for line in parts),
        parts=tuple(Part(place[line.item], line.in_bundle, line) for line in parts),
    )
