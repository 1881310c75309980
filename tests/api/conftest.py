from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.shop import Shop


@pytest.fixture
def empty_shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A server over an empty database."""
    with Shop(database_url, tmp_path / "data") as shop:
        yield shop


@pytest.fixture
def shop(empty_shop: Shop) -> Shop:
    """A server with a furnished retailer: 10 hearts and 4 lanterns at DC1, nothing at the store."""
    empty_shop.furnish()
    return empty_shop


@pytest.fixture
def http(shop: Shop) -> Iterator[httpx.Client]:
    """A client whose key may do everything."""
    with shop.client() as client:
        yield client
