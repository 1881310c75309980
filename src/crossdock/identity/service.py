"""What the writer does with the commands of identity: a handler for each kind, a transaction a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from crossdock.identity import sessions, sign_in, users
from crossdock.identity.errors import UserDisabled
from crossdock.identity.model import (
    EndSession,
    MakeSignInLink,
    NewSession,
    SessionEnded,
    SignInLink,
    UseSignInLink,
)
from crossdock.kernel.errors import CrossdockError
from crossdock.storage.unit import Unit


class IdentityHandler:
    """Does the commands of one kind, each refused or done by itself."""

    max_batch = 64

    def __init__(self, work: Callable[[Unit, Any], Any]) -> None:
        self._work = work

    def weight(self, command: Any) -> int:  # noqa: ARG002
        """Return that such a command is as much work as one order line."""
        return 1

    def run(self, unit: Unit, commands: Sequence[Any], attempts: Sequence[int]) -> list[Any]:  # noqa: ARG002
        """Do the commands in order; a refusal is the outcome of the one that was refused."""
        outcomes: list[Any] = []
        for command in commands:
            try:
                outcomes.append(self._work(unit, command))
            except CrossdockError as refusal:
                outcomes.append(refusal)
        return outcomes

    def settled(self, *, committed: bool) -> None:
        """Do nothing: no picture of identity is kept in memory."""


def make_sign_in_link(unit: Unit, command: MakeSignInLink) -> SignInLink:
    """Find or create the user and make their link."""
    if users.is_disabled(unit.session, command.email):
        raise UserDisabled
    user = users.find_user(unit.session, command.email)
    if user is None:
        user = users.add_user(unit.session, unit.ids, unit.now, command.email, command.name)
    sign_in.forget_links(unit.session, unit.now)
    token = sign_in.make_link(unit.session, user.id, unit.now, command.valid_for)
    unit.dirty = True
    return SignInLink(token=token, email=user.email, expires_at=unit.now + command.valid_for)


def use_sign_in_link(unit: Unit, command: UseSignInLink) -> NewSession:
    """Use up the link and start a session for its user."""
    user_id = sign_in.use_link(unit.session, command.token, unit.now)
    sessions.forget_sessions(unit.session, unit.now)
    token = sessions.start_session(unit.session, user_id, unit.now, command.valid_for)
    unit.dirty = True
    return NewSession(token=token, expires_at=unit.now + command.valid_for)


def finish_session(unit: Unit, command: EndSession) -> SessionEnded:
    """Forget the session."""
    unit.dirty = bool(sessions.end_session(unit.session, command.token)) or unit.dirty
    return SessionEnded()


def identity_handlers() -> dict[type, IdentityHandler]:
    """Return who does what, for the writer: `Writer(..., handlers={**…, **identity_handlers()})`."""
    return {
        MakeSignInLink: IdentityHandler(make_sign_in_link),
        UseSignInLink: IdentityHandler(use_sign_in_link),
        EndSession: IdentityHandler(finish_session),
    }
