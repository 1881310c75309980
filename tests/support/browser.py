"""The system's Chromium, driven by Playwright."""

import os
import shutil
from pathlib import Path

CHROMIUM_FLAGS = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # No calls home: a closed network would only make them slow.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found and _MAC.exists():
        found = str(_MAC)
    if not found:
        raise LookupError(
            "Chromium was not found: run scripts/system-packages.sh test, name it in CHROMIUM, or leave these tests "
            "out with -m 'not browser'"
        )
    return found
