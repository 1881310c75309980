"""An import of a feed that is killed at any moment goes on where it stopped: every row counts once."""

import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from crossdock.kernel.clock import MINUTE
from crossdock.orchestration.feeds.imports import KIND, new_feed_import
from crossdock.orchestration.feeds.reading import FeedRequest
from crossdock.orchestration.job_runner import error_file, spool_dir
from crossdock.storage import jobs
from tests.support.clients import ROOT
from tests.support.feeding import Feeding
from tests.support.feeds import put_feed, row
from tests.support.world import World

ROWS = 300
KILLS = 3
POINTS = 3
SOAK_POINTS = 60


def stage(url: str, folder: Path) -> int:
    """A retailer with orders that wait, and an upload that serves them; one row in ten is bad."""
    with World(url) as world:
        world.standard("DC", "STORE")
        put_feed(world)
        for n in range(5):
            world.capture(f"A{n}", ("PEN", 2))
        at = world.clock.at - MINUTE
        skus, places = ("MUG", "PEN", "LAMP"), ("DC", "STORE")
        rows = [row("received", skus[n % 3], places[n % 2], 1, at + n, f"r{n}") for n in range(ROWS)]
        rows += [row("counted", "NOPE", "DC", 1, at) for _ in range(ROWS // 10)]
        random.Random(1).shuffle(rows)
        file = spool_dir(folder) / "upload.feed"
        file.write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in rows))
        asked = FeedRequest(file=file.name, size=file.stat().st_size, source="wms", as_of=world.clock.at, name="night")
        job, _ = world.app.submit_now(new_feed_import(asked, "key:test"))
        assert job.kind == KIND
    return ROWS + ROWS // 10


def feed(feeding: Feeding) -> int:
    program = [sys.executable, "-m", "tests.support.feeding", msgspec.json.encode(feeding).decode()]
    return subprocess.run(program, cwd=ROOT, timeout=60, check=False).returncode


def prove(url: str, folder: Path, lines: int) -> None:
    with World(url, upgrade=False) as world:
        job = world.read(lambda session: jobs.page(session)[0])
        assert (job.state, job.done, job.failed) == ("succeeded", ROWS, ROWS // 10)
        assert world.rows("SELECT CAST(sum(on_hand) AS bigint) FROM positions") == [(ROWS,)]
        assert world.rows("SELECT count(*) FROM movements WHERE cause_kind = 4") == [(ROWS,)]
        rows, changed, repeated = world.rows("SELECT rows, changed, repeated FROM feed_runs")[0]
        assert (rows, changed + repeated) == (lines, ROWS)
        faults = [msgspec.json.decode(line) for line in error_file(folder, job.id).read_bytes().splitlines()]
        assert len({fault["line"] for fault in faults}) == len(faults) == ROWS // 10
        assert world.rows("SELECT CAST(sum(allocated) AS bigint) FROM positions") == [(10,)]
        report = world.verify()
        assert report.clean, [finding.message for finding in report.findings[:5]]


def kill_and_go_on(url: str, folder: Path, chance: random.Random) -> None:
    lines = stage(url, folder)
    feeding = Feeding(url=url, data_dir=str(folder))
    for _ in range(KILLS):
        deadly = msgspec.structs.replace(feeding, die_at=chance.randrange(1, 120), die_behind=chance.random() < 0.5)
        if feed(deadly) == 0:
            break
    assert feed(feeding) == 0
    prove(url, folder, lines)


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_at_a_statement_it_goes_on(database_url: str, tmp_path: Path, point: int):
    kill_and_go_on(database_url, tmp_path, random.Random(point))


@pytest.mark.soak
@pytest.mark.parametrize("point", range(POINTS, POINTS + SOAK_POINTS))
def test_killed_at_any_statement_it_goes_on(database_url: str, tmp_path: Path, point: int):
    kill_and_go_on(database_url, tmp_path, random.Random(point))
