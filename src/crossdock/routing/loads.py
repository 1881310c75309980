"""What a location gains at most for given prices when it sends whole parcels, each with room for so many grams.

The lines that pay are taken by gain per gram, the last one in part (the linear relaxation of the knapsack, Dantzig
1957), for one parcel, two, and so on; the best number counts. That is never above the true cost, and above what "at
least one parcel" and "by the gram" give each for itself.
"""

import numpy as np

from crossdock.routing.terms import Floats

_PART = 16.0


def best_loads(sure: Floats, profit: Floats, grams: Floats, priced: Floats, room: Floats) -> tuple[Floats, Floats]:
    """Give per column the least of parcels' price less gain, rounded down, and the part of each line that it takes.

    `sure` is gained without weight, `profit` in proportion to `grams`, both not below 0 and per line and column;
    `priced` and `room` are what so many parcels cost, one more, … and the grams that they hold, per number and column
    (infinity: a number that is not looked at). Works on one array or on one per node.
    """
    order = (-profit / np.maximum(grams, 1.0)).argsort(axis=-2, kind="stable")
    gain = np.take_along_axis(profit, order, axis=-2)
    each = np.take_along_axis(np.broadcast_to(grams, profit.shape), order, axis=-2)
    each = np.maximum(each, 1.0)
    before = each.cumsum(axis=-2) - each
    certain = sure.sum(axis=-2)
    least, best = np.full(certain.shape, np.inf), np.zeros(certain.shape)
    for price, holds in zip(priced, room, strict=True):
        left = np.maximum(holds[..., None, :] - before, 0.0)
        # a part of a line is rounded up, and one more milli given for the division
        part = np.where(
            left >= each, gain, np.where(left > 0, np.minimum(np.ceil(gain * left / each) + 1.0, gain), 0.0)
        )
        cost = price - certain - part.sum(axis=-2)
        better = cost < least
        least, best = np.where(better, cost, least), np.where(better, holds, best)
    taken = np.minimum(np.maximum(best[..., None, :] - before, 0.0) / each, 1.0)
    fraction = np.empty_like(taken)
    np.put_along_axis(fraction, order, np.floor(taken * _PART) / _PART, axis=-2)
    return least, fraction
