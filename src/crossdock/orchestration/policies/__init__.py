"""Routing policies: drafted, validated, tried, active, rolled back; and which of their routes a delivery takes."""
