"""The one place where everything is wired."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from crossdock.api import create_import_runner, create_supply_runner
from crossdock.identity import KeyRing, identity_handlers
from crossdock.inventory import Durations
from crossdock.kernel.clock import Clock, now
from crossdock.kernel.ids import IdBlock
from crossdock.orchestration import commands
from crossdock.orchestration.availability.commands import TellAvailability
from crossdock.orchestration.availability.reader import AtpReader
from crossdock.orchestration.availability.telling import Teller, TellHandler
from crossdock.orchestration.configure import (
    PutChannelsHandler,
    PutItemsHandler,
    PutLocationsHandler,
)
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.engine import Engine
from crossdock.orchestration.feeds.commands import FeedPart, PutFeeds, WatchFeeds
from crossdock.orchestration.feeds.handler import FeedHandler
from crossdock.orchestration.feeds.imports import FeedRunner
from crossdock.orchestration.feeds.sources import PutFeedsHandler, WatchFeedsHandler
from crossdock.orchestration.keyed import Keyed
from crossdock.orchestration.orders.amend import (
    AddressHandler,
    CancelHandler,
    PlaceHoldHandler,
    ReleaseHoldHandler,
    RouteHandler,
)
from crossdock.orchestration.orders.capture import CaptureHandler
from crossdock.orchestration.orders.revise import ReviseHandler
from crossdock.orchestration.policies import commands as policies
from crossdock.orchestration.policies.giving_up import GiveUpWaitingHandler
from crossdock.orchestration.policies.handlers import (
    ActivateHandler,
    PutPolicyHandler,
    RollBackHandler,
    SaveDraftHandler,
    ValidateHandler,
)
from crossdock.orchestration.promises.commands import FlagPromises, ForgetPromises, KeepPromises
from crossdock.orchestration.promises.desk import PromiseDesk
from crossdock.orchestration.promises.flagging import FlagHandler, ForgetHandler
from crossdock.orchestration.promises.keeping import KeepHandler
from crossdock.orchestration.promises.watch import watch
from crossdock.orchestration.proof.repair import RepairHandler
from crossdock.orchestration.reservations.changing import ChangeHandler, ExtendHandler, MoveHandler, ReleaseHandler
from crossdock.orchestration.reservations.commands import (
    ChangeReservation,
    ExpireReservations,
    ExtendReservation,
    MoveReservation,
    ReleaseReservation,
    Reserve,
)
from crossdock.orchestration.reservations.expiry import ExpireHandler
from crossdock.orchestration.reservations.forgetting import ForgetReservations, ForgetReservationsHandler
from crossdock.orchestration.reservations.reserve import ReserveHandler
from crossdock.orchestration.stock.facts import StockHandler
from crossdock.orchestration.supply.commands import PutSupply, ReceiveSupply
from crossdock.orchestration.supply.lines import PutSupplyHandler
from crossdock.orchestration.supply.receipts import ReceiveSupplyHandler
from crossdock.orchestration.supply.waiting import ServeWaitingHandler
from crossdock.orchestration.trials.desk import TryDesk
from crossdock.orchestration.trials.runner import TrialRunner
from crossdock.orchestration.views import commands as view_commands
from crossdock.orchestration.views.put import PutShareGroupsHandler, PutViewHandler
from crossdock.orchestration.work.handlers import work_handlers
from crossdock.storage.database import Database
from crossdock.storage.housekeeping import HousekeepingHandler, KeepHouse
from crossdock.storage.jobs import Work, WorkHandler
from crossdock.storage.writer import Handler, Overloaded, Writer

# The writer holds the interpreter for microseconds at a time; with the default of 5 ms a busy event loop would make it
# wait that long for each statement.
_SWITCH_INTERVAL = 0.0002
# A batch makes some ten thousand tuples that die with it. Looking for cycles among them after every 700, as is the
# default, took a quarter of the processor and stopped the event loop for up to 80 ms.
_GC_THRESHOLDS = (100_000, 20, 50)

DURATIONS = Durations()


class App:
    """A running Crossdock: one database, one writer, readers; the faces are built on it."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = now,
        readers: int = 4,
        data_dir: Path = Path("var"),
        durations: Durations = DURATIONS,
    ) -> None:
        self.clock = clock
        self.data_dir = data_dir
        self.keys = KeyRing()
        self.database = Database(url, readers=readers)
        self.ids = self.database.become_worker()
        ids = IdBlock(self.ids)
        self.engine = Engine(ids)
        self.atp = AtpReader(self.database, clock)
        self.writer = Writer(self.database, ids, handlers(self.engine, durations), clock, self.atp.committed)
        self.database.turnstile.busy = self.writer.is_busy
        self.teller = Teller(self.atp, self.database, self.submit)
        self.promises = PromiseDesk(self.ids)
        self.imports = create_import_runner(self)
        self.supplies = create_supply_runner(self)
        self.feeds = FeedRunner(self)
        self.trials = TrialRunner(self)
        self.try_desk = TryDesk(self.ids)

    @property
    def config(self) -> Directory:
        """The configuration as the writer knows it."""
        return self.engine.directory

    def start(self) -> None:
        """Start the writer."""
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gc.freeze()
        gc.set_threshold(*_GC_THRESHOLDS)
        self.writer.start()

    async def submit(self, command: Any) -> Any:
        """Have a command done and return its answer; raises the CrossdockError that refused it."""
        return await self.writer.submit_async(command)

    async def submit_all(self, commands: Sequence[Any]) -> list[Any]:
        """Have commands done together; returns the answer or the error of each, in order."""
        waiting: list[Any] = []
        for command in commands:
            try:
                waiting.append(self.writer.submit_async(command))
            except Overloaded as refusal:
                waiting.append(refusal)
        futures = [future for future in waiting if not isinstance(future, Overloaded)]
        outcomes = iter(await asyncio.gather(*futures, return_exceptions=True))
        return [each if isinstance(each, Overloaded) else next(outcomes) for each in waiting]

    def submit_now(self, command: Any) -> Any:
        """Have a command done from a thread without an event loop."""
        return self.writer.submit(command).result()

    async def watch_promises(self) -> int:
        """Judge every promised order that is open and flag those that stand otherwise now; returns how many."""
        changed = 0
        after: int | None = 0
        while after is not None:
            found = await self.database.read(partial(watch, desk=self.promises, at=self.clock(), after=after))
            if found.command is not None:
                changed += (await self.submit(found.command)).changed
            after = found.after
        return changed

    def close(self) -> None:
        """Finish what is queued and close everything."""
        self.writer.stop()
        self.atp.stop()
        self.database.close()


def handlers(engine: Engine, durations: Durations = DURATIONS) -> dict[type, Handler]:
    """Return the handler of every command."""
    feeds = FeedHandler(engine)
    by_command: dict[type, Handler] = {
        commands.CaptureOrder: CaptureHandler(engine),
        commands.CancelUnits: CancelHandler(engine),
        commands.AmendAddress: AddressHandler(engine),
        commands.PlaceHold: PlaceHoldHandler(engine),
        commands.ReleaseHold: ReleaseHoldHandler(engine),
        commands.ReviseOrder: ReviseHandler(engine),
        commands.RouteAgain: RouteHandler(engine),
        commands.ServeWaiting: ServeWaitingHandler(engine),
        commands.RecordStock: StockHandler(engine, feeds),
        commands.PutItems: PutItemsHandler(engine),
        commands.PutLocations: PutLocationsHandler(engine),
        commands.PutChannels: PutChannelsHandler(engine),
        commands.PutPolicy: PutPolicyHandler(engine),
        policies.SaveDraft: SaveDraftHandler(engine),
        policies.ValidatePolicy: ValidateHandler(engine),
        policies.ActivatePolicy: ActivateHandler(engine),
        policies.RollBackPolicy: RollBackHandler(engine),
        policies.GiveUpWaiting: GiveUpWaitingHandler(engine),
        commands.RepairStock: RepairHandler(engine),
        PutSupply: PutSupplyHandler(engine),
        ReceiveSupply: ReceiveSupplyHandler(engine),
        view_commands.PutView: PutViewHandler(engine),
        PutFeeds: PutFeedsHandler(engine),
        view_commands.PutShareGroups: PutShareGroupsHandler(engine),
        Reserve: ReserveHandler(engine, durations),
        KeepPromises: KeepHandler(ReserveHandler(engine, durations)),
        ExtendReservation: ExtendHandler(engine, durations),
        ChangeReservation: ChangeHandler(engine, durations),
        ReleaseReservation: ReleaseHandler(engine, durations),
        MoveReservation: MoveHandler(engine, durations),
        ExpireReservations: ExpireHandler(engine),
        **work_handlers(engine),
    }
    return {
        Work: WorkHandler(),
        TellAvailability: TellHandler(),
        KeepHouse: HousekeepingHandler(),
        FeedPart: feeds,
        WatchFeeds: WatchFeedsHandler(engine),
        **identity_handlers(),
        FlagPromises: FlagHandler(),
        ForgetPromises: ForgetHandler(),
        ForgetReservations: ForgetReservationsHandler(),
        **{command: Keyed(handler) for command, handler in by_command.items()},
    }
