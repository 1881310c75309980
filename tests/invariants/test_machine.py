"""Whatever is done in whatever order: the ledger adds up, the picture is the database, nothing is sold twice."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crossdock.kernel.clock import HOUR
from crossdock.kernel.errors import CrossdockError, Internal
from crossdock.orchestration import commands as c
from crossdock.orders.model import AddressIn
from tests.support.world import World, line, order

PLACES = ("DC", "STORE", "SHOP")
SKUS = ("MUG", "PEN")
FAR = AddressIn(country="GB", postal_code="BT1 5GS")
NOWHERE = AddressIn(country="DE")
NEAR = AddressIn(country="GB", postal_code="EC1A 1BB")
WANTED = st.lists(st.tuples(st.sampled_from((*SKUS, "SET")), st.integers(1, 5)), min_size=1, max_size=3)
WHERE = st.sampled_from((NEAR, NEAR, FAR, NOWHERE))


class Retailer(RuleBasedStateMachine):
    """Commands and facts in any order, over the real App on SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="crossdock-machine-"))
        self.world = World(f"sqlite:///{self.folder}/crossdock.db")
        self.orders: list[int] = []
        self.sent = self.revision = 0

    @initialize(limited=st.booleans(), leftover=st.sampled_from(("backorder", "backorder", "ship_available", "cancel")))
    def open(self, limited: bool, leftover: str) -> None:
        self.world.standard(*PLACES, items=SKUS, leftover=leftover)
        self.world.bundle("SET", {"MUG": 2, "PEN": 1})
        if limited:
            self.world.put_location("DC", 0, daily_capacity=2)

    def teardown(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    def attempt(self, command: c.Command) -> None:
        """Have it done, or refused for a reason; never a fault."""
        try:
            self.world.do(command)
        except Internal:
            raise
        except CrossdockError:
            pass

    @rule(wanted=WANTED, priority=st.integers(0, 1), where=WHERE)
    def capture(self, wanted, priority, where) -> None:
        self.sent += 1
        document = order(f"A{self.sent}", *wanted, priority=priority, deliveries=(where,))
        self.orders.append(self.world.take(document).order_id)

    @rule(wanted=st.lists(WANTED, min_size=2, max_size=6))
    def capture_together(self, wanted) -> None:
        tickets = []
        for lines in wanted:
            self.sent += 1
            tickets.append(self.world.app.writer.submit(self.world.capturing(order(f"A{self.sent}", *lines))))
        self.orders += [ticket.result().order_id for ticket in tickets]

    @rule(one=st.integers(1, 3), other=st.integers(1, 3), where=WHERE)
    def capture_for_two(self, one, other, where) -> None:
        self.sent += 1
        lines = (line("MUG", one), line("MUG", other, delivery=2))
        document = order(f"A{self.sent}", deliveries=(NEAR, where), lines=lines)
        self.orders.append(self.world.take(document).order_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), wanted=WANTED, where=WHERE)
    def revise(self, data, wanted, where) -> None:
        number = data.draw(st.integers(1, self.sent))
        self.revision += 1
        sent = order(f"A{number}", *wanted, deliveries=(where,), revision=self.revision)
        self.attempt(self.world.capturing(sent))

    @rule(
        kind=st.sampled_from(("received", "received", "sold", "adjusted", "counted")),
        sku=st.sampled_from(SKUS),
        place=st.sampled_from(PLACES),
        units=st.integers(0, 8),
        sign=st.sampled_from((1, -1)),
        late=st.integers(0, 3),
    )
    def fact(self, kind, sku, place, units, sign, late) -> None:
        quantity = sign * units if kind == "adjusted" else units
        at = self.world.clock.at - late * HOUR
        (outcome,) = self.world.record(self.world.fact(kind, sku, place, quantity, at=at))
        assert outcome.result == "recorded"

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data) -> None:
        lines = data.draw(st.none() | st.dictionaries(st.integers(1, 3), st.integers(1, 3), min_size=1))
        self.attempt(c.CancelUnits(actor=self.world.actor, order_id=self.some(data), lines=lines))

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def route(self, data) -> None:
        self.attempt(c.RouteAgain(actor=self.world.actor, order_id=self.some(data)))

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), where=WHERE)
    def elsewhere(self, data, where) -> None:
        command = c.AmendAddress(actor=self.world.actor, order_id=self.some(data), delivery_no=1, destination=where)
        self.attempt(command)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def hold(self, data) -> None:
        id_ = self.some(data)
        self.attempt(c.PlaceHold(actor=self.world.actor, order_id=id_, reason="fraud"))

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours) -> None:
        self.world.clock.forward(hours=hours)

    @rule()
    def start_again(self) -> None:
        self.world.restart()

    def some(self, data) -> int:
        return int(data.draw(st.sampled_from(self.orders)))

    @invariant()
    def everything_adds_up(self) -> None:
        self.world.assert_sound()

    @invariant()
    def nothing_is_promised_that_is_not_there(self) -> None:
        sql = "SELECT 1 FROM positions WHERE reserved + allocated > CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"
        # What a fact took away is back on the road in the same transaction: nobody holds what is not there.
        assert not self.world.rows(sql)


TestRetailer = Retailer.TestCase
TestRetailer.settings = settings(
    settings.default, max_examples=60, stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow]
)
