"""Who uses the console, and what can be asked of the writer about them."""

from __future__ import annotations

import enum

import msgspec

from crossdock.kernel.clock import DAY, HOUR


class Role(enum.StrEnum):
    """What a user may do; more roles come with the features that need them."""

    ADMIN = "admin"


class User(msgspec.Struct, frozen=True):
    """A person who signs in."""

    id: int
    email: str
    name: str
    role: Role

    @property
    def actor(self) -> str:
        """The name under which what they do is recorded."""
        return f"user:{self.email}"


class SignedIn(msgspec.Struct, frozen=True):
    """A live session: whose it is, and the token that its forms must carry."""

    user: User
    csrf_token: str
    expires_at: int


class MakeSignInLink(msgspec.Struct, frozen=True, kw_only=True):
    """Make a one-time sign-in link for a user, who is created when there is none. Answer: SignInLink."""

    email: str
    name: str = ""
    valid_for: int = HOUR


class UseSignInLink(msgspec.Struct, frozen=True, kw_only=True):
    """Trade a one-time token for a session. Answer: NewSession; raises SignInLinkUnusable."""

    token: str
    valid_for: int = 14 * DAY


class EndSession(msgspec.Struct, frozen=True, kw_only=True):
    """Forget a session; one that is gone already is no error. Answer: SessionEnded."""

    token: str


class SignInLink(msgspec.Struct, kw_only=True):
    """The secret part of a sign-in link: shown once, stored only as a hash."""

    token: str
    email: str
    expires_at: int
    position: int = 0


class NewSession(msgspec.Struct, kw_only=True):
    """The secret of a session, for the cookie alone."""

    token: str
    expires_at: int
    position: int = 0


class SessionEnded(msgspec.Struct, kw_only=True):
    """The session is no more."""

    position: int = 0
