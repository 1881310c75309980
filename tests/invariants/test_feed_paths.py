"""Rows that go by column do what they do one after the other, and both do what a naive count does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.kernel.clock import MINUTE
from tests.support.feeds import go_one_by_one, put_feed, row, tell, words
from tests.support.world import World

SKUS, PLACES = ("MUG", "PEN"), ("DC", "STORE")
KINDS = ("counted", "received", "sold", "damaged", "adjusted")

told = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(SKUS),
    st.sampled_from(PLACES),
    st.integers(0, 6),
    st.integers(0, 40),  # minutes ago
    st.integers(0, 12),  # the record's name: some are told twice
)
parts = st.tuples(st.just("tell"), st.lists(told, min_size=1, max_size=8))
orders = st.tuples(st.just("order"), st.sampled_from(SKUS), st.integers(1, 4))
basis = st.sampled_from(["physical", "physical", "shelf", "available"])


def play(folder: Path, name: str, source_basis: str, story: list[Any], *, by_column: bool) -> dict[str, Any]:
    with World(f"sqlite:///{folder}/{name}.db") as world:
        world.standard("DC", "STORE")
        put_feed(world, basis=source_basis)
        if not by_column:
            go_one_by_one(world)
        results = []
        for number, (what, *how) in enumerate(story):
            world.clock.forward(minutes=3)
            if what == "order":
                sku, quantity = how
                world.capture(f"A{number}", (sku, quantity))
                continue
            rows = [
                row(kind, sku, place, quantity, world.clock.at - ago * MINUTE, f"{kind}{record}" * (kind != "counted"))
                for kind, sku, place, quantity, ago, record in how[0]
            ]
            done = tell(world, *rows)
            results.append((words(done), done.on_hand.tolist(), [refused.row for refused in done.refused]))
        world.assert_sound()
        return {
            "results": results,
            "positions": world.rows("SELECT * FROM (SELECT i.sku, l.code, p.on_hand, p.reserved, p.allocated, p.short,"
                                    " p.counted_at, p.count_basis, p.moved_at FROM positions p JOIN items i ON"
                                    " i.id = p.item_id JOIN locations l ON l.id = p.location_id) ORDER BY 1, 2"),
            "movements": Counter(world.rows("SELECT m.type, i.sku, l.code, m.on_hand, m.allocated, m.short,"
                                            " m.occurred_at FROM movements m JOIN items i ON i.id = m.item_id"
                                            " JOIN locations l ON l.id = m.location_id")),
            "demand": world.rows("SELECT o.external_id, d.waiting, d.allocated FROM demand d"
                                 " JOIN orders o ON o.id = d.order_id ORDER BY 1"),
            "short": sorted(world.rows("SELECT data FROM events WHERE type = 'stock.short'")),
        }  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(basis, st.lists(st.one_of(parts, parts, orders), min_size=1, max_size=7))
def test_both_ways_give_the_same(source_basis: str, story: list[Any]):
    with TemporaryDirectory() as folder:
        fast = play(Path(folder), "fast", source_basis, story, by_column=True)
        slow = play(Path(folder), "slow", source_basis, story, by_column=False)
        for name, seen in fast.items():
            assert seen == slow[name], name


deltas = st.tuples(st.just("d"), st.integers(-5, 5).filter(bool), st.integers(0, 30))
counts = st.tuples(st.just("c"), st.integers(0, 9), st.integers(0, 30))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(deltas, counts), min_size=1, max_size=10, unique_by=lambda fact: (fact[0], fact[2])),
    st.data(),
)
def test_late_twice_and_out_of_order_give_what_a_naive_count_gives(facts: list[Any], data: Any):
    """Each fact is told once or twice, in any order, in any parts: what is there is the last count and what came on."""
    again = data.draw(st.lists(st.sampled_from(facts), max_size=5))
    order = data.draw(st.permutations(facts + again))
    with TemporaryDirectory() as folder, World(f"sqlite:///{folder}/feed.db") as world:
        world.standard("DC", "STORE")
        put_feed(world)
        start = world.clock.at
        world.clock.forward(hours=1)
        rest = list(order)
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            tell(
                world,
                *(
                    row("counted" if kind == "c" else "adjusted", "MUG", "DC", units, start + at * MINUTE,
                        f"{kind}{at}" if kind == "d" else "")
                    for kind, units, at in rest[:size]
                ),
            )  # fmt: skip
            rest = rest[size:]
            world.clock.forward(minutes=1)
        counted = [(at, units) for kind, units, at in facts if kind == "c"]
        since, base = max(counted, default=(-1, 0))
        expected = base + sum(units for kind, units, at in facts if kind == "d" and at > since)
        assert world.stock("MUG", "DC")[0] == expected
        world.assert_sound()
