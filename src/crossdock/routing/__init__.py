"""Where each unit ships from, and why: a pure function of the demand, a snapshot of the stock and a policy."""

from crossdock.routing.checks import Check
from crossdock.routing.decide import decide
from crossdock.routing.explain import BillLine, Explanation, Told, explain
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
from crossdock.routing.phrases import dated
from crossdock.routing.policy.check import Finding
from crossdock.routing.policy.compile import plain_policy, rules_of
from crossdock.routing.policy.conditions import Condition as RouteCondition
from crossdock.routing.policy.document import PlainPolicy, RateCardIn, Route, RoutingPolicy, RulesIn
from crossdock.routing.record import Record, Versions, decode, encode, replay, snapshot_of
from crossdock.routing.rules import Cost, Fence, Prefer
from crossdock.routing.study import Flip
from crossdock.routing.verdicts import Held, Verdict
from crossdock.routing.words import words

__all__ = [
    "ENGINE",
    "About",
    "BillLine",
    "Check",
    "Cost",
    "Decision",
    "Demand",
    "DemandLine",
    "Explanation",
    "Fence",
    "Finding",
    "Flip",
    "Flips",
    "Held",
    "Lane",
    "Network",
    "PassedOver",
    "PlainPolicy",
    "Plan",
    "Points",
    "Policy",
    "Prefer",
    "Prices",
    "RateCard",
    "RateCardIn",
    "Record",
    "RestsOn",
    "Route",
    "RouteCondition",
    "RoutingError",
    "RoutingPolicy",
    "RulesIn",
    "Site",
    "SiteBill",
    "Snapshot",
    "Told",
    "Verdict",
    "Versions",
    "Waived",
    "Zone",
    "dated",
    "decide",
    "decode",
    "encode",
    "explain",
    "flips",
    "plain_policy",
    "replay",
    "rules_of",
    "snapshot_of",
    "words",
]
