"""Users, one-time sign-in links and sessions: who is let in, and who did what."""

from crossdock.identity.errors import SignInLinkUnusable, UserDisabled
from crossdock.identity.model import (
    EndSession,
    MakeSignInLink,
    NewSession,
    Role,
    SessionEnded,
    SignedIn,
    SignInLink,
    User,
    UseSignInLink,
)
from crossdock.identity.service import identity_handlers
from crossdock.identity.sessions import find_session
from crossdock.identity.sign_in import link_is_usable
from crossdock.identity.users import count_users, find_user

__all__ = [
    "EndSession",
    "MakeSignInLink",
    "NewSession",
    "Role",
    "SessionEnded",
    "SignInLink",
    "SignInLinkUnusable",
    "SignedIn",
    "UseSignInLink",
    "User",
    "UserDisabled",
    "count_users",
    "find_session",
    "find_user",
    "identity_handlers",
    "link_is_usable",
]
