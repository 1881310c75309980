"""Why a location does not do what was planned, and what each reason says of the goods there."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args


class Effect(enum.Enum):
    """What a reason does to the position."""

    EMPTY = "empty"
    """Nothing is on the shelf: the position is what is known to be off it already."""
    TAKEN_OFF = "taken_off"
    """So many units are not there; of the others nothing is said."""
    SET_ASIDE = "set_aside"
    """So many units are there and nobody can have them: they go to a stock class of their own."""
    NONE = "none"
    """The goods are as they are."""


class Reason(NamedTuple):
    """What a reason does, the condition of the stock class that it moves units to, and how it reads."""

    effect: Effect
    condition: str
    words: str

    @property
    def exists(self) -> bool:
        """Say whether the units are still there to be claimed."""
        return self.effect is Effect.NONE


ReasonWord = Literal["not_in_stock", "mismatch", "damaged", "worn_display", "too_busy", "other"]
ShortWord = Literal["not_in_stock", "mismatch", "damaged", "worn_display"]
KindWord = Literal["rejected", "short_picked", "timed_out"]

REASONS: Mapping[str, Reason] = {
    "not_in_stock": Reason(Effect.EMPTY, "", "nothing of it is on the shelf"),
    "mismatch": Reason(Effect.TAKEN_OFF, "", "less of it is there than was known"),
    "damaged": Reason(Effect.SET_ASIDE, "damaged", "it is damaged"),
    "worn_display": Reason(Effect.SET_ASIDE, "display", "it is worn from display"),
    "too_busy": Reason(Effect.NONE, "", "there is no time for it"),
    "other": Reason(Effect.NONE, "", "it cannot be done there"),
}
SHORT_REASONS: tuple[str, ...] = get_args(ShortWord)
