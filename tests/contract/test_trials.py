"""Past orders decided again under a draft: nothing changes, and the figures are exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from crossdock.kernel.clock import DAY, MINUTE
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.kernel.money import Money
from crossdock.orchestration import TrialView, TriedOrder, cancel_job, checked, try_past
from crossdock.orchestration.errors import NothingToTry, OrderNotFound
from crossdock.orchestration.trials import cases
from crossdock.orchestration.trials.results import results_file
from crossdock.routing.policy.compile import from_rules
from crossdock.routing.policy.conditions import Contains, Number, OneOf, Yes
from crossdock.routing.policy.document import Route, RoutingPolicy
from crossdock.routing.policy.times import During
from tests.support.trying import asked, differences, resume, run
from tests.support.world import World, standard_policy

# The prices of the tests (world.CARD): a parcel of one mug (400 g) costs
#   from DC, in London:        3.50 + 0.4 kg x 0.20 = 3.58, a day on the road
#   from STORE, Birmingham:    4.50 + 0.4 kg x 0.30 = 4.62, two days
NEAR, FAR = 358, 462
NEARER = FAR - NEAR
OF_ITS_OWN = ("jobs", "events", "stock_log")
"""What a trial writes: its job, `job.finished`, and the log's mark of a batch that changed no stock."""


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def three_orders_that_the_fence_sends_to_the_store(world: World) -> list[int]:
    world.policy(excluded=("DC",))
    for place in ("DC", "STORE"):
        world.receive("MUG", place, 5)
    return [world.capture(f"A{n}", ("MUG", 1)).order_id for n in range(3)]


def test_a_fence_that_falls_away_brings_the_orders_back_to_the_nearest_location(world: World, tmp_path: Path):
    orders = three_orders_that_the_fence_sends_to_the_store(world)

    trial = run(world, asked(world, standard_policy()), tmp_path)

    assert trial.state == "succeeded"
    assert trial.progress == 100
    found = trial.result
    assert found is not None
    assert (found.orders, found.decisions, found.moved, found.changed) == (3, 3, 3, 3)
    assert (found.was.spend, found.would.spend) == (gbp(3 * FAR), gbp(3 * NEAR))
    assert (found.was.parcels, found.would.parcels) == (3, 3)
    assert (found.was.days, found.would.days) == (6, 3)
    assert (found.was.unfilled, found.would.unfilled) == (0, 0)
    assert found.was.carbon_g > found.would.carbon_g
    listed = differences(world, trial)
    assert {decode_id("ord", each.order_id) for each in listed} == set(orders)
    assert [[place.location for place in each.was.locations] for each in listed] == [["STORE"]] * 3
    assert [[place.location for place in each.would.locations] for each in listed] == [["DC"]] * 3
    assert {each.would.spend for each in listed} == {gbp(NEAR)}


def test_the_price_of_a_fence_is_what_its_orders_cost_more_with_it(world: World, tmp_path: Path):
    three_orders_that_the_fence_sends_to_the_store(world)

    # the rules as they are: nothing would change, but each rule has its price
    trial = run(world, asked(world, standard_policy(excluded=("DC",))), tmp_path)

    assert trial.result is not None
    assert trial.result.changed == 0
    fence, lateness, parcel = trial.result.rules
    assert (fence.rule, fence.says) == ("/routes/0/excluded/0", "DC never ships")
    assert (fence.decisions, fence.spend, fence.days, fence.parcels) == (3, gbp(3 * NEARER), 3, 0)
    assert (fence.unfilled, fence.late_days) == (0, 0)
    assert fence.carbon_g > 0
    assert (lateness.rule, lateness.decisions, lateness.spend) == ("/routes/0/lateness_per_day", 0, gbp(0))
    assert (parcel.rule, parcel.decisions, parcel.spend) == ("/routes/0/extra_parcel", 0, gbp(0))


def test_the_price_of_never_splitting_is_money_and_days_for_fewer_parcels(world: World, tmp_path: Path):
    # 10 kg each. Apart: twice 3.50 + 10 x 0.20 = 5.50 from London. Together: 5.50 + 20 x 0.40 = 13.50 from far away.
    world.items("ANVIL", "VICE", weight_g=10_000)
    world.put_location("LONDON-2", 0)
    world.put_location("EDINBURGH", 3)
    world.policy(split="never", extra_parcel=0, lateness_per_day=0)
    for sku, places in (("ANVIL", ("DC", "EDINBURGH")), ("VICE", ("LONDON-2", "EDINBURGH"))):
        for place in places:
            world.receive(sku, place, 9)
    world.capture("A1", ("ANVIL", 1), ("VICE", 1))
    world.capture("A2", ("ANVIL", 1))

    policy = standard_policy(split="never", extra_parcel=0, lateness_per_day=0)
    trial = run(world, asked(world, policy), tmp_path)

    assert trial.result is not None
    (rule,) = trial.result.rules
    assert rule.says == "an order is never split"
    assert (rule.decisions, rule.spend, rule.parcels, rule.days) == (1, gbp(1_350 - 1_100), -1, 2)


def test_a_trial_changes_no_row_but_its_job(world: World, tmp_path: Path):
    three_orders_that_the_fence_sends_to_the_store(world)
    request = asked(world, standard_policy())
    before = world.dump(*OF_ITS_OWN)

    trial = run(world, request, tmp_path)

    assert trial.state == "succeeded"
    assert world.dump(*OF_ITS_OWN) == before
    assert world.events()[-1] == "job.finished"


def test_each_order_is_decided_under_what_was_known_then(world: World, tmp_path: Path):
    world.policy(excluded=("DC",))
    world.receive("MUG", "STORE", 5)
    world.capture("A1", ("MUG", 1))  # DC was empty then, whatever a draft allows
    world.receive("MUG", "DC", 5)
    world.capture("A2", ("MUG", 1))

    trial = run(world, asked(world, standard_policy()), tmp_path)

    assert trial.result is not None
    assert (trial.result.decisions, trial.result.moved) == (2, 1)


def test_what_cannot_be_decided_again_is_counted_and_said(world: World, tmp_path: Path):
    three_orders_that_the_fence_sends_to_the_store(world)
    world.capture("A4", ("MUG", 1))
    (spoiled, body), (other, _), *_ = world.rows("SELECT id, record FROM decisions ORDER BY id")
    network = world.rows("SELECT hash FROM versions WHERE kind = 'network' ORDER BY created_at DESC, hash")
    world.change("UPDATE decisions SET record = ? WHERE id = ?", b"\xc1 no record", spoiled)
    world.change("UPDATE decisions SET cause = 'supply' WHERE id = ?", other)

    trial = run(world, asked(world, standard_policy()), tmp_path)
    world.change("UPDATE versions SET hash = 'gone' || hash WHERE kind = 'network'")
    without_network = run(world, asked(world, standard_policy()), tmp_path)

    assert trial.result is not None
    missed = trial.result.not_decided
    assert (trial.result.orders, trial.result.decisions, trial.result.later) == (4, 2, 1)
    assert (missed.orders, missed.unreadable, missed.no_network, missed.refused) == (1, 1, 0, 0)
    assert without_network.state == "succeeded"
    assert without_network.result is not None
    assert (without_network.result.decisions, without_network.result.not_decided.no_network) == (0, 2)

    for (digest,) in network:
        world.change("UPDATE versions SET hash = ? WHERE hash = ?", digest, "gone" + digest)
    world.change("UPDATE decisions SET record = ? WHERE id = ?", bytes(body), spoiled)
    world.change("UPDATE decisions SET cause = 'capture' WHERE id = ?", other)


def test_only_the_orders_of_the_period_and_the_newest_of_them(world: World, tmp_path: Path):
    world.receive("MUG", "DC", 9)
    for n in range(5):
        world.capture(f"A{n}", ("MUG", 1), at=world.clock.at)
        world.clock.forward(days=1)
    middle = world.clock.at - 3 * DAY - MINUTE

    since = run(world, asked(world, standard_policy(), since=middle), tmp_path)
    newest = run(world, asked(world, standard_policy(), orders=2), tmp_path)

    assert since.result is not None
    assert newest.result is not None
    assert (since.result.orders, newest.result.orders) == (3, 2)
    assert newest.total == 2


def test_a_policy_that_decides_no_order_is_not_tried(world: World):
    with pytest.raises(NothingToTry):
        asked(world, standard_policy())  # nothing was ordered yet


def many_orders(world: World, monkeypatch: pytest.MonkeyPatch, count: int = 40) -> None:
    monkeypatch.setattr(cases, "CHUNK", 1)
    world.policy(excluded=("DC",))
    for place in ("DC", "STORE"):
        world.receive("MUG", place, count)
    for n in range(count):
        world.capture(f"A{n}", ("MUG", 1))


def test_a_trial_is_canceled_between_two_chunks_and_what_it_found_stays(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    many_orders(world, monkeypatch)
    canceled: list[str] = []

    def cancel_when_under_way(view: TrialView) -> bool:
        if view.done >= 2 and not canceled:
            canceled.append(view.id)
            world.app.submit_now(cancel_job(decode_id("job", view.id), "key:test"))
        return False

    trial = run(world, asked(world, standard_policy()), tmp_path, until=cancel_when_under_way)

    assert trial.state == "canceled"
    assert trial.result is not None
    assert 2 <= trial.result.orders < 40
    assert len(differences(world, trial)) == trial.result.moved == trial.result.orders


def test_a_trial_that_broke_off_goes_on_behind_its_last_chunk(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    many_orders(world, monkeypatch)
    begun = run(world, asked(world, standard_policy()), tmp_path, until=lambda view: view.done >= 4)
    path = results_file(tmp_path, decode_id("job", begun.id))
    with path.open("ab") as file:
        file.write(b"[[1,2],[3")  # it broke off in the middle of a line

    world.restart()
    world.clock.forward(minutes=6)  # whoever ran it is gone
    world.app.data_dir = tmp_path
    trial = resume(world, begun)

    assert trial.state == "succeeded"
    assert trial.result is not None
    assert (trial.result.orders, trial.result.moved) == (40, 40)
    listed = [each.order_id for each in differences(world, trial)]
    assert len(set(listed)) == len(listed) == 40


def test_many_orders_are_decided_in_a_process_of_their_own(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("crossdock.orchestration.trials.runner.SMALL", 1)
    three_orders_that_the_fence_sends_to_the_store(world)

    trial = run(world, asked(world, standard_policy()), tmp_path)

    assert trial.state == "succeeded"
    assert trial.result is not None
    assert (trial.result.moved, trial.result.would.spend) == (3, gbp(3 * NEAR))


def test_the_biggest_difference_comes_first(world: World, tmp_path: Path):
    world.policy(excluded=("DC",))
    for place in ("DC", "STORE"):
        world.receive("MUG", place, 50)
    world.capture("SMALL", ("MUG", 1))
    big = world.capture("BIG", ("MUG", 20))  # 8 kg: 10 pence a kilogram more

    trial = run(world, asked(world, standard_policy()), tmp_path)

    for sort in ("money", "parcels", "days", "unfilled"):
        assert len(differences(world, trial, sort)) == 2
    assert differences(world, trial)[0].order_id == encode_id("ord", big.order_id)


# -- documents with several routes -------------------------------------------------------------------------------------


def document(*routes: Route, **changes: Any) -> RoutingPolicy:
    plain = from_rules("standard", standard_policy(extra_parcel=0, lateness_per_day=0))
    return replace(plain, routes=routes, **changes)


def test_what_one_route_leaves_over_is_decided_by_the_next(world: World, tmp_path: Path):
    world.receive("MUG", "DC", 1)
    world.receive("MUG", "STORE", 9)
    world.capture("A1", ("MUG", 3))  # 1 from DC, 2 from STORE, or all from STORE: all from STORE is cheaper
    only_dc = Route(name="dc", excluded=("STORE",), leftover="next_route")

    trial = run(world, asked(world, document(only_dc, Route(name="rest", excluded=("DC",)))), tmp_path)

    (found,) = differences(world, trial)
    assert [(place.location, place.units) for place in found.was.locations] == [("STORE", 3)]
    assert [(place.location, place.units) for place in found.would.locations] == [("DC", 1), ("STORE", 2)]
    assert found.would.routes == ("dc", "rest")
    # 3.58 from DC, and 4.50 + 0.8 kg x 0.30 = 4.74 from STORE, for 4.50 + 1.2 kg x 0.30 = 4.86 from STORE alone
    assert (found.would.spend, found.was.spend) == (gbp(358 + 474), gbp(486))
    assert trial.result is not None
    prices = {rule.rule: rule for rule in trial.result.rules}
    assert prices["/routes/0"].says == "the route 'dc'"
    assert (prices["/routes/0"].decisions, prices["/routes/0"].spend) == (1, gbp(358 + 474 - 486))
    assert prices["/routes/0"].parcels == 1


@pytest.mark.parametrize(
    ("condition", "nearer"),
    [
        (OneOf(fact="channel", values=("web",)), ("A1", "A2")),
        (OneOf(fact="country", values=("FR",)), ()),
        (Number(fact="units", at_least=2), ("A2",)),
        (Number(fact="value", at_least=2_000), ("A2",)),
        (Number(fact="weight_g", at_most=500), ("A1",)),
        (Contains(fact="sku", any=("PEN",)), ("A2",)),
        (Contains(fact="tag", any=("vip",)), ("A1",)),
        (Yes(fact="known_customer"), ()),
        (During(days=("tue",)), ()),
    ],
)
def test_a_route_is_tried_for_the_orders_for_which_its_condition_holds(
    world: World, tmp_path: Path, condition: Any, nearer: tuple[str, ...]
):
    world.policy(excluded=("DC",))
    for sku in ("MUG", "PEN"):
        for place in ("DC", "STORE"):
            world.receive(sku, place, 5)
    world.capture("A1", ("MUG", 1), tags=("vip",))
    world.capture("A2", ("MUG", 1), ("PEN", 1))

    draft = document(Route(name="near", when=condition), Route(name="rest", excluded=("DC",)))
    trial = run(world, asked(world, draft, price_rules=False), tmp_path)

    names = dict(world.rows("SELECT id, external_id FROM orders"))
    assert {names[decode_id("ord", each.order_id)] for each in differences(world, trial)} == set(nearer)


def test_under_a_draft_of_which_no_route_holds_nothing_is_sent(world: World, tmp_path: Path):
    world.receive("MUG", "DC", 5)
    world.capture("A1", ("MUG", 2))

    draft = document(Route(name="abroad", when=OneOf(fact="country", values=("FR",))))
    trial = run(world, asked(world, draft), tmp_path)

    (found,) = differences(world, trial, "unfilled")
    assert (found.would.unfilled, found.would.units, found.would.days) == (2, 0, None)
    assert trial.result is not None
    assert (trial.result.would.unfilled, trial.result.would.sent, trial.result.was.sent) == (2, 0, 0)


# -- one order ----------------------------------------------------------------------------------------------------


def try_one(world: World, order_id: int, draft: RoutingPolicy) -> TriedOrder:
    return world.read(lambda session: try_past(session, order_id, checked(draft)))


def test_a_past_order_is_tried_with_its_trace_next_to_what_was_decided(world: World):
    world.receive("MUG", "DC", 1)
    world.receive("MUG", "STORE", 9)
    order_id = world.capture("A1", ("MUG", 3)).order_id
    before = world.dump()
    abroad = Route(name="abroad", when=OneOf(fact="country", values=("FR",)))
    first = Route(name="dc", excluded=("STORE",), leftover="next_route")

    tried = try_one(world, order_id, document(abroad, first, Route(name="rest"), Route(name="never reached")))

    (delivery,) = tried.deliveries
    assert (delivery.basis, delivery.problem, delivery.same) == ("record", "", False)
    assert delivery.was is not None
    assert delivery.would is not None
    assert [(place.location, place.units) for place in delivery.was.locations] == [("STORE", 3)]
    assert [(place.location, place.units) for place in delivery.would.locations] == [("DC", 1), ("STORE", 2)]
    assert [(r.route, r.held, r.asked, r.left) for r in delivery.routes] == [
        ("abroad", False, None, None),
        ("dc", True, 3, 2),
        ("rest", True, 2, 0),
        ("never reached", True, None, None),
    ]
    assert "country" in delivery.routes[0].why
    assert [one.route for one in delivery.decisions] == ["dc", "rest"]
    assert [bill.location for bill in delivery.decisions[1].plan.locations] == ["STORE"]
    assert delivery.decisions[0].explanation.words
    assert [decision.explanation is not None for decision in delivery.decisions_then] == [True]
    assert world.dump() == before


def test_what_cannot_be_tried_says_why(world: World):
    world.receive("MUG", "DC", 5)
    order_id = world.capture("A1", ("MUG", 1)).order_id
    body = bytes(world.rows("SELECT record FROM decisions")[0][0])
    world.change("UPDATE decisions SET record = ?", b"\xc1")
    (delivery,) = try_one(world, order_id, document(Route(name="all"))).deliveries
    world.change("UPDATE decisions SET record = ?", body)
    assert delivery.problem == "The record of its decision cannot be read."
    with pytest.raises(OrderNotFound):
        try_one(world, 1, document(Route(name="all")))
