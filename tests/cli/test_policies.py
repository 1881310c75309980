"""Routing policies as files: checked, saved, activated, compared, rolled back, read back the same."""

from pathlib import Path

from tests.cli.conftest import Cli

POLICY = """
code: standard
name: Standard
card:
  currency: GBP
  zones:
  - {up_to_km: 20016, base: 390000, per_kg: 35000, transit_days: 2}
routes:
- name: big orders
  when: {type: number, fact: units, at_least: 10}
  max_locations: 2
  leftover: next_route
- name: everything
  cancel_after_hours: 72
"""


def test_a_policy_is_saved_activated_and_read_back_the_same(cli: Cli, shop: str, home: Path):
    Path("policy.yaml").write_text(POLICY)
    checked = cli("policy", "validate", "policy.yaml")
    assert (checked.code, checked.err.splitlines()[-1]) == (0, "The policy 'standard' may become active.")
    saved = cli("policy", "save", "policy.yaml", "--note", "Big orders from few places")
    assert saved.err.splitlines()[-1] == "Version 2 of 'standard' is draft."
    refused = cli("policy", "activate", "standard")
    assert refused.code != 0
    assert "nobody has tried it" in refused.err
    active = cli("policy", "activate", "standard", "--untried", "--note", "Agreed")
    assert active.err.splitlines()[-1] == "Version 2 of 'standard' is active."
    Path("again.yaml").write_text(cli("policy", "show", "standard").out)
    assert cli("policy", "save", "again.yaml").err.splitlines()[-1] == "Version 2 of 'standard' is active."
    listed = cli("policy", "versions", "standard", "-o", "json").json
    assert [(one["number"], one["state"], one["note"]) for one in listed] == [
        (2, "active", "Big orders from few places"),
        (1, "retired", "put as one set of rules"),
    ]
    assert [change["note"] for change in listed[0]["changes"]] == ["Agreed", "", "Big orders from few places"]


def test_what_changed_is_told_and_taken_back(cli: Cli, shop: str, home: Path):
    Path("policy.yaml").write_text(POLICY)
    cli("policy", "save", "policy.yaml")
    text = cli("policy", "diff", "standard").out
    assert "+- name: everything" in text
    pointers = [one["pointer"] for one in cli("policy", "diff", "standard", "1", "2", "-o", "json").json["differences"]]
    assert "/routes/big orders" in pointers
    cli("policy", "activate", "standard", "--untried")
    back = cli("policy", "rollback", "standard", "--note", "Too slow")
    assert back.err.splitlines()[-1] == "Version 2 of 'standard' is taken back; version 1 is active."
    (row,) = cli("policy", "list", "-o", "json").json
    assert (row["code"], row["active"], row["draft"]) == ("standard", 1, None)


def test_what_is_wrong_is_said_at_its_place_and_nothing_becomes_active(cli: Cli, shop: str, home: Path):
    Path("policy.yaml").write_text(POLICY.replace("leftover: next_route", "leftover: backorder\n  when: {type: al}"))
    assert cli("policy", "validate", "policy.yaml").code == 2
    Path("policy.yaml").write_text(POLICY + "- name: never tried\n")
    result = cli("policy", "validate", "policy.yaml")
    assert result.code != 0
    assert "error: /routes/2: 'never tried' is never tried" in result.err
    cli("policy", "save", "policy.yaml")
    refused = cli("policy", "activate", "standard", "--untried")
    assert refused.code != 0
    assert "/routes/2: 'never tried' is never tried" in refused.err
    assert cli("policy", "list", "-o", "json").json[0]["active"] == 1
    assert cli("policy", "show", "nope").code == 3


def test_the_schema_is_there_for_editors(cli: Cli, home: Path):
    assert "RoutingPolicy" in cli("policy", "schema").json["$defs"]
