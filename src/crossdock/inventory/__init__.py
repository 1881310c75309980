"""Stock: the ledger, positions, claims, supply, and the picture of what can be promised."""

from crossdock.inventory.queries import MovementPage, PositionPage, list_movements, list_positions
from crossdock.inventory.reservations import Durations, ReservationIn, ReservationNotOpen, ReservedLineIn
from crossdock.inventory.views import Availability, LocationAvailability, MovementView, PositionView

__all__ = [
    "Availability",
    "Durations",
    "LocationAvailability",
    "MovementPage",
    "MovementView",
    "PositionPage",
    "PositionView",
    "ReservationIn",
    "ReservationNotOpen",
    "ReservedLineIn",
    "list_movements",
    "list_positions",
]
