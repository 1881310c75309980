"""How many reservations there are of each kind, for the tabs over their list."""

from __future__ import annotations

from crossdock.storage.session import Session

RESERVATION_STATES = ("", "open", "confirmed", "released", "expired", "broken")


def count_reservations(session: Session, soon: int) -> dict[str, int]:
    """Return how many there are by state, all together, and of the open ones how many end until ``soon``."""
    counts = dict.fromkeys((*RESERVATION_STATES[1:], "all", "soon"), 0)
    for state, count in session.fetch("SELECT state, count(*) FROM reservations GROUP BY state"):
        counts[RESERVATION_STATES[state]] = int(count)
        counts["all"] += int(count)
    sql = "SELECT count(*) FROM reservations WHERE state = 1 AND expires_at <= ?"
    counts["soon"] = int(session.fetch(sql, soon)[0][0])
    return counts
