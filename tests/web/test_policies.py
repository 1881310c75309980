"""The pages of routing policies: form and YAML say the same, and a draft is tried before it decides anything."""

from __future__ import annotations

import copy
import re
import time
from typing import Any

import msgspec
import pytest

from crossdock.app import App
from crossdock.orchestration import policy_yaml, read_policy_draft, read_policy_versions
from crossdock.routing import Route, RoutingPolicy
from crossdock.web import policy_form
from crossdock.web.policy_documents import check
from crossdock.web.policy_fields import ROUTE
from crossdock.web.view_documents import read_yaml
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import text_of

LOW_RANK = {"type": "test", "fact": "location.rank", "op": "at_most", "values": [5]}
NO_GIFT = {"type": "not", "of": {"type": "yes", "fact": "gift"}}
FULL: dict[str, Any] = {
    "code": "standard",
    "name": "Everything that a form can say",
    "time_zone": "Europe/London",
    "card": {"currency": "GBP", "zones": [{"up_to_km": 20016, "base": 390000, "per_kg": 25000, "transit_days": 2}]},
    "routes": [
        {
            "name": "weekend",
            "when": {
                "type": "all",
                "of": [
                    {"type": "one_of", "fact": "country", "values": ["GB", "IE"]},
                    {"type": "number", "fact": "units", "at_least": 3},
                    {"type": "contains", "fact": "tag", "any": ["vip"]},
                    {"type": "yes", "fact": "gift", "value": False},
                    {"type": "during", "days": ["sat", "sun"], "begin": "08:00", "end": "20:00"},
                ],
            },
            "fences": [
                {"type": "among", "sites": {"kinds": ["store"], "but": ["ST-BATH"]}},
                {"type": "near", "km": 120},
                {"type": "has_share", "permille": 505, "of": "units", "strict": True},
                {"type": "handling", "name": "frozen", "most_transit_days": 1, "carriers": ["ice"]},
                {
                    "type": "when",
                    "condition": {"type": "test", "fact": "location.rank", "op": "at_most", "values": [5]},
                },
            ],
            "costs": [
                {"type": "preference", "amount": 150000, "sites": {"kinds": ["store"]}},
                {"type": "workload", "steps": [{"used": 800, "amount": 100000}, {"used": 950, "amount": 300000}]},
                {"type": "clear", "permille": 125, "categories": ["garden"], "within_days": 7},
            ],
            "prefer": [],
            "split": "line",
            "max_locations": 2,
            "min_value_per_location": 1500,
            "extra_parcel": 100000,
            "keep_groups": False,
            "weights": [["carriage", 900]],
            "merge": {},
            "leftover": "next_route",
        },
        {"name": "rest", "prefer": [{"by": "fewest_parcels"}, {"by": "nearest", "band": 50}], "unfilled_permille": 0},
        {
            "name": "nested",
            "when": {"type": "not", "of": {"type": "yes", "fact": "gift"}},
            "leftover": "queue",
            "queue": "odd",
        },
    ],
}


def full() -> RoutingPolicy:
    return msgspec.convert(FULL, RoutingPolicy)


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def draft_of(app: App) -> tuple[int, str]:
    found = app.database.read_now(lambda session: read_policy_draft(session, "standard"))
    assert found is not None
    return found.number, found.state


# -- form and document -------------------------------------------------------------------------------------------------


def test_the_form_says_what_the_policy_says():
    document, faults = policy_form.document_of(policy_form.read_flat(policy_form.flat_of(full()).items()))
    assert faults == []
    assert check(document) == (full(), [])


def test_the_form_has_a_place_for_everything_that_a_route_can_say():
    shown = {field.name for field in ROUTE} | {"fences", "costs", "prefer", "when", *policy_form.KEPT}
    assert set(Route.__struct_fields__) == shown


def test_yaml_says_what_the_policy_says():
    document, faults = read_yaml(policy_yaml(full()))
    assert faults == []
    assert check(document) == (full(), [])


def test_every_fault_is_told_beside_its_field():
    flat = policy_form.flat_of(full())
    flat["routes-0-fences-1-km"] = "near"
    flat["routes-0-costs-0-amount"] = "much"
    _, faults = policy_form.document_of(flat)
    wrong = policy_form.by_field(faults)
    assert wrong["routes-0-fences-1-km"] == "'near' is no whole number."
    assert wrong["routes-0-costs-0-amount"] == "'much' is no amount such as 1.50."
    broken = copy.deepcopy(FULL)
    broken["routes"][1]["max_locations"] = 0
    broken["routes"][0]["fences"][1] = {"type": "near"}
    told = {fault.where for fault in check(broken).faults}
    assert told == {"routes[0].fences[1].km", "routes[1].max_locations"}


def test_rows_are_added_removed_and_moved_and_nothing_typed_is_lost():
    flat = policy_form.flat_of(full())
    policy_form.add(flat, "routes-1-fences", "near")
    flat["routes-1-fences-0-km"] = "not yet"
    policy_form.reorder(flat, "routes", [2, 1, 0])
    assert [flat[f"routes-{at}-name"] for at in range(3)] == ["nested", "rest", "weekend"]
    assert flat["routes-1-fences-0-km"] == "not yet"
    policy_form.reorder(flat, "routes", [2])
    assert policy_form.rows(flat, "routes") == 1
    assert flat["routes-0-fences-1-km"] == "120"


# -- pages -------------------------------------------------------------------------------------------------------------


def test_the_list_says_who_decides_and_what_is_being_worked_on(filled: App, anna: Browser):
    page = text_of(anna.get("/policies"))
    assert "standard" in page
    assert "version 1" in page
    assert anna.get("/policies/nope").status_code == 404


def test_a_draft_is_written_in_the_form_saved_tried_activated_and_rolled_back(filled: App, anna: Browser):
    page = anna.get("/policies/standard").text
    assert "a delivery may be split" in page
    csrf = csrf_of(page)
    stored = filled.database.read_now(lambda session: read_policy_draft(session, "standard"))
    assert stored is not None
    fields = policy_form.flat_of(stored.document) | {"csrf": csrf, "tab": "form", "base": str(stored.number)}

    # a fence is added: it is empty, which is no fault yet
    fields |= {"do": "add:routes-0-fences", "new-routes-0-fences": "without"}
    grown = anna.post("/policies/standard", data=fields)
    assert 'name="routes-0-fences-0-sites-kinds"' in grown.text
    fields |= {"routes-0-fences-0-type": "without", "routes-0-fences-0-sites-kinds": "store", "do": "check"}
    checked = anna.post("/policies/standard", data=fields)
    assert "never locations of the kind store" in checked.text
    assert "This differs from version 1." in checked.text
    assert draft_of(filled)[0] == 1

    saved = anna.post("/policies/standard", data=fields | {"do": "save", "why": "stores are full"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/policies/standard?done=saved")
    assert draft_of(filled) == (2, "draft")
    diff = text_of(anna.get("/policies/standard/diff"))
    assert "routes" in diff
    assert "fences" in diff

    # tried on past orders
    asked = {"csrf": csrf, "version": "2", "orders": "50", "price_rules": "1"}
    begun = anna.post("/policies/standard/trials", data=asked)
    assert begun.status_code == 303
    address = begun.headers["location"]
    until = time.monotonic() + 20
    while 'id="how-far"' in (page := anna.get(address).text):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "decisions would be other plans" in page
    assert "The price of each rule" in page
    while draft_of(filled) != (2, "tried"):
        assert time.monotonic() < until
        time.sleep(0.02)
    for sort in ("money", "days", "parcels", "unfilled"):
        assert anna.get(f"{address}?sort={sort}").status_code == 200
    found = re.search(rf'href="({re.escape(address)}/orders/ord_[^"]+)"', page)
    if found is not None:
        assert "Under the draft" in anna.get(found[1]).text

    active = anna.post("/policies/standard/versions/2/activate", data={"csrf": csrf, "reason": "agreed"})
    assert active.status_code == 303
    assert "This version decides from now on." in anna.get(active.headers["location"]).text
    back = anna.post("/policies/standard/versions/2/roll_back", data={"csrf": csrf, "reason": "too slow"})
    assert back.headers["location"] == "/policies/standard?version=1&done=rolled_back"
    versions = text_of(anna.get("/policies/standard/versions"))
    assert "too slow" in versions
    assert [one.state for one in filled.database.read_now(lambda s: read_policy_versions(s, "standard"))] == [
        "rolled_back",
        "active",
    ]


def test_a_draft_with_a_fault_is_not_saved_and_says_where(filled: App, anna: Browser):
    csrf = csrf_of(anna.get("/policies/standard").text)
    text = "code: standard\ncard:\n  currency: GBP\n  zones: []\nroutes:\n- name: all\n"
    answer = anna.post(
        "/policies/standard", data={"csrf": csrf, "tab": "yaml", "text": text, "do": "save", "base": "1"}
    )
    assert answer.status_code == 422
    assert "Line 4" in answer.text
    assert draft_of(filled)[0] == 1


def test_routes_are_put_into_another_order_by_dragging_and_by_arrows(filled: App, anna: Browser):
    csrf = csrf_of(anna.get("/policies/standard").text)
    fields = policy_form.flat_of(full()) | {"csrf": csrf, "tab": "form", "base": "1"}

    def names(do: str, order: str = "") -> list[str]:
        page = anna.post("/policies/standard", data=fields | {"do": do, "order": order}).text
        return re.findall(r'name="routes-\d-name" value="([^"]*)"', page)

    assert names("order:routes", "2,0,1") == ["nested", "weekend", "rest"]
    assert names("down:routes-0") == ["rest", "weekend", "nested"]
    assert names("order:routes", "0,0,1") == ["weekend", "rest", "nested"]
    assert names("add:routes")[-1] == "route 4"
    assert names("remove:routes-1") == ["weekend", "nested"]


def test_an_order_is_tried_by_its_id_and_pasted(filled: App, anna: Browser):
    csrf = csrf_of(anna.get("/policies/standard").text)
    order_id = re.search(r"ord_[0-9a-z]{13}", anna.get("/orders").text)
    assert order_id is not None
    page = anna.get(f"/policies/standard/try?order={order_id[0]}").text
    assert "Under the draft" in page or "Nothing to decide" in page
    wrong = anna.post("/policies/standard/try", data={"csrf": csrf, "pasted": "{}"})
    assert wrong.status_code == 400
    assert "The pasted order is not one" in wrong.text
    nobody = anna.post("/policies/standard/try", data={"csrf": csrf, "order": "NOPE"})
    assert "No order has the id" in nobody.text
