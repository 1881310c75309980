"""One decision under all rules before the judge."""

from crossdock.routing import Decision, Plan, decide
from tests.routing.rich_oracle import Judge, Place
from tests.routing.small_orders import Order


def shipped(judge: Judge, plan: Plan | Decision) -> dict[int, list[int]]:
    """Gather a plan's units by location and entity; raises where an entity is torn."""
    at = {site.id: index for index, site in enumerate(judge.snapshot.network.sites)}
    entity_of = {line.key: index for index, entity in enumerate(judge.entities) for line in entity.lines}
    units: dict[tuple[int, int], dict[int, int]] = {}
    for site, key, count in plan.assignments:
        lines = units.setdefault((at[site], entity_of[key]), {})
        assert key not in lines, "a line is assigned twice to one location"
        lines[key] = count
    out: dict[int, list[int]] = {}
    for (place, number), lines in units.items():
        entity = judge.entities[number]
        if entity.kind == "loose":
            count = sum(lines.values())
        else:
            each = {line.key: line.in_bundle if entity.kind == "bundle" else line.quantity for line in entity.lines}
            counts = {lines.get(key, 0) / some for key, some in each.items()}
            assert len(counts) == 1, f"torn: {entity.kind} {lines}"
            count = int(counts.pop())
        out.setdefault(place, [0] * len(judge.entities))[number] = count
    return out


def _at(judge: Judge, place: Place, row: list[int]) -> list[str]:
    wrong = []
    room = judge.snapshot.units_room
    for item in judge.items:
        taken = sum(dict(e.parts).get(item, 0) * x for e, x in zip(judge.entities, row, strict=True))
        if taken > judge.stock(item, place.at):
            wrong.append(f"ships {taken} of {item} where {judge.stock(item, place.at)} may leave")
        if taken and not judge.requires[item] <= set(place.site.capabilities):
            wrong.append(f"ships {item} from where it cannot be handled")
    units = sum(u * x for u, x in zip(judge.units, row, strict=True))
    if room is not None and units > room[place.at]:
        wrong.append(f"{units} units where {room[place.at]} have room")
    if sum(v * x for v, x in zip(judge.value, row, strict=True)) < judge.policy.min_value_per_location:
        wrong.append("a location ships less than the least value")
    return wrong


def kept(judge: Judge, plan: Plan | Decision) -> list[str]:
    """List the rules that a plan does not keep."""
    policy = judge.policy
    units = shipped(judge, plan)
    places = {place.at: place for place in judge.places}
    wrong = [f"ships from behind a fence: {at}" for at in units if at not in places]
    if wrong:
        return wrong
    wrong = [what for at, row in units.items() for what in _at(judge, places[at], row)]
    if policy.most_locations is not None and len(units) > policy.most_locations:
        wrong.append("too many locations")
    if policy.max_parcels is not None and sum(bill.parcels for bill in plan.bill) > policy.max_parcels:
        wrong.append("too many parcels")
    if policy.complete and units and plan.unfilled:
        wrong.append("ships a part of what is all or nothing")
    if policy.split == "line":
        wrong += ["a line is divided" for e in range(len(judge.entities)) if sum(1 for r in units.values() if r[e]) > 1]
    if units and judge.total(units) != plan.total:
        wrong.append(f"counts {plan.total} for a plan that costs {judge.total(units)}")
    if sum(bill.total for bill in plan.bill) + plan.extra_parcels + plan.extra_locations != plan.cost:
        wrong.append("the bill does not add up")
    return wrong


def judge_money(order: Order) -> tuple[Decision, list[str], int]:
    """Decide an order and list what the judge holds against the decision; the optimum, too."""
    decision, judge = decide(*order), Judge(*order)
    found, nothing = judge.optimum(), judge.nothing()
    best = nothing if found is None else min(found[0], nothing)
    wrong = kept(judge, decision)
    if decision.bound > best:
        wrong.append(f"bound {decision.bound} above the optimum {best}")
    if decision.proven and decision.total != best:
        wrong.append(f"claims {decision.total} is optimal, {best} is")
    if decision.total < best:
        wrong.append(f"total {decision.total} below the optimum {best}")
    if decision.gap != decision.total - decision.bound:
        wrong.append("the gap is not what lies between plan and bound")
    if decision.passed_over is not None:
        wrong += [f"passed over: {what}" for what in kept(judge, decision.passed_over.plan)]
    return decision, wrong, best


def judge_points(order: Order) -> tuple[Decision, list[str]]:
    """Decide an order by ordered preferences and list what the judge holds against the decision."""
    decision, judge = decide(*order), Judge(*order)
    wrong = kept(judge, decision)
    points = decision.points
    assert points is not None
    best = judge.best_levels()
    levels = [value for _, value in points.levels]
    if best is None:
        if decision.assignments:
            wrong.append("ships what cannot be shipped")
        return decision, wrong
    best = best[: len(levels)]
    if decision.proven and levels != best:
        wrong.append(f"claims {levels} is best, {best} is")
    if levels < best:
        wrong.append(f"{levels} is better than the best, {best}")
    if decision.bound > sum(w * v for w, v in zip(points.weights, best, strict=True)):
        wrong.append(f"bound above the best, {best}")
    return decision, wrong
