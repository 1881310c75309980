"""The readers' picture has seen what was committed while it was being read, and supply that nobody waits for."""

from __future__ import annotations

import asyncio

import pytest

from crossdock.inventory import picture
from crossdock.inventory.picture_store import State, read_state
from crossdock.kernel.clock import utc_day
from crossdock.orchestration import Ask
from crossdock.storage.session import Session
from tests.support.reserving import reserve
from tests.support.world import World


@pytest.fixture
def late(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which mugs are announced, held and hidden after the picture has read them, before it is done."""

    def and_then(session: Session) -> State:
        made = read_state(session)
        monkeypatch.setattr(picture, "read_state", read_state)
        world.announce("PO-1", "MUG", "DC", 7, "2026-11-09")
        world.receive("MUG", "DC", 5)
        world.receive("PEN", "STORE", 4)
        reserve(world, ("MUG", 2))
        world.view(exclusions=[{"items": ["PEN"]}])
        return made

    monkeypatch.setattr(picture, "read_state", and_then)
    world.app.atp.start()
    while not world.app.atp.picture.loaded:
        pass
    return world


def told(world: World, *asks: Ask) -> list[int]:
    latest = world.rows("SELECT max(id) FROM stock_log")[0][0]
    return [each.total for each in asyncio.run(world.app.atp.answer(asks, latest)).told]


def test_what_comes_and_goes_while_the_picture_is_read_is_in_it(late: World):
    day = utc_day(late.clock.at) + 7
    asks = (Ask("MUG", "web"), Ask("MUG", "web", "", day), Ask("PEN", "web"), Ask("PEN"))
    assert told(late, *asks) == [3, 10, 0, 4]
    assert late.app.atp.picture.loaded


@pytest.fixture
def seeing(world: World) -> World:
    """A world whose picture is loaded."""
    world.app.atp.start()
    while not world.app.atp.picture.loaded:
        pass
    return world


def test_what_has_come_in_full_is_not_coming_any_more(seeing: World):
    """Nobody waits for it, and no other line is open."""
    later = Ask("MUG", "web", "", utc_day(seeing.clock.at) + 7)
    seeing.announce("PO-1", "MUG", "DC", 3, "2026-11-05")
    assert told(seeing, later) == [3]
    seeing.arrive("PO-1", 5)
    assert told(seeing, Ask("MUG", "web"), later) == [5, 5]


def test_what_is_called_off_is_not_coming_any_more(seeing: World):
    later = Ask("MUG", "web", "", utc_day(seeing.clock.at) + 7)
    seeing.announce("PO-1", "MUG", "DC", 3, "2026-11-05")
    assert told(seeing, later) == [3]
    seeing.announce("PO-1", "MUG", "DC", 3, "2026-11-05", canceled=True)
    assert told(seeing, later) == [0]
