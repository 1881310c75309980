"""Whatever channels, views, shares and facts do in whatever order: commands never take more than a channel may have."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.inventory.share_model import ShareGroup
from crossdock.kernel.errors import CrossdockError
from crossdock.orchestration.views.commands import PutShareGroups
from crossdock.orchestration.views.share_queries import shares_of
from tests.support.world import World

CHANNELS = ("web", "shop", "market")
PLACES = ("DC", "STORE")
POOLS = [{"code": "store", "locations": {"codes": ["STORE"]}}]
AMOUNT = st.one_of(
    st.builds(lambda n: {"units": n}, st.integers(0, 12)),
    st.builds(lambda n: {"percent": n}, st.integers(0, 70)),
)
GROUP = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(["restrict", "regular", "reserve"]),
        "amounts": st.lists(
            st.builds(lambda a, p: {**a, "pool": p}, AMOUNT, st.sampled_from(["network", "store"])), max_size=2
        ),
        "pools": st.just(POOLS),
    }
)
VIEW = st.fixed_dictionaries(
    {},
    optional={
        "buffers": st.just([{"units": 1, "locations": {"codes": ["STORE"]}}]),
        "exclusions": st.sampled_from([[], [{"locations": {"codes": ["DC"]}}]]),
        "safety_stock": st.just([{"units": 2}]),
    },
)


def standing(world: World) -> tuple[dict[tuple[str, str], int], dict[tuple[str, ...], int], dict[str, int]]:
    """What is left of each counter; what is not covered of each set of locations; and what of all is free."""
    shares = world.read(lambda session: shares_of(session, ["MUG"]))[0]
    left = {(counter.group, counter.pool): counter.left for counter in shares.counters}
    uncovered = {pool.pools: pool.uncovered for pool in shares.pools}
    return left, uncovered, {name: pool.free for pool in shares.pools for name in pool.pools}


@pytest.mark.timeout(300)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shop=GROUP, market=GROUP, top=GROUP, child=st.booleans(), view=VIEW, seed=st.integers(0, 10**6))
def test_no_sequence_of_commands_and_facts_takes_what_another_is_kept(
    tmp_path_factory: pytest.TempPathFactory,
    shop: dict[str, Any],
    market: dict[str, Any],
    top: dict[str, Any],
    child: bool,
    view: dict[str, Any],
    seed: int,
):
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("shares")
    with World(f"sqlite:///{folder}/w.db") as world:
        world.standard(*PLACES)
        for channel in CHANNELS[1:]:
            world.channel(channel)
        world.view("narrow", channel="shop", **view)
        groups = [
            {"code": "top", **top},
            {"code": "shop", "channels": ["shop"], "parent": "top" if child else None, **shop},
            {"code": "market", "channels": ["market"], **market},
        ]
        for place in PLACES:
            world.receive("MUG", place, chance.randint(0, 15))
        world.do(PutShareGroups(actor=world.actor, groups=tuple(msgspec.convert(g, ShareGroup) for g in groups)))
        orders: list[int] = []
        for step in range(14):
            one_step(world, chance, step, orders)
            world.assert_sound()
        for order_id in orders:
            world.cancel(order_id) if world.parts(order_id).get("canceled", 0) == 0 else None
        rest = world.rows("SELECT CAST(coalesce(sum(used), 0) AS bigint) FROM shares")
        still = world.rows("SELECT CAST(coalesce(sum(quantity), 0) AS bigint) FROM claims WHERE state = 1")
        assert rest == [(0,)] or still != [(0,)]
        world.assert_sound()


def one_step(world: World, chance: random.Random, step: int, orders: list[int]) -> None:
    """Do one thing; a capture leaves the shares of others as they were, and as well covered."""
    what = chance.choice(["capture", "capture", "capture", "cancel", "route", "count", "receive"])
    place = chance.choice(PLACES)
    try:
        if what == "capture":
            channel = chance.choice(CHANNELS)
            left, uncovered, free = standing(world)
            before = claimable(world)
            captured = world.capture(f"A{step}", ("MUG", chance.randint(1, 8)), channel=channel)
            orders.append(captured.order_id)
            left_now, uncovered_now, _ = standing(world)
            for (group, pool), units in left.items():
                assert group in (channel, "top") or left_now[group, pool] == units, "another's share is as it was"
            assert all(uncovered_now[pools] <= units for pools, units in uncovered.items())
            if channel == "web" and "network" in free:
                assert before - claimable(world) <= free["network"]
        elif what == "cancel" and orders:
            world.cancel(chance.choice(orders))
        elif what == "route" and orders:
            world.route(chance.choice(orders))
        elif what == "count":
            world.count("MUG", place, chance.randint(0, 15))
        else:
            world.receive("MUG", place, chance.randint(1, 6))
    except CrossdockError:
        pass  # nothing left to cancel, or to route


def claimable(world: World) -> int:
    sql = "SELECT CAST(coalesce(sum(on_hand + short - reserved - allocated), 0) AS bigint) FROM positions"
    return int(world.rows(sql)[0][0])
