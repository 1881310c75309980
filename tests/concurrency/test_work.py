"""Locations, customers, counts and the watch all at once, on one program or two: one winner, and everything adds up."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from crossdock.fulfillment.reasons import REASONS
from crossdock.fulfillment.work_rules import WorkRules
from crossdock.kernel.errors import CrossdockError
from crossdock.orchestration import commands as c
from crossdock.orchestration.work import commands as w
from crossdock.orchestration.work.errors import OfferGone
from tests.support.world import World, order

STORES = ("DC", "STORE", "S2", "S3", "S4", "S5")
ITEMS = ("MUG", "PEN")


@pytest.fixture
def worlds(database_url: str) -> Iterator[list[World]]:
    """One program on SQLite, two on PostgreSQL; afterwards everything adds up."""
    with ExitStack() as stack:
        first = stack.enter_context(World(database_url))
        first.standard(*STORES, items=ITEMS)
        for store in STORES:
            for sku in ITEMS:
                first.receive(sku, store, 40)
        more = [] if database_url.startswith("sqlite") else [stack.enter_context(World(database_url, upgrade=False))]
        yield [first, *more]
        first.clock.at += 10_000_000
        report = first.verify()
        assert report.clean, [finding.message for finding in report.findings[:5]]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment; what each returned or raised."""
    outcomes: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(n: int) -> None:
        start.wait()
        try:
            outcomes[n] = works[n]()
        except CrossdockError as refusal:
            outcomes[n] = refusal

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_many_stores_that_claim_one_job_at_once_exactly_one_has_it(worlds: list[World]):
    first = worlds[0]
    for number in range(8):
        id_ = first.capture(f"A{number}", ("MUG", 1)).order_id
        ((fulfillment,),) = first.rows("SELECT id FROM fulfillments WHERE order_id = ?", id_)
        offer = first.work(w.OfferJob, fulfillment, locations=STORES).offer_id

        claims = [w.ClaimOffer(actor=first.actor, offer_id=offer, location=store) for store in STORES]
        outcomes = at_once(
            *[partial(worlds[n % len(worlds)].app.submit_now, command) for n, command in enumerate(claims)]
        )
        won = [store for store, outcome in zip(STORES, outcomes, strict=True) if isinstance(outcome, w.WorkDone)]
        assert len(won) == 1
        assert sum(isinstance(outcome, OfferGone) for outcome in outcomes) == len(STORES) - 1
        assert first.plan(id_) == {won[0]: {"MUG": 1}}
    rows = first.rows("SELECT state, count(*) FROM fulfillment_offers GROUP BY state")
    assert rows == [(2, 8)]


def test_a_store_rejects_while_the_customer_cancels_while_somebody_routes_again(worlds: list[World]):
    first = worlds[0]
    for number in range(10):
        id_ = first.capture(f"A{number}", ("MUG", 2), ("PEN", 1)).order_id
        ((fulfillment,),) = first.rows("SELECT id FROM fulfillments WHERE order_id = ?", id_)
        first.work(w.Release, fulfillment)
        reason = list(REASONS)[number % len(REASONS)]
        here, there = worlds[0], worlds[-1]
        at_once(
            partial(here.app.submit_now, w.Reject(actor=here.actor, fulfillment_id=fulfillment, reason=reason)),
            partial(there.app.submit_now, c.CancelUnits(actor=there.actor, order_id=id_)),
            partial(here.app.submit_now, c.RouteAgain(actor=here.actor, order_id=id_)),
            partial(there.app.submit_now, w.Start(actor=there.actor, fulfillment_id=fulfillment)),
        )
        parts = first.parts(id_)
        assert sum(parts.values()) == 3


def busy(world: World, name: str, steps: int, faults: list[BaseException]) -> None:
    """Do whatever people do, at random; refusals are part of the day."""
    chance = random.Random(name)
    actor, submit = world.actor, world.app.submit_now

    def someone(states: str) -> tuple[int, int] | None:
        found = world.rows(f"SELECT id, order_id FROM fulfillments WHERE execution IN ({states}) ORDER BY id")
        return (found[chance.randrange(len(found))][0], found[chance.randrange(len(found))][1]) if found else None

    for step in range(steps):
        what = chance.randrange(12)
        try:
            if what < 3:
                wanted = [(sku, chance.randint(1, 3)) for sku in ITEMS]
                submit(world.capturing(order(f"{name}-{step}", *wanted)))
                continue
            target = someone("1" if what < 6 else "2, 3, 4")
            if target is None:
                continue
            id_, order_id = target
            commands: list[Any] = [
                w.Release(actor=actor, fulfillment_id=id_),
                w.Assign(actor=actor, fulfillment_id=id_, location=chance.choice(STORES), reason="because"),
                c.CancelUnits(actor=actor, order_id=order_id),
                w.Start(actor=actor, fulfillment_id=id_),
                w.Pick(actor=actor, fulfillment_id=id_),
                w.Restock(actor=actor, fulfillment_id=id_),
                w.Reject(actor=actor, fulfillment_id=id_, reason=chance.choice(list(REASONS))),
                w.ZeroStock(actor=actor, sku=chance.choice(ITEMS), location=chance.choice(STORES)),
                c.RouteAgain(actor=actor, order_id=order_id),
            ]
            submit(commands[what - 3])
        except CrossdockError:
            continue
        except Exception as fault:  # noqa: BLE001  (told to the test)
            faults.append(fault)


def test_a_day_in_which_everything_happens_at_once_adds_up(worlds: list[World]):
    worlds[0].do(w.PutWorkRules(actor=worlds[0].actor, rules=WorkRules(accept_minutes=1, exclude_hours=1)))
    faults: list[BaseException] = []
    threads = [threading.Thread(target=busy, args=(worlds[n % len(worlds)], f"P{n}", 40, faults)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert worlds[0].rows("SELECT count(*) FROM movements WHERE cause_kind = 6")[0][0] > 0
