"""The network: channels, locations, calendars, cut-offs, capacity."""

from crossdock.network.model import Address, Calendar, Channel, Location, LocationKind, Service
from crossdock.network.queries import list_channels, list_locations, list_pauses, read_channel, read_location

__all__ = [
    "Address",
    "Calendar",
    "Channel",
    "Location",
    "LocationKind",
    "Service",
    "list_channels",
    "list_locations",
    "list_pauses",
    "read_channel",
    "read_location",
]
