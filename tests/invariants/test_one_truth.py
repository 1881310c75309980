"""Feeds, views, shares, supply, carts, promises and orders in any order: one true picture of stock.

Whatever is done: no channel gets more than its view and its shares allow, no cart or promise in its time loses a unit
to anybody, what can be promised is what the definition says, each shelf is what a naive count of all that was told
says, and at the end everything adds up.
"""

import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crossdock.kernel.clock import day_text, instant, utc_day
from crossdock.kernel.errors import CrossdockError, Internal
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import commands as c
from crossdock.orchestration.availability.questions import Ask
from crossdock.orchestration.reservations import commands as r
from crossdock.promising.documents import PromiseIn, PromiseLineIn, PromisePlaceIn
from tests.support.joint import CHANNELS, SKUS, Retailer, Shop, retailers, views, wanted_of
from tests.support.postgres import PostgresServer
from tests.support.promises import promise_for, take_promise
from tests.support.reserving import document, lines, named, order_pick_up_at, pick_up_at, reserving
from tests.support.world import LONDON, World, order

WANTED = st.lists(st.tuples(st.sampled_from((*SKUS, "SET")), st.integers(1, 3)), min_size=1, max_size=2)
CHANNEL = st.sampled_from(CHANNELS)
SKU = st.sampled_from(SKUS)
SECONDS = st.sampled_from((60, 900))
UNITS = st.integers(0, 12)
KINDS = st.sampled_from(("received", "received", "sold", "damaged", "counted", "counted"))


class OneTruth(RuleBasedStateMachine):
    """Everything that changes or looks at stock, over the real application."""

    def __init__(self, url: str | None = None, give_back: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="crossdock-truth-"))
        self.world = World(url or f"sqlite:///{self.folder}/crossdock.db")
        self.give_back = give_back
        self.carts: dict[int, str] = {}
        self.promised: dict[int, tuple[Any, tuple[tuple[str, int], ...], str]] = {}
        self.orders: list[int] = []
        self.lines: list[tuple[str, str, str]] = []
        self.sent = 0
        self.looks = count()

    @initialize(drawn=retailers(), stock=st.lists(UNITS, min_size=8, max_size=8))
    def open(self, drawn: Retailer, stock) -> None:
        self.shop = Shop(self.world, drawn)
        for n, units in enumerate(stock):
            self.shop.happen("received", SKUS[n % 2], self.place(n // 2), units)
        self.shop.tell(range(len(stock)))

    def teardown(self) -> None:
        try:
            self.world.assert_sound()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)
            if self.give_back is not None:
                self.give_back()

    def place(self, number: int) -> str:
        return self.shop.places[number % len(self.shop.places)]

    def attempt(self, command: c.Command, *may_lose: int) -> Any:
        """Have it done, or refused for a reason; only these carts may hold less after it."""
        with self.shop.step(*may_lose):
            try:
                return self.world.do(command)
            except Internal:
                raise
            except CrossdockError:
                return None

    def name(self) -> str:
        self.sent += 1
        return f"A{self.sent}"

    def cart(self, data) -> int:
        return int(data.draw(st.sampled_from(sorted(self.carts))))

    # -- feeds and supply --------------------------------------------------------------------------------------------

    @rule(kind=KINDS, sku=SKU, place=st.integers(0, 3), units=UNITS, at_once=st.booleans())
    def happen(self, kind, sku, place, units, at_once) -> None:
        self.shop.happen(kind, sku, self.place(place), units)
        if at_once:
            self.shop.tell([len(self.shop.happened) - 1])

    @precondition(lambda self: self.shop.happened)
    @rule(data=st.data())
    def tell(self, data) -> None:
        """Late, twice, in any order; most often what nobody has told yet."""
        anything = st.integers(0, len(self.shop.happened) - 1)
        fresh = [n for n in range(len(self.shop.happened)) if n not in self.shop.told]
        self.shop.tell(data.draw(st.lists(st.sampled_from(fresh) | anything if fresh else anything, max_size=5)))

    @rule(sku=SKU, place=st.integers(0, 3), units=st.integers(1, 9), days=st.integers(0, 9))
    def announce(self, sku, place, units, days) -> None:
        reference, code = f"PO-{len(self.lines)}", self.place(place)
        with self.shop.step(facts=True):
            on = day_text(utc_day(self.world.clock.at) + days)
            self.world.announce(reference, sku, code, units, on)
        self.lines.append((reference, sku, code))

    @precondition(lambda self: self.lines)
    @rule(data=st.data(), units=st.integers(0, 9))
    def arrive(self, data, units) -> None:
        self.shop.arrive(data.draw(st.sampled_from(self.lines)), units)

    # -- carts -------------------------------------------------------------------------------------------------------

    @rule(channel=CHANNEL, wanted=WANTED, partial=st.booleans(), collect=st.booleans(), seconds=SECONDS)
    def reserve(self, channel, wanted, partial, collect, seconds) -> None:
        more = {"delivery": pick_up_at("STORE")} if collect else {}
        asked = document(*wanted, channel=channel, partial=partial, duration_seconds=seconds, **more)
        free = {sku: self.shop.may_take(channel, sku) for sku in SKUS}
        done = self.attempt(reserving(self.world, asked))
        if done is not None:
            self.carts[done.reservation_id] = channel
            for sku, units in self.shop.held(done.reservation_id).items():
                assert units <= free[sku], f"{channel} held {units} {sku}, {free[sku]} were open to it"

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), seconds=SECONDS)
    def extend(self, data, seconds) -> None:
        self.attempt(r.ExtendReservation(actor=self.world.actor, reservation_id=self.cart(data), seconds=seconds))

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), wanted=WANTED, partial=st.booleans())
    def change(self, data, wanted, partial) -> None:
        cart = self.cart(data)
        self.promised.pop(cart, None)
        command = r.ChangeReservation(
            actor=self.world.actor, reservation_id=cart, lines=lines(*wanted), partial=partial
        )
        self.attempt(command, cart)

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), place=st.integers(0, 3))
    def move(self, data, place) -> None:
        cart = self.cart(data)
        self.promised.pop(cart, None)
        self.attempt(r.MoveReservation(actor=self.world.actor, reservation_id=cart, location=self.place(place)))

    @precondition(lambda self: self.carts and self.lines)
    @rule(data=st.data())
    def move_to_supply(self, data) -> None:
        cart = self.cart(data)
        self.promised.pop(cart, None)
        name = data.draw(st.sampled_from(self.lines))[0]
        line = self.world.rows("SELECT id FROM supply_lines WHERE reference = ?", name)[0][0]
        self.attempt(r.MoveReservation(actor=self.world.actor, reservation_id=cart, supply_line_id=line))

    @precondition(lambda self: self.carts)
    @rule(data=st.data())
    def release(self, data) -> None:
        cart = self.cart(data)
        self.attempt(r.ReleaseReservation(actor=self.world.actor, reservation_id=cart), cart)

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), wanted=WANTED)
    def confirm(self, data, wanted) -> None:
        cart = self.cart(data)
        own, channel = self.shop.held(cart), self.carts[cart]
        free = {sku: self.shop.may_take(channel, sku) + own.get(sku, 0) for sku in SKUS}
        sent = order(self.name(), *wanted, channel=channel, reservation_id=named(cart))
        self.ordered(self.attempt(self.world.capturing(sent), cart), free)

    @rule()
    def sweep(self) -> None:
        sql = "SELECT id FROM reservations WHERE state = 1 AND expires_at <= ?"
        over = {row[0] for row in self.world.rows(sql, self.world.clock.at + 1_000_000)}
        assert self.attempt(r.ExpireReservations(actor=self.world.actor), *over).expired == len(over)

    # -- orders ------------------------------------------------------------------------------------------------------

    def ordered(self, captured: c.CapturedOrder, free: dict[str, int]) -> None:
        self.orders.append(captured.order_id)
        for sku, units in self.shop.allocated(captured.order_id).items():
            assert units <= free[sku], f"{units} {sku} were sold, {free[sku]} were open to the channel"

    @rule(channel=CHANNEL, wanted=WANTED, collect=st.booleans())
    def capture(self, channel, wanted, collect) -> None:
        free = {sku: self.shop.may_take(channel, sku) for sku in SKUS}
        deliveries = order_pick_up_at("STORE") if collect else (LONDON,)
        sent = order(self.name(), *wanted, channel=channel, deliveries=deliveries)
        done = self.attempt(self.world.capturing(sent))
        if done is not None:
            self.ordered(done, free)

    @rule(wanted=st.lists(st.tuples(CHANNEL, WANTED), min_size=2, max_size=4))
    def capture_together(self, wanted) -> None:
        with self.shop.step():
            sent = [order(self.name(), *each, channel=channel) for channel, each in wanted]
            tickets = [self.world.app.writer.submit(self.world.capturing(each)) for each in sent]
            self.orders += [ticket.result().order_id for ticket in tickets]

    @precondition(lambda self: not self.shop.limited)
    @rule(channel=CHANNEL, sku=SKU)
    def order_all_that_can_be_had(self, channel, sku) -> None:
        """What is said to be available can be had to the last unit; and, where nobody waits, not one more."""
        (told,) = self.shop.answers(Ask(sku, channel))[0].told
        sent = order(self.name(), (sku, told.total + 1), channel=channel)
        free = self.shop.may_take(channel, sku)
        captured = self.attempt(self.world.capturing(sent))
        self.ordered(captured, {sku: free})
        assert self.shop.allocated(captured.order_id).get(sku, 0) >= told.total

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data) -> None:
        self.attempt(c.CancelUnits(actor=self.world.actor, order_id=data.draw(st.sampled_from(self.orders))))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def route(self, data) -> None:
        self.attempt(c.RouteAgain(actor=self.world.actor, order_id=data.draw(st.sampled_from(self.orders))))

    # -- promises ----------------------------------------------------------------------------------------------------

    @rule(channel=CHANNEL, wanted=WANTED)
    def promise(self, channel, wanted) -> None:
        """A promise with a reservation, for a checkout."""
        asked = PromiseIn(
            channel=channel,
            lines=tuple(PromiseLineIn(sku, units, 1_000) for sku, units in wanted),
            destination=PromisePlaceIn("GB", "EC1A 1BB"),
            methods=("ship",),
            reserve=True,
        )
        with self.shop.step():
            offers = promise_for(self.world, asked).data
        for offer in offers:
            if offer.reservation_id is not None:
                cart = decode_id("rsv", offer.reservation_id)
                self.carts[cart] = channel
                self.promised[cart] = offer, tuple(wanted), channel

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def order_what_was_promised(self, data) -> None:
        """In its time, and if no fact has taken its units, a promise with a reservation is kept to the day."""
        cart = data.draw(st.sampled_from(sorted(self.promised)))
        offer, wanted, channel = self.promised.pop(cart)
        open_ = self.world.rows("SELECT 1 FROM reservations WHERE id = ? AND state = 1", cart)
        in_time = self.world.clock.at < instant(offer.expires_at)
        with self.shop.step(cart):
            captured = take_promise(self.world, offer, self.name(), *wanted, channel=channel)
        self.orders.append(captured.order_id)
        if not open_ or not in_time or cart in self.shop.hurt:
            return
        assert self.shop.allocated(captured.order_id) == wanted_of(*wanted)
        if not self.shop.limited:
            sql = "SELECT max(deliver_day) FROM fulfillments WHERE order_id = ?"
            assert day_text(self.world.rows(sql, captured.order_id)[0][0]) <= offer.date

    # -- the rest ----------------------------------------------------------------------------------------------------

    @rule(channel=CHANNEL, view=st.none() | views)
    def change_a_view(self, channel, view) -> None:
        with self.shop.step():
            self.shop.look_through(channel, view)

    @rule(seconds=st.integers(1, 600))
    def time_passes(self, seconds) -> None:
        self.world.clock.forward(seconds=seconds)

    @rule()
    def start_again(self) -> None:
        self.world.restart()
        self.world.app.atp.start()

    @invariant()
    def each_shelf_is_what_a_naive_count_says(self) -> None:
        self.shop.judge_shelves()

    @invariant()
    def what_can_be_promised_is_what_the_definition_says(self) -> None:
        """Asked by one channel after the other, of one item after the other, now and by a day."""
        turn = next(self.looks)
        day = utc_day(self.world.clock.at) + turn % 10 if turn % 4 == 0 else None
        self.shop.judge_availability(CHANNELS[turn % 3], SKUS[turn // 3 % 2], day)


ONCE = settings(
    settings.default, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.timeout(300)
def test_one_true_picture_of_stock():
    run_state_machine_as_test(OneTruth, settings=settings(ONCE, max_examples=120))


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_one_true_picture_of_stock_on_postgresql(postgres_server: PostgresServer):
    run_state_machine_as_test(cast(Any, lambda: on(postgres_server)), settings=settings(ONCE, max_examples=8))


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_one_true_picture_of_stock_for_long():
    more = settings(ONCE, max_examples=2_000, derandomize=False, stateful_step_count=60)
    run_state_machine_as_test(OneTruth, settings=more)


@pytest.mark.postgres
@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_one_true_picture_of_stock_on_postgresql_for_long(postgres_server: PostgresServer):
    more = settings(ONCE, max_examples=300, derandomize=False, stateful_step_count=60)
    run_state_machine_as_test(cast(Any, lambda: on(postgres_server)), settings=more)


def on(server: PostgresServer) -> OneTruth:
    """Return the machine over a database of its own."""
    url = server.create_database()
    return OneTruth(url, lambda: server.drop_database(url))
