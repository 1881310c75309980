"""How fast `decide()` is and how much it proves, on the documented generators. `python -m benchmarks.decide [--quick]`.

Times are CPU milliseconds of one call, everything an explanation needs included; the gap is given in per cent of the
plan's cost (the penalty of unfilled units left out). "divided" are orders that no location fills alone.
"""

import argparse
import gc
import time
from collections.abc import Iterable

import numpy as np

from benchmarks.generators import Order, demonstration, orders, real_orders
from crossdock.routing import Decision, decide, encode

BANDS = ((1, 1), (2, 5), (6, 10), (11, 20), (21, 40), (41, 80), (81, 2_000))


def measure(cases: Iterable[Order]) -> list[tuple[float, Order, Decision]]:
    """Decide each order once; the first ones twice, so that caches of immutable versions are warm."""
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


def report(name: str, measured: list[tuple[float, Order, Decision]]) -> None:
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
        f"{name:34} {len(measured):6}  {p50:8.3f} {p90:8.2f} {p99:8.2f}  {proven:6.1f} %  "
        f"{g50:5.2f} {g90:5.2f} {g99:6.2f}  {100 * sum(over) / max(1, len(over)):6.1f} %",
        flush=True,
    )


def split_report(name: str, measured: list[tuple[float, Order, Decision]]) -> None:
    """Print all orders, and those that no location fills alone."""
    report(name, measured)
    report("  divided", [entry for entry in measured if not alone(entry[1])])


def record_costs(count: int) -> None:
    """Print what a record weighs and takes."""
    cases = [(order, decide(*order)) for order in orders("normal", 305, 3, 3, count)]
    sizes = [len(encode(*order, decision)) for order, decision in cases]
    begin = time.process_time_ns()
    for order, decision in cases:
        encode(*order, decision)
    took = (time.process_time_ns() - begin) / 1e3 / count
    print(f"\nrecord of 3 lines at 305 locations: median {int(np.median(sizes))} bytes, {took:.1f} µs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the orders")
    count = 100 if parser.parse_args().quick else 1_000
    print(
        f"{'case':34} {'orders':>6}  {'p50 ms':>8} {'p90':>8} {'p99':>8}  {'proven':>8}  gap % p50 p90 p99  other set"
    )
    for kind in ("normal", "scarce"):
        split_report(f"{kind} 3 lines / 305, up to 3", measure(orders(kind, 305, 3, 3, count)))
        split_report(f"{kind} 3 lines / 305, up to 50", measure(orders(kind, 305, 3, 50, count)))
        split_report(f"{kind} 3 lines / 1005, up to 3", measure(orders(kind, 1_005, 3, 3, count)))
        split_report(f"{kind} 3 lines / 1005, up to 50", measure(orders(kind, 1_005, 3, 50, count // 2)))
        split_report(f"{kind} 15 lines / 305, up to 3", measure(orders(kind, 305, 15, 3, count // 5)))
        split_report(f"{kind} 30 lines / 305, up to 3", measure(orders(kind, 305, 30, 3, count // 10)))
        split_report(f"{kind} 200 lines / 305, up to 3", measure(orders(kind, 305, 200, 3, max(2, count // 100))))
        demonstration()
        real = measure(real_orders(kind, count))
        split_report(f"{kind} real orders / 25", real)
        for low, high in BANDS:
            band = [entry for entry in real if low <= len(entry[1][0].lines) <= high]
            split_report(f"  {low} to {high} lines", band)
    record_costs(min(count, 300))


if __name__ == "__main__":
    main()
