"""Reads while orders wait."""

import asyncio
import time

from crossdock.storage.admission import SPACING_SECONDS, Turnstile


def passing(turnstile: Turnstile, readers: int) -> float:
    async def all_at_once() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(turnstile.pass_through() for _ in range(readers)))
        return time.perf_counter() - began

    return asyncio.run(all_at_once())


def test_nobody_waits_while_the_writer_keeps_up() -> None:
    turnstile = Turnstile()
    assert passing(turnstile, 1_000) < 1_000 * SPACING_SECONDS


def test_readers_start_apart_while_orders_wait() -> None:
    turnstile = Turnstile()
    turnstile.busy = lambda: True
    assert passing(turnstile, 11) >= 10 * SPACING_SECONDS
