"""Which line of a newer revision is which line of the order as captured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class KnownLine(NamedTuple):
    """A line as captured, and the delivery that its demand goes with."""

    no: int
    external_id: str | None
    item_id: int
    quantity: int
    delivery_no: int
    version: int


class SentLine(NamedTuple):
    """A line as the newer revision sends it, by its place in the document."""

    place: int
    external_id: str | None
    item_id: int
    quantity: int
    delivery_no: int


def match(known: Sequence[KnownLine], sent: Sequence[SentLine]) -> tuple[dict[int, KnownLine], list[SentLine]]:
    """Return the captured line of each place that has one, and the lines that are new.

    A line is the same one when external id (or its absence), item and delivery are the same; of several the first. With
    another item or delivery the old line ends and a new one begins. Captured lines that nothing matches have ended.
    """
    left: dict[tuple[str | None, int, int], list[KnownLine]] = {}
    for old in known:
        left.setdefault((old.external_id, old.item_id, old.delivery_no), []).append(old)
    matched: dict[int, KnownLine] = {}
    for line in sent:
        same = left.get((line.external_id, line.item_id, line.delivery_no))
        if same:
            matched[line.place] = same.pop(0)
    return matched, [line for line in sent if line.place not in matched]
