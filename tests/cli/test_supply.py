"""``crossdock supply``: files in, lines listed and shown, receipts one by one and by file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

HEAD = "reference,line,sku,location,expected_on,quantity\n"


def announce(cli: Cli, *rows: str) -> None:
    Path("lines.csv").write_text(HEAD + "\n".join(rows) + "\n")
    assert cli("supply", "put", "lines.csv").code == 0


def test_a_file_of_lines_is_put_once(cli: Cli, shop: str) -> None:
    Path("lines.csv").write_text(HEAD + "PO-1,1,MUG,DC,2026-12-07,5\nPO-1,2,LAMP,DC,2026-12-08,6\n")
    assert "Would put 2" in cli("supply", "put", "lines.csv", "--dry-run").err
    assert cli("supply", "list", "-o", "json").json == []
    assert cli("supply", "put", "lines.csv").err.endswith("2 created.\n")
    assert cli("supply", "put", "lines.csv").err.endswith("2 unchanged.\n")
    listed = cli("supply", "list", "-o", "json").json
    assert [(each["line"], each["sku"], each["quantity"]) for each in listed] == [("1", "MUG", 5), ("2", "LAMP", 6)]
    assert "PO-1" in cli("supply", "list", "--sku", "MUG").out


def test_a_file_of_documents_is_read_too_and_a_bad_line_is_named(cli: Cli, shop: str) -> None:
    good = '{"reference": "PO-1", "sku": "MUG", "location": "DC", "expected_on": "2026-12-07", "quantity": 5}\n'
    Path("lines.ndjson").write_text(good + '{"reference": "PO-2"}\n')
    refused = cli("supply", "put", "lines.ndjson")
    assert refused.code == 2
    assert "line 2" in refused.err
    assert cli("supply", "list", "-o", "json").json == [], "nothing is half done"
    Path("lines.ndjson").write_text(good + good.replace("MUG", "NONE").replace("PO-1", "PO-2"))
    partly = cli("supply", "put", "lines.ndjson")
    assert partly.code == 4
    assert "There is no item 'NONE'." in partly.out
    assert "1 created, 1 failed." in partly.err


def test_a_large_file_is_imported_with_an_error_file(cli: Cli, shop: str) -> None:
    line = '{"reference": "PO-%d", "sku": "%s", "location": "DC", "expected_on": "2026-12-07", "quantity": 5}\n'
    Path("lines.ndjson").write_text(line % (1, "MUG") + line % (2, "NONE") + line % (3, "LAMP"))
    assert "Nothing was recorded" in cli("import", "supply", "lines.ndjson", "--dry-run").err
    assert cli("supply", "list", "-o", "json").json == []
    done = cli("import", "supply", "lines.ndjson", "--errors", "bad.ndjson", "-o", "json")
    assert (done.code, done.json[0]["done"], done.json[0]["failed"]) == (4, 2, 1)
    assert '"reference":"PO-2"' in Path("bad.ndjson").read_text()
    assert [each["reference"] for each in cli("supply", "list", "-o", "json").json] == ["PO-1", "PO-3"]


def test_what_arrives_is_recorded_in_part_and_in_full(cli: Cli, shop: str) -> None:
    announce(cli, "PO-1,1,MUG,DC,2026-12-07,5")
    assert cli("supply", "receive", "PO-1", "--quantity", 2).err.endswith("1 recorded.\n")
    assert cli("supply", "show", "PO-1", "-o", "json").json["line"]["open"] == 3
    assert cli("supply", "receive", "PO-1").code == 0
    shown = cli("supply", "show", "PO-1", "-o", "json").json
    assert (shown["line"]["state"], [each["quantity"] for each in shown["receipts"]]) == ("closed", [2, 3])
    assert "5" in cli("supply", "show", shown["line"]["id"]).out


def test_the_same_file_of_receipts_counts_once(cli: Cli, shop: str) -> None:
    announce(cli, "PO-1,1,MUG,DC,2026-12-07,5")
    Path("came.csv").write_text("reference,quantity,final\nPO-1,4,true\n")
    assert cli("supply", "receive", "--file", "came.csv").err.endswith("1 recorded.\n")
    assert cli("supply", "receive", "--file", "came.csv").err.endswith("1 repeated.\n")
    assert cli("supply", "show", "PO-1", "-o", "json").json["line"]["state"] == "closed"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "PO-9"), 3, "There is no supply line"),
        (("receive", "PO-9"), 3, "There is no supply line"),
        (("receive",), 2, "give a reference"),
        (("list", "--state", "lost"), 2, "lost"),
    ],
)
def test_what_cannot_be_is_said_with_the_next_step(
    cli: Cli, shop: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = cli("supply", *arguments)
    assert result.code == code
    assert words in result.err


def test_a_file_without_its_columns_is_refused(cli: Cli, shop: str) -> None:
    Path("lines.csv").write_text("reference,sku\nPO-1,MUG\n")
    result = cli("supply", "put", "lines.csv")
    assert (result.code, "no column 'location'" in result.err) == (2, True)
