"""The worlds of these tests: each on SQLite and on PostgreSQL, with the same code."""

from collections.abc import Iterator

import pytest

from tests.support.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A retailer with a distribution centre near London, a store far from it, three items and no stock.

    After the test everything must add up.
    """
    with World(database_url) as world:
        world.standard("DC", "STORE")
        yield world
        world.assert_sound()
