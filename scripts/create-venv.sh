#!/bin/sh
# Creates .venv if need be, and installs the pinned build tools (uv among them) into it.
set -eu
cd "$(dirname "$0")/.."
python=$(scripts/find-python.sh)
if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    if ! "$python" -m venv --clear .venv; then
        echo "error: $python cannot create a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    fi
fi
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
