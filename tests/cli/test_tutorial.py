"""The tutorial's commands, each as it stands there, in its order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_server import CROSSDOCK
from tests.conftest import StartServer
from tests.support.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial/first-order.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the tutorial is told in bash and curl")
def test_every_command_does_what_the_page_says(tmp_path: Path, start_server: StartServer):
    setup, *steps = blocks("bash")
    assert "make setup" in setup
    assert blocks("bash serve") == ["crossdock serve\n"]
    port = str(free_port())
    own = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSDOCK_", "DATABASE_URL"))}
    env = {**own, "CROSSDOCK_PORT": port, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    start_server([*CROSSDOCK, "serve"], f"http://127.0.0.1:{port}/readyz", cwd=tmp_path, env=env)
    script = "set -euo pipefail\n" + "\n".join(steps).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "Shipped from Leeds store, because that costs least",
        "No plan can be cheaper: this is proven.",
        "nothing is wrong",
        f"http://127.0.0.1:{port}/sign-in/",
    ):
        assert words in done.stdout + done.stderr, done.stdout + done.stderr
    waited, served = done.stdout.split("W-2", 2)[1:]
    assert "partly_allocated" in waited
    assert "allocated, payment" in served
