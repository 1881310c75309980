"""Sessions on our side: the browser holds a random token, we hold its hash."""

from __future__ import annotations

from crossdock.identity import tables
from crossdock.identity.model import Role, SignedIn, User
from crossdock.identity.sign_in import new_token, token_hash
from crossdock.storage.session import Session


def start_session(session: Session, user_id: int, now: int, valid_for: int) -> str:
    """Store a new session for the user and return the token for the cookie."""
    token = new_token()
    session.insert(tables.sessions, [(token_hash(token), user_id, new_token(), now, now + valid_for)])
    return token


def find_session(session: Session, token: str, now: int) -> SignedIn | None:
    """Return whose session the token opens, or None when it is unknown, over, or its user is disabled."""
    rows = session.fetch(
        """
        SELECT u.id, u.email, u.name, u.role, s.csrf_token, s.expires_at
        FROM sessions s JOIN users u ON u.id = s.user_id
        WHERE s.token_hash = ? AND s.expires_at > ? AND u.disabled_at IS NULL
        """,
        token_hash(token),
        now,
    )
    if not rows:
        return None
    user_id, email, name, role, csrf_token, expires_at = rows[0]
    return SignedIn(User(user_id, email, name, Role(role)), csrf_token, expires_at)


def end_session(session: Session, token: str) -> int:
    """Forget a session and return how many there were: one or none."""
    return session.execute("DELETE FROM sessions WHERE token_hash = ?", token_hash(token))


def forget_sessions(session: Session, now: int) -> int:
    """Delete sessions that are over and return how many there were."""
    return session.execute("DELETE FROM sessions WHERE expires_at <= ?", now)
