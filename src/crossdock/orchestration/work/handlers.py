"""Every handler of work at locations, by its command."""

from __future__ import annotations

from crossdock.orchestration.engine import Engine
from crossdock.orchestration.work import commands as c
from crossdock.orchestration.work.bench import WorkHandler
from crossdock.orchestration.work.choices import ChoicesHandler, ChooseHandler
from crossdock.orchestration.work.deadlines import WatchDaysHandler, WatchDeadlinesHandler
from crossdock.orchestration.work.manual import AssignHandler, PreviewHandler
from crossdock.orchestration.work.moving import (
    AcceptHandler,
    PickHandler,
    ReleaseHandler,
    RestockHandler,
    StartHandler,
)
from crossdock.orchestration.work.offers import ClaimHandler, OfferHandler, WatchOffersHandler
from crossdock.orchestration.work.pausing import (
    MoveWorkHandler,
    PauseHandler,
    PutWorkRulesHandler,
    ResumeHandler,
    WatchPausesHandler,
)
from crossdock.orchestration.work.refusing import RejectHandler, ShortPickHandler
from crossdock.orchestration.work.zero import ZeroStockHandler


def work_handlers(engine: Engine) -> dict[type, WorkHandler]:
    """Return the handlers of the commands about work."""
    return {
        c.Release: ReleaseHandler(engine),
        c.Accept: AcceptHandler(engine),
        c.Start: StartHandler(engine),
        c.Pick: PickHandler(engine),
        c.Restock: RestockHandler(engine),
        c.Reject: RejectHandler(engine),
        c.ShortPick: ShortPickHandler(engine),
        c.Assign: AssignHandler(engine),
        c.PreviewAssignment: PreviewHandler(engine),
        c.OfferJob: OfferHandler(engine),
        c.ClaimOffer: ClaimHandler(engine),
        c.WatchOffers: WatchOffersHandler(engine),
        c.PreviewChoices: ChoicesHandler(engine),
        c.Choose: ChooseHandler(engine),
        c.ZeroStock: ZeroStockHandler(engine),
        c.PauseLocation: PauseHandler(engine),
        c.ResumeLocation: ResumeHandler(engine),
        c.MoveWork: MoveWorkHandler(engine),
        c.PutWorkRules: PutWorkRulesHandler(engine),
        c.WatchDeadlines: WatchDeadlinesHandler(engine),
        c.WatchPauses: WatchPausesHandler(engine),
        c.WatchDays: WatchDaysHandler(engine),
    }
