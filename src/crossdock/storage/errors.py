"""What a database can do to a transaction, told apart by what helps."""

from __future__ import annotations

from crossdock.kernel.errors import Unavailable


class TransientFault(Exception):
    """Deadlock or serialization failure: the same batch may be run again at once."""


class Poisoned(Exception):
    """A value or constraint the database refuses: one command of the batch is to blame."""


class ConnectionLost(Exception):
    """The connection broke; whether a COMMIT under way took effect is unknown until the batch id is looked up."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached."""

    code = "database_unavailable"
    title = "The database cannot be reached now"


class DatabaseInUse(Unavailable):
    """Another process owns the SQLite file."""

    code = "database_in_use"
    title = "Another process owns this database file"
    retryable = False
    next_step = "Stop the running server, or send the command to it."


class SchemaOutdated(Unavailable):
    """The database's schema is not the one this program needs."""

    code = "schema_outdated"
    title = "The database's schema is not the one that this program needs"
    retryable = False
    next_step = "Run `crossdock db upgrade`."
