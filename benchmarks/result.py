"""What a measurement is, and where it is kept."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

import msgspec

LATEST = Path(__file__).parent / "results" / "latest.json"


class Result(msgspec.Struct, frozen=True):
    """One figure: its floor was measured in the same run; the ratio is value to floor."""

    name: str
    value: float
    unit: str
    floor: float | None
    ratio: float | None
    command: str
    machine: str


def machine() -> str:
    """Say in a line what this was measured on."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} cores, {model}, {platform.system()}, Python {platform.python_version()}"


def result(name: str, value: float, unit: str, command: str, floor: float | None = None) -> Result:
    """Make a result; measured, never typed in."""
    ratio = round(value / floor, 3) if floor else None
    return Result(name, round(value, 3), unit, None if floor is None else round(floor, 3), ratio, command, machine())


def keep(results: list[Result]) -> None:
    """Put results in the place of those of the same name, and leave the others."""
    kept: dict[str, Any] = {}
    if LATEST.exists():
        kept = {entry["name"]: entry for entry in json.loads(LATEST.read_text(encoding="utf-8"))}
    for each in results:
        kept[each.name] = msgspec.to_builtins(each)
    LATEST.parent.mkdir(exist_ok=True)
    body = json.dumps([kept[name] for name in sorted(kept)], indent=2, ensure_ascii=False)
    LATEST.write_text(body + "\n", encoding="utf-8")
