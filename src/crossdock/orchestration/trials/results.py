"""The file in which a trial's results lie: one line a chunk, so that a crash costs no more than the chunk under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from crossdock.kernel.ids import encode_id
from crossdock.orchestration.trials.cases import Place
from crossdock.orchestration.trials.model import Difference, Figures, Tally

Sort = Callable[[Difference], tuple[int, ...]]


class Line(Struct, frozen=True, array_like=True):
    """What came of a chunk: its tally, the decisions that differ, and the order behind which the next one begins."""

    place: Place
    tally: Tally
    differences: list[Difference]


class _Told(Struct, frozen=True, array_like=True):
    """A line without its differences, which are skipped unread."""

    place: Place
    tally: Tally


_encode = msgspec.json.Encoder().encode
_line = msgspec.json.Decoder(Line).decode
_told = msgspec.json.Decoder(_Told).decode


def results_file(data_dir: Path, job_id: int) -> Path:
    """Return where the results of a trial lie."""
    folder = data_dir / "trials"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{encode_id('job', job_id)}.ndjson"


def append(path: Path, line: Line) -> None:
    """Add what came of a chunk."""
    with path.open("ab") as file:
        file.write(_encode(line) + b"\n")


def resume(path: Path) -> tuple[Place | None, Tally]:
    """Return where a trial that broke off goes on and what it had counted; a line half written is dropped."""
    place: Place | None = None
    tally, whole = Tally(), 0
    if path.exists():
        with path.open("r+b") as file:
            for row in file:
                told = _decoded(row)
                if told is None:
                    break
                place, tally, whole = told.place, tally.plus(told.tally), whole + len(row)
            file.truncate(whole)
    return place, tally


def told(path: Path) -> Tally:
    """Return what a trial has counted so far."""
    tally = Tally()
    if path.exists():
        with path.open("rb") as file:
            for row in file:
                line = _decoded(row)
                tally = tally if line is None else tally.plus(line.tally)
    return tally


def _decoded(row: bytes) -> _Told | None:
    if not row.endswith(b"\n"):
        return None
    try:
        return _told(row)
    except msgspec.DecodeError:
        return None


def differences(path: Path) -> Iterator[Difference]:
    """Yield the decisions that differ, in the order of the file."""
    if path.exists():
        with path.open("rb") as file:
            for row in file:
                if row.endswith(b"\n"):
                    yield from _line(row).differences


def by_money(each: Difference) -> tuple[int, ...]:
    """Sort by what carriers and hands are paid more or less, then by units that stay behind."""
    return -abs(each.would.figures.spend - each.was.figures.spend), *by_unfilled(each)


def by_unfilled(each: Difference) -> tuple[int, ...]:
    """Sort by units that stay behind or do not any more."""
    return -abs(each.would.figures.unfilled - each.was.figures.unfilled), each.decision_id


def by_parcels(each: Difference) -> tuple[int, ...]:
    """Sort by parcels more or less."""
    return -abs(each.would.figures.parcels - each.was.figures.parcels), *by_money(each)


def by_days(each: Difference) -> tuple[int, ...]:
    """Sort by days earlier or later, then by days beyond what was due."""
    was, would = each.was.figures, each.would.figures
    return -abs(_days(would) - _days(was)), -abs(would.late - was.late), *by_money(each)


def _days(figures: Figures) -> int:
    return 0 if figures.days is None else figures.days


SORTS: dict[str, Sort] = {"money": by_money, "unfilled": by_unfilled, "parcels": by_parcels, "days": by_days}
