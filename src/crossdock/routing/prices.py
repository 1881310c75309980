"""Prices to begin the ascent with: those at which the best plan's locations just pay.

Near an optimum a location in use neither gains nor loses, so its costs are shared out over what it ships.
"""

import numpy as np

from crossdock.routing.dual import Dual
from crossdock.routing.fill import Filled
from crossdock.routing.problem import Problem
from crossdock.routing.terms import Bools, Floats


def core_of(problem: Problem, plan: Filled) -> Bools:
    """Give the columns that the plan leans on: those that serve at least a quarter as many lines as the busiest."""
    lines = (plan.x > 0).sum(axis=0)
    core = np.zeros(problem.m, dtype=bool)
    core[plan.columns[lines * 4 >= lines.max()]] = True
    return core


def start_prices(problem: Problem, dual: Dual, plan: Filled) -> Floats:
    """Give prices for which the plan's core pays by the unit and the others by what they cover of the core's rest.

    A line that is not shipped, or only in part, is worth its penalty.
    """
    x, columns = plan.x, plan.columns
    c, served, fixed = problem.c[:, columns], plan.x > 0, problem.f[columns]
    if not problem.one_parcel:
        fixed = problem.F[columns] + problem.B[columns] * problem.parcels(problem.w @ x)
    inside = dual.core[columns] if dual.cover is not None else np.ones(len(columns), dtype=bool)
    # a line that the core has no part in is priced by the unit, too
    by_core = np.asarray((served & inside).any(axis=1))[:, None]
    main = served & (inside | ~by_core)
    unit = np.where(main, c, 0.0).max(axis=1)
    weight = np.where(main, x, 0.0) * np.maximum(c, 1.0)
    share = np.floor(fixed * weight / np.maximum(weight.sum(axis=0), 1.0))
    share = (share + np.where(main, problem.H[columns], 0.0)).sum(axis=1)
    scarce = x.sum(axis=1) < problem.q
    v = unit + np.ceil(share / np.maximum(np.where(main, x, 0.0).sum(axis=1), 1.0))
    v = np.where(scarce, dual.p, np.minimum(v, dual.p))
    if dual.cover is None:
        return dual.limited(v)
    cover = dual.cover[:, columns]
    beside = served & ~inside & (cover > 0)
    dearer = np.maximum(c - v[:, None], 0.0) * x
    part = np.floor(fixed * (cover * beside) / np.maximum((cover * beside).sum(axis=0), 1.0))
    wanted = np.where(beside, (part + problem.H[columns] + dearer) / np.maximum(cover, 1.0), 0.0)
    return dual.limited(np.concatenate((v, np.ceil(wanted.max(axis=1)))))
