"""Takes the pictures of the console that the documentation shows. They go to docs/images.

`python -m tools.take_screenshots LINK`: from a server that runs the demonstration; LINK is what
`crossdock sign-in-link` prints. `python -m tools.take_screenshots --stock LINK`: the pages of views, feeds,
reservations, supply and promises, from the tests' sample, which has some of each; LINK is what
`python -m tests.web.site sqlite:///FILE 8001 MUCH` prints.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import CHROMIUM_FLAGS, find_chromium
from tools.small_png import shrink

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images"
ORDER = "581434"  # six lines from two locations
ITEM = "22423"
PAGES = {
    "home": "/",
    "orders": "/orders",
    "order": f"/search?q={ORDER}",
    "inventory": f"/inventory/item?sku={ITEM}",
}
STOCK = {
    "explain": "/inventory/item?sku=20042&channel=marketplace",
    "view": "/views/marketplace",
    "feed": "/feeds/wms",
    "reservations": "/reservations",
    "supply": "/supply",
    "promise": "/promise?channel=web&basket=20042+2%0A20049+3&country=GB&postal_code=EC1A+1BB",
}
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def keep(page: Page, name: str, **more: Any) -> None:
    """Take one picture and make it small."""
    path = TARGET / f"{name}.png"
    page.screenshot(path=path, animations="disabled", **more)
    shrink(path)


def take(page: Page, base: str) -> None:
    """Take every picture, once for the desk and once for the hand."""
    for size, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for name, path in PAGES.items():
            page.goto(base + path)
            if name == "home":
                page.locator("[data-drawn=yes]").wait_for()
            keep(page, f"{name}{suffix}")
    page.set_viewport_size({"width": 1440, "height": 3000})
    page.goto(base + PAGES["order"])
    box = page.locator("#why").bounding_box()
    assert box
    clip = {**box, "height": min(box["height"], 980)}
    keep(page, "decision", clip=clip)


def take_stock(page: Page, base: str) -> None:
    """Take the pictures of the pages of stock: a number opened, a view previewed."""
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    for name, path in STOCK.items():
        page.goto(base + path)
        if name == "explain":
            store = page.locator("tbody tr").filter(has_text="Edinburgh store")
            store.locator("details.sum summary").click()
            store.locator("details.fences summary").click()
        if name == "view":
            page.get_by_role("button", name="Add a buffer").click()
            page.locator("#buffers-2-units").fill("30")
            page.locator("#buffers-2-where summary").click()
            page.locator("#buffers-2-where").get_by_label("Distribution centre").check()
            page.locator("#preview").get_by_role("button", name="Preview").click()
            page.locator(".effect").wait_for()
            page.locator("#buffers").scroll_into_view_if_needed()
            page.locator("#preview").hover()
        keep(page, name)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(base + STOCK["explain"])
    keep(page, "explain-phone")


def main(link: str, *, stock: bool) -> None:
    """Sign in with the link, which is used up by it, and take the pictures."""
    parts = urlsplit(link)
    base = f"{parts.scheme}://{parts.netloc}"
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(locale="en-GB")
        page.goto(link)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{base}/")
        (take_stock if stock else take)(page, base)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[-1], stock="--stock" in sys.argv)
