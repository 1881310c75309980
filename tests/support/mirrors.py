"""The writer's picture of stock, held against the database."""

from __future__ import annotations

from crossdock.app import App
from crossdock.storage.jobs import Work


def assert_mirror(app: App) -> None:
    """The writer's picture of every item that it holds is the database's."""
    app.submit_now(Work(lambda unit: app.engine.follow(unit.session)))
    mirror = app.engine.mirror
    claimable = "on_hand + short - reserved - allocated"
    sql = f"SELECT location_id, {claimable} FROM positions WHERE item_id = ? AND stock_class = 0"
    columns = mirror._columns
    for item in list(mirror._rows):
        rows = app.database.read_now(lambda session, item=item: session.fetch(sql, item))  # type: ignore[misc]
        true = {columns[place]: units for place, units in rows if place in columns and units}
        seen = {column: int(n) for column, n in enumerate(mirror.stock([item])[0]) if n}
        assert seen == true, f"item {item}: the mirror says {seen}, the database {true}"
