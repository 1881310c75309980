"""A process that decides cases again, so that the server's own interpreter is never held by it.

It reads frames from standard input and answers each on standard output: four bytes of length, then MessagePack. The
first frame says by which rules; each other one is some cases. It ends when its input does, with whoever started it.
"""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

import msgspec
from msgspec import Struct

from crossdock.orchestration.trials.judge import judge
from crossdock.orchestration.trials.model import Case, Difference, Judged, Tally
from crossdock.orchestration.trials.rules import Rules
from crossdock.routing.model import Network

_LENGTH = struct.Struct(">I")
_NICE = 10
_PROGRAM = "from crossdock.orchestration.trials.worker import work; work()"


class Setup(Struct, frozen=True):
    """By which rules cases are decided, and which rules are missing in turn to see what they cost."""

    rules: Rules
    without: tuple[Rules, ...] = ()


class Portion(Struct, frozen=True, array_like=True):
    """Some cases, and the networks that no portion before them brought: (version, body as stored)."""

    cases: tuple[Case, ...]
    networks: tuple[tuple[str, bytes], ...] = ()


class Result(Struct, frozen=True, array_like=True):
    """What came of a portion."""

    tally: Tally
    differences: list[Difference]


_encode = msgspec.msgpack.Encoder().encode
_setup = msgspec.msgpack.Decoder(Setup).decode
_portion = msgspec.msgpack.Decoder(Portion).decode
_result = msgspec.msgpack.Decoder(Result).decode
_network = msgspec.json.Decoder(Network).decode


class Bench:
    """Decides portions with the networks it has seen; the worker's heart, and all of it for a handful of cases."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._networks: dict[str, Network] = {}

    def judge(self, portion: Portion) -> Judged:
        """Decide a portion's cases."""
        self._networks.update((version, _network(body)) for version, body in portion.networks)
        return judge(portion.cases, self._networks, self._setup.rules, self._setup.without)


class WorkerGone(RuntimeError):
    """The process that decides has ended before its time."""


class Worker:
    """A bench in a process of its own, at a low priority; one thread asks it at a time."""

    def __init__(self, setup: Setup) -> None:
        self._process = subprocess.Popen(  # noqa: S603  (our own interpreter and module)
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._lock = threading.Lock()
        self._send(_encode(setup))

    def judge(self, portion: Portion) -> Judged:
        """Have a portion decided; raises WorkerGone."""
        with self._lock:
            self._send(_encode(portion))
            answer = None if self._process.stdout is None else receive(self._process.stdout)
        if answer is None:
            raise WorkerGone(f"The process that decides again ended with {self._process.wait()}.")
        found = _result(answer)
        return Judged(found.tally, found.differences)

    def close(self) -> None:
        """Let the process end."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, frame: bytes) -> None:
        if self._process.stdin is None:
            raise WorkerGone("The process that decides again has no input.")
        try:
            send(self._process.stdin, frame)
        except OSError as error:
            raise WorkerGone(f"The process that decides again is gone: {error.strerror}.") from None


def send(pipe: IO[bytes], frame: bytes) -> None:
    """Write a frame."""
    pipe.write(_LENGTH.pack(len(frame)) + frame)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """Read a frame; None at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    frame = pipe.read(length)
    return frame if len(frame) == length else None


def main(source: IO[bytes], out: IO[bytes]) -> None:
    """Answer frames until there are no more."""
    first = receive(source)
    if first is None:
        return
    bench = Bench(_setup(first))
    while (frame := receive(source)) is not None:
        judged = bench.judge(_portion(frame))
        send(out, _encode(Result(judged.tally, judged.differences)))


def work() -> None:
    """Be the worker: quietly, and not told to stop by anything but the end of the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is interrupted closes our input
    os.nice(_NICE)
    main(sys.stdin.buffer, sys.stdout.buffer)
