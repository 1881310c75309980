"""Keys: who am I, which keys there are, make one, revoke one."""

from __future__ import annotations

from typing import Any

from crossdock.api import examples
from crossdock.api.commands import REPLAYED, actor, idempotency_key, key_scope, request_key
from crossdock.api.documents import KeyIn, KeyList, Me, NewKey
from crossdock.api.errors import OwnKey, ScopeNotYours
from crossdock.api.http import Call, Reply, json_reply, location
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.identity import KeyView, list_keys
from crossdock.kernel.clock import instant, moment
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import IdempotencyKeyReused, new_key, revoke_key


async def get_me(call: Call) -> Reply:
    """Say whose key the request carries."""
    own = call.credential
    expires = None if own.expires_at is None else moment(own.expires_at)
    return json_reply(
        Me(id=encode_id("key", own.id), name=own.name, scopes=tuple(sorted(own.scopes)), expires_at=expires)
    )


async def get_keys(call: Call) -> Reply:
    """List the keys."""
    return json_reply(KeyList(data=tuple(await call.backend.database.read(list_keys))))


async def create_key(call: Call) -> Reply:
    """Make a key; its secret is in this answer and nowhere else."""
    asked: KeyIn = call.body
    beyond = [scope for scope in asked.scopes if not call.credential.may(scope)]
    if beyond:
        raise ScopeNotYours(f"Your key lacks {', '.join(beyond)} itself.")
    expires = None if asked.expires_at is None else instant(asked.expires_at)
    request = request_key(call)
    kept = None if request is None else (key_scope(call), idempotency_key(call) or "", request.fingerprint)
    view, secret = await call.backend.submit(new_key(asked.name, asked.scopes, actor(call).name, expires, kept))
    call.backend.keys.forget()
    headers = [location(f"/v1/api-keys/{view.id}")]
    if secret is None:
        headers.append(REPLAYED)
    return json_reply(NewKey(key=view, secret=secret), 201, *headers)


async def delete_key(call: Call) -> Reply:
    """Revoke a key for good."""
    if call.path["key_id"] == call.credential.id:
        raise OwnKey("The request carries the key that it wants to revoke.")
    view: Any = await call.backend.submit(revoke_key(call.path["key_id"], actor(call).name))
    if view is None:
        raise NotFound("There is no key of this id.")
    call.backend.keys.forget()
    return json_reply(view)


def add_to(table: Table) -> None:
    """Add the operations on keys."""
    table.add(
        Operation(
            method="GET",
            path="/v1/me",
            id="get_me",
            tag="keys",
            summary="Read whose key the request carries",
            handler=get_me,
            scope="",
            answers=(Answer(200, Me, "Your key."),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/api-keys",
            id="list_api_keys",
            tag="keys",
            summary="List the API keys, newest first",
            handler=get_keys,
            scope="keys:write",
            answers=(Answer(200, KeyList, "All of them, the revoked ones too."),),
        )
    )
    table.add(
        Operation(
            method="POST",
            path="/v1/api-keys",
            id="create_api_key",
            tag="keys",
            summary="Make an API key",
            description="No scope can be given that the own key lacks. The secret is shown once and stored as a hash.",
            handler=create_key,
            scope="keys:write",
            body=KeyIn,
            examples={"example": examples.KEY},
            idempotent=True,
            answers=(Answer(201, NewKey, "Made.", None, ("Location", "Idempotency-Replayed")),),
            errors=(ScopeNotYours, IdempotencyKeyReused),
            links={"revoke": Link("revoke_api_key", {"key_id": "$response.body#/key/id"})},
        )
    )
    table.add(
        Operation(
            method="DELETE",
            path="/v1/api-keys/{key_id}",
            id="revoke_api_key",
            tag="keys",
            summary="Revoke an API key for good",
            description="Other processes notice within five seconds.",
            handler=delete_key,
            scope="keys:write",
            answers=(Answer(200, KeyView, "Revoked."),),
            errors=(NotFound, OwnKey),
        )
    )
