"""The documents of routing policies: what is put, where versions stand, what changed between them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from crossdock.api.documents import View
from crossdock.api.parameters import Query
from crossdock.kernel.document import Input, Instant, Words
from crossdock.routing import Finding, PlainPolicy, RoutingPolicy

Number = Annotated[int, Meta(ge=1, le=2**31)]


class PolicyView(View, frozen=True):
    """The active version of a policy; decisions name the document that they rest on, and its route.

    ``policy`` is the one set of rules of a document that has no more than that, else null.
    """

    code: str
    version: str
    number: int | None
    activated_at: Instant
    activated_by: str
    policy: PlainPolicy | None
    document: RoutingPolicy


class PolicyRef(View, frozen=True):
    """A policy in short: its active version (null before the first) and the version that is being worked on."""

    code: str
    name: str
    version: str | None
    number: int | None
    activated_at: Instant | None
    activated_by: str | None
    draft: int | None
    draft_state: str | None


class PolicyList(View, frozen=True):
    """The policies by code."""

    data: tuple[PolicyRef, ...]


class PolicyChangeView(View, frozen=True):
    """Where a version came to stand, when, by whom and why."""

    state: str
    at: Instant
    by: str
    note: str


class PolicyVersionView(View, frozen=True):
    """A version: what it says, where it stands, what the last check found, and how it came to stand there.

    States: draft, validated, tried, active, retired (another is active), rolled_back, replaced (by a newer draft).
    ``untried`` says that it became active though nobody had tried it.
    """

    code: str
    number: int
    version: str
    state: str
    base: int | None
    created_at: Instant
    created_by: str
    note: str
    untried: bool
    findings: tuple[Finding, ...]
    supported_actions: tuple[str, ...]
    changes: tuple[PolicyChangeView, ...]
    document: RoutingPolicy


class PolicyVersionList(View, frozen=True):
    """The versions of a policy, newest first."""

    data: tuple[PolicyVersionView, ...]


class DifferenceView(View, frozen=True):
    """One place at which two versions differ (routes by their names); null where one has nothing there."""

    pointer: str
    before: Any
    after: Any


class PolicyDiffView(View, frozen=True):
    """What changed between two versions: place by place, the order of the routes, and as a diff of two YAML files."""

    code: str
    before: int
    after: int
    differences: tuple[DifferenceView, ...]
    routes_before: tuple[str, ...]
    routes_after: tuple[str, ...]
    text: str


class DiffQuery(Query, frozen=True, rename={"before": "from", "after": "to"}):
    """Which versions are compared; without them the active one and the newest."""

    before: Number | None = None
    after: Number | None = None


class DraftIn(Input, frozen=True):
    """A document to be saved as the next version, and why."""

    document: RoutingPolicy
    note: Words = ""


class ValidateIn(Input, frozen=True):
    """Why it is validated."""

    note: Words = ""


class ActivateIn(Input, frozen=True):
    """Why it becomes active; ``untried`` lets a version that nobody tried become so."""

    note: Words = ""
    untried: bool = False


class RollBackIn(Input, frozen=True):
    """Why it is taken back, and to which version; without one to that which was active before."""

    note: Words = ""
    to: Number | None = None
