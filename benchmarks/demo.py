"""The demonstration: the year of real orders from an empty folder, and how soon the server answers on it."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from benchmarks.result import Result, result
from tests.support.processes import free_port

STARTS = 5


def measure() -> Iterator[Result]:
    """Yield the seconds of the year and of a start."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run(_command("demo", "--yes"), cwd=folder, check=True, stdout=subprocess.DEVNULL)
        yield result("real_year_seconds", time.perf_counter() - began, "s", "crossdock demo, in an empty folder")
        starts = [_start(Path(folder)) for _ in range(STARTS)]
        command = f"crossdock serve until GET /readyz answers 200, median of {STARTS}"
        yield result("startup_seconds", statistics.median(starts), "s", command)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "crossdock", *words]


def _start(folder: Path) -> float:
    port = free_port()
    environment = {**os.environ, "CROSSDOCK_LOG_LEVEL": "error"}
    began = time.perf_counter()
    command = _command("serve", "--port", str(port))
    server = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began < 60:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=1).status_code == httpx.codes.OK:
                    return time.perf_counter() - began
            except httpx.TransportError:
                time.sleep(0.01)
        raise RuntimeError("the server did not answer within a minute")
    finally:
        server.terminate()
        server.wait(timeout=30)
