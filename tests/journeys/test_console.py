"""What people do in the console, in a real browser. A breach of the content security policy fails all of these."""

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site
from tests.support.processes import free_port
from tests.web.site import EMAIL

pytestmark = pytest.mark.timeout(180)

PAGES = ("/", "/orders", "/inventory", "/inventory/item?sku=20014", "/network", "/search?q=53600")


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_one_time_link_lets_somebody_in_once(page: Page, empty_site: Site):
    page.goto(f"{empty_site.address}/orders?hold=1")
    expect(page).to_have_title("Sign in · Crossdock")
    page.goto(empty_site.link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Nothing to count yet")).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()
    expect(page).to_have_title("Sign in · Crossdock")
    page.goto(empty_site.link)
    expect(page.get_by_role("alert")).to_contain_text("was used already")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_is_wider_than_the_screen(anna: Page, site: Site, path: str, width: int):
    anna.set_viewport_size({"width": width, "height": 900})
    anna.goto(site.address + path)
    assert overflow(anna) <= 0
    if path == "/orders":
        anna.locator("a.row-link").first.click()
        expect(anna.get_by_role("heading", name="Why this location")).to_be_visible()
        assert overflow(anna) <= 0


def test_home_draws_the_month_and_leads_into_it(anna: Page):
    expect(anna.locator("[data-drawn=yes] canvas")).to_be_visible()
    anna.get_by_role("link", name=re.compile("^Orders 10")).click()
    expect(anna).to_have_url(re.compile(r"/orders\?from=2011-12-09&to=2011-12-09$"))
    expect(anna.locator("tbody tr")).to_have_count(10)


def test_filters_go_into_the_address_without_a_new_page(anna: Page, site: Site):
    anna.goto(f"{site.address}/orders")
    anna.evaluate("window.sameDocument = true")
    anna.get_by_label("Location").focus()
    anna.get_by_label("Location").select_option("ST-BELFAST")
    expect(anna).to_have_url(f"{site.address}/orders?location=ST-BELFAST")
    expect(anna.get_by_label("Location")).to_be_focused()
    anna.get_by_label("Channel").select_option("web")
    expect(anna).to_have_url(f"{site.address}/orders?channel=web&location=ST-BELFAST")
    expect(anna.locator("tbody tr").first).to_contain_text("ST-BELFAST")
    assert anna.evaluate("window.sameDocument")
    shown = anna.locator("tbody tr").count()
    anna.reload()
    expect(anna.locator("tbody tr")).to_have_count(shown)
    anna.go_back()
    expect(anna).to_have_url(f"{site.address}/orders?location=ST-BELFAST")
    expect(anna.get_by_label("Channel")).to_have_value("")


def test_a_slash_goes_to_the_search_and_a_number_to_its_order(anna: Page):
    anna.keyboard.press("/")
    expect(anna.get_by_label("Search orders and items")).to_be_focused()
    anna.keyboard.type("536010")
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("heading", name="Order 536010")).to_be_visible()


def test_a_row_opens_its_order_and_the_keyboard_walks_the_rows(anna: Page, site: Site):
    anna.goto(f"{site.address}/orders")
    number = anna.locator("a.row-link").nth(2).inner_text()
    anna.locator("tbody tr").nth(2).locator("td").nth(1).click()
    expect(anna.get_by_role("heading", name=f"Order {number}")).to_be_visible()
    anna.go_back()
    for _ in range(2):
        anna.keyboard.press("j")
    second = anna.locator("a.row-link").nth(1)
    expect(second).to_be_focused()
    number = second.inner_text()
    anna.keyboard.press("Enter")
    expect(anna.get_by_role("heading", name=f"Order {number}")).to_be_visible()


def test_an_order_is_held_and_released_with_the_reason_in_its_timeline(anna: Page, site: Site):
    anna.goto(f"{site.address}/search?q=536020")
    anna.get_by_role("button", name="Hold", exact=True).click()
    sheet = anna.get_by_role("dialog")
    sheet.get_by_label("Reason").select_option("address")
    sheet.get_by_label("Note").fill("No house number")
    sheet.get_by_role("button", name="Put on hold").click()
    expect(anna.get_by_role("status")).to_contain_text("The order is on hold")
    expect(anna.locator(".history li").first).to_contain_text("Put on hold: address")
    anna.get_by_role("button", name="Lift hold").click()
    anna.get_by_role("dialog").get_by_role("button", name="Lift the hold").click()
    expect(anna.get_by_role("status")).to_contain_text("The hold is lifted")
    expect(anna.locator(".history li").first).to_contain_text("anna@example.com")


def test_units_are_canceled_after_a_second_look(anna: Page, site: Site):
    anna.goto(f"{site.address}/search?q=536030")
    anna.get_by_role("button", name="Cancel units").click()
    sheet = anna.get_by_role("dialog")
    sheet.get_by_role("button", name="Keep as it is").click()
    expect(sheet).to_be_hidden()
    anna.get_by_role("button", name="Cancel units").click()
    sheet.get_by_label("Reason").fill("customer asked")
    sheet.get_by_role("button", name="Cancel these units").click()
    expect(anna.get_by_role("status")).to_contain_text("The units are canceled")
    expect(anna.locator(".page-head")).to_contain_text("Canceled")


def test_ids_are_copied_and_fences_unfolded(anna: Page, site: Site):
    anna.context.grant_permissions(["clipboard-read", "clipboard-write"])
    anna.goto(f"{site.address}/search?q=536041")
    anna.get_by_role("button", name="Copy the id").first.click()
    expect(anna.locator(".copy.copied")).to_have_count(1)
    assert re.fullmatch(r"ord_[0-9a-z]{13}", anna.evaluate("navigator.clipboard.readText()"))
    anna.locator("details.fences summary").first.click()
    expect(anna.locator("details.fences[open] li")).to_have_count(8)


def test_the_console_follows_the_systems_colours(anna: Page, site: Site):
    for scheme in ("dark", "light"):
        anna.emulate_media(color_scheme=scheme)
        anna.goto(f"{site.address}/orders")
        assert anna.evaluate("document.documentElement.dataset.bsTheme") == scheme


def test_on_a_phone_the_filters_unfold(anna: Page, site: Site):
    anna.set_viewport_size({"width": 390, "height": 844})
    anna.goto(f"{site.address}/orders")
    expect(anna.get_by_label("Channel")).to_be_hidden()
    anna.get_by_role("button", name="More filters").click()
    expect(anna.get_by_label("Channel")).to_be_visible()


def test_without_scripts_everything_can_still_be_read(browser, site: Site, cookies: list[Any]):
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{site.address}/orders?status=allocated")
    page.get_by_label("SKU").fill("20014")
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"status=allocated.*sku=20014"))
    page.locator("a.row-link").first.click()
    expect(page.get_by_role("heading", name="Why this location")).to_be_visible()
    context.close()


def test_from_an_empty_folder_to_the_console_with_the_command_line(page: Page, tmp_path, start_server):
    port = free_port()
    crossdock = [sys.executable, "-m", "crossdock"]
    env = {**os.environ, "CROSSDOCK_DATABASE_URL": f"sqlite:///{tmp_path}/shop.db", "CROSSDOCK_DATA_DIR": str(tmp_path)}
    env = {name: value for name, value in env.items() if name != "DATABASE_URL"}
    address = f"http://127.0.0.1:{port}"
    start_server([*crossdock, "serve", "--port", str(port)], f"{address}/healthz", env=env, cwd=tmp_path)
    asked = subprocess.run(
        [*crossdock, "sign-in-link", EMAIL],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    link = asked.stdout.strip()
    assert link.startswith(f"{address}/sign-in/")
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Nothing to count yet")).to_be_visible()
    expect(page.locator(".who")).to_have_text(EMAIL)
    page.goto(f"{address}/network")
    expect(page.get_by_role("heading", name="No locations yet")).to_be_visible()
