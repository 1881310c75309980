"""Each command over a small retailer, in each of the ways it can be asked."""

from __future__ import annotations

import csv
import io
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import Cli
from tests.support.world import order


def test_the_schema_is_made_once(cli: Cli, url: str):
    assert cli("db", "upgrade", "--dry-run", "-o", "json").json[0]["result"] == "to be done"
    assert not Path("var/crossdock.db").exists()
    assert cli("db", "upgrade", "-o", "json").json[0]["result"] == "created"
    assert cli("db", "upgrade", "-o", "json").json[0]["result"] == "unchanged"


def test_orders_are_listed(cli: Cli, shop: str):
    table = cli("orders", "list").out
    assert "A1" in table
    assert "A2" in table
    rows = list(csv.DictReader(io.StringIO(cli("orders", "list", "-o", "csv", "--status", "waiting").out)))
    assert [(row["external_id"], row["waiting"]) for row in rows] == [("A2", "3")]
    documents = cli("orders", "list", "-o", "json", "--limit", 1).json
    assert len(documents) == 1
    assert cli("orders", "list", "--limit", 1).err.startswith("There are more than these 1")


def test_an_unknown_status_is_usage(cli: Cli, shop: str):
    result = cli("orders", "list", "--status", "lost")
    assert result.code == 2
    assert "waiting" in result.err


@pytest.mark.parametrize("name", [["A1"], ["A1", "--channel", "web"]])
def test_an_order_is_shown_by_the_channels_own_id(cli: Cli, shop: str, name: list[str]):
    view = cli("orders", "show", *name, "-o", "json").json
    assert view["external_id"] == "A1"
    assert cli("orders", "show", view["id"], "-o", "json").json == view


def test_names_stay_in_the_vault_unless_asked_for(cli: Cli, shop: str):
    assert "Ada" not in cli("orders", "show", "A1").out
    assert "Ada" in cli("orders", "show", "A1", "--personal").out


@pytest.mark.parametrize("name", ["nope", "ord_0000000000000"])
@pytest.mark.parametrize("command", ["show", "explain"])
def test_an_order_that_is_not_there_is_3(cli: Cli, shop: str, command: str, name: str):
    result = cli("orders", command, name)
    assert result.code == 3
    assert "crossdock orders list" in result.err


def test_a_decision_is_explained_in_words_and_money(cli: Cli, shop: str):
    text = cli("orders", "explain", "A1", "--locations").out
    assert "Shipped from Dc" in text
    assert "carriage" in text
    assert "STORE" in text
    (found,) = cli("orders", "explain", "A1", "-o", "json").json
    assert found["words"]
    assert "amount" in cli("orders", "explain", "A1", "-o", "csv").out.splitlines()[0]


def test_a_decision_says_what_would_have_changed_it(cli: Cli, shop: str):
    asked = cli("explain", "A1", "--what-if")
    assert "Without Dc" in asked.out
    about = cli("explain", "A1", "--why-not", "STORE").out
    assert "kept it out" in about
    assert "Had Store" in about
    (found,) = cli("explain", "A1", "--why-not", "STORE", "-o", "json").json
    assert [one["location"] for one in found["what_if"]["locations"]] == ["STORE"]
    assert cli("explain", "A1", "--why-not", "HULL").code == 4
    assert "--what-if" in cli("explain", "A1").err


def test_stock_is_shown(cli: Cli, shop: str):
    (row,) = csv.DictReader(io.StringIO(cli("inventory", "show", "MUG", "-o", "csv").out))
    assert (row["on_hand"], row["allocated"], row["available"]) == ("5", "2", "3")
    assert cli("inventory", "show", "NOPE").code == 3


def test_what_can_be_promised_is_shown_and_explained(cli: Cli, shop: str) -> None:
    (found,) = cli("inventory", "atp", "MUG", "--channel", "web", "-o", "json").json
    (position,) = cli("inventory", "show", "MUG", "-o", "json").json
    assert found["available_to_promise"] == max(0, position["available"] - found["waiting"])
    explained = cli("inventory", "atp", "MUG", "--explain", "-o", "json").json
    assert explained["available_to_promise"] == found["available_to_promise"]
    words = cli("inventory", "atp", "MUG", "--explain")
    assert "on hand" in words.out
    assert "can be promised" in words.err
    missing = cli("inventory", "atp", "MUG", "--channel", "nope")
    assert (missing.code, missing.out) == (3, "")
    assert "There is no channel 'nope'." in missing.err


def test_verify_finds_what_is_wrong_and_repair_mends_it(cli: Cli, shop: str):
    assert cli("inventory", "verify").code == 0
    database = sqlite3.connect("var/crossdock.db")
    database.execute("UPDATE positions SET on_hand = on_hand + 1")
    database.commit()
    database.close()
    broken = cli("inventory", "verify", "-o", "json")
    assert broken.code == 1
    assert broken.json["findings"]
    assert "next: `crossdock inventory repair --dry-run`" in broken.err
    assert "would be looked at" in cli("inventory", "repair", "--dry-run").err
    assert cli("inventory", "verify").code == 1
    assert cli("inventory", "repair", "--yes").code == 0
    assert cli("inventory", "verify").code == 0


def test_keys_are_made_listed_and_revoked(cli: Cli, shop: str):
    assert cli("keys", "create", "shop", "--dry-run").out == ""
    made = cli("keys", "create", "shop", "--scope", "orders:write", "--days", 3, "-o", "json").json
    assert made["secret"].startswith("cdk_")
    assert made["key"]["scopes"] == ["orders:write"]
    assert cli("keys", "create", "reader").out.startswith("cdk_")  # the secret alone, for a script
    assert cli("keys", "revoke", made["key"]["id"]).code == 0
    revoked = {row["name"]: row["revoked_at"] for row in cli("keys", "list", "-o", "json").json}
    assert revoked["shop"]
    assert revoked["reader"] is None
    assert cli("keys", "create", "x", "--scope", "everything").code == 2
    assert cli("keys", "revoke", "key_0000000000000").code == 3
    assert cli("keys", "revoke", "nonsense").code == 2


def test_a_sign_in_link_waits_for_the_server(cli: Cli, shop: str):
    result = cli("sign-in-link", "me@example.org")
    assert result.out.startswith("http://127.0.0.1:8000/sign-in/")
    assert "crossdock serve" in result.err
    assert cli("sign-in-link", "nobody").code == 2


def write_csv(text: str) -> str:
    Path("stock.csv").write_text(text)
    return "stock.csv"


def test_stock_is_imported_once(cli: Cli, shop: str):
    file = write_csv("sku,location,quantity\nLAMP,DC,10\nMUG,STORE,4\n")
    assert cli("stock", "import", file, "--kind", "received", "--dry-run").code == 0
    assert cli("stock", "import", file, "--kind", "received").err.endswith("2 recorded, 0 repeated, 0 failed.\n")
    assert cli("stock", "import", file, "--kind", "received").err.endswith("0 recorded, 2 repeated, 0 failed.\n")
    assert cli("orders", "list", "--status", "waiting", "-o", "json").json == []  # what came served who waited


def test_facts_that_fail_are_told_by_their_line(cli: Cli, shop: str):
    file = write_csv("sku,location,quantity,kind\nMUG,DC,1,counted\nNOPE,DC,1,counted\n")
    result = cli("stock", "import", file, "-o", "json")
    assert result.code == 4
    assert [(row["line"], row["result"]) for row in result.json] == [(2, "recorded"), (3, "failed")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sku,place,quantity\nMUG,DC,1\n", "no column 'location'"),
        ("sku,location,quantity,kind\nMUG,DC,some,sold\n", "line 2: 'some' is no whole number"),
        ("kind,sku,location,quantity\nsold,MUG,DC\n", "line 2: 'None' is no whole number"),
        ("sku,location,quantity\nMUG,DC,1\n", "no kind; --kind sets one"),
        ("sku,location,quantity,kind\nMUG,DC,1,stolen\n", "kind is 'stolen'"),
        ("sku,location,quantity,kind,occurred_at\nMUG,DC,1,counted,yesterday\n", "'yesterday'"),
        ("sku,location,quantity\n", "no rows"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(cli: Cli, shop: str, text: str, words: str):
    result = cli("stock", "import", write_csv(text))
    assert result.code == 2
    assert words in result.err


def write_orders(*documents: Any) -> str:
    Path("orders.ndjson").write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in documents))
    return "orders.ndjson"


def test_orders_are_imported_and_what_is_refused_is_written_down(cli: Cli, shop: str):
    file = write_orders(order("B1", ("MUG", 1)), {"channel": "web"}, order("B2", ("NOPE", 1)))
    assert cli("import", "orders", file, "--dry-run", "-o", "json").json[0]["failed"] == 1  # dry: only read
    result = cli("import", "orders", file, "--errors", "faults.ndjson", "-o", "json")
    assert result.code == 4
    assert (result.json[0]["done"], result.json[0]["failed"]) == (1, 2)
    faults = [msgspec.json.decode(row) for row in Path("faults.ndjson").read_bytes().splitlines()]
    assert [fault["line"] for fault in faults] == [2, 3]
    assert cli("orders", "show", "B1").code == 0
    assert cli("import", "orders", write_orders(order("B1", ("MUG", 1)))).code == 0  # once more counts once
    assert len(cli("orders", "list", "-o", "json").json) == 3


def test_events_are_tailed(cli: Cli, shop: str):
    lines = cli("events", "tail", "-n", 3, "-o", "json").out.splitlines()
    assert [msgspec.json.decode(line)["specversion"] for line in lines] == ["1.0"] * 3
    captured = cli("events", "tail", "--after", 0, "--type", "order.captured").out.splitlines()
    assert len(captured) == 2
    assert cli("events", "tail", "--type", "order.lost").code == 2


def test_the_doctor_looks_at_everything(cli: Cli, shop: str):
    checks = {row["check"]: row["state"] for row in cli("doctor", "-o", "json").json}
    assert checks["schema"] == "ok"
    assert checks["content"] == "ok"


def test_the_doctor_says_what_is_missing(cli: Cli):
    result = cli("doctor")
    assert result.code == 1
    assert "crossdock db upgrade" in result.out


def test_the_demonstration_keeps_its_hands_off_other_orders(cli: Cli, shop: str):
    result = cli("demo")
    assert result.code == 4
    assert "a database of its own" in result.err


def test_a_dry_demonstration_makes_nothing(cli: Cli, home: Path):
    assert "Would make" in cli("demo", "--dry-run").err
    assert list(home.iterdir()) == []


def test_a_basket_is_promised_as_an_order_would_be_routed(cli: Cli, shop: str):
    before = Path(shop.removeprefix("sqlite:///")).read_bytes() if shop.startswith("sqlite") else b""
    offers = cli("promise", "MUG=1", "--channel", "web", "--to", "GB:EC1A 1BB", "-o", "json").json["data"]
    assert [offer["method"] for offer in offers] == ["ship"]
    assert offers[0]["state"] == "quoted"
    table = cli("promise", "MUG=1", "--channel", "web", "--to", "GB:EC1A 1BB", "--by", "earliest").out
    assert offers[0]["date"] in table
    if before:
        assert Path(shop.removeprefix("sqlite:///")).read_bytes() == before


@pytest.mark.parametrize("wrong", [["MUG"], ["MUG=x"], ["MUG=1", "--by", "soon"]])
def test_a_basket_that_cannot_be_read_is_usage(cli: Cli, shop: str, wrong: list[str]):
    result = cli("promise", *wrong, "--channel", "web", "--to", "GB")
    assert result.code == 2
    assert "next:" in result.err
