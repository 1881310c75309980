"""Two writers over one database bind, receive, cancel and announce at once: nothing is promised twice."""

from __future__ import annotations

import random
from concurrent.futures import Future
from itertools import groupby
from typing import Any

import pytest

from crossdock.orchestration.commands import CancelUnits, ServeWaiting
from crossdock.orchestration.errors import NothingToCancel, OrderNotFound
from crossdock.orchestration.supply.commands import PutSupply, ReceiveSupply
from tests.support.world import World, order

SKUS = ("MUG", "PEN", "LAMP")
DAYS = ("2026-11-10", "2026-11-17", "2026-11-24")
LIMIT = 60


def ask(world: World, rng: random.Random, number: int, known: list[int]) -> Future[Any]:
    """One of the things that happen at a retailer who sells what is coming."""
    sku, dice = rng.choice(SKUS), rng.random()
    submit = world.app.writer.submit
    if dice < 0.55:
        name, units = f"{world.app.ids.worker}-{number}", rng.randint(1, 3)
        document = order(name, (sku, units), priority=rng.choice((0, 0, 0, 5)))
        return submit(world.capturing(document))
    if dice < 0.75:
        line = world.supply_line(
            f"PO-{rng.randint(1, 6)}", sku, "DC", rng.randint(1, 25), rng.choice(DAYS),
            line=sku, canceled=rng.random() < 0.1,
        )  # fmt: skip
        return submit(PutSupply(actor=world.actor, lines=(line,)))
    if dice < 0.9:
        receipt = world.receipt(f"PO-{rng.randint(1, 6)}", rng.randint(1, 6), line=sku, final=rng.random() < 0.1)
        return submit(ReceiveSupply(actor=world.actor, receipts=(receipt,)))
    return submit(CancelUnits(actor=world.actor, order_id=rng.choice(known) if known else 1))


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_writers_never_promise_a_unit_twice(postgresql_url: str) -> None:
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.items(*SKUS, backorder_limit=LIMIT)
        with World(postgresql_url, upgrade=False) as other:
            rng = random.Random(7)
            known: list[int] = []
            for number in range(12):
                asked = [ask(world, rng, number * 100 + n, known) for n in range(30) for world in (one, other)]
                answers = [future.exception() or future.result() for future in asked]
                known += [answer.order_id for answer in answers if hasattr(answer, "order_id")]
                refused = [answer for answer in answers if isinstance(answer, BaseException)]
                assert not [each for each in refused if not isinstance(each, NothingToCancel | OrderNotFound)]
            one.do(ServeWaiting(actor=one.actor))
            one.assert_sound()
            other.app.submit_now(ServeWaiting(actor=other.actor))
            other.assert_sound()
        prove(one)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_happens_in_whatever_order_the_first_in_line_have_the_first_dates(sqlite_url: str, seed: int) -> None:
    with World(sqlite_url) as world:
        world.standard("DC", "STORE")
        world.items(*SKUS, backorder_limit=LIMIT)
        rng = random.Random(seed)
        known: list[int] = []
        for number in range(150):
            world.clock.forward(seconds=1)
            future = ask(world, rng, number, known)
            if future.exception() is None and hasattr(future.result(), "order_id"):
                known.append(future.result().order_id)
        # Without anybody beside it, nothing is left for the look from time to time.
        prove(world)
        world.assert_sound()


def prove(world: World) -> None:
    """No line is promised beyond what is to come, no limit is broken, and the first in line have the first dates."""
    assert world.rows("SELECT count(*) FROM claims WHERE source = 1 AND state = 1")[0][0] > 0
    assert not world.rows("SELECT 1 FROM supply_lines WHERE claimed > 0 AND claimed > quantity - received")
    assert not world.rows("SELECT 1 FROM waiting_limits WHERE used > allowed")
    limited = world.rows("SELECT max(used) FROM waiting_limits WHERE channel_id = 0")[0][0]
    assert 0 < limited <= LIMIT
    # The day of each unit in the order in which they are served: it never falls, and those without one come last.
    sql = """
        SELECT q.item_id, q.order_id, q.demand_no, q.quantity, s.expected_day, c.quantity
        FROM queue_entries q LEFT JOIN claims c
          ON c.owner_id = q.order_id AND c.owner_no = q.demand_no AND c.source = 1 AND c.state = 1
        LEFT JOIN supply_lines s ON s.id = c.supply_line_id
        WHERE q.closed_at IS NULL AND q.queue = 'backorder'
        ORDER BY q.item_id, q.priority DESC, q.since, q.order_id, q.demand_no, s.expected_day
    """
    never, last = 999_999, dict.fromkeys((row[0] for row in world.rows(sql)), 0)
    for (item, _, _, wanted), rows in groupby(world.rows(sql), key=lambda row: row[:4]):
        days = [(day, units) for *_, day, units in rows if units is not None]
        missing = wanted - sum(units for _, units in days)
        reached = [day for day, _ in days] + [never] * (missing > 0)
        assert reached[0] >= last[item]
        last[item] = reached[-1]
