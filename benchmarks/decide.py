"""How fast `decide()` is and how much it proves, on the documented generators. `python -m benchmarks.decide [--quick]`.

Times are CPU milliseconds of one call, everything an explanation needs included; the gap is given in per cent of the
plan's cost (the penalty of unfilled units left out). "divided" are orders that no location fills alone; "other set"
is the share of passed-over plans that are proven to be the best with another set of locations.
"""

import argparse
import gc
import re
import time
from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks.generators import CARRIER_LIMIT_G, SMALL_PARCEL_G, Order, demonstration, orders, real_orders
from benchmarks.result import Result, result
from crossdock.routing import Decision, decide, encode

COMMAND = "python -m benchmarks decide"
BANDS = ((1, 1), (2, 5), (6, 10), (11, 20), (21, 40), (41, 80), (81, 2_000))
CASES = (
    # lines, locations, units up to, grams that a parcel holds, share of the orders asked for
    (3, 305, 3, CARRIER_LIMIT_G, 1.0),
    (3, 305, 50, CARRIER_LIMIT_G, 1.0),
    (3, 305, 50, SMALL_PARCEL_G, 1.0),
    (3, 1_005, 3, CARRIER_LIMIT_G, 1.0),
    (3, 1_005, 50, CARRIER_LIMIT_G, 0.5),
    (3, 1_005, 50, SMALL_PARCEL_G, 0.5),
    (15, 305, 3, CARRIER_LIMIT_G, 0.4),
    (15, 305, 3, SMALL_PARCEL_G, 0.4),
    (30, 305, 3, CARRIER_LIMIT_G, 0.4),
    (30, 305, 3, SMALL_PARCEL_G, 0.4),
    (200, 305, 3, CARRIER_LIMIT_G, 0.05),
    (200, 305, 3, SMALL_PARCEL_G, 0.05),
)
Measured = list[tuple[float, Order, Decision]]


def timed(cases: Iterable[Order]) -> Measured:
    """Decide each order once; the first ones twice, so that what is remembered of immutable versions is warm."""
    every = list(cases)
    for demand, snapshot, policy in every[:10]:
        decide(demand, snapshot, policy)
    out = []
    gc.collect()
    gc.disable()
    for demand, snapshot, policy in every:
        begin = time.process_time_ns()
        decision = decide(demand, snapshot, policy)
        out.append(((time.process_time_ns() - begin) / 1e6, (demand, snapshot, policy), decision))
    gc.enable()
    return out


def alone(order: Order) -> bool:
    """Say whether some location has the whole order."""
    demand, snapshot, _ = order
    wanted = np.array([line.quantity for line in demand.lines])
    return bool((snapshot.stock >= wanted[:, None]).all(axis=0).any())


def cases(count: int) -> Iterator[tuple[str, Measured]]:
    """Measure all cases of both generators, the real orders with all their line bands."""
    for kind in ("normal", "scarce"):
        for lines, sites, units, limit, share in CASES:
            small = ", small parcels" if limit == SMALL_PARCEL_G else ""
            name = f"{kind} {lines} lines / {sites}, up to {units}{small}"
            yield name, timed(orders(kind, sites, lines, units, max(2, int(count * share)), limit_g=limit))
        demonstration()
        real = timed(real_orders(kind, count))
        yield f"{kind} real orders / 25", real
        for low, high in BANDS:
            yield f"  {low} to {high} lines", [entry for entry in real if low <= len(entry[1][0].lines) <= high]


def report(name: str, measured: Measured) -> None:
    """Print one row."""
    if not measured:
        return
    times = [took for took, _, _ in measured]
    gaps = [100 * decision.gap / max(1, decision.cost) for _, _, decision in measured]
    proven = 100 * sum(decision.proven for _, _, decision in measured) / len(measured)
    over = [d.passed_over.proven for _, _, d in measured if d.passed_over is not None]
    p50, p90, p99 = np.percentile(times, (50, 90, 99))
    g50, g90, g99 = np.percentile(gaps, (50, 90, 99))
    print(
        f"{name:48} {len(measured):6}  {p50:8.3f} {p90:8.2f} {p99:8.2f}  {proven:6.1f} %  "
        f"{g50:5.2f} {g90:5.2f} {g99:6.2f}  {100 * sum(over) / max(1, len(over)):6.1f} %",
        flush=True,
    )


def record_costs(count: int) -> tuple[int, float]:
    """Give a record's median size in bytes and its CPU microseconds, for 3 lines at 305 locations."""
    decided = [(order, decide(*order)) for order in orders("normal", 305, 3, 3, count)]
    sizes = [len(encode(*order, decision)) for order, decision in decided]
    begin = time.process_time_ns()
    for order, decision in decided:
        encode(*order, decision)
    return int(np.median(sizes)), (time.process_time_ns() - begin) / 1e3 / count


_KEY = {"normal 3 lines / 305, up to 3": "decide_305", "normal 3 lines / 1005, up to 3": "decide_1005"}


def measure(count: int = 300) -> Iterator[Result]:
    """Give the figures that routing is held to; the gap is in percent of the cost, at p50, p90 and p99."""
    for name, measured in cases(count):
        if name.startswith(" "):
            continue
        key = _KEY.get(name, "decide_" + "_".join(re.findall(r"\w+", name)))
        times = [took for took, _, _ in measured]
        gaps = [100 * decision.gap / max(1, decision.cost) for _, _, decision in measured]
        yield result(f"{key}_median_ms", float(np.median(times)), "ms", COMMAND)
        for which in (90, 99):
            yield result(f"{key}_p{which}_ms", float(np.percentile(times, which)), "ms", COMMAND)
        for which in (50, 90, 99):
            yield result(f"{key}_gap_p{which}_pct", float(np.percentile(gaps, which)), "%", COMMAND)
        proven = 100 * sum(decision.proven for _, _, decision in measured) / len(measured)
        yield result(f"{key}_proven_pct", proven, "%", COMMAND)
    size, took = record_costs(count)
    yield result("decision_record_bytes", size, "bytes", COMMAND)
    yield result("decision_record_us", took, "µs", COMMAND)


def main() -> None:
    """Print the whole table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the orders")
    count = 100 if parser.parse_args().quick else 1_000
    print(f"{'case':48} {'orders':>6}  {'p50 ms':>8} {'p90':>8} {'p99':>8}    proven  gap % p50 p90 p99  other set")
    for name, measured in cases(count):
        report(name, measured)
        report("    divided", [entry for entry in measured if not alone(entry[1])])
    size, took = record_costs(min(count, 300))
    print(f"\nrecord of 3 lines at 305 locations: median {size} bytes, {took:.1f} µs")


if __name__ == "__main__":
    main()
