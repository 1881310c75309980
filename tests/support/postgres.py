"""A PostgreSQL server of the test's own: in a temporary folder, on 127.0.0.1, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from tests.support.processes import die_with_us, free_port

OLDEST = 15
USER = "crossdock"

StopMode = Literal["fast", "immediate"]


@cache
def find_binaries() -> Path:
    """The folder of the newest PostgreSQL server programs, 15 or later, that this machine has."""
    if named := os.environ.get("POSTGRES_BIN"):
        return Path(named)
    candidates = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if pg_config := shutil.which("pg_config"):
        candidates.append(Path(subprocess.check_output([pg_config, "--bindir"], text=True).strip()))
    versions = {version_of(folder): folder for folder in candidates if (folder / "initdb").exists()}
    if not versions or max(versions) < OLDEST:
        raise LookupError(
            f"PostgreSQL {OLDEST} or later was not found: run scripts/system-packages.sh test, name its folder in "
            "POSTGRES_BIN, or leave these tests out with -m 'not postgres'"
        )
    return versions[max(versions)]


def version_of(folder: Path) -> int:
    words = subprocess.check_output([folder / "postgres", "--version"], text=True).split()
    return int(words[2].partition(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


class PostgresServer:
    """One server with its data; `close` ends it and removes them.

    `stop("immediate")` is the crash: no checkpoint, sessions cut off, recovery at the next start.
    """

    def __init__(self, *, fsync: bool = True, settings: Mapping[str, str | int] | None = None) -> None:
        self.bin = find_binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="crossdock-postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings: dict[str, str | int] = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if fsync else "off",
            "shared_buffers": "32MB",
            "jit": "off",
            "timezone": "UTC",
            **(settings or {}),
        }
        self._log = self.folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._as_user: dict[str, Any] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            user = unprivileged_user()
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._initialize()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        flags = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                die_with_us([self.bin / "postgres", "-D", self.data, "-p", str(self.port), *flags], "QUIT"),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_user,
            )
        deadline = time.monotonic() + 30
        while not self._ready():
            if not self.running or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL did not start\n{self.log()}")
            time.sleep(0.01)
        return self

    def stop(self, mode: StopMode = "fast") -> None:
        assert self._process, "not started"
        self._process.send_signal(signal.SIGINT if mode == "fast" else signal.SIGQUIT)
        self._process.wait(30)

    def restart(self, mode: StopMode = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        if self.running:
            self.stop("immediate")
        shutil.rmtree(self.folder)

    def create_database(self, *, template: str | None = None) -> str:
        """A new database's URL; empty, or a copy of the one with the URL `template`, which must have no sessions."""
        if not self.running:
            self.start()
        name = f"t_{uuid.uuid4().hex}"
        copy_of = f" TEMPLATE {name_of(template)}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copy_of}")
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        if self.running:
            self.execute(f"DROP DATABASE IF EXISTS {name_of(url)} WITH (FORCE)")

    def execute(self, sql: str, url: str | None = None) -> str:
        """Runs the statement from outside, with psql; returns the rows, columns separated by `|`."""
        target = url or f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        command = [str(self.bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, target]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"{done.stderr}\n{sql}")
        return done.stdout.strip()

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _initialize(self) -> None:
        command = [f"{self.bin}/initdb", "-D", f"{self.data}", "-U", USER, "-A", "trust", "-E", "UTF8"]
        command += ["--no-locale", "--no-sync"]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}, **self._as_user
        )
        if done.returncode:
            shutil.rmtree(self.folder)
            raise AssertionError(f"initdb failed\n{done.stdout}{done.stderr}")

    def _ready(self) -> bool:
        # The server itself writes the word into its lock file; the first line is the pid.
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return (
            self._process is not None
            and len(lines) >= 8
            and int(lines[0]) == self._process.pid
            and lines[7].strip() == "ready"
        )


def unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")


def name_of(url: str) -> str:
    return url.rpartition("/")[2]
