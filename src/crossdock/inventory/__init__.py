"""Stock: the ledger, positions, claims, supply, and the picture of what can be promised."""

from crossdock.inventory.feed_decoding import Fault as FeedFault
from crossdock.inventory.feed_model import FeedSource, Kind
from crossdock.inventory.feed_queries import FeedRun, FeedView, list_feeds, list_runs, read_feed, read_run
from crossdock.inventory.queries import MovementPage, PositionPage, list_movements, list_positions
from crossdock.inventory.reservation_queries import (
    ReservationFilter,
    ReservationPage,
    list_reservations,
    read_reservation,
)
from crossdock.inventory.reservation_views import ReservationSummary, ReservationView
from crossdock.inventory.reservations import (
    MAX_LINES as MAX_RESERVED_LINES,
)
from crossdock.inventory.reservations import (
    Durations,
    DurationTooLong,
    ReservationIn,
    ReservationNotOpen,
    ReservedLineIn,
    Seconds,
    TooManyChanges,
)
from crossdock.inventory.reservations import (
    State as ReservationState,
)
from crossdock.inventory.reservations import (
    StateWord as ReservationStateWord,
)
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
    "MAX_RESERVED_LINES",
    "Amount",
    "Availability",
    "AvailabilityExplained",
    "Buffer",
    "DurationTooLong",
    "Durations",
    "Exclusion",
    "FeedFault",
    "FeedRun",
    "FeedSource",
    "FeedView",
    "Find",
    "Kind",
    "Limit",
    "LocationAvailability",
    "MovementPage",
    "MovementView",
    "Pool",
    "PositionPage",
    "PositionView",
    "ReservationFilter",
    "ReservationIn",
    "ReservationNotOpen",
    "ReservationPage",
    "ReservationState",
    "ReservationStateWord",
    "ReservationSummary",
    "ReservationView",
    "ReservedLineIn",
    "Rule",
    "SafetyStock",
    "Seconds",
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
    "TooManyChanges",
    "find_supply",
    "list_feeds",
    "list_movements",
    "list_positions",
    "list_reservations",
    "list_runs",
    "list_supply",
    "read_feed",
    "read_reservation",
    "read_run",
    "read_supply",
    "selector_words",
    "view_rule_rank",
    "view_rule_words",
]
