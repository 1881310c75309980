"""The year goes through the real writer: a few days of it here, the whole of it in the soak."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from crossdock.app import App
from crossdock.demo import feed
from crossdock.demo.feed import Step
from crossdock.demo.load import LAST_ORDER, Loader, Told, YearClock, _last_order_last, is_loaded, is_strange
from crossdock.demo.reconcile import Reconciliation
from crossdock.demo.retailer import Retailer
from crossdock.demo.summary import Summary, out_of_range, summarize
from crossdock.kernel.clock import instant, now
from crossdock.orchestration import verify
from crossdock.orders import OrderFilter, count_orders, list_orders
from crossdock.storage.housekeeping import KeepHouse
from crossdock.storage.migrate import upgrade

UNTIL = datetime(2010, 12, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def days(reconciled: Reconciliation) -> Reconciliation:
    """The year until the noon of its second day."""
    return msgspec.structs.replace(
        reconciled,
        orders=[order for order in reconciled.orders if order.placed_at < UNTIL],
        cancellations=[event for event in reconciled.cancellations if event.at < UNTIL],
    )


@pytest.fixture(scope="module")
def small(days: Reconciliation, retailer: Retailer) -> Retailer:
    """The retailer with the stock that is asked for in these days alone, and a few of the receipts after them."""
    skus = {line.sku for order in days.orders for line in order.lines}
    opening = tuple(stock for stock in retailer.supply.opening if stock.sku in skus)
    receipts = retailer.supply.receipts[:50]
    return msgspec.structs.replace(
        retailer, supply=msgspec.structs.replace(retailer.supply, opening=opening, receipts=receipts)
    )


class Loading:
    """An application on the clock of the year."""

    def __init__(self, url: str) -> None:
        upgrade(url)
        self.clock = YearClock()
        self.app = App(url, clock=self.clock, readers=1)
        self.app.start()

    def load(self, year: Reconciliation, retailer: Retailer) -> Loader:
        loader = Loader(self.app.writer, self.read, self.clock, year, retailer)
        loader.set_up()
        loader.run()
        return loader

    def read(self, work: Any) -> Any:
        return self.app.database.read_now(work)


@pytest.fixture
def loading(sqlite_url: str) -> Iterator[Loading]:
    made = Loading(sqlite_url)
    yield made
    made.app.close()


def test_a_few_days_are_captured_in_order(loading: Loading, days: Reconciliation, small: Retailer):
    loaded = loading.load(days, small).loaded
    assert loaded.orders == len(days.orders)
    assert loaded.lines == sum(len(order.lines) for order in days.orders)
    assert loaded.canceled_units == sum(event.matched_quantity for event in days.cancellations)
    assert loaded.refused == {}
    page = loading.read(lambda session: list_orders(session, OrderFilter(), "captured_at", limit=2_000))
    placed = [order.placed_at for order in page.orders]
    assert placed == sorted(placed) == [order.placed_at for order in days.orders]
    assert [order.captured_at for order in page.orders] == placed  # replayed, not captured today
    report = loading.read(lambda session: verify(session, now()))
    assert report.clean, report.findings
    summary: Summary = loading.read(summarize)
    assert (summary.orders, summary.lines) == (loaded.orders, loaded.lines)
    assert summary.canceled_units == loaded.canceled_units


def test_loading_again_changes_nothing(loading: Loading, days: Reconciliation, small: Retailer):
    loading.load(days, small)
    before = loading.read(summarize)
    again = loading.load(days, small).loaded
    assert (again.known, again.orders) == (len(days.orders), 0)
    assert loading.read(summarize) == before


def test_a_load_that_broke_off_goes_on(loading: Loading, sqlite_url: str, days: Reconciliation, small: Retailer):
    class Broken:
        """A writer that goes away in the middle."""

        left = 100

        def submit(self, command: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return loading.app.writer.submit(command)

    loader = Loader(Broken(), loading.read, loading.clock, days, small)
    loader.set_up()
    with pytest.raises(KeyboardInterrupt):
        loader.run()
    loading.app.submit_now(KeepHouse())  # what was under way is through when this is
    assert 0 < loading.read(summarize).orders < len(days.orders)
    loaded = loading.load(days, small).loaded
    assert loaded.known + loaded.orders == len(days.orders)
    summary = loading.read(summarize)
    assert summary.orders == len(days.orders)
    assert summary.canceled_units == sum(event.matched_quantity for event in days.cancellations)


def test_where_nobody_knows_the_country_a_person_looks(loading: Loading, reconciled: Reconciliation, small: Retailer):
    strange = [order for order in reconciled.orders if order.review is not None][:2]
    loading.load(msgspec.structs.replace(reconciled, orders=strange, cancellations=[]), small)
    summary: Summary = loading.read(summarize)
    assert {(entry.queue, entry.reason) for entry in summary.waiting} == {("review", "unknown_country")}
    assert loading.read(lambda session: count_orders(session, OrderFilter())) == {"waiting": len(strange)}


def test_the_last_order_is_the_mark_of_a_whole_year(loading: Loading, reconciled: Reconciliation, small: Retailer):
    assert not loading.read(is_loaded)
    assert not loading.read(is_strange)
    last = msgspec.structs.replace(reconciled, orders=reconciled.orders[-1:], cancellations=[])
    loading.load(last, small)
    assert last.orders[0].external_id == LAST_ORDER
    assert loading.read(is_loaded)
    assert loading.read(is_strange)  # whoever begins with another order than the year's first is not the year


def test_the_last_order_comes_after_everything_else(reconciled: Reconciliation, small: Retailer):
    *_, before, last = _last_order_last(feed.steps(feed.events(reconciled, small)))
    assert [placed.order.external_id for placed in last.orders] == [LAST_ORDER]
    assert last == Step(orders=last.orders)
    assert instant(before.until) <= instant(last.until)


def test_progress_is_told_to_the_end(loading: Loading, days: Reconciliation, small: Retailer):
    heard: list[Told] = []
    loader = Loader(loading.app.writer, loading.read, loading.clock, days, small)
    loader.set_up()
    loader.run(heard.append)
    assert [told.done for told in heard] == sorted(told.done for told in heard)
    assert (heard[-1].done, heard[-1].orders) == (heard[-1].total, len(days.orders))


def test_figures_out_of_range_are_named():
    figures = {name: 0 for name in Summary.__struct_fields__ if name not in ("currency", "waiting")}
    good = {"orders": 1_000, "lines": 10_000, "routed": 1_000, "split": 150, "backordered": 200, "never": 50}
    assert out_of_range(Summary(**{**figures, **good}, currency="GBP", waiting=())) == []
    bad = {**good, "split": 300, "backordered": 20, "never": 1}
    assert len(out_of_range(Summary(**{**figures, **bad}, currency="GBP", waiting=()))) == 3


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_the_whole_year_is_what_it_is_tuned_for(loading: Loading, reconciled: Reconciliation, retailer: Retailer):
    loaded = loading.load(reconciled, retailer).loaded
    assert (loaded.orders, loaded.lines, loaded.refused) == (len(reconciled.orders), 522_440, {})
    assert loaded.canceled_units == sum(event.matched_quantity for event in reconciled.cancellations)
    summary: Summary = loading.read(summarize)
    assert out_of_range(summary) == []
    assert loading.read(is_loaded)
    report = loading.read(lambda session: verify(session, now()))
    assert report.clean, report.findings
