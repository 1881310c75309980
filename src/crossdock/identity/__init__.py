"""Users, one-time sign-in links and sessions: who is let in, and who did what."""

from crossdock.identity.errors import SignInLinkUnusable, UserDisabled
from crossdock.identity.keys import (
    Credential,
    KeyRing,
    KeyView,
    Scope,
    create_key,
    list_keys,
    read_key,
    revoke_key,
)
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
    "Credential",
    "EndSession",
    "KeyRing",
    "KeyView",
    "MakeSignInLink",
    "NewSession",
    "Role",
    "Scope",
    "SessionEnded",
    "SignInLink",
    "SignInLinkUnusable",
    "SignedIn",
    "UseSignInLink",
    "User",
    "UserDisabled",
    "count_users",
    "create_key",
    "find_session",
    "find_user",
    "identity_handlers",
    "link_is_usable",
    "list_keys",
    "read_key",
    "revoke_key",
]
