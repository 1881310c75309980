"""Column types and the one MetaData that every feature's ``tables`` adds to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite's STRICT tables know INTEGER alone, and only INTEGER PRIMARY KEY is the row's own address.
Big = BigInteger().with_variant(Integer(), "sqlite")
Small = SmallInteger().with_variant(Integer(), "sqlite")
String = Text()
Blob = LargeBinary()

POSTGRES_TYPES = {"BIGINT": "bigint", "SMALLINT": "smallint", "TEXT": "text", "BLOB": "bytea"}


def big(name: str, **kw: Any) -> Column[int]:
    """Return a 64-bit integer column, NOT NULL unless told otherwise."""
    return Column(name, Big, **{"nullable": False, **kw})


def small(name: str, **kw: Any) -> Column[int]:
    """Return a 16-bit integer column (enums, flags), NOT NULL unless told otherwise."""
    return Column(name, Small, **{"nullable": False, **kw})


def text(name: str, **kw: Any) -> Column[str]:
    """Return a text column, NOT NULL unless told otherwise."""
    return Column(name, String, **{"nullable": False, **kw})


def blob(name: str, **kw: Any) -> Column[bytes]:
    """Return a bytes column, NOT NULL unless told otherwise."""
    return Column(name, Blob, **{"nullable": False, **kw})


def table(name: str, *items: Any, clustered: bool = False, fillfactor: int | None = None) -> Table:
    """Declare a table: STRICT on SQLite; ``clustered`` keeps its rows in primary-key order there.

    ``fillfactor`` leaves room on PostgreSQL's pages, so that an updated row stays on its page and no index is touched.
    """
    options: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": not clustered}
    if fillfactor is not None:
        options["postgresql_with"] = {"fillfactor": fillfactor}
    return Table(name, metadata, *items, **options)


def postgres_type(column: Column[Any]) -> str:
    """Return the PostgreSQL type of a column, for the casts of array parameters."""
    return POSTGRES_TYPES[str(column.type.dialect_impl(_PLAIN).compile(dialect=_PLAIN))]


def _plain_dialect() -> Any:
    from sqlalchemy.engine.default import DefaultDialect  # noqa: PLC0415

    return DefaultDialect()


_PLAIN = _plain_dialect()
