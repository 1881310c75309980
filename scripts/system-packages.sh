#!/bin/sh
# Installs the programs that tests (`test`) or benchmarks (`bench`) use and that do not come from PyPI.
# What is there already is left alone; without root or apt-get it says what is missing, and stops.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:?usage: scripts/system-packages.sh test|bench}

have() { command -v "$1" >/dev/null 2>&1; }

have_postgresql() {
    for bin in ${POSTGRES_BIN:-} "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [ -x "$bin/initdb" ] || continue
        version=$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
        [ "$version" -ge 15 ] && return 0
    done
    return 1
}

have_chromium() {
    [ -x "${CHROMIUM:-}" ] || have chromium || have chromium-browser || have google-chrome ||
        [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

have_library() {
    [ ! -x /sbin/ldconfig ] || /sbin/ldconfig -p | grep -q "$1"
}

missing=
have_postgresql || missing="$missing postgresql"
if [ "$purpose" = bench ]; then
    have wrk || missing="$missing wrk"
else
    have_chromium || missing="$missing chromium fonts-liberation"
    [ "$(uname)" != Linux ] || have strace || missing="$missing strace"  # the power cut is seen from the system's calls
    have_library libatomic.so.1 || missing="$missing libatomic1"  # what drives Chromium is linked with it
fi
if python=$(scripts/find-python.sh 2>/dev/null) && ! "$python" -c 'import ensurepip' 2>/dev/null; then
    missing="$missing python3-venv"
fi
[ -n "$missing" ] || exit 0

as_root=
[ "$(id -u)" -eq 0 ] || as_root="sudo"
if ! have apt-get || { [ -n "$as_root" ] && ! have sudo; }; then
    echo "error: please install:$missing (PostgreSQL 15 or later; POSTGRES_BIN and CHROMIUM name unusual places)" >&2
    exit 1
fi

echo "Installing:$missing"
install="$as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends"
$as_root apt-get update --quiet=2
case $missing in *postgresql*)
    # Tests start servers of their own: no cluster is made or started for the whole machine.
    if [ ! -d /etc/postgresql-common ]; then
        $install postgresql-common >/dev/null
        $as_root sed -i 's/^#*create_main_cluster = .*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    fi
esac
$install $missing >/dev/null

have_postgresql || { echo "error: this system's PostgreSQL is older than 15; install a newer one" >&2; exit 1; }
