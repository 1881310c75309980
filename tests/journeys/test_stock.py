"""Stock in a real browser: a number explained, a view changed, a feed uploaded, a cart released, goods received."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site
from tests.journeys.test_console import overflow

pytestmark = pytest.mark.timeout(180)

PAGES = (
    "/inventory?channel=marketplace",
    "/inventory/item?sku=20042&channel=marketplace&on=2030-01-01",
    "/views",
    "/views/marketplace",
    "/views/marketplace?tab=yaml",
    "/views/marketplace/history",
    "/new-view",
    "/feeds",
    "/feeds/tills",
    "/reservations",
    "/supply",
    "/supply/line?reference=PO-4711&line=2",
    "/promise?channel=web&basket=20042+2%0A20049+3&country=GB&postal_code=EC1A+1BB",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_of_stock_is_wider_than_the_screen(anna: Page, site: Site, path: str, width: int):
    anna.set_viewport_size({"width": width, "height": 900})
    anna.goto(site.address + path)
    expect(anna.get_by_role("heading").first).to_be_visible()
    assert overflow(anna) <= 0


def test_a_number_is_opened_to_what_it_is_made_of(anna: Page, site: Site):
    anna.goto(f"{site.address}/inventory/item?sku=20042")
    everybody = anna.locator(".outcome dd").inner_text().split()[0]
    anna.get_by_label("As seen by").select_option("marketplace")
    expect(anna).to_have_url(re.compile("channel=marketplace"))
    expect(anna.get_by_text("Seen through the view marketplace")).to_be_visible()
    assert anna.locator(".outcome dd").inner_text().split()[0] != everybody
    store = anna.locator("tbody tr").filter(has_text="Edinburgh store")
    store.locator("details.sum summary").click()
    expect(store.locator("details.sum p")).to_contain_text("on hand")
    store.locator("details.fences summary").click()
    expect(store.locator("details.fences li").first).to_contain_text("buffer of 2 units or 10 %")
    store.get_by_role("link", name="see the rule").first.click()
    expect(anna).to_have_url(f"{site.address}/views/marketplace#buffers-0")
    expect(anna.locator("#buffers-0-percent")).to_have_value("10")


def test_a_view_is_previewed_and_then_saved(anna: Page, site: Site):
    anna.goto(f"{site.address}/views/marketplace")
    anna.evaluate("window.sameDocument = true")
    anna.get_by_role("button", name="Add a buffer").click()
    anna.locator("#buffers-2-units").fill("a few")
    anna.locator("#buffers-2-where summary").click()
    anna.locator("#buffers-2-where").get_by_label("Distribution centre").check()
    effect = anna.locator("#preview")
    effect.get_by_role("button", name="Preview").click()
    expect(anna.locator("#buffers-2 .fault")).to_have_text("'a few' is no whole number.")
    expect(effect).to_contain_text("1 place is not right yet")
    anna.locator("#buffers-2-units").fill("30")
    effect.get_by_role("button", name="Preview").click()
    expect(effect.locator(".effect .minus").first).to_be_visible()
    expect(effect).to_contain_text("Daventry distribution centre")
    expect(anna.locator("#buffers-2 .chip")).to_have_text("tried 3rd")
    anna.locator("#buffers-2-note").fill("winter")
    effect.get_by_role("button", name="Save this view").click()
    expect(anna.get_by_text("This differs from what was previewed")).to_be_visible()
    assert anna.evaluate("window.sameDocument")
    effect.get_by_role("button", name="Save this view").click()
    expect(anna.get_by_text("The view is saved.")).to_be_visible()
    expect(anna.locator(".page-head")).to_contain_text("by anna@example.com")
    anna.get_by_role("link", name="History").click()
    expect(anna.locator("tbody tr")).to_have_count(2)


def test_a_fault_in_yaml_is_shown_at_its_line(anna: Page, site: Site):
    anna.goto(f"{site.address}/views/marketplace?tab=yaml")
    anna.locator("#yaml").fill("code: marketplace\nbuffers:\n- units: 2\n- unit: 3\n")
    anna.locator("#preview").get_by_role("button", name="Preview").click()
    expect(anna.locator(".yaml-fault")).to_contain_text("Line 4")
    expect(anna.locator(".yaml-fault .here")).to_contain_text("- unit: 3")


def test_a_feed_with_bad_rows_lands_the_others_and_says_which_did_not(anna: Page, site: Site, tmp_path: Path):
    rows = ["sku,location,quantity", *(f"{20_000 + 7 * n},DC-NORTH,{n}" for n in range(2, 32)), "NOTHING,DC-NORTH,1"]
    upload = tmp_path / "night.csv"
    upload.write_text("\n".join(rows))
    anna.goto(f"{site.address}/feeds/wms")
    anna.get_by_label("File").set_input_files(upload)
    anna.get_by_role("button", name="Show what would change").click()
    expect(anna.get_by_role("heading", name="What would change")).to_be_visible()
    expect(anna.locator("#differences tbody tr")).to_have_count(30)
    anna.get_by_role("button", name="Record it for real").click()
    expect(anna.get_by_text("The other rows have landed.")).to_be_visible()
    expect(anna.locator("#errors tbody tr")).to_have_count(1)
    expect(anna.locator("#errors")).to_contain_text("There is no item 'NOTHING'.")
    with anna.expect_download() as started:
        anna.get_by_role("link", name="Error file").click()
    (fault,) = csv.DictReader(Path(started.value.path()).read_text().splitlines())
    assert (fault["line"], fault["sku"], fault["code"]) == ("32", "NOTHING", "unknown_item")
    anna.goto(f"{site.address}/inventory/item?sku=20070")
    row = anna.locator("tbody tr").filter(has_text="Normanton distribution centre").first
    expect(row.locator("td").nth(1)).to_have_text("10")


def test_a_reservation_is_released(anna: Page, site: Site):
    anna.goto(f"{site.address}/reservations")
    anna.locator("a.row-link").first.click()
    name = anna.locator("h1").inner_text().removeprefix("Reservation ")
    anna.get_by_role("button", name="Release").click()
    sheet = anna.get_by_role("dialog")
    sheet.get_by_label("Reason").fill("The customer called")
    sheet.get_by_role("button", name="Release it").click()
    expect(anna.get_by_role("status")).to_contain_text("its units are free again")
    expect(anna.get_by_text("It holds nothing any more.")).to_be_visible()
    anna.goto(f"{site.address}/reservations?show=released&q={name}")
    expect(anna.locator("tbody tr")).to_have_count(1)


def test_a_supply_line_is_received(anna: Page, site: Site):
    anna.goto(f"{site.address}/supply?show=overdue")
    anna.get_by_label("Reference").fill("PO-4712")
    anna.get_by_label("Reference").press("Enter")
    expect(anna).to_have_url(re.compile("q=PO-4712"))
    anna.locator("a.row-link").first.click()
    anna.get_by_role("button", name="Receive").click()
    sheet = anna.get_by_role("dialog")
    sheet.get_by_label("Units that arrived").fill("20")
    sheet.get_by_label("Delivery note").fill("GRN-88")
    sheet.get_by_role("button", name="Receive them").click()
    expect(anna.get_by_role("status")).to_contain_text("The receipt is recorded")
    expect(anna.locator("tbody tr").filter(has_text="GRN-88")).to_contain_text("20")


def test_service_asks_what_can_be_promised(anna: Page, site: Site):
    anna.goto(f"{site.address}/promise")
    anna.get_by_label("Channel").select_option("web")
    anna.get_by_label("Basket").fill("20042 2\n20049 3")
    anna.get_by_label("Postal code").fill("M1 1AE")
    anna.get_by_role("button", name="What can be promised?").click()
    expect(anna.locator(".offer").first).to_contain_text("if ordered before")
    expect(anna).to_have_url(re.compile("basket=20042"))
    anna.get_by_label("Basket").fill("NOTHING 2")
    anna.get_by_role("button", name="What can be promised?").click()
    expect(anna.get_by_role("alert")).to_contain_text("items that do not exist")
