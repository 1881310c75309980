"""What all commands on reservations share: deciding what to hold, and writing what is held, given back, and told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from crossdock.events.catalog import new_event
from crossdock.events.reservations import HeldUnits
from crossdock.inventory import claims, ledger, reservation_store
from crossdock.inventory import tables as inventory_tables
from crossdock.inventory.model import (
    PLAIN,
    CauseKind,
    ClaimState,
    Counters,
    Movement,
    MovementType,
    Source,
)
from crossdock.inventory.reservation_store import Reservation, ReservedClaim, ReservedLine, Standing
from crossdock.inventory.reservations import State, step
from crossdock.kernel.clock import utc_day
from crossdock.kernel.errors import FieldError
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import NotEnoughToReserve, ReservedTooLate
from crossdock.orchestration.plans import Destination, NewDemand, Routed
from crossdock.orchestration.policies.facts import facts_of
from crossdock.orchestration.policies.routing import route, together
from crossdock.orchestration.supply.binding import rebind
from crossdock.orchestration.terms import DeliveryTerms, terms_of
from crossdock.orchestration.views import shares
from crossdock.promising.methods import Method
from crossdock.routing.policy.facts import Facts
from crossdock.storage import guard
from crossdock.storage.guard import Kind, Take
from crossdock.storage.unit import Unit


class Hold:
    """One command's change of one reservation: what it gives back, what it takes, where the reservation stands then."""

    __slots__ = ("given", "given_as", "is_new", "made", "reservation", "returned", "shared", "standing", "stray")

    def __init__(self, reservation: Reservation, *, is_new: bool = False) -> None:
        row = reservation.row
        self.is_new = is_new
        self.shared: list[Take] = []
        """What the guard takes from counters of shares for what is made."""
        self.reservation = reservation
        self.given: list[tuple[ReservedClaim, int]] = []
        """Claims that are given back whole, each with the id of the movement that tells it."""
        self.given_as = ClaimState.RELEASED
        self.made: list[ReservedClaim] = []
        self.returned: list[Take] = []
        """What the guard gives back to counters of shares."""
        self.stray: list[tuple[int, int, int]] = []
        """What is given back to counters that nobody has a share by any more."""
        order_id, reason = row.order_id or 0, ""
        self.standing = Standing(row.id, row.state, row.units, row.held, order_id, row.expires_at, 0, reason)

    def give_back(self, unit: Unit, engine: Engine) -> None:
        """Give everything back that the reservation holds; decisions that follow see it in the shares.

        The picture is credited apart from it: a decision of its own takes ``own_units`` whatever the view shows.
        """
        for claim in self.reservation.claims:
            self.given.append((claim, unit.ids.one()))
            if claim.source == Source.POSITION:
                key = (claim.item_id, claim.location_id)
                takes, stray = engine.planner.shares.returned(*key, claim.quantity, claim.shares)
                self.returned += takes
                self.stray += stray

    def end(self, state: State, at: int, *, order_id: int = 0, reason: str = "") -> None:
        """Bring the reservation to its end; raises ReservationNotOpen when it has come to one."""
        wanted = step(State(self.standing.state), state)
        self.standing = self.standing._replace(state=int(wanted), held=0, order_id=order_id, ended_at=at, reason=reason)

    @property
    def units(self) -> int:
        """How many units the reservation held before."""
        return self.reservation.row.held

    @property
    def takes(self) -> list[Take]:
        """What the guard is to give back and take, in the order in which the ledger tells it."""
        back = [_take(claim, -claim.quantity, movement) for claim, movement in self.given]
        wanted = [_take(claim, claim.quantity, claim.id) for claim in self.made]
        return [*self.returned, *(take for take in (*back, *wanted) if take is not None), *self.shared]

    def movements(self, at: int, number: int, paid: Mapping[tuple[int, guard.Key], int]) -> list[tuple[int, Movement]]:
        """Return the ledger's lines of what the guard has done for the command of this number, with their ids."""
        lines, debts = [], dict(paid)
        change = self.reservation.row.version + 1
        for claim, movement in self.given:
            if claim.source == Source.POSITION:
                counters = Counters(reserved=-claim.quantity, short=-debts.pop((number, claim.key), 0))
                kind = MovementType.RESERVATION_RELEASED
                lines.append((movement, Movement(kind, claim.key, counters, at, CauseKind.CLAIM, claim.id, change)))
        for claim in self.made:
            if claim.source == Source.POSITION:
                counters, kind = Counters(reserved=claim.quantity), MovementType.RESERVED
                lines.append((claim.id, Movement(kind, claim.key, counters, at, CauseKind.CLAIM, claim.id)))
        return lines


def _take(claim: ReservedClaim, quantity: int, mark: int) -> Take | None:
    if claim.source == Source.POSITION:
        return Take(Kind.POSITION_RESERVED, claim.key, quantity, mark)
    if claim.source == Source.SUPPLY_LINE and claim.supply_line_id is not None:
        return Take(Kind.SUPPLY, (claim.supply_line_id,), quantity)
    return None


def own_units(reservation: Reservation) -> dict[tuple[int, int], int]:
    """Return what a reservation holds by item and location, to be added back when it is decided anew."""
    own: dict[tuple[int, int], int] = defaultdict(int)
    for claim in reservation.claims:
        if claim.source == Source.POSITION and claim.stock_class == PLAIN:
            own[claim.item_id, claim.location_id] += claim.quantity
    return dict(own)


# -- deciding ---------------------------------------------------------------------------------------------------------


def demand_of(engine: Engine, lines: Sequence[ReservedLine]) -> list[NewDemand]:
    """Return what routing must know of the lines."""
    demand = []
    for line in lines:
        facts = engine.directory.item_by_id(line.item_id)
        demand.append(
            NewDemand(line.no, line.line_no, 1, line.item_id, line.quantity, facts.weight_g, facts.requires, 0)
        )
    return demand


def destination(engine: Engine, reservation: Reservation, at: int) -> Destination:
    """Return where a reservation's goods go: to the customer, or no further than where they are picked up."""
    row = reservation.row
    due = utc_day(at) + terms(engine, reservation, at).days if row.due_day is None else row.due_day
    bound = row.location_id if row.method == "pickup" else None
    return Destination(row.country, row.point, due, cast(Method, row.method), row.due_day, bound=bound)


def terms(engine: Engine, reservation: Reservation, at: int) -> DeliveryTerms:
    """Return the routes that decide a reservation, as they decide an order's delivery of that method and level."""
    row = reservation.row
    channel = engine.directory.channel_by_id(row.channel_id).channel
    demand = demand_of(engine, reservation.lines)
    known = {
        "channel": channel.code,
        "service": row.service_level,
        "method": row.method,
        "country": row.country,
        "at": at,
    }

    def facts(asked: frozenset[str]) -> Facts:
        return facts_of(asked, demand, engine.directory.item_by_id, known)

    return terms_of(engine.directory, channel, row.method, row.service_level, facts)


def decide(
    unit: Unit, engine: Engine, hold: Hold, lines: Sequence[ReservedLine], where: Destination, *, partial: bool
) -> Routed:
    """Decide where to hold units, as an order's would be decided, with the reservation's own units added back.

    What was held is given back and what was found is held instead, in the picture and in ``hold``. Raises
    NotEnoughToReserve or ReservedTooLate, and then nothing is debited.
    """
    planner, mirror, reservation = engine.planner, engine.mirror, hold.reservation
    channel, routes = (
        engine.directory.channel_by_id(reservation.row.channel_id),
        terms(engine, reservation, unit.now).routes,
    )
    own, mark, shared = own_units(reservation), mirror.mark(), planner.shares.mark()
    hold.give_back(unit, engine)
    routed = together(route(planner, 1, demand_of(engine, lines), where, routes, unit.now, channel, own=own))
    for fulfillment in routed.fulfillments:
        # Work is planned when there is an order: a cart takes no location's day.
        if fulfillment.took_capacity:
            planner.free_capacity(fulfillment.location_id, fulfillment.work_day)
    try:
        _must_do(lines, routed, partial=partial)
        if routed.late and reservation.row.due_day is not None and not partial:
            raise ReservedTooLate("The units are there, but would come later than the date that is asked for.")
    except (NotEnoughToReserve, ReservedTooLate):
        mirror.undo(mark)
        planner.shares.undo(shared)
        raise
    credit(engine, own)
    hold.made = claims_of(reservation.row.id, routed)
    hold.shared = [take for take in routed.takes if take.kind is Kind.SHARE]
    hold.standing = hold.standing._replace(held=sum(claim.quantity for claim in hold.made))
    return routed


def credit(engine: Engine, units: Mapping[tuple[int, int], int]) -> None:
    """Let the decisions that follow have units that were given back, by item and location."""
    for (item, location), quantity in units.items():
        engine.mirror.credit(item, location, quantity)


def _must_do(lines: Sequence[ReservedLine], routed: Routed, *, partial: bool) -> None:
    found: dict[int, int] = defaultdict(int)
    for fulfillment in routed.fulfillments:
        for claim in fulfillment.claims:
            found[claim.demand_no] += claim.quantity
    if partial and found:
        return
    can: dict[int, tuple[int, int]] = {}
    for line in lines:
        whole = found[line.no] * line.line_quantity // line.quantity
        units, wanted = can.get(line.line_no, (1, 1))
        # A bundle can be had as far as its scarcest part; where parts are moved, each has a quantity of its own.
        if whole * wanted <= units * line.line_quantity:
            can[line.line_no] = (whole, line.line_quantity)
    faults = tuple(
        FieldError(f"/lines/{no - 1}/quantity", "not_available", f"{units} of {wanted} can be reserved.")
        for no, (units, wanted) in sorted(can.items())
        if units < wanted
    )
    if faults:
        raise NotEnoughToReserve(f"{len(faults)} lines cannot be reserved in full.", faults[:100])


def claims_of(reservation_id: int, routed: Routed) -> list[ReservedClaim]:
    """Return the claims that a decision makes, for a reservation."""
    return [
        ReservedClaim(
            claim.id,
            reservation_id,
            claim.demand_no,
            int(Source.UNLIMITED if claim.unlimited else Source.POSITION),
            claim.item_id,
            claim.location_id,
            PLAIN,
            None,
            claim.quantity,
            claim.shares,
        )
        for fulfillment in routed.fulfillments
        for claim in fulfillment.claims
    ]


# -- writing ----------------------------------------------------------------------------------------------------------


def write(unit: Unit, engine: Engine, holds: Sequence[Hold], numbers: Sequence[int], taken: guard.Taken) -> None:
    """Write what the guard has granted: claims, ledger, standings; ``numbers`` are the holds' places at the guard."""
    engine.keep_derived(unit)
    movements: list[tuple[int, Movement]] = []
    ended: dict[ClaimState, list[int]] = defaultdict(list)
    rows, parts, standings = [], [], []
    for hold, number in zip(holds, numbers, strict=True):
        told = hold.movements(unit.now, number, taken.paid)
        movements += told
        # What pays a debt is not free: the picture of such an item is read again.
        engine.changed_otherwise(movement.key[0] for _, movement in told if movement.change.short)
        ended[hold.given_as] += [claim.id for claim, _ in hold.given]
        if not hold.is_new:
            standings.append(hold.standing)
        rows += [reservation_store.claim_row(claim, hold.standing.expires_at, unit.now) for claim in hold.made]
        parts += part_rows(hold.made)
        tell_supply(unit, hold)
    give_back_shares(unit, holds)
    for state, claim_ids in ended.items():
        reservation_store.end_claims(unit, claim_ids, state)
    unit.insert(inventory_tables.claims, rows)
    unit.insert(inventory_tables.claim_shares, parts)
    ledger.tell(unit, movements, ledger.Chain(taken.heads))
    reservation_store.update(unit, standings)
    # Who waits moves up where units of what is coming are free again.
    coming = {c.item_id for hold in holds for c, _ in hold.given if c.source == Source.SUPPLY_LINE}
    if coming:
        rebind(unit, engine.directory, coming, "system:supply")


def part_rows(made: Iterable[ReservedClaim]) -> list[tuple[int, int, int, int]]:
    """Return the rows that say from which counters of shares claims came."""
    return [(claim.id, no, share, units) for claim in made for no, (share, units) in enumerate(claim.shares)]


def give_back_shares(unit: Unit, holds: Iterable[Hold]) -> None:
    """Let claims that were given back come from no share any more; the guard has given the counters theirs."""
    known = list(holds)
    gone = [(claim.id, 0) for hold in known for claim, _ in hold.given if claim.shares]
    if gone:
        claims.shrink_parts(unit, gone)
        shares.use(unit, [each for hold in known for each in hold.stray])


def tell_supply(unit: Unit, hold: Hold) -> None:
    """Tell who follows the log of what is claimed, or no longer, of what is coming."""
    for claim in (*(claim for claim, _ in hold.given), *hold.made):
        if claim.source == Source.SUPPLY_LINE:
            unit.supply_changed(claim.item_id)


def held_units(engine: Engine, made: Iterable[ReservedClaim]) -> tuple[HeldUnits, ...]:
    """Return what claims stand on, as events tell it."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    directory = engine.directory
    for claim in made:
        sku = directory.item_by_id(claim.item_id).sku
        supply = "" if claim.supply_line_id is None else encode_id("sup", claim.supply_line_id)
        sums[sku, directory.locations[claim.location_id].location.code, supply] += claim.quantity
    return tuple(HeldUnits(sku, code, n, supply) for (sku, code, supply), n in sorted(sums.items()))


def tell(unit: Unit, reservation_id: int, event: Any, actor: str, order_id: int | None = None) -> None:
    """Tell everybody what happened to a reservation."""
    subject = encode_id("rsv", reservation_id)
    unit.event(new_event(event, at=unit.now, subject=subject, actor=actor, order_id=order_id))
