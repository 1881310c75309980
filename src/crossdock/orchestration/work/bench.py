"""One transaction of work on orders: everything that it may touch is locked before anything is decided."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from crossdock.fulfillment import store as fulfillments
from crossdock.fulfillment.model import WrongState
from crossdock.inventory import ledger
from crossdock.inventory.model import PLAIN, PositionKey
from crossdock.kernel.errors import CrossdockError
from crossdock.kernel.ids import encode_id
from crossdock.network.store import StoredLocation
from crossdock.orchestration import loading
from crossdock.orchestration.changes import CapacityLost, open_changes
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.errors import UnknownLocation, VersionMismatch
from crossdock.orchestration.loading import HeldFulfillment, LoadedOrder
from crossdock.orchestration.stock.victims import Holders
from crossdock.orchestration.work.errors import FulfillmentNotFound
from crossdock.orchestration.work.steps import Steps
from crossdock.orders import queues
from crossdock.storage.unit import Unit
from crossdock.storage.writer import Outcome


class Bench:
    """Orders on which work is done, with whoever else holds units where goods may turn out not to be there.

    ``suspects`` are the positions that may lose goods: orders and reservations that hold units of them are locked too.
    """

    def __init__(
        self, unit: Unit, engine: Engine, order_ids: Iterable[int], suspects: Sequence[PositionKey] = ()
    ) -> None:
        self.unit = unit
        self.engine = engine
        session = unit.session
        plain = [key for key in suspects if key[2] == PLAIN]
        held = queues.orders_claiming(session, plain) if plain else []
        self.loaded = loading.load(session, {*order_ids, *held})
        self.holders = Holders(unit, engine, plain)
        opened = ledger.open_positions(unit, suspects) if suspects else {}
        items = {key[0] for key in suspects} | self.holders.item_ids
        self.changes = open_changes(unit, engine, self.loaded.values(), also=sorted(items))
        self.changes.positions.update({key: opened[key] for key in suspects if key[2] != PLAIN})
        self.steps = Steps(unit, self.changes)

    def write(self) -> dict[int, int]:
        """Write everything; returns the new version of each changed order. Raises CapacityLost."""
        self.steps.write()
        try:
            versions = self.changes.write()
        except CapacityLost:
            self.engine.planner.sight.forget_capacity()
            raise
        self.holders.write()
        self.steps.write_planned()
        return versions

    def sku(self, item_id: int) -> str:
        """Return the SKU of an item that was loaded."""
        return self.engine.directory.item_by_id(item_id).sku

    def code(self, location_id: int) -> str:
        """Return the code of a location."""
        return self.engine.directory.locations[location_id].location.code

    def who(self, order: LoadedOrder, fulfillment: HeldFulfillment) -> dict[str, str]:
        """Return what the events about a fulfillment begin with."""
        return {
            "order_id": encode_id("ord", order.row.id),
            "fulfillment_id": encode_id("ful", fulfillment.id),
            "location": self.code(fulfillment.location_id),
        }

    def tell(self, order: LoadedOrder, event: Any, actor: str) -> None:
        """Tell everybody a fact about a fulfillment."""
        self.changes.tell(order, event, event.fulfillment_id, actor)


class WorkHandler(ABC):
    """What the handlers of work have in common: one command a transaction, refused before anything is planned."""

    max_batch = 1

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The state in memory behind the writer."""
        return self._engine

    def weight(self, command: Any) -> int:
        return 20

    def settled(self, *, committed: bool) -> None:
        self._engine.settled(committed=committed)

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Outcome]:
        (command,) = commands
        self._engine.follow(unit.session)
        try:
            return [self.do(unit, command)]
        except CrossdockError as refusal:
            return [refusal]

    @abstractmethod
    def do(self, unit: Unit, command: Any) -> Outcome:
        """Do the command; whatever it refuses it refuses before it has planned anything."""

    def order_of(self, unit: Unit, fulfillment_id: int) -> int:
        """Return the order of a fulfillment; raises FulfillmentNotFound."""
        found = fulfillments.orders_of(unit.session, [fulfillment_id]).get(fulfillment_id)
        if found is None:
            raise FulfillmentNotFound(f"There is no fulfillment {encode_id('ful', fulfillment_id)}.")
        return found

    def place(self, code: str) -> StoredLocation:
        """Return a location by its code; raises UnknownLocation."""
        found = self._engine.directory.place(code)
        if found is None:
            raise UnknownLocation(f"There is no location '{code}'.")
        return found


def current(order: LoadedOrder, fulfillment_id: int, version: int | None) -> HeldFulfillment:
    """Return a fulfillment of a locked order; raises WrongState when it is called off, VersionMismatch."""
    fulfillment = order.fulfillments.get(fulfillment_id)
    if fulfillment is None:
        raise WrongState(f"The fulfillment {encode_id('ful', fulfillment_id)} is called off.")
    if version is not None and version != fulfillment.version:
        text = f"The fulfillment is at version {fulfillment.version}, the request names {version}."
        raise VersionMismatch(text)
    return fulfillment
