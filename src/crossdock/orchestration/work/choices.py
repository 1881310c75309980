"""What becomes of a pick-up that cannot be had as planned: the customer's options, each decided as it would be done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from crossdock.customers import vault
from crossdock.events.catalog import OrderCanceled
from crossdock.events.work import OrderChoiceMade
from crossdock.fulfillment import store as fulfillments
from crossdock.kernel.errors import FieldError
from crossdock.kernel.ids import encode_id
from crossdock.kernel.money import Money
from crossdock.network.store import StoredLocation
from crossdock.orchestration.commands import OrderChanged
from crossdock.orchestration.errors import OrderNotFound, VersionMismatch
from crossdock.orchestration.loading import HeldClaim, LoadedOrder
from crossdock.orchestration.orders.capture import place_of_address
from crossdock.orchestration.terms import pick_up_point
from crossdock.orchestration.trying import found, try_route
from crossdock.orchestration.work.bench import Bench, WorkHandler
from crossdock.orchestration.work.commands import Choice, ChoicesFound, Choose, DeliveryChoices, PreviewChoices
from crossdock.orchestration.work.errors import NothingToChoose
from crossdock.orchestration.work.manual import side
from crossdock.orchestration.work.rerouting import CHOICE
from crossdock.orders import store as orders
from crossdock.orders.model import AddressIn
from crossdock.orders.status import ALLOCATED, CANCELED, LOST, WAITING
from crossdock.orders.store import DeliveryRow
from crossdock.storage.unit import Unit

NEAR = 3
"""So many other stores are offered, the nearest that have everything."""
_LOOKED_AT = 12
_address = msgspec.json.Decoder(AddressIn).decode


class Question(NamedTuple):
    """What a customer is asked: units of a delivery's demand, and what else of these demands would go with them."""

    delivery: DeliveryRow
    waiting: dict[int, int]
    """Units that wait for the answer, by demand number."""
    whole: dict[int, int]
    """All units of these demands that can still move; empty when some are picked already: a demand moves as a whole."""
    back: tuple[tuple[HeldClaim, int], ...]
    reasons: tuple[str, ...]


class Way(NamedTuple):
    """A delivery as it would be, with its price and day."""

    choice: Choice
    delivery: DeliveryRow
    place: StoredLocation | None


class ChoicesHandler(WorkHandler):
    """Does PreviewChoices; nothing is written."""

    def do(self, unit: Unit, command: PreviewChoices) -> ChoicesFound:
        bench, order = _open(unit, self, command.order_id)
        asked = questions(order)
        answers = tuple(
            DeliveryChoices(
                delivery=each.delivery.no,
                units=sum(each.waiting.values()),
                reasons=each.reasons,
                choices=(*[way.choice for way in ways(bench, order, each)], *_plain(order, each)),
            )
            for each in asked
        )
        return ChoicesFound(order_id=order.row.id, deliveries=answers)


class ChooseHandler(WorkHandler):
    """Does Choose."""

    def do(self, unit: Unit, command: Choose) -> OrderChanged:
        bench, order = _open(unit, self, command.order_id)
        if command.version is not None and command.version != order.row.version:
            raise VersionMismatch(f"The order is at version {order.row.version}, the request names {command.version}.")
        asked = next((each for each in questions(order) if each.delivery.no == command.delivery_no), None)
        if asked is None:
            raise NothingToChoose(f"No customer is asked about delivery {command.delivery_no} of this order.")
        actor = command.actor.name
        units = sum(asked.waiting.values())
        if command.option == "cancel":
            _cancel(bench, order, asked, command)
        elif command.option == "wait":
            _wait(bench, order, asked, actor)
        else:
            units = _move(bench, order, asked, command)
        order_id = encode_id("ord", order.row.id)
        event = OrderChoiceMade(
            order_id=order_id,
            delivery=command.delivery_no,
            option=command.option,
            units=units,
            location=command.location,
            note=command.note,
        )
        bench.changes.tell(order, event, order_id, actor)
        version = bench.write()[order.row.id]
        changed = {"option": command.option, "units": units, "delivery": command.delivery_no}
        return OrderChanged(order_id=order.row.id, version=version, changed=changed)


def _open(unit: Unit, handler: WorkHandler, order_id: int) -> tuple[Bench, LoadedOrder]:
    bench = Bench(unit, handler.engine, [order_id])
    order = bench.loaded.get(order_id)
    if order is None:
        raise OrderNotFound(f"There is no order {encode_id('ord', order_id)}.")
    return bench, order


def questions(order: LoadedOrder) -> list[Question]:
    """Return what the customer of an order is asked, by delivery."""
    found_: list[Question] = []
    for delivery in sorted(order.deliveries.values(), key=lambda d: d.no):
        waiting: dict[int, int] = {}
        reasons: list[str] = []
        for entry in order.waiting:
            if entry.queue == CHOICE and entry.quantity and order.demand[entry.demand_no].delivery_no == delivery.no:
                waiting[entry.demand_no] = waiting.get(entry.demand_no, 0) + entry.quantity
                reasons.append(entry.reason)
        if not waiting:
            continue
        whole = {no: order.demand[no].parts[WAITING] + order.demand[no].parts[ALLOCATED] for no in waiting}
        back = tuple((c, c.quantity) for c in order.planned_claims(delivery.no) if c.demand_no in waiting)
        if any(_live(order, no) != n for no, n in whole.items()):
            whole, back = {}, ()
        found_.append(Question(delivery, waiting, whole, back, tuple(dict.fromkeys(reasons))))
    return found_


def _live(order: LoadedOrder, no: int) -> int:
    parts = order.demand[no].parts
    return sum(parts) - parts[CANCELED] - parts[LOST]


def ways(bench: Bench, order: LoadedOrder, asked: Question) -> Iterator[Way]:
    """Give the ways in which all of the units could be had: shipped, then at the nearest other stores."""
    if not asked.whole:
        return
    address = vault.addresses_of(bench.unit.session, order.row.id).get(asked.delivery.no)
    if address is not None:
        home = _address(address)
        area, point = place_of_address(home)
        to_home = asked.delivery._replace(method="ship", country=home.country, area=area, point=point, location=None)
        way = _try(bench, order, asked, "ship", to_home, None)
        if way is not None:
            yield way
    made = 0
    for place in _near(bench, asked):
        country, where = pick_up_point(place)
        there = asked.delivery._replace(country=country, point=where, location=place.location.code)
        way = _try(bench, order, asked, "pickup", there, place)
        if way is not None:
            yield way
            made += 1
        if made == NEAR:
            return


def _try(
    bench: Bench,
    order: LoadedOrder,
    asked: Question,
    option: str,
    delivery: DeliveryRow,
    place: StoredLocation | None,
) -> Way | None:
    """Decide the units as if the delivery were another one; None when not all of them can be had so."""
    number, before = asked.delivery.no, order.deliveries[asked.delivery.no]
    order.deliveries[number] = delivery
    try:
        decided = try_route(bench.changes, order, number, asked.whole, asked.back)
    finally:
        order.deliveries[number] = before
    seen = side(bench, order, decided)
    if seen is None or found(decided) != asked.whole:
        return None
    code, name = ("", "") if place is None else (place.location.code, place.location.name)
    choice = Choice(
        option=option, location=code, name=name, units=seen.units, cost=seen.cost, deliver_on=seen.deliver_on,
        amount=None,
    )  # fmt: skip
    return Way(choice, delivery, place)


def _near(bench: Bench, asked: Question) -> Sequence[StoredLocation]:
    """Return other stores at which one can collect, the nearest to the first one first."""
    directory, here = bench.engine.directory, asked.delivery.point
    places = [
        directory.locations[site.id]
        for site in directory.network.sites
        if "collect" in site.capabilities and site.country == asked.delivery.country
    ]
    others = [p for p in places if p.point != here and p.id not in directory.paused]
    x, y, z = here or (0, 0, 0)

    def away(place: StoredLocation) -> tuple[int, int, int]:
        a, b, c = place.point
        return (a - x) ** 2 + (b - y) ** 2 + (c - z) ** 2, place.location.rank, place.id

    return sorted(others, key=away)[:_LOOKED_AT]


def _plain(order: LoadedOrder, asked: Question) -> Iterator[Choice]:
    """Give the options that need no decision: to wait for it there, or to have the money back."""
    units = sum(asked.waiting.values())
    yield Choice(option="wait", location="", name="", units=units, cost=None, deliver_on="", amount=None)
    amount = sum(order.unit_values.get(line, 0) * n for line, n in _lines(order, asked.waiting).items())
    money = Money(amount, order.row.currency)
    yield Choice(option="cancel", location="", name="", units=units, cost=None, deliver_on="", amount=money)


def _lines(order: LoadedOrder, waiting: dict[int, int]) -> dict[int, int]:
    """Return how many ordered units of each line units of demand are; of a bundle as many as its parts reach."""
    lines: dict[int, int] = {}
    for no, n in waiting.items():
        demand = order.demand[no]
        per_line = order.line_quantities[demand.line_no]
        lines[demand.line_no] = max(lines.get(demand.line_no, 0), n * per_line // demand.quantity)
    return lines


# -- done -------------------------------------------------------------------------------------------------------------


def _cancel(bench: Bench, order: LoadedOrder, asked: Question, command: Choose) -> None:
    actor = command.actor.name
    lines = {str(line): n for line, n in _lines(order, asked.waiting).items()}
    for no, n in asked.waiting.items():
        bench.changes.take_out(order, no, CHOICE, "canceled", actor)
        bench.changes.cancel_waiting(order, no, n, "canceled", actor)
    complete = all(_live(order, no) == 0 for no in order.demand)
    order_id = encode_id("ord", order.row.id)
    event = OrderCanceled(
        order_id=order_id, lines=lines, units=sum(asked.waiting.values()), complete=complete,
        reason=command.note or "customer_choice",
    )  # fmt: skip
    bench.changes.tell(order, event, order_id, actor)


def _wait(bench: Bench, order: LoadedOrder, asked: Question, actor: str) -> None:
    """Let the units wait for the store that the customer wants: that it once said no holds no more."""
    fulfillments.forgive(bench.unit, order.row.id, list(asked.waiting))
    order.rejections = [r for r in order.rejections if r.demand_no not in asked.waiting]
    for no in asked.waiting:
        bench.changes.take_out(order, no, CHOICE, "choice", actor)
    bench.changes.route(order, asked.delivery.no, asked.waiting, "choice", actor)


def _move(bench: Bench, order: LoadedOrder, asked: Question, command: Choose) -> int:
    """Have the units shipped or collected elsewhere; refuses what could not be had in full."""
    wanted = (command.option, command.location)
    way = next((w for w in ways(bench, order, asked) if (w.choice.option, w.choice.location) == wanted), None)
    if way is None:
        text = "All of the units cannot be had so; GET /v1/orders/{id}/choices says how they can."
        raise NothingToChoose(text, (FieldError("/option", "not_offered", text),))
    changes, actor, number = bench.changes, command.actor.name, asked.delivery.no
    for claim, n in asked.back:
        changes.unclaim(order, claim.id, n, "choice", actor)
    for no in asked.whole:
        changes.take_out(order, no, CHOICE, "choice", actor)
    others = [d.no for d in order.demand.values() if d.delivery_no == number and d.no not in asked.whole]
    if any(_live(order, no) for no in others):
        number = max(order.deliveries) + 1
        orders.copy_delivery(bench.unit, order.row.id, asked.delivery.no, number)
        orders.move_demand(bench.unit, order.row.id, list(asked.whole), number)
        for no in asked.whole:
            order.demand[no] = order.demand[no]._replace(delivery_no=number)
    order.deliveries[number] = way.delivery._replace(no=number)
    orders.redirect_delivery(bench.unit, order.deliveries[number])
    changes.route(order, number, asked.whole, "choice", actor)
    return sum(asked.whole.values())
