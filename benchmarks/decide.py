"""How fast `decide()` is and how much it proves, on the documented generators. `python -m benchmarks.decide [--quick]`.

Times are CPU milliseconds of one call, everything an explanation needs included; the gap is given in per cent of the
plan's cost (the penalty of unfilled units left out). "divided" are orders that no location fills alone; "other set"
is the share of passed-over plans that are proven to be the best with another set of locations.

A processor's speed may double between two hours, so that the floor, a fixed piece of numpy and of plain Python, is
taken after each case: times are told apart from it by their ratio.
"""

import argparse
import gc
import re
import time
from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks.full_policy import full_orders
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
FLOORS = 15
_FLOOR_STEPS, _FLOOR_LINES, _FLOOR_SITES = 12, 60, 305


def floor() -> float:
    """Give the CPU milliseconds of a fixed piece of work like that of a decision; the median of some."""
    rng = np.random.default_rng(7)
    worth, cost = rng.integers(0, 10**6, (2, _FLOOR_LINES, _FLOOR_SITES)).astype(np.float64)
    taken = []
    for _ in range(FLOORS):
        begin = time.process_time_ns()
        price, seen = np.full(_FLOOR_LINES, 500_000.0), 0
        for step in range(_FLOOR_STEPS):
            margin = np.maximum(worth + price[:, None] - cost, 0.0)
            least = np.where(margin > step, margin, 0.0).sum(axis=0).argsort(kind="stable")
            price = np.floor(price + margin.max(axis=1) % 1_000.0)
            for at in least.tolist():
                seen += at % 7 if at > step else 1
        taken.append((time.process_time_ns() - begin) / 1e6)
    return float(np.median(taken))


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
        for sites in (305, 1_005):
            yield f"{kind} 3 lines / {sites}, every rule on", timed(full_orders(kind, sites, 3, 3, count))
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
_KEY |= {f"normal 3 lines / {sites}, every rule on": f"decide_{sites}_full" for sites in (305, 1_005)}
for _lines in (30, 200):
    for _kind in ("normal", "scarce"):
        _KEY[f"{_kind} {_lines} lines / 305, up to 3"] = f"decide_{_lines}x305_{_kind}"


def measure(count: int = 300) -> Iterator[Result]:
    """Give the figures that routing is held to; the gap is in percent of the cost, at p50, p90 and p99."""
    floors = []
    for name, measured in cases(count):
        if name.startswith(" "):
            continue
        key = _KEY.get(name, "decide_" + "_".join(re.findall(r"\w+", name)))
        times = [took for took, _, _ in measured]
        gaps = [100 * decision.gap / max(1, decision.cost) for _, _, decision in measured]
        floors.append(floor())
        yield result(f"{key}_median_ms", float(np.median(times)), "ms", COMMAND, floors[-1])
        for which in (90, 99):
            yield result(f"{key}_p{which}_ms", float(np.percentile(times, which)), "ms", COMMAND, floors[-1])
        for which, word in ((50, "median"), (90, "p90"), (99, "p99")):
            yield result(f"{key}_gap_{word}_pct", float(np.percentile(gaps, which)), "%", COMMAND)
        proven = 100 * sum(decision.proven for _, _, decision in measured) / len(measured)
        yield result(f"{key}_proven_pct", proven, "%", COMMAND)
    yield result("decide_floor_ms", float(np.median(floors)), "ms", COMMAND)
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
        print(f"{'    floor':48} {'':6}  {floor():8.3f}", flush=True)
        report("    divided", [entry for entry in measured if not alone(entry[1])])
    size, took = record_costs(min(count, 300))
    print(f"\nrecord of 3 lines at 305 locations: median {size} bytes, {took:.1f} µs")


if __name__ == "__main__":
    main()
