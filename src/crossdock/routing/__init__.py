"""Where each unit ships from, and why: a pure function of the demand, a snapshot of the stock and a policy."""

from crossdock.routing.decide import decide
from crossdock.routing.explain import BillLine, Check, Explanation, Held, Told, Verdict, explain
from crossdock.routing.flips import About, Flips, Waived, flips
from crossdock.routing.model import (
    ENGINE,
    Decision,
    Demand,
    DemandLine,
    Lane,
    Network,
    PassedOver,
    Plan,
    Points,
    Policy,
    Prices,
    RateCard,
    RestsOn,
    RoutingError,
    Site,
    SiteBill,
    Snapshot,
    Zone,
)
from crossdock.routing.policy.document import RoutingPolicy
from crossdock.routing.record import Record, Versions, decode, encode, replay, snapshot_of
from crossdock.routing.study import Flip
from crossdock.routing.words import words

__all__ = [
    "ENGINE",
    "About",
    "BillLine",
    "Check",
    "Decision",
    "Demand",
    "DemandLine",
    "Explanation",
    "Flip",
    "Flips",
    "Held",
    "Lane",
    "Network",
    "PassedOver",
    "Plan",
    "Points",
    "Policy",
    "Prices",
    "RateCard",
    "Record",
    "RestsOn",
    "RoutingError",
    "RoutingPolicy",
    "Site",
    "SiteBill",
    "Snapshot",
    "Told",
    "Verdict",
    "Versions",
    "Waived",
    "Zone",
    "decide",
    "decode",
    "encode",
    "explain",
    "flips",
    "replay",
    "snapshot_of",
    "words",
]
