"""Explaining a stored decision: its record, and the versions it rests on, in the words and figures of routing."""

from __future__ import annotations

from crossdock.orchestration.directory import StoredVersions
from crossdock.routing import Explanation, Versions, explain
from crossdock.storage.session import Session


def explain_decision(session: Session, decision_id: int) -> Explanation | None:
    """Return why a decision came out as it did; None when there is no such decision or a version of it is gone."""
    rows = session.fetch("SELECT record FROM decisions WHERE id = ?", decision_id)
    return explain_record(session, bytes(rows[0][0])) if rows else None


def explain_record(session: Session, record: bytes) -> Explanation | None:
    """Return why a decision came out as its record says; None when there is none or a version of it is gone."""
    if not record:
        return None
    stored = StoredVersions(session)
    try:
        return explain(record, Versions(stored.networks, stored.policies, stored.views))
    except KeyError:
        return None
