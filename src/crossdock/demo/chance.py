"""Chance that can be repeated: each draw depends on the seed and on what it is for, never on the draws before it.

So a change in one place of the retailer leaves all others as they were, and the same seed gives the same retailer
on every machine and with every version of Python and numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

_NORMAL = NormalDist()


class Chance:
    """Draws of one seed, named by their keys."""

    def __init__(self, seed: int) -> None:
        self._start = hashlib.blake2b(str(seed).encode(), digest_size=8)

    def uniform(self, *keys: object) -> float:
        """Draw a number in (0, 1), the same for the same keys."""
        drawn = self._start.copy()
        drawn.update("\x1f".join(map(str, keys)).encode())
        return (int.from_bytes(drawn.digest(), "big") // 2048 + 0.5) / 2**53

    def normal(self, *keys: object) -> float:
        """Draw from the standard normal distribution."""
        return _NORMAL.inv_cdf(self.uniform(*keys))

    def happens(self, probability: float, *keys: object) -> bool:
        """Tell whether something of this probability comes true."""
        return self.uniform(*keys) < probability

    def choice(self, options: Sequence[T], *keys: object) -> T:
        """Pick one of the options, all equally likely; raises ``ValueError`` if there is none."""
        if not options:
            raise ValueError("nothing to choose from")
        return options[int(self.uniform(*keys) * len(options))]
