"""What would have changed a decision: found when somebody asks, shown under the decision on the order's page."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath

from crossdock.analytics import places
from crossdock.kernel.errors import CrossdockError, NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import FlipsView, explain_decision, read_decision, read_flips
from crossdock.orders import read_order
from crossdock.web.asking import Site, Text, asked
from crossdock.web.security import AnyRequest, AnyResponse
from crossdock.web.why import STANDING
from crossdock.web.words import Word


class WhatIfQuery(msgspec.Struct, frozen=True):
    """About which location; none is those that matter."""

    location: Text = ""


@get("/orders/{order_id:str}/what-if/{decision_id:str}")
async def what_if(
    request: AnyRequest, console: Site, order_id: FromPath[str], decision_id: FromPath[str]
) -> AnyResponse:
    """Show what would have changed a decision."""
    order, decision = decode_id("ord", order_id), decode_id("dec", decision_id)
    location = asked(request, WhatIfQuery).location
    facts = await console.read(lambda session: _read(session, order, decision, location))
    return console.page(request, "what_if.html", section="Orders", decision_id=decision_id, asked=location, **facts)


def _read(session: Any, order_id: int, decision_id: int, location: str) -> dict[str, Any]:
    order, decision = read_order(session, order_id), read_decision(session, decision_id)
    explanation = explain_decision(session, decision_id)
    if order is None or decision is None or explanation is None or decision.order_id != order.id:
        raise NotFound("There is no such decision of this order.")
    flips: FlipsView | None = None
    fault = ""
    try:
        flips = read_flips(session, decision_id, location or None)
    except CrossdockError as refusal:
        fault = refusal.detail
    standing: dict[str, Word] = {verdict.code: STANDING[verdict.standing] for verdict in explanation.verdicts}
    return {"order": order, "flips": flips, "fault": fault, "standing": standing, "places": places(session)}


handlers = [what_if]
