"""One connection seen alike on both databases: synchronous, set-based, in the SQL that both speak.

Statements are written once, with ``?`` for parameters, ``{keys}`` where a set of key rows goes in and ``{lock}`` after
the ORDER BY of rows that are to be locked in that order:

    WITH k(item_id, location_id) AS ({keys}) SELECT … FROM k JOIN positions p USING (…) ORDER BY … {lock}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Table

Row = Sequence[Any]


class Session(Protocol):
    """One database connection, used by one thread at a time."""

    dialect: str

    def begin(self) -> None:
        """Start a transaction (on SQLite BEGIN IMMEDIATE for a writer: the only one there is)."""

    def commit(self) -> None:
        """Make the transaction durable; raises ConnectionLost when nobody can say whether it is."""

    def rollback(self) -> None:
        """Undo the transaction; harmless when there is none."""

    def fetch(self, sql: str, *params: Any) -> list[Any]:
        """Run a query and return its rows, each a sequence of values."""

    def execute(self, sql: str, *params: Any) -> int:
        """Run a statement and return how many rows it changed."""

    def fetch_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> list[Any]:
        """Run a query over a set of key rows (``{keys}``); ``types`` are "bigint" or "text", one a column."""

    def execute_keys(self, sql: str, types: Sequence[str], keys: Sequence[Row], *params: Any) -> int:
        """Run a statement over a set of key rows and return how many rows it changed."""

    def insert(self, table: Table, rows: Sequence[Row]) -> int:
        """Insert whole rows (every column, in the table's order) in one statement or a few."""

    def insert_columns(self, table: Table, columns: Sequence[Sequence[Any]]) -> int:
        """Insert whole rows given as columns, all of one length: for those who have thousands."""

    def execute_columns(self, sql: str, types: Sequence[str], columns: Sequence[Sequence[Any]], *params: Any) -> int:
        """Run a statement over key rows (``{keys}``) given as columns; returns how many rows it changed.

        The rows may be done in several statements: for those that do not look at each other.
        """

    def insert_new(self, table: Table, rows: Sequence[Row]) -> list[Any]:
        """Insert the rows whose primary key is free and return the primary keys of those that went in."""

    def next_log_ids(self, count: int) -> int:
        """Take the log's lock until the commit and return the first of ``count`` ids.

        Must come last in a transaction: from here to the commit nobody else can append, so that id order is the order
        in which readers see entries.
        """

    def close(self) -> None:
        """Close the connection."""
