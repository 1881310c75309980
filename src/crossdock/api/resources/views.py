"""Stock views and shares between channels: what each channel may see and sell, and what it is kept."""

from __future__ import annotations

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, request_key
from crossdock.api.errors import KeyDiffers
from crossdock.api.http import Call, Header, Reply, json_reply, location, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.view_documents import (
    SavedGroup,
    ShareGroupBatch,
    ShareGroupDocument,
    ShareGroupList,
    ShareGroupResults,
    SharesList,
    SharesQuery,
    ViewDocument,
    ViewList,
    ViewRef,
)
from crossdock.inventory import ShareGroup, StockView
from crossdock.kernel.clock import moment
from crossdock.kernel.errors import FieldError, NotFound
from crossdock.orchestration import (
    ActiveGroup,
    ConfigurationRefused,
    IdempotencyKeyReused,
    PutShareGroups,
    PutView,
    ViewPreview,
    ViewPut,
    list_share_groups,
    list_views,
    preview_view,
    read_share_group,
    read_view,
    shares_of,
)


async def put_view(call: Call) -> Reply:
    """Make a view the active one of its code."""
    _same_code(call)
    answer: ViewPut = await call.backend.submit(PutView(actor=actor(call), view=call.body))
    return _saved(await _view(call, answer.warnings), answer, "/v1/views/")


async def get_view(call: Call) -> Reply:
    """Read the active version of a view."""
    return json_reply(await _view(call))


async def list_all(call: Call) -> Reply:
    """List the active views."""
    found = await call.backend.database.read(list_views)
    refs = (
        ViewRef(
            code=one.view.code,
            name=one.view.name,
            version=one.version,
            activated_at=moment(one.activated_at),
            activated_by=one.actor,
            channels=one.channels,
        )
        for one in found
    )
    return json_reply(ViewList(data=tuple(refs)))


async def preview(call: Call) -> Reply:
    """Say what saving a view would change."""
    view: StockView = call.body
    told: ViewPreview = await call.backend.database.read(lambda session: preview_view(session, view))
    return json_reply(told)


async def _view(call: Call, warnings: tuple[str, ...] = ()) -> ViewDocument:
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_view(session, code))
    if found is None:
        raise NotFound(f"There is no stock view '{code}'.")
    return ViewDocument(
        view=found.view,
        version=found.version,
        activated_at=moment(found.activated_at),
        activated_by=found.actor,
        channels=found.channels,
        warnings=warnings,
    )


async def put_group(call: Call) -> Reply:
    """Create or replace a share group."""
    _same_code(call)
    answer: ViewPut = await call.backend.submit(PutShareGroups(actor=actor(call), groups=(call.body,)))
    return _saved(await _group(call), answer, "/v1/share-groups/")


async def put_groups(call: Call) -> Reply:
    """Create or replace several share groups, all or none."""
    command = PutShareGroups(actor=actor(call), request=request_key(call), groups=call.body.groups)
    answer: ViewPut = await call.backend.submit(command)
    headers: list[Header] = [position(answer.position)] if answer.position else []
    if answer.replayed:
        headers.append(REPLAYED)
    results = tuple(SavedGroup(code=code, result=result) for code, result in answer.results)
    return json_reply(ShareGroupResults(results=results, warnings=answer.warnings), 200, *headers)


async def get_group(call: Call) -> Reply:
    """Read a share group."""
    return json_reply(await _group(call))


async def list_groups(call: Call) -> Reply:
    """List the share groups."""
    found = await call.backend.database.read(list_share_groups)
    return json_reply(ShareGroupList(data=tuple(_document(one) for one in found)))


async def list_shares(call: Call) -> Reply:
    """Say how the shares of items stand."""
    skus: tuple[str, ...] = call.query.sku
    found = await call.backend.database.read(lambda session: shares_of(session, skus))
    return json_reply(SharesList(data=tuple(found)))


async def _group(call: Call) -> ShareGroupDocument:
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_share_group(session, code))
    if found is None:
        raise NotFound(f"There is no share group '{code}'.")
    return _document(found)


def _document(one: ActiveGroup) -> ShareGroupDocument:
    return ShareGroupDocument(
        group=one.group, version=one.version, activated_at=moment(one.activated_at), activated_by=one.actor
    )


def _same_code(call: Call) -> None:
    """Refuse a document whose code is another one than the address names."""
    if call.body.code != call.path["code"]:
        text = f"The address says '{call.path['code']}', the document '{call.body.code}'."
        raise KeyDiffers(text, (FieldError("/code", "differs", text),))


def _saved(document: ViewDocument | ShareGroupDocument, answer: ViewPut, path: str) -> Reply:
    headers: list[Header] = [position(answer.position)] if answer.position else []
    code, result = answer.results[0]
    if result == "created":
        return json_reply(document, 201, *headers, location(path + code))
    return json_reply(document, 200, *headers)


def add_to(table: Table) -> None:
    """Add the operations on views and shares."""
    for operation in (*_views(), *_groups()):
        table.add(operation)


_SAVED = ("Crossdock-Log-Position",)
_CREATED = ("Location", "Crossdock-Log-Position")


def _views() -> tuple[Operation, ...]:
    return (
        Operation(
            method="PUT",
            path="/v1/views/{code}",
            id="put_view",
            tag="views",
            summary="Activate a stock view",
            description="Every decision from the next one on sees the stock through it; earlier ones name the version "
            "that they rest on. What is odd about the view, though it is allowed, comes back as `warnings`.",
            handler=put_view,
            scope="config:write",
            body=StockView,
            examples={"example": examples.VIEW},
            answers=(
                Answer(200, ViewDocument, "Active, or the same already.", None, _SAVED),
                Answer(201, ViewDocument, "Active; the first of this code.", None, _CREATED),
            ),
            errors=(KeyDiffers, ConfigurationRefused),
            path_examples={"code": "web"},
            links={"read": Link("get_view", {"code": "$response.body#/view/code"})},
        ),
        Operation(
            method="POST",
            path="/v1/views:preview",
            id="preview_view",
            tag="views",
            summary="Say what a stock view would change",
            description="Compared with the active version of its code, or with seeing everything: which items appear, "
            "vanish or change, by how many units, and where. Nothing is saved.",
            handler=preview,
            scope="config:read",
            body=StockView,
            examples={"example": examples.VIEW},
            answers=(Answer(200, ViewPreview, "What would change."),),
            errors=(ConfigurationRefused,),
        ),
        Operation(
            method="GET",
            path="/v1/views",
            id="list_views",
            tag="views",
            summary="List the active stock views",
            handler=list_all,
            scope="config:read",
            answers=(Answer(200, ViewList, "All of them."),),
        ),
        Operation(
            method="GET",
            path="/v1/views/{code}",
            id="get_view",
            tag="views",
            summary="Read the active version of a stock view",
            handler=get_view,
            scope="config:read",
            answers=(Answer(200, ViewDocument, "Found."),),
            errors=(NotFound,),
            path_examples={"code": "web"},
        ),
    )


def _groups() -> tuple[Operation, ...]:
    return (
        Operation(
            method="PUT",
            path="/v1/share-groups/{code}",
            id="put_share_group",
            tag="shares",
            summary="Create or replace a share group",
            description="Who is in it, how it goes beyond its own, and what it is kept. What was taken stays taken.",
            handler=put_group,
            scope="config:write",
            body=ShareGroup,
            examples={"example": examples.SHARE_GROUP},
            answers=(
                Answer(200, ShareGroupDocument, "Replaced, or the same already.", None, _SAVED),
                Answer(201, ShareGroupDocument, "Created.", None, _CREATED),
            ),
            errors=(KeyDiffers, ConfigurationRefused),
            path_examples={"code": "marketplaces"},
            links={"read": Link("get_share_group", {"code": "$response.body#/group/code"})},
        ),
        Operation(
            method="POST",
            path="/v1/share-groups:batch",
            id="put_share_groups",
            tag="shares",
            summary="Create or replace up to 200 share groups",
            description="All of them, or on any fault none.",
            handler=put_groups,
            scope="config:write",
            body=ShareGroupBatch,
            examples={"example": {"groups": [examples.SHARE_GROUP]}},
            idempotent=True,
            answers=(Answer(200, ShareGroupResults, "A result for each.", None, (*_SAVED, "Idempotency-Replayed")),),
            errors=(ConfigurationRefused, IdempotencyKeyReused),
            links={"first": Link("get_share_group", {"code": "$response.body#/results/0/code"})},
        ),
        Operation(
            method="GET",
            path="/v1/share-groups",
            id="list_share_groups",
            tag="shares",
            summary="List the share groups",
            handler=list_groups,
            scope="config:read",
            answers=(Answer(200, ShareGroupList, "All of them."),),
        ),
        Operation(
            method="GET",
            path="/v1/share-groups/{code}",
            id="get_share_group",
            tag="shares",
            summary="Read a share group",
            handler=get_group,
            scope="config:read",
            answers=(Answer(200, ShareGroupDocument, "Found."),),
            errors=(NotFound,),
            path_examples={"code": "marketplaces"},
        ),
        Operation(
            method="GET",
            path="/v1/shares",
            id="list_shares",
            tag="shares",
            summary="Say how the shares of items stand",
            description="Of each counter its amount, what is taken and what is left; of each set of locations what is "
            "claimable, kept and free, and what shares are not covered by stock.",
            handler=list_shares,
            scope="inventory:read",
            query=SharesQuery,
            answers=(Answer(200, SharesList, "One an item that exists."),),
        ),
    )
