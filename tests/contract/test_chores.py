"""What the server does again and again is done again whatever went wrong the time before."""

import asyncio
import logging

import pytest

from crossdock.kernel.errors import Unavailable
from crossdock.orchestration.chores import again_and_again


@pytest.mark.parametrize("fault", [RuntimeError("connection lost"), Unavailable("the writer is full")])
def test_a_chore_that_broke_off_is_done_again_and_the_fault_is_told(fault: Exception, caplog: pytest.LogCaptureFixture):
    rounds: list[int] = []
    done_again = asyncio.Event()

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise fault
        done_again.set()

    async def serve() -> None:
        chore = asyncio.create_task(again_and_again("watching the kettle", work, 0.001))
        await asyncio.wait_for(done_again.wait(), 10)
        chore.cancel()
        await asyncio.gather(chore, return_exceptions=True)
        assert chore.cancelled()

    with caplog.at_level(logging.WARNING, "crossdock.orchestration.chores"):
        asyncio.run(serve())
    assert rounds[:2] == [0, 1]
    assert [record.getMessage().startswith("watching the kettle") for record in caplog.records] == [True]
