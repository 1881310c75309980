"""What is done again and again as long as the server runs: it must never end silently."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from crossdock.kernel.errors import CrossdockError

log = logging.getLogger(__name__)


async def again_and_again(what: str, work: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Do something every so many seconds until canceled; a fault is written to the log, and the next round goes on.

    Any fault: a chore that ended at the first lost connection would leave carts unexpired and promises unwatched
    until somebody starts the server again, and nothing would say so.
    """
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except CrossdockError as fault:
            log.warning("%s: %s", what, fault)
        except Exception:
            log.exception("%s broke off and is tried again", what)
