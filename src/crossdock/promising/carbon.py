"""What a plan's transport emits, as an estimate: weight × great-circle distance × one factor for road freight.

The factor is 137 g CO₂e per tonne-kilometre, heavy goods vehicles in the EU-27 in 2018, from well to wheel: European
Environment Agency, *Rail and waterborne: best for low-carbon motorised transport*, briefing of 24 March 2021 (study by
Fraunhofer ISI and CE Delft). It knows nothing of the vehicle, the load, the detour from the great circle, the last mile
by van, nor of what the customer drives to a store: it compares plans, it is no account of emissions.
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.routing.costs import FACTOR, GRAMS_PER_TONNE_KM
from crossdock.routing.merging import Path
from crossdock.routing.model import SiteBill

__all__ = ["FACTOR", "GRAMS_PER_TONNE_KM", "grams"]


def grams(bill: Sequence[SiteBill | Path]) -> int | None:
    """Return grams of CO₂ equivalent of a bill, rounded; None when a distance is not known."""
    if any(each.km < 0 for each in bill):
        return None
    return (sum(each.weight_g * each.km for each in bill) * GRAMS_PER_TONNE_KM + 500_000) // 1_000_000
