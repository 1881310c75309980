"""Stock: the ledger, positions, claims, supply, and the picture of what can be promised."""

from crossdock.inventory.feed_model import FeedSource
from crossdock.inventory.feed_queries import FeedRun, FeedView, list_feeds, list_runs, read_feed
from crossdock.inventory.queries import MovementPage, PositionPage, list_movements, list_positions
from crossdock.inventory.reservations import Durations, ReservationIn, ReservationNotOpen, ReservedLineIn
from crossdock.inventory.selectors import describe as selector_words
from crossdock.inventory.share_model import Amount, Pool, ShareGroup
from crossdock.inventory.supply_model import StateWord as SupplyStateWord
from crossdock.inventory.supply_model import SupplyLineIn, SupplyReceiptIn
from crossdock.inventory.supply_queries import (
    SupplyFilter,
    SupplyLineDetail,
    SupplyLineView,
    SupplyPage,
    find_supply,
    list_supply,
    read_supply,
)
from crossdock.inventory.view_model import (
    Buffer,
    Exclusion,
    Find,
    Limit,
    Rule,
    SafetyStock,
    Selector,
    StockView,
)
from crossdock.inventory.view_rules import rank as view_rule_rank
from crossdock.inventory.view_rules import words as view_rule_words
from crossdock.inventory.views import (
    Availability,
    AvailabilityExplained,
    LocationAvailability,
    MovementView,
    PositionView,
)

__all__ = [
    "Amount",
    "Availability",
    "AvailabilityExplained",
    "Buffer",
    "Durations",
    "Exclusion",
    "FeedRun",
    "FeedSource",
    "FeedView",
    "Find",
    "Limit",
    "LocationAvailability",
    "MovementPage",
    "MovementView",
    "Pool",
    "PositionPage",
    "PositionView",
    "ReservationIn",
    "ReservationNotOpen",
    "ReservedLineIn",
    "Rule",
    "SafetyStock",
    "Selector",
    "ShareGroup",
    "StockView",
    "SupplyFilter",
    "SupplyLineDetail",
    "SupplyLineIn",
    "SupplyLineView",
    "SupplyPage",
    "SupplyReceiptIn",
    "SupplyStateWord",
    "find_supply",
    "list_feeds",
    "list_movements",
    "list_positions",
    "list_runs",
    "list_supply",
    "read_feed",
    "read_supply",
    "selector_words",
    "view_rule_rank",
    "view_rule_words",
]
