#!/bin/sh
# Prints the interpreter to use: $PYTHON if set, else the first on the path that is 3.11 or later.
for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
echo "error: no Python 3.11 or later was found${PYTHON:+ at $PYTHON}; install one, or name it: make PYTHON=/path/to/python3" >&2
exit 1
