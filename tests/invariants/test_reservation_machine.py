"""Carts, orders, time and facts in any order: the ledger adds up, and no cart in its time loses a unit to anybody."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crossdock.inventory.reservations import State
from crossdock.kernel.errors import CrossdockError, Internal
from crossdock.orchestration import commands as c
from crossdock.orchestration.reservations import commands as r
from tests.support.reserving import document, lines, named, pick_up_at, reserving
from tests.support.world import World, order

PLACES = ("DC", "STORE", "SHOP")
SKUS = ("MUG", "PEN")
WANTED = st.lists(st.tuples(st.sampled_from((*SKUS, "SET")), st.integers(1, 4)), min_size=1, max_size=3)
HELD = "SELECT CAST(coalesce(sum(quantity), 0) AS bigint) FROM claims WHERE kind = 1 AND state = 1 AND owner_id = ?"


class Carts(RuleBasedStateMachine):
    """Commands and facts over the real App on SQLite; what each cart held before a step is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="crossdock-carts-"))
        self.world = World(f"sqlite:///{self.folder}/crossdock.db")
        self.carts: list[int] = []
        self.orders: list[int] = []
        self.sent = 0
        self.before: dict[int, int] = {}
        self.may_lose: set[int] | None = set()

    @initialize(limited=st.booleans(), hidden=st.integers(0, 1))
    def open(self, limited: bool, hidden: int) -> None:
        self.world.standard(*PLACES, items=SKUS)
        self.world.channel("app")
        self.world.bundle("SET", {"MUG": 2, "PEN": 1})
        self.world.put_location("SHOP", 2, capabilities=("ship", "collect", "ambient"))
        if limited:
            self.world.put_location("DC", 0, daily_capacity=2)
        if hidden:
            self.world.view(buffers=[{"units": hidden}])

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    def attempt(self, command: c.Command, *may_lose: int) -> Any:
        """Have it done, or refused for a reason; only these carts may hold less after it."""
        self.may_lose = set(may_lose)
        try:
            return self.world.do(command)
        except Internal:
            raise
        except CrossdockError:
            self.may_lose = set()
            return None

    @rule(wanted=WANTED, partial=st.booleans(), shop=st.booleans(), seconds=st.sampled_from((60, 900)))
    def reserve(self, wanted, partial, shop, seconds) -> None:
        more = {"delivery": pick_up_at("SHOP")} if shop else {}
        asked = document(*wanted, partial=partial, duration_seconds=seconds, **more)
        done = self.attempt(reserving(self.world, asked))
        if done is not None:
            self.carts.append(done.reservation_id)

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), seconds=st.sampled_from((60, 900)))
    def extend(self, data, seconds) -> None:
        self.attempt(r.ExtendReservation(actor=self.world.actor, reservation_id=self.cart(data), seconds=seconds))

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), wanted=WANTED, partial=st.booleans())
    def change(self, data, wanted, partial) -> None:
        cart, asked = self.cart(data), lines(*wanted)
        command = r.ChangeReservation(actor=self.world.actor, reservation_id=cart, lines=asked, partial=partial)
        self.attempt(command, cart)

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), place=st.sampled_from(PLACES))
    def move(self, data, place) -> None:
        self.attempt(r.MoveReservation(actor=self.world.actor, reservation_id=self.cart(data), location=place))

    @precondition(lambda self: self.carts)
    @rule(data=st.data())
    def release(self, data) -> None:
        cart = self.cart(data)
        self.attempt(r.ReleaseReservation(actor=self.world.actor, reservation_id=cart), cart)

    @precondition(lambda self: self.carts)
    @rule(data=st.data(), wanted=WANTED, channel=st.sampled_from(("web", "web", "app")))
    def confirm(self, data, wanted, channel) -> None:
        self.sent += 1
        cart = self.cart(data)
        sent = order(f"A{self.sent}", *wanted, channel=channel, reservation_id=named(cart))
        self.orders.append(self.attempt(self.world.capturing(sent), *([cart] if channel == "web" else [])).order_id)

    @rule(wanted=st.lists(WANTED, min_size=1, max_size=4))
    def capture_together(self, wanted) -> None:
        self.may_lose = set()
        tickets = []
        for each in wanted:
            self.sent += 1
            tickets.append(self.world.app.writer.submit(self.world.capturing(order(f"A{self.sent}", *each))))
        self.orders += [ticket.result().order_id for ticket in tickets]

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data) -> None:
        id_ = data.draw(st.sampled_from(self.orders))
        self.attempt(c.CancelUnits(actor=self.world.actor, order_id=id_))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def route(self, data) -> None:
        self.attempt(c.RouteAgain(actor=self.world.actor, order_id=data.draw(st.sampled_from(self.orders))))

    @rule(
        kind=st.sampled_from(("received", "received", "sold", "adjusted", "counted")),
        sku=st.sampled_from(SKUS),
        place=st.sampled_from(PLACES),
        units=st.integers(0, 8),
    )
    def fact(self, kind, sku, place, units) -> None:
        self.may_lose = None  # facts are recorded whatever they do
        quantity = -units if kind == "adjusted" else units
        (outcome,) = self.world.record(self.world.fact(kind, sku, place, quantity))
        assert outcome.result == "recorded"

    @rule(seconds=st.integers(1, 600))
    def time_passes(self, seconds) -> None:
        self.may_lose = set()
        self.world.clock.forward(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        sql = "SELECT id FROM reservations WHERE state = 1 AND expires_at <= ?"
        over = {row[0] for row in self.world.rows(sql, self.world.clock.at + 1_000_000)}
        done = self.attempt(r.ExpireReservations(actor=self.world.actor), *over)
        assert done.expired == len(over)

    @rule()
    def start_again(self) -> None:
        self.may_lose = set()
        self.world.restart()

    def cart(self, data) -> int:
        return int(data.draw(st.sampled_from(self.carts)))

    @invariant()
    def no_cart_loses_a_unit_to_anybody_else(self) -> None:
        now = {cart: int(self.world.rows(HELD, cart)[0][0]) for cart in self.carts}
        if self.may_lose is not None:
            for cart, units in self.before.items():
                assert now[cart] >= units or cart in self.may_lose, f"cart {cart} had {units}, has {now[cart]}"
        self.before = now

    @invariant()
    def what_is_reserved_is_held_by_open_carts(self) -> None:
        self.world.assert_sound()
        reserved = self.world.rows("SELECT CAST(coalesce(sum(reserved), 0) AS bigint) FROM positions")[0][0]
        held = "SELECT CAST(coalesce(sum(held), 0) AS bigint) FROM reservations WHERE state = ?"
        assert self.world.rows(held, int(State.OPEN)) == [(reserved,)]

    @invariant()
    def nothing_is_promised_that_is_not_there(self) -> None:
        sql = "SELECT 1 FROM positions WHERE reserved + allocated > CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"
        assert not self.world.rows(sql)


TestCarts = Carts.TestCase
TestCarts.settings = settings(
    settings.default, max_examples=40, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
)
