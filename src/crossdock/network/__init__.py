"""The network: channels, locations, calendars, cut-offs, capacity."""
