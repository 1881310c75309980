"""The pages show what the database holds: much, little and nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar.testing import TestClient

from crossdock.app import App
from crossdock.kernel.ids import encode_id
from tests.web import sample, site
from tests.web.site import Browser


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An application with a month of orders, which these tests only read."""
    folder: Path = tmp_path_factory.mktemp("busy")
    app = sample.open_app(f"sqlite:///{folder}/crossdock.db", folder)
    site.let_people_in(app)
    sample.fill(app, sample.MUCH)
    yield app
    app.close()


@pytest.fixture(scope="module")
def page(busy: App) -> Iterator[Browser]:
    with TestClient(site.make_site(busy), raise_server_exceptions=False) as client:
        client.post(f"/sign-in/{site.make_link(busy)}")
        client.follow_redirects = False
        yield client


def one(app: App, sql: str, *params: object) -> int:
    return int(app.database.read_now(lambda session: session.fetch(sql, *params))[0][0])


def text_of(answer) -> str:
    assert answer.status_code == 200, answer.text[:500]
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.text, flags=re.DOTALL))


def rows_of(answer) -> list[str]:
    assert answer.status_code == 200, answer.text[:500]
    return re.findall(r'<tr data-href="/orders/(ord_[0-9a-z]+)"', answer.text)


def test_home_shows_the_last_day_that_has_orders(page: Browser, busy: App):
    found = text_of(page.get("/"))
    assert "Friday, 9 December 2011 The last day that has orders." in found
    start = one(busy, "SELECT max(placed_at) FROM orders") // 86_400_000_000 * 86_400_000_000
    assert f"Orders {one(busy, 'SELECT count(*) FROM orders WHERE placed_at >= ?', start)} " in found
    waiting = "SELECT sum(d.waiting) FROM demand d JOIN orders o ON o.id = d.order_id WHERE o.placed_at >= ?"
    assert f"Units waiting {one(busy, waiting, start)} " in found


def test_home_walks_through_the_days(page: Browser):
    answer = page.get("/")
    assert re.findall(r'href="/\?day=(2011-12-08)"', answer.text)
    before = text_of(page.get("/?day=2011-12-04"))
    assert "Sunday, 4 December 2011 As it looks now." in before
    # Saturdays have no orders in the sample: the neighbours are the next days that have some.
    assert "Fri 2 Dec 2011" in before
    assert "Mon 5 Dec 2011" in before
    assert "Orders 0 " in text_of(page.get("/?day=2011-12-03&chart=hours"))


def test_tabs_count_what_they_show(page: Browser, busy: App):
    answer = page.get("/orders")
    tabs = dict(re.findall(r'<a class="tab" href="([^"]+)"[^>]*>[^<]+<span class="count">([\d,]+)<', answer.text))
    assert tabs["/orders"] == str(one(busy, "SELECT count(*) FROM orders"))
    assert tabs["/orders?status=waiting"] == str(one(busy, "SELECT count(*) FROM orders WHERE status = 1"))
    assert tabs["/orders?hold=1"] == str(one(busy, "SELECT count(*) FROM orders WHERE on_hold <> 0"))
    assert tabs["/orders?queued=1"] == str(one(busy, "SELECT count(*) FROM orders WHERE queued <> 0"))
    assert len(rows_of(page.get("/orders?hold=1"))) == int(tabs["/orders?hold=1"])


def test_pages_by_cursor_show_every_order_once(page: Browser, busy: App):
    url, seen = "/orders", []
    while url:
        answer = page.get(url)
        seen += rows_of(answer)
        following = re.search(r'href="([^"]+)" rel="next"', answer.text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == one(busy, "SELECT count(*) FROM orders")
    first = "SELECT id FROM orders ORDER BY placed_at DESC, id DESC LIMIT 1"
    assert seen[0] == encode_id("ord", one(busy, first))


def test_filters_narrow_the_list_together(page: Browser, busy: App):
    url = "/orders?channel=wholesale&location=DC-SOUTH&from=2011-12-01&to=2011-12-09&sort=placed_at"
    sql = """
        SELECT count(*) FROM orders o JOIN channels c ON c.id = o.channel_id
        WHERE c.code = 'wholesale' AND o.placed_at >= 1322697600000000 AND o.placed_at < 1323475200000000
        AND EXISTS (SELECT 1 FROM fulfillments f JOIN locations l ON l.id = f.location_id
                    WHERE f.order_id = o.id AND l.code = 'DC-SOUTH')
    """
    found = rows_of(page.get(url))
    assert len(found) == one(busy, sql) > 0
    assert rows_of(page.get(url.replace("sort=placed_at", "sort=-placed_at"))) == found[::-1]


def test_an_address_with_a_fault_is_answered_in_words(page: Browser):
    for url, said in (
        ("/orders?status=lost", "There is no status"),
        ("/orders?from=yesterday", "is no day"),
        ("/orders?sort=name", "cannot be sorted"),
        ("/orders?cursor=x", "does not exist"),
        ("/?day=2011-13-01", "has a fault"),
        ("/inventory?show=some", "has a fault"),
        ("/orders/ord_x", "is not an id"),
    ):
        answer = page.get(url)
        assert (answer.status_code, said in answer.text) == (400, True), (url, answer.status_code)
    for url in ("/orders/ord_0000000000001", "/inventory/item?sku=none", "/nowhere"):
        assert page.get(url).status_code == 404, url


def test_an_order_explains_why_it_ships_from_where(page: Browser, busy: App):
    sql = "SELECT order_id FROM decisions WHERE sites = 2 ORDER BY id LIMIT 1"
    order = encode_id("ord", one(busy, sql))
    found = text_of(page.get(f"/orders/{order}"))
    assert re.search(r"Shipped from .+ and .+, because together they cost least: £\d", found)
    assert "Every location that was looked at" in found
    for _, name, *_ in sample.SITES:
        assert name in found
    assert found.count(" Chosen ") >= 4  # the plan, the bill's column, two verdicts
    assert re.search(r"Cost £[\d.]+ £[\d.]+", found)
    assert "Captured from" in found


def test_an_order_says_what_would_have_changed_it(page: Browser, busy: App):
    sql = "SELECT order_id FROM decisions WHERE sites = 2 ORDER BY id LIMIT 1"
    order = encode_id("ord", one(busy, sql))
    shown = page.get(f"/orders/{order}").text
    url = re.search(r'hx-get="(/orders/[^"?]+/what-if/[^"?]+)"', shown)
    assert url is not None
    found = text_of(page.get(url[1]))
    assert re.search(r"Without .+ the order would have shipped from .+: £[\d.]+ more", found)
    assert re.search(r"Had a parcel from .+ cost £[\d.]+ less", found)
    about = text_of(page.get(f"{url[1]}?location=ST-CARDIFF"))
    assert "Cardiff store Not needed" in about
    assert "Normanton distribution centre Chosen" not in about
    assert "has no location NOWHERE" in text_of(page.get(f"{url[1]}?location=NOWHERE"))
    other = encode_id("ord", one(busy, "SELECT max(order_id) FROM decisions"))
    assert page.get(url[1].replace(order, other)).status_code == 404


def test_an_order_without_stock_says_why_it_waits(page: Browser, busy: App):
    order = encode_id("ord", one(busy, "SELECT id FROM orders WHERE status = 1 ORDER BY id LIMIT 1"))
    found = text_of(page.get(f"/orders/{order}"))
    assert "Cannot go on" in found
    assert "No location has been given any of this order." in found
    assert "Nothing ships." in found
    decision = encode_id("dec", one(busy, "SELECT id FROM decisions WHERE sites = 0 ORDER BY id LIMIT 1"))
    order = encode_id("ord", one(busy, "SELECT order_id FROM decisions WHERE sites = 0 ORDER BY id LIMIT 1"))
    assert re.search(r"Had .+ had \d+ more units? of \S+ \(", text_of(page.get(f"/orders/{order}/what-if/{decision}")))


def test_an_items_counters_are_the_sum_of_its_positions(page: Browser, busy: App):
    found = text_of(page.get("/inventory/item?sku=20014"))
    sql = "SELECT sum(p.{}) FROM positions p JOIN items i ON i.id = p.item_id WHERE i.sku = '20014'"
    sums = [one(busy, sql.format(counter)) for counter in ("on_hand", "allocated")]
    assert f"Together {sums[0]:,} {sums[1]:,} " in found
    assert "Received" in found
    at_one = text_of(page.get("/inventory/item?sku=20014&location=ST-BRISTOL"))
    assert "Movements at Bristol store" in at_one


def test_the_ledger_is_paged_to_its_end(page: Browser, busy: App):
    sql = "SELECT count(*) FROM movements m JOIN items i ON i.id = m.item_id WHERE i.sku = ?"
    url, seen = "/inventory/item?sku=20014", 0
    while url:
        answer = page.get(url)
        ledger = answer.text[answer.text.index('id="ledger"') :]
        seen += ledger.count("<tr>") - 1
        following = re.search(r'href="([^"#]+)#ledger" rel="next"', answer.text)
        url = following[1].replace("&amp;", "&") if following else ""
    assert seen == one(busy, sql, "20014")


def test_inventory_is_searched_by_sku_and_by_words(page: Browser):
    assert "20014" in text_of(page.get("/inventory?q=20014"))
    found = page.get("/inventory?q=TEA%20stand").text
    names = re.findall(r'class="row-link bold" href="/inventory/item\?sku=\d+">([^<]+)<', found)
    assert names
    assert all("tea stand" in name.lower() for name in names)
    assert "No item is like this" in page.get("/inventory?q=100%25").text
    out = page.get("/inventory?show=out").text
    assert "20000" in out


def test_search_opens_what_is_meant_and_lists_the_rest(page: Browser, busy: App):
    order = encode_id("ord", one(busy, "SELECT id FROM orders WHERE external_id = '536007'"))
    for q in ("536007", order):
        answer = page.get(f"/search?q={q}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/orders/{order}")
    assert page.get("/search?q=20014").headers["location"] == "/inventory/item?sku=20014"
    found = text_of(page.get("/search?q=53600"))
    assert "536001" in found
    assert "Nothing found" in page.get("/search?q=zzz").text
    assert "<b>x" not in page.get("/search?q=%3Cb%3Ex").text


def test_the_network_shows_every_location(page: Browser):
    found = text_of(page.get("/network"))
    for code, name, *_ in sample.SITES:
        assert code in found
        assert name in found
    assert "10 locations" in found


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/", "Nothing to count yet"),
        ("/orders", "No orders yet"),
        ("/inventory", "No items yet"),
        ("/network", "No locations yet"),
        ("/search?q=1", "Nothing found"),
    ],
)
def test_without_data_each_page_says_what_to_do_next(anna: Browser, path: str, said: str):
    assert said in text_of(anna.get(path))


def test_with_little_data_each_page_works(app: App, anna: Browser):
    sample.fill(app, sample.LITTLE)
    orders = rows_of(anna.get("/orders"))
    assert len(orders) == one(app, "SELECT count(*) FROM orders") > 0
    for path in ("/", "/?chart=hours", *(f"/orders/{order}" for order in orders), "/inventory", "/network"):
        assert anna.get(path).status_code == 200
