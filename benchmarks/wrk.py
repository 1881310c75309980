"""Driving a server with wrk: bodies from a file, an external id of its own for each request."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_DONE = """
function done(summary, latency, requests)
  io.write(string.format("JSON {\\"requests\\": %d, \\"duration_us\\": %d, \\"errors\\": %d, \\"p50\\": %.3f, " ..
    "\\"p99\\": %.3f}\\n", summary.requests, summary.duration, summary.errors.status + summary.errors.timeout +
    summary.errors.connect + summary.errors.read + summary.errors.write, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000))
end
"""
_SCRIPT = """
local bodies = {}
for line in io.lines("%(bodies)s") do bodies[#bodies + 1] = line end
local counter = 0
local threads = 0
function setup(thread) threads = threads + 1; thread:set("tid", threads) end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %(key)s"
function request()
  counter = counter + 1
  local body = bodies[(counter - 1) %% #bodies + 1]
  body = body:gsub('"@%%d+"', '"%(prefix)s' .. tid .. '-' .. counter .. '"', 1)
  return wrk.format(nil, nil, nil, body)
end
function delay() return math.random(0, 2 * %(delay)d) end
"""


_READ = """
wrk.headers["Authorization"] = "Bearer %(key)s"
function request()
  return wrk.format("GET", string.format("%(path)s", math.random(0, %(items)d - 1)))
end
"""
_HELD = """
function delay() return math.random(0, 2 * %(delay)d) end
"""


class Load(NamedTuple):
    """What wrk saw: requests a second, latency in milliseconds, answers that were no success."""

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


def post(
    url: str,
    key: str,
    bodies: Sequence[dict[str, Any]],
    prefix: str,
    connections: int,
    seconds: int,
    *,
    delay_ms: int = 0,
) -> Load:
    """Post the bodies in turn, each with its own external id, about ``delay_ms`` apart on each connection."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bodies"
        path.write_text("".join(json.dumps(body) + "\n" for body in bodies), encoding="utf-8")
        script = Path(folder) / "post.lua"
        values = {"bodies": path, "key": key, "prefix": prefix, "delay": delay_ms}
        script.write_text(_SCRIPT % values + _DONE, encoding="utf-8")
        return _run(["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url])


def read_atp(url: str, key: str, items: int, connections: int, seconds: int) -> Load:
    """Ask for the availability of random items, each connection in a loop."""
    return read(url, key, "/v1/inventory/availability?sku=S%05d", items, connections, seconds)


def read(url: str, key: str, path: str, items: int, connections: int, seconds: int, *, delay_ms: int = 0) -> Load:
    """Read a path with the number of a random item in it (``%05d``), each connection in a loop.

    With ``delay_ms`` each connection pauses that long on average between an answer and its next request; wrk counts a
    stall for every request that would have been sent meanwhile.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "read.lua"
        held = _HELD % {"delay": delay_ms} if delay_ms else ""
        script.write_text(_READ % {"key": key, "items": items, "path": path} + held + _DONE, encoding="utf-8")
        return _run(["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script), url])


def _run(arguments: list[str]) -> Load:
    done = subprocess.run(["wrk", *arguments], capture_output=True, text=True, check=True)
    match = re.search(r"^JSON (.*)$", done.stdout, re.MULTILINE)
    if match is None:
        raise RuntimeError(f"wrk said nothing to read: {done.stdout}{done.stderr}")
    seen = json.loads(match[1])
    return Load(seen["requests"] / (seen["duration_us"] / 1e6), seen["p50"], seen["p99"], seen["errors"])
