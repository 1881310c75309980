"""Reading your own writes: a read that brings a log position back waits until the database shows it."""

from __future__ import annotations

import asyncio

from crossdock.api.errors import InvalidParameter
from crossdock.api.http import Call
from crossdock.events import last_position
from crossdock.kernel.errors import FieldError

WAIT_SECONDS = 0.1
_STEP_SECONDS = 0.01


async def wait_for_position(call: Call) -> None:
    """Wait, 100 ms at most, until readers see the position that the request names; then answer with what is there."""
    text = call.headers[b"crossdock-log-position"]
    if not text.isdigit() or len(text) > 18:
        fault = FieldError("header:Crossdock-Log-Position", "invalid", "Expected the number of an earlier answer.")
        raise InvalidParameter(fault.message, (fault,))
    wanted = int(text)
    for _ in range(int(WAIT_SECONDS / _STEP_SECONDS)):
        if await call.backend.database.read(last_position) >= wanted:
            return
        await asyncio.sleep(_STEP_SECONDS)
