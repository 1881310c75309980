"""Stock: the ledger, positions, claims, supply, and the picture of what can be promised."""

from crossdock.inventory.queries import MovementPage, PositionPage, availability, list_movements, list_positions
from crossdock.inventory.views import Availability, LocationAvailability, MovementView, PositionView

__all__ = [
    "Availability",
    "LocationAvailability",
    "MovementPage",
    "MovementView",
    "PositionPage",
    "PositionView",
    "availability",
    "list_movements",
    "list_positions",
]
