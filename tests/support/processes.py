"""Starting programs for a test, and ending exactly those."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_us(command: Sequence[str | Path], signal_name: str = "TERM") -> list[str]:
    """The command, such that on Linux it gets the signal when the thread that starts it ends, even by SIGKILL."""
    setpriv = shutil.which("setpriv")
    return [*([setpriv, "--pdeathsig", signal_name] if setpriv else []), *map(str, command)]


def serve_folder(port: int) -> list[str]:
    """The command that serves its working folder over HTTP."""
    return [sys.executable, "-u", "-m", "http.server", str(port), "--bind", "127.0.0.1"]


class ServerProcess:
    """A server that was started by a command and answers HTTP.

    `with ServerProcess([...], ready_url) as server:` starts it, waits until `ready_url` answers with a status below
    400, and ends it. What it writes is kept: `output()`.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        ready_url: str,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float = 30,
    ) -> None:
        self.command = list(map(str, command))
        self.ready_url = ready_url
        self.timeout = timeout
        self._env = env
        self._cwd = cwd
        handle, name = tempfile.mkstemp(prefix="crossdock-server-", suffix=".log")
        os.close(handle)
        self._log = Path(name)
        weakref.finalize(self, self._log.unlink, missing_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process, "not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                die_with_us(self.command),
                env=self._env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + self.timeout
        while not self._ready():
            if not self.running:
                raise AssertionError(f"server ended with {self._process.returncode}\n{self.describe()}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"{self.ready_url} did not answer within {self.timeout} s\n{self.describe()}")
            time.sleep(0.02)
        return self

    def stop(self, timeout: float = 15) -> int:
        """Asks the server to end (SIGTERM) and returns its exit code; kills it when it does not listen."""
        assert self._process, "not started"
        self._process.terminate()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"server ignored SIGTERM for {timeout} s\n{self.describe()}") from None

    def kill(self) -> None:
        """Ends the server as a power cut would end the program: SIGKILL, no farewell."""
        assert self._process, "not started"
        self._process.kill()
        self._process.wait()

    def output(self) -> str:
        return self._log.read_text(errors="replace")

    def describe(self) -> str:
        return f"$ {' '.join(self.command)}\n{self.output()}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self.running:
            self.stop()

    def _ready(self) -> bool:
        try:
            with _OPENER.open(self.ready_url, timeout=2):
                return True
        except (OSError, urllib.error.HTTPError):
            return False
