"""The editor of routing policies in a browser: routes are dragged to another place, and rows come without a reload."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Site

pytestmark = pytest.mark.timeout(180)

POLICY = """
code: standard
card:
  currency: GBP
  zones:
  - {up_to_km: 20016, base: 390000, per_kg: 25000, transit_days: 2}
routes:
- name: big orders
  when: {type: number, fact: units, at_least: 30}
  leftover: next_route
- name: near
  fences: [{type: near, km: 60}]
  leftover: next_route
- name: everywhere
"""


def names(page: Page) -> list[str]:
    fields = page.locator('input[name^="routes-"][name$="-name"]').all()
    return [f.input_value() for f in fields if re.fullmatch(r"routes-\d-name", f.get_attribute("name") or "")]


def test_routes_are_dragged_and_rows_are_added(anna: Page, site: Site) -> None:
    anna.goto(f"{site.address}/policies/standard?tab=yaml")
    anna.fill("#yaml", POLICY)
    anna.get_by_role("button", name="Form", exact=True).click()
    expect(anna.locator(".route")).to_have_count(3)
    expect(anna.locator("#routes-1")).to_contain_text("only within 60 km of the customer")
    assert names(anna) == ["big orders", "near", "everywhere"]

    anna.locator("#routes-2 .grip").drag_to(anna.locator("#routes-0 .route-head"), target_position={"x": 200, "y": 3})
    expect(anna.locator("#routes-0 .route-said b")).to_have_text("everywhere")
    assert names(anna) == ["everywhere", "big orders", "near"]

    anna.locator("#routes-2 summary").first.click()
    anna.select_option("#new-routes-2-fences", "in_time")
    anna.locator("button[value='add:routes-2-fences']").click()
    expect(anna.locator("#routes-2-fences-1-days")).to_be_visible()
    anna.fill("#routes-2-fences-1-days", "soon")
    anna.locator("#findings button[value=check]").click()
    expect(anna.locator("#routes-2-fences-1 .fault").first).to_have_text("'soon' is no whole number.")
    assert anna.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
