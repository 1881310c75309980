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


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shared_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A furnished retailer that the tests of a module share: for those that store nothing, or only their own."""
    folder = tmp_path_factory.mktemp("shop")
    url = f"sqlite:///{folder}/crossdock.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_server").create_database()
    with Shop(url, folder / "data") as shop:
        shop.furnish()
        yield shop


@pytest.fixture(scope="module")
def shared_http(shared_shop: Shop) -> Iterator[httpx.Client]:
    with shared_shop.client() as client:
        yield client
