"""Commands on routing policies, each with who asks and why."""

from __future__ import annotations

from crossdock.orchestration.commands import Answer, Command
from crossdock.routing.policy.check import Finding
from crossdock.routing.policy.document import RoutingPolicy


class SaveDraft(Command, frozen=True):
    """Save a document as the next version of its code; the draft before it is replaced. Answer: PolicySaved.

    ``base`` is the number of the version that it was made from: raises PolicyMovedOn when there is a newer one.
    """

    document: RoutingPolicy
    note: str = ""
    base: int | None = None


class ValidatePolicy(Command, frozen=True):
    """Check a version against the network and the channels as they are. Answer: PolicySaved; raises PolicyInvalid."""

    code: str
    number: int
    note: str = ""


class ActivatePolicy(Command, frozen=True):
    """Make a version the active one, for every decision from the next one on. Answer: PolicySaved.

    Raises PolicyInvalid with every error's place, PolicyUntried when nobody tried it and ``untried`` is not said, and
    PolicyMovedOn when another version than ``instead_of`` is active.
    """

    code: str
    number: int
    note: str = ""
    untried: bool = False
    instead_of: int | None = None


class RollBackPolicy(Command, frozen=True):
    """Take the active version back: ``to``, or the one that was active before it, is active again."""

    code: str
    number: int
    note: str = ""
    to: int | None = None


class PolicySaved(Answer):
    """Answer of the commands on policies: where the version stands now, and what was found.

    ``result`` is created, changed or unchanged; after rolling back ``number`` is the version that is active now.
    """

    code: str
    number: int
    state: str
    result: str
    findings: tuple[Finding, ...] = ()


class GiveUpWaiting(Command, frozen=True):
    """Cancel units that wait longer than the route that left them over says, of so many orders at most."""

    most: int = 500


class GivenUp(Answer):
    """Answer of GiveUpWaiting: of how many orders so many units were canceled."""

    orders: int
    canceled: int
