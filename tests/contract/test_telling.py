"""Shops are told what they may sell: once for each change of level, together for what changes together."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from crossdock.events import read_log
from crossdock.inventory.view_model import Buffer
from tests.support.world import World


@pytest.fixture
def telling(world: World) -> World:
    """A world whose channel `web` calls five units and less low."""
    world.channel("web", low_stock=5)
    ready(world)
    return world


def ready(world: World) -> None:
    world.app.atp.start()
    while not world.app.atp.picture.loaded:
        pass


def look(world: World) -> int:
    return asyncio.run(world.app.teller.look())


def told(world: World) -> list[tuple[str, str, str, str, int]]:
    """Every change that was told: channel, SKU, before, level, units."""
    out = []
    for event in world.read(lambda session: read_log(session, 0, ("availability.changed",), 1_000)):
        data: dict[str, Any] = msgspec.json.decode(event.data)
        out += [
            (data["channel"], c["sku"], c["before"], c["level"], c["available_to_promise"]) for c in data["changes"]
        ]
    return out


def test_each_change_of_level_is_told_once(telling: World):
    telling.receive("MUG", "DC", 9)
    assert look(telling) == 1
    telling.capture("A1", ("MUG", 1))
    assert look(telling) == 0
    telling.capture("A2", ("MUG", 4))
    assert look(telling) == 1
    telling.capture("A3", ("MUG", 4))
    assert look(telling) == 1
    assert look(telling) == 0
    assert told(telling) == [
        ("web", "MUG", "out", "in_stock", 9),
        ("web", "MUG", "in_stock", "low", 4),
        ("web", "MUG", "low", "out", 0),
    ]


def test_changes_between_two_looks_come_together_and_what_went_back_is_not_told(telling: World):
    telling.receive("MUG", "DC", 20)
    look(telling)
    before = len(telling.events())
    for n in range(10):
        telling.sell("MUG", "DC", 2)
        telling.receive("PEN", "DC", 1)
        telling.receive("MUG", "DC", 2, record=f"back-{n}")
    assert look(telling) == 1
    assert telling.events()[before:].count("availability.changed") == 1
    assert told(telling)[1:] == [("web", "PEN", "out", "in_stock", 10)]


def test_a_changed_view_is_told_as_far_as_it_changes_levels(telling: World):
    telling.receive("MUG", "DC", 8)
    telling.receive("PEN", "DC", 30)
    look(telling)
    telling.view("careful", channel=None, buffers=(Buffer(units=4),))
    telling.channel("web", low_stock=5, view="careful")
    assert look(telling) == 1
    assert told(telling)[-1] == ("web", "MUG", "in_stock", "low", 4)


def test_a_bundle_is_told_when_a_part_of_it_runs_out(telling: World):
    telling.bundle("SET", {"MUG": 1, "PEN": 2})
    telling.receive("MUG", "DC", 20)
    look(telling)
    assert told(telling) == [("web", "MUG", "out", "in_stock", 20)]
    telling.receive("PEN", "DC", 40)
    assert look(telling) == 2
    assert told(telling)[1:] == [("web", "PEN", "out", "in_stock", 40), ("web", "SET", "out", "in_stock", 20)]
    telling.count("PEN", "DC", 1)
    look(telling)
    assert set(told(telling)[3:]) == {("web", "PEN", "in_stock", "low", 1), ("web", "SET", "in_stock", "out", 0)}


def test_a_channel_without_a_threshold_is_told_nothing(world: World):
    ready(world)
    world.receive("MUG", "DC", 9)
    assert look(world) == 0
    assert told(world) == []


def test_a_restart_tells_what_changed_meanwhile_and_nothing_again(telling: World):
    telling.receive("MUG", "DC", 9)
    look(telling)
    telling.receive("PEN", "DC", 9)
    telling.restart()
    ready(telling)
    assert look(telling) == 1
    assert [change[1] for change in told(telling)] == ["MUG", "PEN"]


def test_two_processes_tell_each_change_once(postgresql_url: str):
    with World(postgresql_url) as one:
        one.standard("DC", "STORE")
        one.channel("web", low_stock=5)
        with World(postgresql_url, upgrade=False) as other:
            other.clock = one.clock
            ready(one)
            ready(other)
            for n in range(6):
                (one if n % 2 else other).receive("MUG", "DC", 6)
                for world in (one, other):
                    world.app.database.look_now(world.app.atp._look)
                    look(world)
                one.sell("MUG", "DC", 6)
                for world in (one, other):
                    world.app.database.look_now(world.app.atp._look)
                    look(world)
            assert [change[2:4] for change in told(one)] == [("out", "in_stock"), ("in_stock", "out")] * 6
