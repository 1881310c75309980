"""Write the next migration from what the tables say and the migrations do not: python tools/make_migration.py NAME."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import crossdock
from crossdock.storage import migrate


def load_tables() -> None:
    """Import every room's tables, so that the metadata is whole."""
    for module in pkgutil.walk_packages(crossdock.__path__, "crossdock."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


def main() -> None:
    """Compare an empty database brought to head with the tables, and write the difference."""
    load_tables()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/schema.db"
        migrate.upgrade(url)

        def revise(connection: Connection) -> None:
            config = Config()
            config.set_main_option("script_location", str(migrate.FOLDER))
            config.attributes["connection"] = connection
            command.revision(config, message=sys.argv[1], autogenerate=True, rev_id=sys.argv[1].split("_")[0])

        migrate.with_connection(url, revise)


if __name__ == "__main__":
    main()
