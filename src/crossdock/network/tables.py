"""Tables of the network: channels, locations."""

from __future__ import annotations

from sqlalchemy import Index

from crossdock.storage.schema import big, small, table, text

channels = table(
    "channels",
    big("id", primary_key=True, autoincrement=False),
    text("code"),
    text("name"),
    text("currency"),
    text("legal_entity"),
    text("policy"),
    small("service_days"),
    text("data"),
    big("version"),
    Index("uq_channels_code", "code", unique=True),
)

locations = table(
    "locations",
    big("id", primary_key=True, autoincrement=False),
    text("code"),
    text("name"),
    text("kind"),
    text("country"),
    text("time_zone"),
    # Whole metres on the sphere (kernel.geo): distances compare exactly.
    big("x"),
    big("y"),
    big("z"),
    small("active"),
    # The rest of the location (address, capabilities, calendar, cut-off, capacity, costs) as its versioned document.
    text("data"),
    big("version"),
    Index("uq_locations_code", "code", unique=True),
)

# Locations that take no new work, until an instant or until somebody says otherwise.
location_pauses = table(
    "location_pauses",
    big("location_id", primary_key=True),
    big("since"),
    big("until", nullable=True),
    text("reason"),
    text("actor"),
    # The fulfillment up to which planned work was moved away; none when it is not to be moved, or all was looked at.
    big("move_after", nullable=True),
    clustered=True,
)
