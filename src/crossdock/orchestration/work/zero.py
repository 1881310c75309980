"""Somebody stands before an empty shelf: the position is what is off it already, and all other work there goes on."""

from __future__ import annotations

from crossdock.inventory import records
from crossdock.inventory.model import PLAIN, CauseKind, CountBasis, MovementType
from crossdock.kernel.content import content_hash
from crossdock.kernel.ids import encode_id
from crossdock.orchestration.errors import UnknownItem
from crossdock.orchestration.stock.settling import Fact, settle
from crossdock.orchestration.work.bench import WorkHandler
from crossdock.orchestration.work.commands import Zeroed, ZeroStock
from crossdock.orders import queues
from crossdock.storage.unit import Unit

SOURCE = "crossdock"
"""The source of what people tell us here, as ledger lines name it."""


class ZeroStockHandler(WorkHandler):
    """Does ZeroStock: a count of an empty shelf, with everything that follows from a count."""

    def do(self, unit: Unit, command: ZeroStock) -> Zeroed:
        place, directory = self.place(command.location), self._engine.directory
        directory.load_items(unit.session, [command.sku])
        item = directory.item(command.sku)
        if item is None or item.components:
            what = "is a bundle: its parts are stocked, not itself" if item else "does not exist"
            raise UnknownItem(f"The item '{command.sku}' {what}.")
        key, id_ = (item.id, place.id, PLAIN), unit.ids.one()
        touched = queues.orders_claiming(unit.session, [key])
        actor = command.actor.name
        mark, reason = content_hash((command.sku, command.location, id_)), command.reason or "zero"
        records.keep(unit, [(SOURCE, encode_id("rec", id_), id_, mark, unit.now, reason, actor)])
        cause = (CauseKind.STOCK_RECORD, id_, 0)
        fact = Fact(key, MovementType.COUNTED, 0, unit.now, CountBasis.SHELF, None, cause)
        (done,) = settle(unit, self._engine, [fact], actor)
        return Zeroed(on_hand=done.on_hand, orders=len(touched))
