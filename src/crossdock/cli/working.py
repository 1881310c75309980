"""Work at locations from the command line: done here, or by the server that owns the database; answered alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from crossdock.cli.remote import Client
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import (
    ChoicesFound,
    Offered,
    OrderChanged,
    Previewed,
    Put,
    WorkDone,
    WorkMoved,
    Zeroed,
)

if TYPE_CHECKING:
    from crossdock.app import App

Document = dict[str, Any]


class WorkAsked(NamedTuple):
    """One thing that is asked for: the command for this process, and the request for a server."""

    command: Any
    path: str
    body: Document
    method: Literal["POST", "PUT", "GET"] = "POST"


def work_here(app: App, asked: WorkAsked) -> Document:
    """Have it done by this process; returns what the server would answer, as far as people look at it."""
    return _document(app.submit_now(asked.command))


def work_there(client: Client, asked: WorkAsked) -> Document:
    """Have it done by the server."""
    if asked.method == "GET":
        return client.ask("GET", asked.path, Document)
    send = client.put if asked.method == "PUT" else client.post
    return send(asked.path, asked.body, Document)


def _document(answer: Any) -> Document:
    match answer:
        case WorkDone():
            fulfillment = {"id": encode_id("ful", answer.fulfillment_id)}
            return {"moved": answer.moved, "kept": answer.kept, "fulfillment": fulfillment}
        case Offered():
            return {"id": encode_id("off", answer.offer_id)}
        case OrderChanged():
            return {"id": encode_id("ord", answer.order_id), "version": answer.version}
        case Put():
            return {"result": answer.results[0][1]}
        case WorkMoved():
            after = None if answer.after is None else encode_id("ful", answer.after)
            return {"moved": answer.moved, "kept": answer.kept, "after": after}
        case Zeroed():
            return {"on_hand": answer.on_hand, "orders": answer.orders}
        case ChoicesFound():
            return {"order_id": encode_id("ord", answer.order_id), "data": msgspec.to_builtins(answer.deliveries)}
        case Previewed():
            plain: Document = msgspec.to_builtins(answer)
            ids = {
                "order_id": encode_id("ord", answer.order_id),
                "fulfillment_id": encode_id("ful", answer.fulfillment_id),
            }
            return {k: v for k, v in plain.items() if k not in ("type", "position", "replayed")} | ids
    raise AssertionError(answer)
