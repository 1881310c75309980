"""One-time sign-in links: a random token, hashed at rest, that expires and works once."""

from __future__ import annotations

import hashlib
import secrets

from crossdock.identity import tables
from crossdock.identity.errors import SignInLinkUnusable
from crossdock.storage.session import Session


def new_token() -> str:
    """Return 256 random bits, safe in a URL and in a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return what is stored instead of a token; random tokens need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def make_link(session: Session, user_id: int, now: int, valid_for: int) -> str:
    """Store a new link for the user and return its token, which nobody can read again."""
    token = new_token()
    session.insert(tables.sign_in_links, [(token_hash(token), user_id, now, now + valid_for, None)])
    return token


def link_is_usable(session: Session, token: str, now: int) -> bool:
    """Say whether the token would sign somebody in now; changes nothing."""
    sql = "SELECT 1 FROM sign_in_links WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?"
    return bool(session.fetch(sql, token_hash(token), now))


def use_link(session: Session, token: str, now: int) -> int:
    """Mark the link as used and return whose it is; raises SignInLinkUnusable, the second time always."""
    mark = token_hash(token)
    used = session.execute(
        "UPDATE sign_in_links SET used_at = ? WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?",
        now,
        mark,
        now,
    )
    if not used:
        raise SignInLinkUnusable
    rows = session.fetch("SELECT user_id FROM sign_in_links WHERE token_hash = ?", mark)
    return int(rows[0][0])


def forget_links(session: Session, now: int) -> int:
    """Delete links that have expired and return how many there were."""
    return session.execute("DELETE FROM sign_in_links WHERE expires_at <= ?", now)
