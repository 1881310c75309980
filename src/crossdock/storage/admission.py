"""Admission of reads: while orders wait to be written, reads start one after another, some time apart.

Readers run on threads beside the writer and share the interpreter with it. Four clients that read in a loop would
halve the rate of capture; a reader that waits four milliseconds is not noticed by anybody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

SPACING_SECONDS = 0.004


class Turnstile:
    """What a read passes before it starts; ``busy`` says whether the writer has work waiting."""

    def __init__(self) -> None:
        self.busy: Callable[[], bool] = lambda: False
        self._next = 0.0

    async def pass_through(self, spacing: float = SPACING_SECONDS) -> None:
        """Wait for one's turn; no wait while the writer keeps up. Light work may come at a shorter ``spacing``."""
        if not self.busy():
            return
        now = time.monotonic()
        turn = max(now, self._next)
        self._next = turn + spacing
        if turn > now:
            await asyncio.sleep(turn - now)
