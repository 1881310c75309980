"""The figures as a page of the documentation."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.result import LATEST

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "benchmarks.md"
_HEAD = """# Benchmarks

Measured by `make bench`, which writes this page from `benchmarks/results/latest.json`. A ratio is the value over its
floor, and both were measured in the same run. The floor of a capture figure is the same server, gathering and rows,
with decisions that are ready-made. Machines are noisy: the ratios say more than the rates.

"""


def write() -> None:
    """Write the page anew."""
    entries = json.loads(LATEST.read_text(encoding="utf-8"))
    lines = ["| figure | value | floor | ratio | measured by |", "|---|---:|---:|---:|---|"]
    for entry in entries:
        floor = "" if entry["floor"] is None else f"{entry['floor']:,.2f}"
        ratio = "" if entry["ratio"] is None else f"{entry['ratio']:.2f}"
        value = f"{entry['value']:,.2f} {entry['unit']}"
        lines.append(f"| `{entry['name']}` | {value} | {floor} | {ratio} | {entry['command']} |")
    machines = sorted({entry["machine"] for entry in entries})
    tail = "\n\nMachine: " + "; ".join(machines) + ".\n"
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(_HEAD + "\n".join(lines) + tail, encoding="utf-8")
