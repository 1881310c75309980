"""Orders in: a batch is checked, exploded, decided in order against one picture, claimed by the guard, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock.catalog.model import ItemFacts
from crossdock.customers import vault
from crossdock.inventory import ledger
from crossdock.kernel.clock import instant, utc_day
from crossdock.kernel.errors import CrossdockError, FieldError
from crossdock.kernel.geo import xyz
from crossdock.network.places import area_of, locate
from crossdock.network.store import StoredChannel
from crossdock.orchestration import recording
from crossdock.orchestration.asked import handed_over_at
from crossdock.orchestration.commands import CapturedOrder, CaptureOrder, ReviseOrder
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import OrderContentDiffers, OrderRefused, UnknownItem
from crossdock.orchestration.planning import Planner
from crossdock.orchestration.plans import Destination, NewDemand, Routed
from crossdock.orchestration.policies.facts import facts_of
from crossdock.orchestration.policies.routing import OwnUnits, route
from crossdock.orchestration.promises import promised
from crossdock.orchestration.promises.promised import Promised
from crossdock.orchestration.reservations import confirming
from crossdock.orchestration.reservations.confirming import Confirmation
from crossdock.orchestration.supply.backorders import Backorders
from crossdock.orchestration.supply.launches import by_launch, later_of
from crossdock.orchestration.terms import DeliveryTerms, terms_of
from crossdock.orders import rules
from crossdock.orders import store as orders
from crossdock.orders.model import AddressIn, DeliveryIn, LineIn, OrderIn
from crossdock.orders.rows import line_total
from crossdock.routing.policy.facts import Facts
from crossdock.storage.guard import Take, Taken
from crossdock.storage.unit import Unit
from crossdock.storage.writer import AGAIN, Instead, Outcome

_LOCK_FIRST_AFTER = 3


class NewOrder:
    """An order on its way through a batch: what was sent, what it became, what is to be written."""

    __slots__ = (
        "at", "channel", "command", "confirmation", "demand", "id", "item_ids", "party_id", "places", "promise",
        "routed", "supplied_day", "terms",
    )  # fmt: skip

    def __init__(
        self,
        command: CaptureOrder | ReviseOrder,
        channel: StoredChannel,
        order_id: int,
        at: int,
    ) -> None:
        self.command = command
        self.channel = channel
        self.terms: list[DeliveryTerms] = []
        """By which rules each delivery is decided."""
        self.promise: Promised | None = None
        self.id = order_id
        self.at = at
        self.party_id = 0
        self.item_ids: list[int] = []
        self.demand: list[NewDemand] = []
        self.places: list[tuple[str, Any]] = []
        self.routed: list[Routed] = []
        self.confirmation: Confirmation | None = None
        self.supplied_day: int | None = None
        """With a promise, the day on which all its units that wait arrive; None when some are bound to no supply."""

    @property
    def names_reservation(self) -> bool:
        """Say whether it, or the promise that it brings, names a reservation."""
        return self.command.order.reservation_id is not None or (
            self.promise is not None and self.promise.reservation_id is not None
        )

    @property
    def takes(self) -> list[Take]:
        """What it wants of the guard, less what its reservation gives back."""
        wanted = [take for routed in self.routed for take in routed.takes]
        return wanted if self.confirmation is None else [*self.confirmation.takes, *wanted]

    @property
    def order(self) -> OrderIn:
        """What the channel sent."""
        return self.command.order

    def destination(self, delivery_no: int) -> tuple[str, Any]:
        """Return the country and point that a delivery goes to."""
        country: str = self.order.deliveries[delivery_no - 1].destination.country
        return country, self.places[delivery_no - 1][1]

    @property
    def key(self) -> tuple[int, str]:
        """What makes the order the same one: channel id, external id."""
        return self.channel.id, self.command.order.external_id


class CaptureHandler:
    """Does CaptureOrder, in batches."""

    max_batch = 256

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def weight(self, command: CaptureOrder) -> int:
        return len(command.order.lines)

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[CaptureOrder], attempts: Sequence[int]) -> list[Outcome]:
        engine, session = self._engine, unit.session
        engine.follow(session)
        engine.directory.load_items(session, {line.sku for command in commands for line in command.order.lines})
        outcomes: list[Outcome] = [None] * len(commands)
        new = self._admit(unit, commands, outcomes)
        self._open_confirmations(unit, new, outcomes)
        self._prepare(unit, new, attempts)
        for order in new.values():
            self._route(unit, order)
        backorders = Backorders(unit, engine.directory, new.values())
        wants = [order.takes for order in new.values()]
        engine.open_capacity(unit, [take for takes in wants for take in takes])
        taken = engine.take(unit, wants)
        kept: list[NewOrder] = []
        for number, ((index, order), missing) in enumerate(zip(new.items(), taken.missing, strict=True)):
            if missing is None:
                if order.confirmation is not None:
                    order.confirmation.number = number
                kept.append(order)
                continue
            outcomes[index] = AGAIN
            engine.lost_race(demand.item_id for demand in order.demand)
            if order.confirmation is not None:
                engine.lost_race(order.confirmation.item_ids)
        orders.give_up_keys(unit, [new[i].key for i in new if outcomes[i] is AGAIN])
        answers = iter(self._write(unit, kept, taken))
        backorders.write(kept)
        for index in new:
            if outcomes[index] is None:
                outcomes[index] = next(answers)
        return outcomes

    # -- who comes in --------------------------------------------------------------------------------------------

    def _admit(self, unit: Unit, commands: Sequence[CaptureOrder], outcomes: list[Outcome]) -> dict[int, NewOrder]:
        """Answer what is known already or cannot be taken in; return the rest by its place in the batch."""
        checked: dict[int, NewOrder] = {}
        for index, command in enumerate(commands):
            try:
                checked[index] = check(self._engine, unit, command)
            except CrossdockError as refusal:
                outcomes[index] = refusal
        known = orders.known_keys(unit.session, sorted({order.key for order in checked.values()}))
        promises = promised.load(unit.session, [order.order.promise_id for order in checked.values()])
        fresh: dict[int, NewOrder] = {}
        taken: set[tuple[int, str]] = set()
        for index, order in checked.items():
            if order.key in known:
                outcomes[index] = _again(order, known[order.key])
            elif order.key in taken:
                outcomes[index] = AGAIN  # twice in one batch: the second finds the first in the next one
            else:
                try:
                    order.promise = promised.claim(promises, order.order, order.channel.id)
                except CrossdockError as refusal:
                    outcomes[index] = refusal
                    continue
                taken.add(order.key)
                fresh[index] = order
        rows = sorted((*o.key, o.id, o.order.revision, o.command.content_hash) for o in fresh.values())
        ours = orders.claim_keys(unit, rows)
        for index, order in list(fresh.items()):
            if order.key not in ours:
                outcomes[index] = AGAIN
                del fresh[index]
        return fresh

    def _open_confirmations(self, unit: Unit, new: dict[int, NewOrder], outcomes: list[Outcome]) -> None:
        """Find the reservations that orders name; an order that names that of one before it comes again."""
        naming = {index: order for index, order in new.items() if order.names_reservation}
        if not naming:
            return
        again = confirming.open_confirmations(unit, self._engine, naming)
        orders.give_up_keys(unit, [new[index].key for index in again])
        for index in again:
            outcomes[index] = AGAIN
            del new[index]

    # -- where it comes from -------------------------------------------------------------------------------------

    def _prepare(self, unit: Unit, new: dict[int, NewOrder], attempts: Sequence[int]) -> None:
        engine, session = self._engine, unit.session
        stubborn = {d.item_id for i, o in new.items() if attempts[i] >= _LOCK_FIRST_AFTER for d in o.demand}
        if stubborn:
            engine.lock_items(session, stubborn)
        items = {d.item_id for order in new.values() for d in order.demand}
        giving = [order.confirmation for order in new.values() if order.confirmation is not None]
        if giving:
            items.update(*(confirmation.item_ids for confirmation in giving))
            engine.directory.load_items_by_id(session, items)
        later = {order.promise.begin_day for order in new.values() if order.promise is not None} - {None}
        engine.planner.sight.prepare(session, {order.at for order in new.values()}, sorted(items), later)

    def _route(self, unit: Unit, new: NewOrder) -> None:
        planner, confirmation = self._engine.planner, new.confirmation
        if confirmation is not None:
            confirmation.begin(unit, self._engine)
        own = None if confirmation is None else confirmation.own
        new.routed += decided(planner, new, own)
        if confirmation is not None:
            confirmation.close(unit, self._engine, new.id)

    # -- what is written -----------------------------------------------------------------------------------------

    def _write(self, unit: Unit, kept: Sequence[NewOrder], taken: Taken) -> list[CapturedOrder]:
        if not kept:
            return []
        wanted = [(o.channel.id, o.order.customer.external_id) for o in kept if o.order.customer.external_id]
        parties = vault.known(unit.session, wanted)
        rows = recording.Rows(unit, self._engine.directory)
        answers = [rows.add(order, parties) for order in kept]
        rows.write()
        promised.ordered(unit, [(o.promise.id, o.id) for o in kept if o.promise is not None])
        self._engine.keep_derived(unit)
        if any(order.confirmation is not None for order in kept):
            confirming.write(unit, self._engine, kept, taken)
            return answers
        claims = [c for o in kept for r in o.routed for c in r.taken]
        chain = ledger.Chain(taken.heads)
        ledger.allocated(unit, [(c.id, c.item_id, c.location_id, c.quantity) for c in claims], chain)
        return answers


def decided(planner: Planner, new: NewOrder, own: OwnUnits | None = None) -> list[Routed]:
    """Decide an order's deliveries one after the other, what comes out on different days apart; debits the picture."""
    found: list[Routed] = []
    for no, delivery in enumerate(new.order.deliveries, 1):
        demand = new.demand if len(new.order.deliveries) == 1 else [d for d in new.demand if d.delivery_no == no]
        terms = new.terms[no - 1]
        for begin, part in by_launch(planner.directory, demand, new.at):
            due = utc_day(begin or new.at) + terms.days if delivery.by is None else utc_day(instant(delivery.by))
            where = Destination(delivery.destination.country, new.places[no - 1][1], due, delivery.method)
            where = where._replace(service=delivery.service_level, priority=new.order.priority)
            if new.promise is not None:
                where = promised.destination(where, new.promise)
            where = where._replace(
                begin=later_of(begin, new.promise and new.promise.begin_day, new.at),
                handed_over_at=handed_over_at(planner.directory, delivery.method, delivery.location),
            )
            found += route(planner, no, part, where, terms.routes, new.at, new.channel, own=own)
    return found


def check(engine: Engine, unit: Unit, command: CaptureOrder | ReviseOrder) -> NewOrder:
    """Return the order with its demand, if it can be taken in; raises what refuses it."""
    directory, order = engine.directory, command.order
    channel = directory.channel(order.channel)
    at = unit.now if not isinstance(command, CaptureOrder) or command.at is None else command.at
    faults = rules.faults(order, channel.channel.currency, at)
    if faults:
        raise OrderRefused(f"{len(faults)} contradictions; the first: {faults[0].message}", tuple(faults))
    new = NewOrder(command, channel, unit.ids.one(), at)
    unknown: list[FieldError] = []
    for index, line in enumerate(order.lines):
        facts = directory.item(line.sku)
        if facts is None:
            text = f"There is no item with the SKU '{line.sku}'."
            unknown.append(FieldError(f"/lines/{index}/sku", "unknown_item", text))
            continue
        new.item_ids.append(facts.id)
        explode(directory, new.demand, index + 1, facts, line)
    if unknown:
        raise UnknownItem(f"{len(unknown)} lines name items that do not exist; {unknown[0].message}", tuple(unknown))
    new.places = [place_of_delivery(directory, n, delivery) for n, delivery in enumerate(order.deliveries)]
    new.terms = [_terms(directory, new, no) for no in range(1, len(order.deliveries) + 1)]
    return new


def _terms(directory: Directory, new: NewOrder, no: int) -> DeliveryTerms:
    """Return by which rules a delivery is decided; what conditions ask is that of the delivery as it came in."""
    order, delivery, channel = new.order, new.order.deliveries[no - 1], new.channel.channel

    def facts(asked: frozenset[str]) -> Facts:
        known = {
            "channel": channel.code,
            "service": delivery.service_level,
            "method": delivery.method,
            "country": delivery.destination.country,
            "area": new.places[no - 1][0],
            "priority": order.priority,
            "at": new.at,
            "tag": order.tags,
            "known_customer": order.customer.external_id is not None,
            "gift": delivery.gift,
            "value": sum(line_total(line) for line in order.lines if line.delivery == no),
        }
        return facts_of(asked, [d for d in new.demand if d.delivery_no == no], directory.item_by_id, known)

    return terms_of(directory, channel, delivery.method, delivery.service_level, facts)


def explode(directory: Directory, demand: list[NewDemand], line_no: int, facts: ItemFacts, line: LineIn) -> None:
    """Add a line's demand: the item itself, or the parts of a bundle."""
    quantity, value = line.quantity * line.unit_factor, line.unit_price.amount
    parts = ((facts, 1),) if not facts.components else directory.parts(facts)
    units = sum([count for _, count in parts])
    for part, count in parts:
        number = len(demand) + 1
        each = (part.id, quantity * count, part.weight_g, part.requires, value // units)
        more = (line.together, count if facts.components else 0)
        demand.append(NewDemand(number, line_no, line.delivery, *each, (), *more))


def place_of_delivery(directory: Directory, index: int, delivery: DeliveryIn) -> tuple[str, Any]:
    """Return where a delivery goes: to its address, or to the location where it is collected; raises OrderRefused."""
    if delivery.location is None:
        return place_of_address(delivery.destination)
    place = directory.place(delivery.location)
    at = f"/deliveries/{index}"
    if place is None or "collect" not in place.location.capabilities:
        text = f"Nothing can be collected at '{delivery.location}'."
        raise OrderRefused(text, (FieldError(f"{at}/location", "no_pick_up_point", text),))
    address = place.location.address
    if address.country != delivery.destination.country:
        text = f"'{delivery.location}' is in {address.country}, not in {delivery.destination.country}."
        raise OrderRefused(text, (FieldError(f"{at}/destination/country", "country_differs", text),))
    return area_of(address.country, address.postal_code) if address.postal_code else "", place.point


def place_of_address(address: AddressIn) -> tuple[str, Any]:
    """Return an address's coarse area and its point on the sphere (None when unknown)."""
    area = area_of(address.country, address.postal_code) if address.postal_code else ""
    if address.latitude is not None and address.longitude is not None:
        return area, xyz(address.latitude, address.longitude)
    return area, locate(address.country, area) if area else None


def _again(order: NewOrder, known: orders.KnownKey) -> Outcome:
    """Answer an external id that was captured before: the same, an older or newer revision, or another content."""
    command, revision = order.command, order.order.revision
    if known.content_hash == command.content_hash or revision < known.revision:
        return CapturedOrder(order_id=known.order_id, replayed=True)
    if revision > known.revision:
        return Instead(
            ReviseOrder(
                actor=command.actor,
                request=command.request,
                order_id=known.order_id,
                order=command.order,
                content_hash=command.content_hash,
            )
        )
    return OrderContentDiffers(
        f"The order '{order.order.external_id}' of channel '{order.order.channel}' was captured with another content.",
        order_id=known.order_id,
    )
