"""How many units are surely found: thin stock in a store is discounted by how likely each unit is where it should be.

Of n units on the books, each found with probability p, k may be shown when P(Binomial(n, p) ≥ k) ≥ a: the largest such
k is the lower (1 − a)-quantile of the binomial distribution (N. L. Johnson, A. W. Kemp, S. Kotz, *Univariate Discrete
Distributions*, 3rd ed. 2005, §3.8). That books and shelves differ, and by how much, was measured by N. DeHoratius and
A. Raman, "Inventory Record Inaccuracy: An Empirical Analysis", *Management Science* 54 (4), 2008, pp. 627–641.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

TABLE = 512
"""Beyond so many units the share that is found at this number holds; the true one is a little larger."""
Ints = np.ndarray[Any, np.dtype[np.int64]]


@lru_cache(maxsize=256)
def found_table(permille: int, confidence: int) -> Ints:
    """Return k for n = 0 … TABLE; p and the confidence in thousandths. Never falling, never rising by more than one.

    P(X = k) for n + 1 follows from n: P(X_{n+1} = k) = P(X_n = k)(1 − p) + P(X_n = k − 1) p. Sums run upward from
    k = 0 one by one, so that every machine rounds alike.
    """
    p, allowed = permille / 1000, 1 - confidence / 1000
    k = np.zeros(TABLE + 1, dtype=np.int64)
    chance = np.zeros(TABLE + 2)
    chance[0] = 1.0
    for n in range(1, TABLE + 1):
        shifted = chance[: n + 1].copy()
        chance[: n + 1] *= 1 - p
        chance[1 : n + 1] += shifted[:n] * p
        # P(X ≥ k) ≥ a ⇔ P(X ≤ k − 1) ≤ 1 − a; a hair of slack, because p = 1 must give k = n in floating point too.
        below = np.cumsum(chance[:n])
        k[n] = int(np.searchsorted(below, allowed + 1e-12, side="right"))
    k.flags.writeable = False
    return k


def surely_found(units: int, permille: int, confidence: int) -> int:
    """Return how many of ``units`` are found with the confidence."""
    table = found_table(permille, confidence)
    return int(table[units]) if units <= TABLE else units * int(table[TABLE]) // TABLE
