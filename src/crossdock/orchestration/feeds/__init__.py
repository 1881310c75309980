"""Feeds: stock facts by the million, as they come."""
