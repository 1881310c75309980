"""All SQL of fulfillments that writes."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.fulfillment.model import Execution
from crossdock.storage.unit import Unit


def cancel_lines(unit: Unit, rows: Sequence[tuple[int, int, int]]) -> None:
    """Take units out of fulfillments: (fulfillment id, demand number, units) each."""
    sql = """
        WITH v(fulfillment_id, demand_no, n) AS ({keys})
        UPDATE fulfillment_lines SET canceled = fulfillment_lines.canceled + v.n FROM v
        WHERE fulfillment_lines.fulfillment_id = v.fulfillment_id AND fulfillment_lines.demand_no = v.demand_no
    """
    if rows:
        unit.session.execute_keys(sql, ("bigint",) * 3, sorted(rows))
        unit.dirty = True


def end(unit: Unit, ids: Sequence[int]) -> None:
    """Call fulfillments off: nothing of them is left."""
    sql = """
        WITH v(id) AS ({keys})
        UPDATE fulfillments SET execution = CAST(? AS smallint), version = fulfillments.version + 1 FROM v
        WHERE fulfillments.id = v.id
    """
    if ids:
        unit.session.execute_keys(sql, ("bigint",), [(id_,) for id_ in sorted(ids)], Execution.CANCELED.value)
        unit.dirty = True
