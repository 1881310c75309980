"""Locations that take no new work, empty shelves, and the rules of who has how long to answer."""

from __future__ import annotations

from crossdock.api import work_documents as d
from crossdock.api.commands import REPLAYED, actor, request_key
from crossdock.api.http import Call, Header, Reply, etag, json_reply, position
from crossdock.api.operations import Answer, Operation, Table
from crossdock.fulfillment import WorkRules, work_rules
from crossdock.kernel.clock import instant, moment
from crossdock.kernel.ids import decode_id, encode_id
from crossdock.network import list_pauses
from crossdock.orchestration import (
    ConfigurationRefused,
    IdempotencyKeyReused,
    MoveWork,
    PauseLocation,
    Put,
    PutWorkRules,
    ResumeLocation,
    UnknownItem,
    UnknownLocation,
    WorkMoved,
    Zeroed,
    ZeroStock,
)

_HEADERS = ("Crossdock-Log-Position", "Idempotency-Replayed")


def _told(answer: Put | WorkMoved | Zeroed) -> list[Header]:
    headers: list[Header] = [position(answer.position)] if answer.position else []
    return [*headers, REPLAYED] if answer.replayed else headers


async def pause(call: Call) -> Reply:
    """Give a location no new work."""
    asked: d.PauseIn = call.body
    command = PauseLocation(
        actor=actor(call),
        request=request_key(call),
        location=call.path["code"],
        until=None if asked.until is None else instant(asked.until),
        reason=asked.reason,
        move_work=asked.move_work,
    )
    return _paused(call, await call.backend.submit(command), paused=True)


async def resume(call: Call) -> Reply:
    """Let a location take work again."""
    command = ResumeLocation(actor=actor(call), request=request_key(call), location=call.path["code"])
    return _paused(call, await call.backend.submit(command), paused=False)


def _paused(call: Call, answer: Put, *, paused: bool) -> Reply:
    result = answer.results[0][1]
    document = d.PauseResult(location=call.path["code"], paused=paused, result=result)  # type: ignore[arg-type]
    return json_reply(document, 200, *_told(answer))


async def move_work(call: Call) -> Reply:
    """Move planned work away."""
    asked: d.MoveWorkIn = call.body
    command = MoveWork(
        actor=actor(call),
        request=request_key(call),
        location=call.path["code"],
        after=0 if asked.after is None else decode_id("ful", asked.after),
        most=asked.most,
    )
    answer: WorkMoved = await call.backend.submit(command)
    after = None if answer.after is None else encode_id("ful", answer.after)
    return json_reply(d.MoveWorkResult(moved=answer.moved, kept=answer.kept, after=after), 200, *_told(answer))


async def get_pauses(call: Call) -> Reply:
    """List the locations that take no new work."""
    found = await call.backend.database.read(list_pauses)
    views = tuple(
        d.PauseView(
            location=code,
            since=moment(each.since),
            until=None if each.until is None else moment(each.until),
            reason=each.reason,
            actor=each.actor,
            is_moving_work=each.move_after is not None,
        )
        for code, each in found
    )
    return json_reply(d.PauseList(data=views))


async def zero(call: Call) -> Reply:
    """Nothing of an item is on the shelf."""
    asked: d.ZeroIn = call.body
    command = ZeroStock(
        actor=actor(call), request=request_key(call), sku=asked.sku, location=asked.location, reason=asked.reason
    )
    answer: Zeroed = await call.backend.submit(command)
    return json_reply(d.ZeroResult(on_hand=answer.on_hand, orders=answer.orders), 200, *_told(answer))


async def get_rules(call: Call) -> Reply:
    """Read the work rules."""
    rules, version = await call.backend.database.read(work_rules)
    return json_reply(d.WorkRulesView(rules=rules, version=version), 200, etag(version))


async def put_rules(call: Call) -> Reply:
    """Replace the work rules."""
    answer: Put = await call.backend.submit(PutWorkRules(actor=actor(call), request=request_key(call), rules=call.body))
    rules, version = await call.backend.database.read(work_rules)
    return json_reply(d.WorkRulesView(rules=rules, version=version), 200, etag(version), *_told(answer))


def _on_location(name: str, summary: str, handler: object, body: object, example: object, answer: object) -> Operation:
    return Operation(
        method="POST",
        path=f"/v1/locations/{{code}}/actions/{name}",
        id=f"{name}_location" if name != "move_work" else "move_work_of_location",
        tag="locations",
        summary=summary,
        handler=handler,  # type: ignore[arg-type]
        scope="config:write" if name != "move_work" else "orders:write",
        body=body,
        examples={"example": example},
        path_examples={"code": "DC1"},
        idempotent=True,
        answers=(Answer(200, answer, "Done.", None, _HEADERS),),
        errors=(UnknownLocation, ConfigurationRefused, IdempotencyKeyReused),
    )


def add_to(table: Table) -> None:
    """Add the operations on pauses, empty shelves and work rules."""
    table.add(
        _on_location(
            "pause",
            "Give a location no new work, until an instant or until it is resumed",
            pause,
            d.PauseIn,
            {"reason": "power cut", "move_work": True},
            d.PauseResult,
        )
    )
    table.add(_on_location("resume", "Let a location take work again", resume, d.StepIn, {}, d.PauseResult))
    table.add(
        _on_location(
            "move_work",
            "Move a page of planned work to others, as far as others can have it",
            move_work,
            d.MoveWorkIn,
            {"most": 50},
            d.MoveWorkResult,
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/pauses",
            id="list_pauses",
            tag="locations",
            summary="List the locations that take no new work",
            handler=get_pauses,
            scope="config:read",
            answers=(Answer(200, d.PauseList, "All of them."),),
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/inventory/actions/zero",
            id="zero_stock",
            tag="inventory",
            summary="Nothing of an item is on a location's shelf: all open work for it there goes elsewhere",
            handler=zero,
            scope="inventory:write",
            body=d.ZeroIn,
            examples={"example": {"sku": "85123A", "location": "DC1", "reason": "looked twice"}},
            idempotent=True,
            answers=(Answer(200, d.ZeroResult, "Recorded.", None, _HEADERS),),
            errors=(UnknownItem, UnknownLocation, IdempotencyKeyReused),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/work-rules",
            id="get_work_rules",
            tag="locations",
            summary="Read how long locations have to answer, and how long one that said no is left in peace",
            handler=get_rules,
            scope="config:read",
            answers=(Answer(200, d.WorkRulesView, "The rules.", None, ("ETag",)),),
        )
    )
    table.add(
        Operation(
            method="PUT",
            path="/v1/work-rules",
            id="put_work_rules",
            tag="locations",
            summary="Replace the work rules",
            handler=put_rules,
            scope="config:write",
            body=WorkRules,
            examples={"example": {"exclude_hours": 168, "accept_minutes": 30, "notice_minutes": 10}},
            idempotent=True,
            answers=(Answer(200, d.WorkRulesView, "The rules as they are now.", None, ("ETag", *_HEADERS)),),
            errors=(IdempotencyKeyReused,),
        )
    )
