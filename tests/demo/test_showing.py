"""What a newcomer sees beside the year's orders: a channel with a view, what feeds told, carts, a promise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crossdock.app import App
from crossdock.demo import showcase
from crossdock.demo.chance import Chance
from crossdock.demo.load import ACTOR, Loader, YearClock
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.retailer import Retailer
from crossdock.demo.showcase import Standing
from crossdock.demo.showing import Shown, is_shown, show
from crossdock.demo.summary import summarize
from crossdock.inventory import ReservationFilter, ReservationState, list_reservations, read_feed
from crossdock.kernel.clock import HOUR, instant, now
from crossdock.orchestration import read_policy_version, verify
from crossdock.orchestration.reservations.commands import ExpireReservations
from crossdock.orchestration.views.commands import PutView
from crossdock.orchestration.views.queries import read_view
from crossdock.storage.migrate import upgrade

TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
FIRST_MORNING = datetime(2010, 12, 1, 12, tzinfo=UTC)


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path, reconciled: Reconciliation, retailer: Retailer) -> Iterator[App]:
    """An application with the first morning of the year, on the clock of today."""
    upgrade(sqlite_url)
    clock = YearClock()
    app = App(sqlite_url, clock=clock, readers=1, data_dir=tmp_path)
    app.start()
    orders = [order for order in reconciled.orders if order.placed_at < FIRST_MORNING]
    opening = retailer.supply.opening
    short = msgspec.structs.replace(
        retailer, supply=msgspec.structs.replace(retailer.supply, opening=opening, receipts=())
    )
    year = msgspec.structs.replace(reconciled, orders=orders, cancellations=[])
    loader = Loader(app.writer, app.database.read_now, clock, year, short)
    loader.set_up()
    loader.run()
    clock.move(instant(TODAY))
    yield app
    app.close()


def _read(app: App, work: Any) -> Any:
    return app.database.read_now(work)


def _open(app: App) -> list[Any]:
    only = ReservationFilter(states=(ReservationState.OPEN,))
    return list(_read(app, lambda session: list_reservations(session, only)).reservations)


def test_every_page_has_something_and_the_year_stays_as_it_was(app: App):
    before = _read(app, summarize)
    assert not _read(app, is_shown)

    shown = asyncio.run(show(app))

    assert _read(app, is_shown)
    assert (shown.view, shown.kept_items, shown.reservations) == ("marketplace", 6, 3)
    assert [(feed.source, feed.rows, feed.failed) for feed in shown.feeds] == [("wms", 243, 3), ("tills", 163, 2)]
    assert shown.promised is not None
    assert shown.draft == "standard"
    active, draft = [_read(app, lambda s, n=n: read_policy_version(s, "standard", n)) for n in (1, 2)]
    assert (active.state, draft.state) == ("active", "draft")
    assert draft.findings == ()
    assert [route.name for route in draft.document.routes] == ["Heavy", "Abroad", "Every day"]
    assert {one.channel for one in _open(app)} == {"web", "marketplace"}
    assert _read(app, summarize) == before
    assert app.config.channel("web").channel.view is None
    proof = _read(app, lambda session: verify(session, now()))
    assert proof.clean, proof.findings


def test_the_rows_that_nobody_can_take_are_in_the_error_file(app: App, tmp_path: Path):
    asyncio.run(show(app))

    codes = {}
    for source in ("wms", "tills"):
        run = _read(app, lambda session, code=source: read_feed(session, code, app.clock())).last_run
        lines = next(tmp_path.glob(f"imports/{run.job_id}.errors.ndjson")).read_bytes().splitlines()
        codes[source] = [msgspec.json.decode(line)["code"] for line in lines]
    assert codes == {
        "wms": ["unknown_item", "location_not_of_source", "invalid"],
        "tills": ["invalid", "unknown_location"],
    }


def test_a_second_time_changes_nothing_and_keeps_what_somebody_has_edited(app: App):
    asyncio.run(show(app))
    edited = showcase.view([])
    app.submit_now(PutView(actor=ACTOR, view=edited))
    carts = _open(app)

    again = asyncio.run(show(app))

    assert msgspec.structs.replace(again, item=None) == Shown()

    assert _read(app, lambda session: read_view(session, "marketplace")).view == edited
    assert _open(app) == carts


def test_carts_are_filled_again_when_their_time_is_over(app: App):
    asyncio.run(show(app))
    app.clock.move(app.clock() + 9 * HOUR)  # type: ignore[attr-defined]
    app.submit_now(ExpireReservations(actor=ACTOR))
    assert (_open(app), _read(app, is_shown)) == ([], False)

    again = asyncio.run(show(app))

    assert (again.view, again.feeds, again.reservations) == (None, (), 3)
    assert len(_open(app)) == 3


def test_a_fifth_of_what_is_free_is_kept_however_much_is_claimed():
    standing = [Standing("MUG", "DC-SOUTH", "dc", 9_000, 600), Standing("MUG", "DC-NORTH", "dc", 6_000, 900)]
    amounts = showcase.share(["MUG"], standing).amounts
    assert [(amount.items, amount.percent) for amount in amounts] == [(("MUG",), 2)]  # of 15,000, so 300 of 1,500


def test_the_same_seed_tells_the_same():
    standing = [Standing(f"I{n:03}", "DC-SOUTH", "dc", 50 + n, 20) for n in range(300)]
    assert showcase.counts(standing, Chance(1), TODAY) == showcase.counts(standing, Chance(1), TODAY)
    assert showcase.counts(standing, Chance(1), TODAY) != showcase.counts(standing, Chance(2), TODAY)


def test_where_nothing_lies_nothing_is_sold_or_held():
    assert showcase.best([]) == []
    assert showcase.sales([], Chance(1), TODAY) == b""
    assert showcase.carts([], TODAY) == ()
