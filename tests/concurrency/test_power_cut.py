"""A power cut on SQLite: of the files only what was synced is left, and every order that was answered is in it.

`kill -9` proves nothing about this: the kernel keeps what a killed program wrote. So strace writes down what the
program writes and syncs, and the files are made again from what had reached the disk at the moment of each answer.
"""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.clients import ROOT, Load
from tests.support.world import World

CALL = re.compile(r"^(\d+) +(pwrite64|write|fdatasync|fsync|ftruncate)\((\d+)<([^>]*)>(?:, )?(.*)$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. (fdatasync|fsync) resumed>")
DATA = re.compile(r'^"((?:\\x[0-9a-f]{2})*)", (\d+)(?:, (\d+))?')


class Disk:
    """Files as they are after a power cut: what was written and not synced is gone."""

    def __init__(self) -> None:
        self._synced: dict[str, bytearray] = defaultdict(bytearray)
        self._pending: dict[str, list[tuple[int, bytes | None]]] = defaultdict(list)

    def write(self, path: str, offset: int, data: bytes) -> None:
        self._pending[path].append((offset, data))

    def truncate(self, path: str, size: int) -> None:
        self._pending[path].append((size, None))

    def sync(self, path: str) -> None:
        file = self._synced[path]
        for offset, data in self._pending.pop(path, []):
            if data is None:
                del file[offset:]
                continue
            file.extend(bytes(max(0, offset + len(data) - len(file))))
            file[offset : offset + len(data)] = data

    def restore(self, folder: Path, name: str, before: Path) -> str:
        """Make the files again over those that were there before; the URL of the database."""
        folder.mkdir()
        for suffix in ("", "-wal"):
            file = (
                bytearray((before / f"{name}{suffix}").read_bytes()) if (before / f"{name}{suffix}").exists() else b""
            )
            written = next((data for path, data in self._synced.items() if path.endswith(f"/{name}{suffix}")), None)
            if written is not None:
                file = bytearray(written) + bytearray(file)[len(written) :]
            (folder / f"{name}{suffix}").write_bytes(file)
        return f"sqlite:///{folder}/{name}"


def test_what_was_answered_survives_a_power_cut(tmp_path: Path):
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    url = f"sqlite:///{tmp_path}/crossdock.db"
    with World(url) as world:
        world.standard("DC", "STORE")
        world.receive("MUG", "DC", 10)
        world.receive("PEN", "DC", 10)
    assert not (tmp_path / "crossdock.db-wal").exists(), "the last connection checkpoints"
    before = tmp_path / "before"
    before.mkdir()
    shutil.copy(tmp_path / "crossdock.db", before)

    load = Load(url=url, orders=24, clients=3, cancels=True)
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,write,fdatasync,fsync,ftruncate"
    command = ["strace", "-f", "-qq", "-y", "-xx", "-s", "200000", "-e", calls, "-o", str(trace), sys.executable]
    command += ["-m", "tests.support.clients", msgspec.json.encode(load).decode()]
    done = subprocess.run(command, cwd=ROOT, input=b"go\n", capture_output=True, check=False)
    if done.returncode and b"ptrace" in done.stderr:
        pytest.skip("this machine does not let strace look")
    assert done.returncode == 0, done.stderr.decode()

    answered: list[list[str]] = []
    cuts = 0
    for disk, said in replay(trace):
        if said[0] in ("captured", "canceled"):
            answered.append(said)
            if len(answered) % 4 == 0:
                cuts += 1
                _prove(disk.restore(tmp_path / f"cut-{cuts}", "crossdock.db", before), load, answered)
    assert len(answered) == 32
    assert cuts == 8


def replay(trace: Path) -> Iterator[tuple[Disk, list[str]]]:
    """Do to a disk what the program did, and stop at each line that it said."""
    disk, syncing = Disk(), dict[str, str]()
    for row in trace.read_text().splitlines():
        if resumed := RESUMED.match(row):
            disk.sync(syncing.pop(resumed[1]))
        elif call := CALL.match(row):
            thread, name, descriptor, file, rest = call.groups()
            path, data = _plain(file), DATA.match(rest)
            if name in ("fdatasync", "fsync"):
                if "unfinished" in rest:
                    syncing[thread] = path
                else:
                    disk.sync(path)
            elif name == "ftruncate":
                disk.truncate(path, int(re.split(r"\D", rest)[0]))
            elif name == "pwrite64" and data:
                disk.write(path, int(data[3]), _bytes(data[1]))
            elif name == "write" and descriptor == "1" and data:
                yield disk, _bytes(data[1]).decode().split()


def _prove(url: str, load: Load, answered: list[list[str]]) -> None:
    """Everything that was answered before the power went is there, and what is there is whole."""
    with World(url, upgrade=False) as world:
        orders = dict(world.rows("SELECT external_id, id FROM orders"))
        canceled = dict(world.rows("SELECT order_id, CAST(sum(canceled) AS bigint) FROM demand GROUP BY order_id"))
        for word, number, *more in answered:
            order_id = orders[f"{load.name}{number}"]
            if word == "captured":
                assert order_id == int(more[0])
            else:
                assert canceled[order_id] == 1
        world.assert_sound()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _plain(path: str) -> str:
    return _bytes(path).decode() if path.startswith("\\x") else path
