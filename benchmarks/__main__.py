"""`python -m benchmarks [GROUP …]`: measure, print, and keep in results/latest.json.

Groups: capture (``capture-sqlite``, ``capture-postgres``), feeds (``feeds-sqlite``, ``feeds-postgres``), decide,
promises, views, availability, stale-feed, demo. Without a group, all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks import availability, capture, decide, demo, feeds, promises, stale_feed, views
from benchmarks.report import write
from benchmarks.result import Result, keep
from benchmarks.servers import Databases

GROUPS: dict[str, Callable[[Databases], Iterator[Result]]] = {
    "decide": lambda _: decide.measure(),
    "demo": lambda _: demo.measure(),
    "promises": promises.measure,
    "views": views.measure,
    "availability": availability.measure,
    "capture-sqlite": lambda databases: capture.measure(databases, ("sqlite",)),
    "capture-postgres": lambda databases: capture.measure(databases, ("postgres",)),
    "stale-feed": lambda _: stale_feed.measure(),
    "feeds-sqlite": lambda databases: feeds.measure(databases, ("sqlite",)),
    "feeds-postgres": lambda databases: feeds.measure(databases, ("postgres",)),
}


def main(names: list[str]) -> int:
    """Run the groups; returns the exit code."""
    unknown = [name for name in names if not any(group.startswith(name) for group in GROUPS)]
    if unknown:
        print(f"There is no group {', '.join(unknown)}; there are {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    chosen = [group for group in GROUPS if not names or any(group.startswith(name) for name in names)]
    with Databases() as databases:
        for group in chosen:
            for each in GROUPS[group](databases):
                beside = "" if each.ratio is None else f"   {each.ratio:.0%} of {each.floor:,.0f}"
                print(f"{each.name:48} {each.value:>12,.2f} {each.unit}{beside}", flush=True)
                keep([each])
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
