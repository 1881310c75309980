"""What is not in the table is refused, in words that name the place."""

from typing import Any

import pytest
from grimp import ImportGraph
from importlinter.domain.contract import InvalidContractOptions

from tools.import_rooms import RoomsContract, names_what_is_public

TABLE = {
    "kernel": [],
    "storage": ["kernel"],
    "orders": ["kernel", "storage (store, tables)"],
    "api": ["kernel", "orders"],
}


def contract(may_import: dict[str, list[str]] = TABLE, **options: Any) -> RoomsContract:
    return RoomsContract("Rooms", {"root_packages": ["house"]}, {"may_import": may_import, **options})


def problems(imports: dict[str, str], **options: Any) -> list[str]:
    graph = ImportGraph()
    for importer, imported in imports.items():
        for module in (importer, imported):
            while module not in graph.modules:
                graph.add_module(module)
                module = module.rpartition(".")[0] or module  # noqa: PLW2901  up to the root
        graph.add_import(importer=importer, imported=imported, line_number=7, line_contents="")
    check = contract(**options).check(graph, verbose=False)
    assert check.kept == (not check.metadata["problems"])
    return list(check.metadata["problems"])


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("house.orders.service", "house.kernel.money"),
        ("house.orders.service", "house.orders.store"),
        ("house.orders.store", "house.storage"),
        ("house.orders.store.claims", "house.storage.session"),
        ("house.api", "house.orders"),
        ("house.api.errors", "house"),
        ("house.orders", "msgspec"),
    ],
)
def test_what_a_row_allows_is_kept(importer: str, imported: str):
    assert problems({importer: imported}, features=["orders"], outsiders=["api"]) == []


@pytest.mark.parametrize(
    ("importer", "imported", "reason"),
    [
        ("house.kernel.money", "house.orders", "kernel may not import orders"),
        ("house.orders.service", "house.storage", "orders imports storage only from store, tables"),
        ("house.api.orders", "house.orders.store", "api knows orders only by its public names, in house.orders"),
        ("house", "house.kernel", "house itself imports nothing of ours"),
        ("house.orders.store", "asyncpg", "asyncpg is kept to storage"),
        ("house.orders.service", "sqlalchemy", "sqlalchemy is kept to * (store, tables)"),
    ],
)
def test_anything_else_is_refused(importer: str, imported: str, reason: str):
    kept_to = {"asyncpg": ["storage"], "sqlalchemy": ["* (store, tables)"]}
    found = problems({importer: imported}, features=["orders"], outsiders=["api"], kept_to=kept_to)
    assert found == [f"{importer} (l. 7) imports {imported}: {reason}"]


def test_a_room_without_a_row_is_refused():
    found = problems({"house.attic.boxes": "house.kernel.money"})
    assert found[0] == "house.attic has no row in may_import"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"orders": ["inventory"], "inventory": ["orders"]}, "a circle"),
        ({"orders": ["kernle"]}, "no row for kernle"),
        ({"orders": ["kernel from store"]}, "Expected `room`"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(table: dict[str, list[str]], words: str):
    with pytest.raises(InvalidContractOptions) as refusal:
        contract(table)
    assert words in refusal.value.errors["may_import"]


@pytest.mark.parametrize(
    ("line", "module", "public"),
    [
        ("from crossdock.events import CATALOG, envelope", "crossdock.events.envelope", True),
        ("from crossdock.events.envelope import envelope", "crossdock.events.envelope", False),
        ("from crossdock.events import log", "crossdock.events.log", False),
    ],
)
def test_a_public_name_may_be_called_as_its_module(line: str, module: str, public: bool):
    assert names_what_is_public(line, module) is public
