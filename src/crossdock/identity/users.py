"""Users: found by e-mail, created once."""

from __future__ import annotations

from crossdock.identity import tables
from crossdock.identity.model import Role, User
from crossdock.kernel.ids import IdBlock
from crossdock.storage.session import Session


def find_user(session: Session, email: str) -> User | None:
    """Return the user who may sign in with this address, or None."""
    rows = session.fetch(
        "SELECT id, email, name, role FROM users WHERE email = ? AND disabled_at IS NULL", email.strip().lower()
    )
    return _user(rows[0]) if rows else None


def is_disabled(session: Session, email: str) -> bool:
    """Say whether there is a user with this address who may not sign in."""
    sql = "SELECT 1 FROM users WHERE email = ? AND disabled_at IS NOT NULL"
    return bool(session.fetch(sql, email.strip().lower()))


def add_user(session: Session, ids: IdBlock, now: int, email: str, name: str = "", role: Role = Role.ADMIN) -> User:
    """Create a user; the address is kept in lower case."""
    user = User(ids.one(), email.strip().lower(), name, role)
    session.insert(tables.users, [(user.id, user.email, user.name, role.value, None, now, None)])
    return user


def count_users(session: Session) -> int:
    """Return how many users there are: none means that nobody has ever been let in."""
    return int(session.fetch("SELECT count(*) FROM users")[0][0])


def _user(row: tuple[int, str, str, str]) -> User:
    return User(row[0], row[1], row[2], Role(row[3]))
