"""Trials: past orders decided again under a draft of a policy, and what each of its rules costs."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from msgspec import Meta

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, idempotency_key, key_scope
from crossdock.api.documents import NextCursor, View
from crossdock.api.errors import InvalidCursor, KeyDiffers
from crossdock.api.http import Call, Reply, json_reply, location, make_cursor, read_cursor
from crossdock.api.lists import next_link
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.parameters import ID_LETTERS, PageQuery
from crossdock.kernel.clock import instant
from crossdock.kernel.document import Code, ExternalId, Input, Instant, Words
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    MOST_ORDERS,
    ConfigurationRefused,
    DecisionDifference,
    IdempotencyKeyReused,
    JobView,
    NothingToTry,
    OrderNotFound,
    OrderRefused,
    Rules,
    SortWord,
    TrialRequest,
    TrialView,
    TriedOrder,
    TryRefused,
    UnknownChannel,
    UnknownItem,
    UnknownPolicyVersion,
    cancel_job,
    checked,
    find_order,
    list_trials,
    new_trial,
    read_differences,
    read_trial,
    sized,
    try_again,
    try_past,
    version_rules,
)
from crossdock.orders import OrderIn
from crossdock.routing import RoutingPolicy

Version = Annotated[int, Meta(ge=1, le=2**31, description="the number of a version that was saved")]


class TrialIn(Input, frozen=True):
    """Which rules are tried, and over which orders: the newest of those placed in a period.

    The rules are a version that was saved, which counts as tried afterwards, or a document that is nowhere yet.
    """

    version: Version | None = None
    document: RoutingPolicy | None = None
    orders: Annotated[int, Meta(ge=1, le=MOST_ORDERS, description="how many at most, the newest first")] = 10_000
    since: Annotated[Instant | None, Meta(description="orders placed from then on")] = None
    until: Annotated[Instant | None, Meta(description="orders placed before then; else now")] = None
    price_rules: Annotated[bool, Meta(description="also say what each single rule costs")] = False
    note: Annotated[Words, Meta(description="what the draft is called")] = ""


class OrderNamed(Input, frozen=True):
    """An order by the channel's own id."""

    channel: Code
    external_id: ExternalId


class TryIn(Input, frozen=True):
    """Which rules one order is tried under, and which order.

    The rules are a version that was saved or a document that is nowhere yet; the order is a past one, by its id or by
    the channel's own, or one as it would be sent.
    """

    version: Version | None = None
    document: RoutingPolicy | None = None
    order_id: Annotated[str, Meta(pattern=f"^ord_{ID_LETTERS}$")] | None = None
    named: OrderNamed | None = None
    order: OrderIn | None = None


class TrialList(View, frozen=True):
    """The newest trials of a policy."""

    data: tuple[TrialView, ...]


class DifferencesQuery(PageQuery, frozen=True):
    """How the differences are listed: the biggest first, by what is named."""

    sort: SortWord = "money"


class DifferenceList(View, frozen=True):
    """A page of decisions that would come out otherwise."""

    data: tuple[DecisionDifference, ...]
    next_cursor: NextCursor


async def start_trial(call: Call) -> Reply:
    """Make the job that decides past orders again."""
    body: TrialIn = call.body
    asked = TrialRequest(
        code=call.path["code"],
        rules=await _rules(call, body.version, body.document),
        number=body.version,
        orders=body.orders,
        since=None if body.since is None else instant(body.since),
        until=call.backend.clock() if body.until is None else instant(body.until),
        price_rules=body.price_rules,
        draft=body.note,
    )
    asked = await call.backend.database.read(lambda session: sized(session, asked))
    key = idempotency_key(call)
    mark = hashlib.blake2b(asked.code.encode() + b"\0" + call.raw, digest_size=16).digest()
    kept = None if key is None else (key_scope(call), key, mark)
    job: JobView
    job, is_new = await call.backend.submit(new_trial(asked, actor(call).name, kept))
    call.backend.trials.wake()
    call.path["trial_id"] = decode_id("job", job.id)
    view = await _view(call)
    return json_reply(view, 202, location(view.links.self), *(() if is_new else (REPLAYED,)))


async def try_one(call: Call) -> Reply:
    """Say what one order would get under a draft."""
    body: TryIn = call.body
    rules = await _rules(call, body.version, body.document)
    ways = [way for way in (body.order_id, body.named, body.order) if way is not None]
    if len(ways) != 1:
        raise TryRefused("Say which order: one of `order_id`, `named` and `order`.")

    def work(session: Any) -> TriedOrder:
        if body.order is not None:
            return call.backend.try_desk.try_order(session, body.order, rules, call.backend.clock())
        if body.named is not None:
            return try_past(session, find_order(session, body.named.channel, body.named.external_id), rules)
        return try_past(session, decode_id("ord", body.order_id or ""), rules)

    return json_reply(await call.backend.database.read(work))


async def _rules(call: Call, version: int | None, document: RoutingPolicy | None) -> Rules:
    """Return the rules that are tried: those of a version, or of a document of the same code."""
    code: str = call.path["code"]
    if (version is None) == (document is None):
        raise TryRefused("Say which rules: one of `version` and `document`.")
    if document is None:
        number = version or 0
        return await call.backend.database.read(lambda session: version_rules(session, code, number))
    if document.code != code:
        raise KeyDiffers(f"The document says '{document.code}', the address '{code}'.")
    return checked(document)


async def get_tried_order(call: Call) -> Reply:
    """Read one order of a trial, side by side."""
    await _view(call)
    id_, order = call.path["trial_id"], call.path["order_id"]
    found = await call.backend.database.read(lambda session: try_again(session, id_, order))
    if found is None:
        raise NotFound("There is no trial of this id.")
    return json_reply(found)


async def get_trial(call: Call) -> Reply:
    """Read a trial."""
    return json_reply(await _view(call))


async def _view(call: Call) -> TrialView:
    id_, code, folder = call.path["trial_id"], call.path["code"], call.backend.data_dir
    view = await call.backend.database.read(lambda session: read_trial(session, folder, id_, code))
    if view is None:
        raise NotFound(f"There is no trial of the policy '{code}' of this id.")
    return view


async def get_trials(call: Call) -> Reply:
    """List the newest trials of a policy."""
    code, folder = call.path["code"], call.backend.data_dir
    found = await call.backend.database.read(lambda session: list_trials(session, folder, code))
    return json_reply(TrialList(data=tuple(found)))


async def get_differences(call: Call) -> Reply:
    """List the decisions that would come out otherwise."""
    query: DifferencesQuery = call.query
    await _view(call)
    id_, folder = call.path["trial_id"], call.backend.data_dir
    name = f"differences-{query.sort}"
    after = 0 if query.cursor is None else read_cursor(query.cursor, name, int)[0]
    page = await call.backend.database.read(
        lambda session: read_differences(session, folder, id_, query.sort, after, query.limit)
    )
    cursor = None if page.next is None else make_cursor(name, page.next)
    document = DifferenceList(data=tuple(page.differences), next_cursor=cursor)
    return json_reply(document, 200, *next_link(call, cursor))


async def cancel_trial(call: Call) -> Reply:
    """Ask a trial to stop."""
    await _view(call)
    await call.backend.submit(cancel_job(call.path["trial_id"], actor(call).name))
    return json_reply(await _view(call))


_NAMED = {"channel": "web", "external_id": "A-1"}
_LINKS = {
    name: Link(operation, {"code": "$response.body#/policy", "trial_id": "$response.body#/id"})
    for name, operation in (
        ("trial", "get_trial"),
        ("differences", "list_trial_differences"),
        ("cancel", "cancel_trial"),
    )
}


def add_to(table: Table) -> None:
    """Add the operations on trials."""
    table.add(
        Operation(
            method="POST",
            path="/v1/policies/{code}/trials",
            id="start_trial",
            tag="policies",
            summary="Decide past orders again under a draft",
            description=(
                "A job: the first routing of each order is decided again from its own record, under what was known "
                "then. Nothing is written to orders, claims or stock. Each decision is taken for itself: what the "
                "draft would have given away earlier is not missing later. What cannot be decided again is counted."
            ),
            handler=start_trial,
            scope="config:write",
            body=TrialIn,
            examples={"example": {"document": examples.ROUTING_POLICY, "orders": 10_000, "price_rules": True}},
            idempotent=True,
            answers=(Answer(202, TrialView, "Begun.", None, ("Location", "Idempotency-Replayed")),),
            errors=(
                ConfigurationRefused,
                KeyDiffers,
                NothingToTry,
                TryRefused,
                UnknownPolicyVersion,
                IdempotencyKeyReused,
            ),
            path_examples={"code": "standard"},
            links=_LINKS,
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies/{code}/trials",
            id="list_trials",
            tag="policies",
            summary="List the newest trials of a policy",
            handler=get_trials,
            scope="config:read",
            answers=(Answer(200, TrialList, "The newest first."),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies/{code}/trials/{trial_id}",
            id="get_trial",
            tag="policies",
            summary="Read a trial: how far it is, what would change, what each rule costs",
            handler=get_trial,
            scope="config:read",
            answers=(Answer(200, TrialView, "Found."),),
            errors=(NotFound,),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies/{code}/trials/{trial_id}/differences",
            id="list_trial_differences",
            tag="policies",
            summary="List the decisions that would come out otherwise, the biggest difference first",
            handler=get_differences,
            scope="config:read",
            query=DifferencesQuery,
            answers=(Answer(200, DifferenceList, "A page.", None, ("Link",)),),
            errors=(NotFound, InvalidCursor),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies/{code}/trials/{trial_id}/orders/{order_id}",
            id="get_trial_order",
            tag="policies",
            summary="Read one order of a trial: what was decided, and what the draft would decide, side by side",
            handler=get_tried_order,
            scope="config:read",
            answers=(Answer(200, TriedOrder, "Decided again just now, from its records."),),
            errors=(NotFound, OrderNotFound),
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/policies/{code}/actions/try",
            id="try_policy",
            tag="policies",
            summary="Say what one order would get under a draft, by which routes and why",
            description=("A past order is decided again from its own record. Nothing is written, nothing is claimed."),
            handler=try_one,
            scope="config:read",
            body=TryIn,
            examples={
                "example": {"document": examples.ROUTING_POLICY, "named": {"channel": "web", "external_id": "A-1"}}
            },
            answers=(Answer(200, TriedOrder, "What it would get."),),
            errors=(
                ConfigurationRefused,
                KeyDiffers,
                OrderNotFound,
                OrderRefused,
                TryRefused,
                UnknownChannel,
                UnknownItem,
                UnknownPolicyVersion,
            ),
            path_examples={"code": "standard"},
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/policies/{code}/trials/{trial_id}/actions/cancel",
            id="cancel_trial",
            tag="policies",
            summary="Ask a trial to stop",
            description="What it has found so far can still be read. A trial that is over stays as it is.",
            handler=cancel_trial,
            scope="config:write",
            answers=(Answer(200, TrialView, "Asked; the trial as it is now."),),
            errors=(NotFound,),
        )
    )
