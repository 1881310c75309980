"""The editor of stock views: a form and YAML say the same, faults are told at their place, nothing is saved unseen."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.app import App
from crossdock.inventory import StockView
from crossdock.orchestration import list_views, read_view
from crossdock.web import view_form
from crossdock.web.view_documents import Fault, check, excerpts, read_yaml, with_lines, write_yaml
from tests.web import sample
from tests.web.site import Browser
from tests.web.test_pages import text_of

FULL = {
    "code": "web",
    "name": "Web shop",
    "locations": [{"kinds": ["dc", "3pl"]}, {"codes": ["ST-LONDON"], "groups": ["north"], "countries": ["GB"]}],
    "exclusions": [{"categories": ["glass"], "conditions": ["used"], "stale": True}],
    "buffers": [
        {"units": 2, "percent": 10, "locations": {"within": {"latitude": 51.5, "longitude": -0.12, "km": 30}}},
        {"units": 5, "items": ["20014"], "note": "fast mover"},
    ],
    "safety_stock": [{"units": 12}],
    "find": [{"permille": 925, "locations": {"kinds": ["store"], "tags": ["small"], "markets": ["IE"]}}],
    "confidence": 975,
    "backorders": [{"units": 40}],
    "preorders": [{"units": 90, "items": ["20021"]}],
}


def full() -> StockView:
    return msgspec.convert(FULL, StockView)


def as_form(state: view_form.State) -> list[tuple[str, str]]:
    """What a browser sends of a form."""
    fields = [("code", state.code), ("name", state.name), ("confidence", state.confidence)]
    for name, rows in state.lists.items():
        for at, row in enumerate(rows):
            for field, value in row.items():
                values = value.split(", ") if field == "kinds" else [value]
                fields += [(f"{name}-{at}-{field}", one) for one in values]
    return fields


def test_the_form_says_what_the_view_says():
    state = view_form.read_state(as_form(view_form.state_of(full())))
    assert view_form.checked(state) == (full(), [])


def test_yaml_says_what_the_view_says():
    document, faults = read_yaml(write_yaml(full()))
    assert faults == []
    assert check(document) == (full(), [])


@given(
    st.builds(
        dict,
        units=st.integers(0, 10**9),
        percent=st.integers(0, 100),
        items=st.lists(st.from_regex(r"\A[A-Z0-9]{1,8}\Z"), max_size=3),
        note=st.text("abc é,;:'\"#", max_size=20).map(str.strip),
    )
)
def test_any_buffer_comes_back_from_form_and_yaml_alike(buffer):
    view = msgspec.convert({"code": "web", "buffers": [buffer]}, StockView)
    assert view_form.checked(view_form.read_state(as_form(view_form.state_of(view)))).view == view
    assert check(read_yaml(write_yaml(view))[0]).view == view


def test_every_fault_of_a_form_is_told_beside_its_field():
    state = view_form.state_of(full())
    state.lists["buffers"][0]["units"] = "many"
    state.lists["buffers"][1]["percent"] = "101"
    state.lists["find"][0]["permille"] = "0"
    state.lists["exclusions"].append({"conditions": "Used!"})
    state.lists["locations"][0]["countries"] = "England"
    found = view_form.checked(state)
    assert found.view is None
    wrong = view_form.by_field(found.faults)
    assert wrong["buffers-0-units"] == "'many' is no whole number."
    assert wrong["buffers-1-percent"] == "It must be at most 100."
    assert wrong["find-0-permille"] == "It must be at least 1."
    assert set(wrong) == {
        "buffers-0-units", "buffers-1-percent", "find-0-permille", "exclusions-1-conditions", "locations-0-countries",
    }  # fmt: skip


def test_every_fault_of_yaml_is_told_with_its_line():
    text = "code: web\nbuffers:\n- units: 2\n- unit: 3\n- items: [A]\n  units: -1\nfind:\n- items: [B]\nwhat: 1\n"
    document, _ = read_yaml(text)
    faults = with_lines(text, check(document).faults)
    assert [(f.line, f.where, f.message) for f in faults] == [
        (4, "buffers[1].unit", "There is no field 'unit' here."),
        (6, "buffers[2].units", "It must be at least 0."),
        (8, "find[0].permille", "This is missing."),
        (9, "what", "There is no field 'what' here."),
    ]
    assert excerpts(text, faults[:1])[0].lines == (
        (2, "buffers:", False), (3, "- units: 2", False), (4, "- unit: 3", True), (5, "- items: [A]", False),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("code: web\nbuffers: [\n", 3, "This is no YAML"),
        ("a: &x [1]\nb: *x\n", 2, "aliases"),
        ("code: web\nname: !!python/object:os.system x\n", 2, "could not determine a constructor"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int, said: str):
    document, faults = read_yaml(text)
    assert document is None
    assert faults[0].line == line
    assert said in faults[0].message


def test_a_list_is_no_view():
    assert check([]).faults == [Fault((), "A view is a mapping: `code: web` is its least.")]


def test_precedence_is_item_before_category_before_all_and_code_before_kind():
    rows = [
        {"units": "1"},
        {"units": "1", "kinds": "store"},
        {"units": "1", "categories": "cups"},
        {"units": "1", "items": "A", "kinds": "store"},
        {"units": "1", "codes": "DC"},
        {"units": "1", "items": "A", "codes": "DC"},
    ]
    assert view_form.precedence("buffers", rows) == [6, 5, 3, 2, 4, 1]


# -- the pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(app: App) -> App:
    sample.fill(app, sample.LITTLE)
    return app


def send(page: Browser, address: str, fields: list[tuple[str, str]], **more: str):
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.get(address).text)[0]
    data: dict[str, list[str]] = {}
    for name, value in [*fields, ("csrf", csrf), *more.items()]:
        data.setdefault(name, []).append(value)
    return page.post(address, data=data)


def hidden(answer, name: str) -> str:
    return str(re.findall(rf'name="{name}" value="([^"]*)"', answer.text)[0])


def test_the_list_names_versions_channels_and_who_has_no_view(anna: Browser, filled: App):
    found = text_of(anna.get("/views"))
    assert "Marketplace marketplace · version" in found
    assert "Through no view, so all stock of every location is seen by Web shop , Wholesale desk ." in found


def test_a_view_is_previewed_then_saved_then_history(anna: Browser, filled: App):
    active = filled.database.read_now(lambda session: read_view(session, "marketplace"))
    assert active is not None
    state = view_form.state_of(active.view)
    state.lists["buffers"].append({"units": "400", "kinds": "dc"})
    fields = [("tab", "form"), ("based_on", active.version), *as_form(state)]
    shown = send(anna, "/views/marketplace", fields, do="preview")
    assert shown.status_code == 200
    assert "Save this view" in shown.text
    assert "Daventry distribution centre" in text_of(shown)
    unsaved = send(anna, "/views/marketplace", fields, do="save")
    assert "This differs from what was previewed" in unsaved.text
    assert filled.database.read_now(lambda session: read_view(session, "marketplace")) == active
    saved = send(anna, "/views/marketplace", fields, do="save", previewed=hidden(shown, "previewed"))
    assert (saved.status_code, saved.headers["location"]) == (303, "/views/marketplace?done=saved")
    now = filled.database.read_now(lambda session: read_view(session, "marketplace"))
    assert now is not None
    assert now.view.buffers[2].units == 400
    assert now.actor == "user:anna@example.com"


def test_every_saved_version_stands_in_the_history_and_can_be_gone_back_to(anna: Browser, filled: App):
    first = filled.database.read_now(lambda session: read_view(session, "marketplace"))
    assert first is not None
    fields = [("tab", "yaml"), ("based_on", first.version), ("text", "code: marketplace\nname: Open to all\n")]
    shown = send(anna, "/views/marketplace", fields, do="preview")
    send(anna, "/views/marketplace", fields, do="save", previewed=hidden(shown, "previewed"))
    history = text_of(anna.get("/views/marketplace/history"))
    assert re.search(rf"Active .* anna@example.com {first.version[:12]} .* system sample", history)
    old = anna.get(f"/views/marketplace?version={first.version}")
    assert "which is not the active one" in old.text
    assert 'value="window display"' in old.text
    assert anna.get("/views/marketplace?version=none").status_code == 404
    assert anna.get("/views/none/history").status_code == 404


def test_a_view_that_somebody_else_saved_meanwhile_is_not_overwritten(anna: Browser, filled: App):
    active = filled.database.read_now(lambda session: read_view(session, "marketplace"))
    assert active is not None
    fields = [("tab", "yaml"), ("based_on", "an older version"), ("text", "code: marketplace\n")]
    shown = send(anna, "/views/marketplace", fields, do="save", previewed="x")
    assert "Somebody saved another version of this view meanwhile" in shown.text
    assert filled.database.read_now(lambda session: read_view(session, "marketplace")) == active


def test_a_new_view_that_hides_everything_warns_before_it_is_saved(anna: Browser, filled: App):
    fields = [("tab", "form"), ("code", "nothing"), ("confidence", "95"), ("exclusions-0-note", "closed")]
    shown = send(anna, "/new-view", fields, do="preview")
    assert "The view hides everything" in shown.text
    assert "Items lost" in shown.text
    send(anna, "/new-view", fields, do="save", previewed=hidden(shown, "previewed"))
    codes = [one.view.code for one in filled.database.read_now(list_views)]
    assert codes == ["marketplace", "nothing"]


def test_a_new_view_does_not_take_the_place_of_another(anna: Browser, filled: App):
    fields = [("tab", "yaml"), ("text", "code: marketplace\nbuffers:\n- units: 9\n")]
    before = filled.database.read_now(list_views)
    shown = send(anna, "/new-view", fields, do="preview")
    refused = send(anna, "/new-view", fields, do="save", previewed=hidden(shown, "previewed"))
    assert refused.status_code == 409
    assert "There is a view with this code already" in refused.text
    assert filled.database.read_now(list_views) == before


def test_faults_are_told_and_nothing_is_lost_of_what_was_typed(anna: Browser, filled: App):
    fields = [("tab", "form"), ("code", "x"), ("buffers-0-units", "a <b>few</b>"), ("buffers-0-note", "mine")]
    shown = send(anna, "/new-view", fields, do="save")
    assert shown.status_code == 422
    assert 'value="a &lt;b&gt;few&lt;/b&gt;"' in shown.text
    assert 'value="mine"' in shown.text
    assert "is no whole number" in shown.text


def test_rows_are_added_and_removed_and_sides_changed_without_loss(anna: Browser, filled: App):
    fields = [("tab", "form"), ("code", "x"), ("buffers-0-units", "3"), ("buffers-1-units", "4")]
    assert 'id="buffers-2"' in send(anna, "/new-view", fields, do="add:buffers").text
    left = send(anna, "/new-view", fields, do="remove:buffers-0")
    assert 'name="buffers-0-units" type="text" value="4"' in left.text
    assert 'id="buffers-1"' not in left.text
    assert "- {units: 3}\n- {units: 4}" in send(anna, "/new-view", fields, do="yaml").text
    back = send(anna, "/new-view", [("tab", "yaml"), ("text", "code: x\nbuffers:\n- units: 8\n")], do="form")
    assert 'name="buffers-0-units" type="text" value="8"' in back.text
    stuck = send(anna, "/new-view", [("tab", "yaml"), ("text", "code: [\n")], do="form")
    assert "Mend what is wrong first" in stuck.text


def test_a_long_view_is_edited_as_yaml_and_loses_nothing(anna: Browser, filled: App):
    text = "code: x\nbuffers:\n" + "".join(f"- {{units: 1, items: [S{n}]}}\n" for n in range(view_form.SHOWN + 1))
    shown = send(anna, "/new-view", [("tab", "yaml"), ("text", text)], do="form")
    assert "this view is edited as YAML" in shown.text
    assert f"items: [S{view_form.SHOWN}]" in shown.text
    rows = [(f"buffers-{n}-units", "1") for n in range(view_form.SHOWN)]
    grown = send(anna, "/new-view", [("tab", "form"), ("code", "x"), *rows], do="add:buffers")
    assert grown.text.count("{units: 1}") == view_form.SHOWN


def test_a_rule_for_items_and_categories_is_refused_at_its_place(anna: Browser, filled: App):
    fields = [("tab", "yaml"), ("text", "code: x\nbuffers:\n- items: [A]\n  categories: [b]\n  units: 1\n")]
    shown = send(anna, "/new-view", fields, do="preview")
    assert shown.status_code == 422
    assert "<b>Line 4</b>" in shown.text
    assert "not both" in shown.text


def test_there_is_no_editor_of_a_view_that_is_not_there(anna: Browser, filled: App):
    assert anna.get("/views/nothing").status_code == 404
