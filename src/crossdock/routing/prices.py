"""Prices to begin the ascent with: those at which the best plan's locations just pay.

Near an optimum a location in use neither gains nor loses, so its costs are shared out over what it ships.
"""

import numpy as np

from crossdock.routing.dual import Dual
from crossdock.routing.fill import Filled
from crossdock.routing.problem import Problem
from crossdock.routing.room import Lines
from crossdock.routing.terms import Bools, Floats


def core_of(problem: Problem, plan: Filled) -> Bools:
    """Give the columns that the plan leans on: those that serve at least a quarter as many lines as the busiest."""
    lines = (plan.x > 0).sum(axis=0)
    core = np.zeros(problem.m, dtype=bool)
    core[plan.columns[lines * 4 >= lines.max()]] = True
    return core


def start_prices(problem: Problem, dual: Dual, plan: Filled, numbers: Floats | None = None) -> Floats:
    """Give prices for which the plan's core pays by the unit and the others by what they cover of the core's rest.

    A line that is not shipped, or only in part, is worth its penalty. With `numbers`, the parcels of each column, the
    lines are divided anew with a price for the room that these have.
    """
    columns, sent = plan.columns, plan.x
    room_cost = np.zeros((len(dual.rows), len(columns)))
    if numbers is not None:
        lines = Lines(problem, columns, sent.sum(axis=1))
        lines.price(np.minimum(numbers[columns] * problem.limit, problem.weight_g), np.inf)
        # room is worth no more than what it costs where another location would be opened for it
        carried = problem.w[dual.rows] @ dual.U
        others = ~dual.needed & (carried > 0)
        others[columns] = False
        dearest = float((problem.f[others] / carried[others]).min(initial=2.0**20))
        lines.prices = np.minimum(np.floor(lines.prices), np.floor(dearest))
        sent = lines.priced()[1]
        room_cost = problem.w[dual.rows][:, None] * lines.prices
    fixed = problem.f[columns]
    if not problem.one_parcel:
        fixed = problem.F[columns] + problem.B[columns] * problem.parcels(problem.w @ sent)
    c, x = problem.c[dual.rows][:, columns] + room_cost, np.minimum(sent[dual.rows], dual.U[:, columns])
    if dual.needed.any():  # what is open in any case does not have to pay for it
        fixed = np.where(dual.needed[columns], 0.0, fixed)
    handling, served = np.broadcast_to(dual.H, dual.U.shape)[:, columns], x > 0
    inside = dual.core[columns] if dual.cover is not None else np.ones(len(columns), dtype=bool)
    # a line that the core has no part in is priced by the unit, too
    by_core = np.asarray((served & inside).any(axis=1))[:, None]
    main = served & (inside | ~by_core)
    unit = np.where(main, c, 0.0).max(axis=1)
    weight = np.where(main, x, 0.0) * np.maximum(c, 1.0)
    share = np.floor(fixed * weight / np.maximum(weight.sum(axis=0), 1.0))
    share = (share + np.where(main, handling, 0.0)).sum(axis=1)
    scarce = x.sum(axis=1) < dual.q
    v = unit + np.ceil(share / np.maximum(np.where(main, x, 0.0).sum(axis=1), 1.0))
    v = np.where(scarce, dual.p, np.minimum(v, dual.p))
    if dual.cover is None:
        return dual.limited(v)
    cover = dual.cover[:, columns]
    beside = served & ~inside & (cover > 0)
    dearer = np.maximum(c - v[:, None], 0.0) * x
    part = np.floor(fixed * (cover * beside) / np.maximum((cover * beside).sum(axis=0), 1.0))
    wanted = np.where(beside, (part + handling + dearer) / np.maximum(cover, 1.0), 0.0)
    return dual.limited(np.concatenate((v, np.ceil(wanted.max(axis=1)))))
