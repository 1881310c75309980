"""Requests at a stated rate, whether the server keeps up or not: an open loop, unlike wrk's.

Each request has its instant. At that instant it goes out on a connection that is free, else on a new one, up to so
many; where all are taken it waits for one. Its time is counted from its instant on, so what has to wait shows. It runs
in a process of its own: `python -m benchmarks.paced` reads what to do from its standard input and writes what it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import deque
from collections.abc import Sequence
from subprocess import PIPE, Popen
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec
import uvloop

_GRACE_SECONDS = 10.0


class Load(NamedTuple):
    """What was due and answered a second, within the time of sending; latency from each request's instant on.

    ``errors`` are answers that were no success, ``unanswered`` what had no answer ten seconds after the end.
    """

    sent: float
    answered: float
    p50_ms: float
    p99_ms: float
    errors: int
    unanswered: int


class Plan(msgspec.Struct, frozen=True):
    """What to send: bodies in turn, each with an external id of its own in the place of ``"@…"``."""

    url: str
    key: str
    bodies: list[dict[str, Any]]
    prefix: str
    rate: float
    seconds: float
    connections: int


class Orders:
    """A load that goes on beside something else, between ``with`` and ``result``."""

    def __init__(
        self, url: str, key: str, bodies: Sequence[dict[str, Any]], prefix: str, rate: float, seconds: float,
        connections: int,
    ) -> None:  # fmt: skip
        self._plan = Plan(url, key, list(bodies), prefix, rate, seconds, connections)
        self._load: Load | None = None

    def __enter__(self) -> Self:
        self._process = Popen([sys.executable, "-m", "benchmarks.paced"], stdin=PIPE, stdout=PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(self._plan))
        self._process.stdin.close()
        return self

    def result(self) -> Load:
        """Wait for its end; returns what it saw."""
        if self._load is None:
            assert self._process.stdout is not None
            said = self._process.stdout.read()
            if self._process.wait() != 0:
                raise RuntimeError("the sender has failed")
            self._load = Load(**json.loads(said))
        return self._load

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None and self._load is None:
            self._process.kill()
        self._process.wait()


def send(url: str, key: str, bodies: Sequence[dict[str, Any]], prefix: str, rate: float, seconds: float,
         connections: int = 64) -> Load:  # fmt: skip
    """Send at a rate and wait for the end; returns what was seen."""
    with Orders(url, key, bodies, prefix, rate, seconds, connections) as orders:
        return orders.result()


class _Connection(asyncio.Protocol):
    """One connection: a request under way at a time, or free."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._buffer = b""
        self._due = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self, request: bytes, due: float) -> None:
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length or 0):
            return
        self._buffer = b""
        self._sender.answered(self, self._due, head[9:10] == b"2")

    def connection_lost(self, _: Exception | None) -> None:
        self._sender.lost(self)


class _Sender:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._free: list[_Connection] = []
        self._open = 0
        self._behind: deque[tuple[bytes, float]] = deque()
        self._missing = -1
        """What is not answered after the last was sent; below 0 until then."""
        self._done = asyncio.Event()
        self.errors = 0
        self.times: list[float] = []

    async def run(self) -> Load:
        plan, loop = self._plan, asyncio.get_running_loop()
        texts = [json.dumps(body) for body in plan.bodies]
        target = urlsplit(plan.url)
        head = f"POST {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\nAuthorization: Bearer {plan.key}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: "
        began, total = loop.time(), int(plan.rate * plan.seconds)
        for number in range(total):
            due = began + number / plan.rate
            early = due - loop.time()
            if early > 0:
                await asyncio.sleep(early)
            text = texts[number % len(texts)]
            start = text.index('"@')
            end = text.index('"', start + 1)
            body = f'{text[:start]}"{plan.prefix}-{number}{text[end:]}'
            await self._ask(f"{head}{len(body.encode())}\r\n\r\n{body}".encode(), due)
        span, in_time = loop.time() - began, len(self.times)
        self._missing = total - in_time
        if self._missing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._done.wait(), _GRACE_SECONDS)
        times = sorted(self.times)
        p50, p99 = (times[int(len(times) * p)] * 1000 if times else 0.0 for p in (0.5, 0.99))
        return Load(total / span, in_time / span, p50, p99, self.errors, total - len(times))

    async def _ask(self, request: bytes, due: float) -> None:
        if not self._free and self._open < self._plan.connections:
            target = urlsplit(self._plan.url)
            self._open += 1
            loop = asyncio.get_running_loop()
            _, made = await loop.create_connection(lambda: _Connection(self), target.hostname or "", target.port or 80)
            self._free.append(made)
        if self._free and not self._behind:
            self._send(self._free.pop(), request, due)
        else:
            self._behind.append((request, due))

    def _send(self, connection: _Connection, request: bytes, due: float) -> None:
        connection.ask(request, due)

    def answered(self, connection: _Connection, due: float, success: bool) -> None:
        self.times.append(asyncio.get_running_loop().time() - due)
        self._missing -= 1
        if not self._missing:
            self._done.set()
        self.errors += not success
        if self._behind:
            self._send(connection, *self._behind.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection) -> None:
        self._open -= 1
        if connection in self._free:
            self._free.remove(connection)


def main() -> None:
    """Do what the standard input says."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    load = uvloop.run(_Sender(plan).run())
    print(json.dumps(load._asdict()))


if __name__ == "__main__":
    main()
