"""Events about routing policies: what was drafted, validated, tried, activated and rolled back, by whom and why."""

from __future__ import annotations

from typing import ClassVar

from crossdock.events.base import EventData


class PolicyEvent(EventData, frozen=True):
    """What these events say: which version of which policy, the hash of its content, and why."""

    code: str
    number: int
    version: str
    note: str = ""


class PolicyDrafted(PolicyEvent, frozen=True):
    type: ClassVar[str] = "policy.drafted"
    summary: ClassVar[str] = "A version of a routing policy was saved; nothing is decided by it yet."

    errors: int = 0
    warnings: int = 0


class PolicyValidated(PolicyEvent, frozen=True):
    type: ClassVar[str] = "policy.validated"
    summary: ClassVar[str] = "A version of a routing policy was checked and has no error."

    warnings: int = 0


class PolicyTried(PolicyEvent, frozen=True):
    type: ClassVar[str] = "policy.tried"
    summary: ClassVar[str] = "A version of a routing policy was tried over past orders."


class PolicyActivated(PolicyEvent, frozen=True):
    type: ClassVar[str] = "policy.activated"
    summary: ClassVar[str] = "A version of a routing policy decides from the next decision on; `before` did until now."

    before: int | None = None
    untried: bool = False


class PolicyRolledBack(PolicyEvent, frozen=True):
    type: ClassVar[str] = "policy.rolled_back"
    summary: ClassVar[str] = "The active version of a routing policy was taken back; `now` decides again."

    now: int = 0


_HASH = "8c0f5c1b2d3e4f60718293a4b5c6d7e8"
SAMPLES = (
    PolicyDrafted("standard", 4, _HASH, "Stores may ship at the weekend", errors=0, warnings=1),
    PolicyValidated("standard", 4, _HASH, warnings=1),
    PolicyTried("standard", 4, _HASH, "10,000 orders of October"),
    PolicyActivated("standard", 4, _HASH, "Agreed with the stores", before=3),
    PolicyRolledBack("standard", 4, _HASH, "Too much from Leeds", now=3),
)
