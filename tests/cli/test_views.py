"""Views and shares as files: written, tried, saved, read back the same."""

from pathlib import Path

from tests.cli.conftest import Cli

VIEW = """
code: web
buffers:
- units: 1
  locations: {kinds: [dc]}
"""
GROUPS = """
- code: shops
  channels: [web]
  strategy: reserve
  amounts:
  - units: 2
"""


def test_a_view_is_tried_saved_and_read_back_the_same(cli: Cli, shop: str, home: Path):
    Path("view.yaml").write_text(VIEW)
    tried = cli("views", "preview", "view.yaml")
    assert tried.code == 0
    assert "units can be promised now" in tried.err
    assert cli("views", "put", "view.yaml", "--dry-run").out == tried.out
    assert cli("views", "list", "-o", "json").json == []
    assert cli("views", "put", "view.yaml").err == "The view 'web' is created.\n"
    shown = cli("views", "show", "web").out
    Path("again.yaml").write_text(shown)
    assert cli("views", "put", "again.yaml").err == "The view 'web' is unchanged.\n"
    assert cli("views", "show", "web", "-o", "json").json["buffers"] == [{"units": 1, "locations": {"kinds": ["dc"]}}]
    assert [row["view"]["code"] for row in cli("views", "list", "-o", "json").json] == ["web"]
    assert cli("views", "show", "nope").code == 3


def test_what_is_wrong_with_a_file_is_said_at_its_place(cli: Cli, shop: str, home: Path):
    Path("view.yaml").write_text("code: web\nbuffers:\n- units: -1\n")
    result = cli("views", "put", "view.yaml")
    assert result.code == 2
    assert "/buffers/0/units: Expected `int` >= 0" in result.err
    Path("view.yaml").write_text("code: [")
    assert "neither YAML nor JSON" in cli("views", "put", "view.yaml").err
    Path("view.yaml").write_text("code: web\nexclusions:\n- {}\n")
    assert "warning: The view hides everything" in cli("views", "put", "view.yaml").err


def test_schemas_are_there_for_editors(cli: Cli, home: Path):
    assert "StockView" in cli("views", "schema").json["$defs"]
    assert "ShareGroup" in cli("shares", "schema").json["$defs"]


def test_shares_are_put_and_shown(cli: Cli, shop: str, home: Path):
    Path("shares.yaml").write_text(GROUPS)
    assert cli("shares", "put", "shares.yaml").err == "The group 'shops' is created.\n"
    groups = cli("shares", "groups").out
    Path("again.yaml").write_text(groups)
    assert cli("shares", "put", "again.yaml").err == "The group 'shops' is unchanged.\n"
    assert cli("shares", "show", "MUG", "-o", "json").json[0]["counters"][0]["amount"] == 2
    assert cli("shares", "show", "NOPE").code == 3
    Path("shares.yaml").write_text(GROUPS.replace("[web]", "[nobody]"))
    refused = cli("shares", "put", "shares.yaml")
    assert refused.code == 4
    assert "There is no channel 'nobody'." in refused.err
