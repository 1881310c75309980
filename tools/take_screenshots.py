"""Takes the pictures of the console that the documentation shows, from a server that runs the demonstration.

`python -m tools.take_screenshots LINK`: LINK is what `crossdock sign-in-link` prints. The pictures go to docs/images.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from tests.support.browser import CHROMIUM_FLAGS, find_chromium
from tools.small_png import shrink

TARGET = Path(__file__).resolve().parent.parent / "docs" / "images"
ORDER = "580631"  # six lines from three locations
ITEM = "22423"
PAGES = {
    "home": "/",
    "orders": "/orders",
    "order": f"/search?q={ORDER}",
    "inventory": f"/inventory/item?sku={ITEM}",
}
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def take(page: Page, base: str) -> None:
    """Take every picture, once for the desk and once for the hand."""
    for size, suffix in ((DESKTOP, ""), (PHONE, "-phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for name, path in PAGES.items():
            page.goto(base + path)
            if name == "home":
                page.locator("[data-drawn=yes]").wait_for()
            page.screenshot(path=TARGET / f"{name}{suffix}.png", animations="disabled")
    page.set_viewport_size({"width": 1440, "height": 3000})
    page.goto(base + PAGES["order"])
    box = page.locator("#why").bounding_box()
    assert box
    clip = {**box, "height": min(box["height"], 980)}
    page.screenshot(path=TARGET / "decision.png", animations="disabled", clip=clip)  # type: ignore[arg-type]


def main(link: str) -> None:
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
        take(page, base)
        browser.close()
    for picture in sorted(TARGET.glob("*.png")):
        shrink(picture)


if __name__ == "__main__":
    main(sys.argv[1])
