"""A program of its own that imports feeds until no job is left: `python -m tests.support.feeding '{"url": …}'`.

With `die_at` it ends itself by SIGKILL before the statement of that number, or behind it.
"""

import asyncio
import sys
from pathlib import Path

import msgspec

from crossdock.app import App
from crossdock.orchestration import job_runner
from crossdock.orchestration.feeds import imports as feed_imports
from crossdock.orchestration.feeds import reading as feed_reading
from crossdock.storage import jobs
from tests.support.clients import Deadly, Load


class Feeding(msgspec.Struct, frozen=True, kw_only=True):
    """What to work on, and when to die."""

    url: str
    data_dir: str
    die_at: int = 0
    die_behind: bool = False


async def run(app: App) -> None:
    app.feeds.start()
    done = False
    while not done:  # the job's end is a row: nobody tells
        await asyncio.sleep(0.01)
        done = not await app.database.read(lambda session: jobs.unfinished(session, feed_imports.KIND))
    await app.feeds.stop()


def main() -> None:
    feeding = msgspec.json.decode(sys.argv[1], type=Feeding)
    job_runner._IDLE = 0  # a job that was running is nobody's: its program was killed
    feed_imports.PART, feed_reading.BLOCK, feed_reading._PIECE = 20, 8_000, 4_000
    app = App(feeding.url, readers=1, data_dir=Path(feeding.data_dir))
    if feeding.die_at:
        session, load = app.database.session, Load(url="", die_at=feeding.die_at, die_behind=feeding.die_behind)
        app.database.session = lambda **how: Deadly(session(**how), load)  # type: ignore[method-assign]
    app.start()
    asyncio.run(run(app))
    app.close()


if __name__ == "__main__":
    main()
