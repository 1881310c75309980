"""The same decision, to the byte, on processors and numerical libraries that add up in another order."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import hashlib
from benchmarks.generators import orders
from crossdock.routing import decide, encode
from tests.routing.rich_orders import rich_order
from tests.routing.small_orders import order

digest = hashlib.sha256()
cases = [order(seed) for seed in range(60)]
cases += [rich_order(seed, aims=seed % 2 == 0) for seed in range(80)]
for kind in ("normal", "scarce"):
    cases += orders(kind, 60, 6, 20, 5)
for case in cases:
    digest.update(encode(*case, decide(*case)))
print(digest.hexdigest())
"""


def digest_with(**environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "random", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="the kernels named here are x86's")
def test_bytes_are_equal_over_numerical_kernels_and_without_avx():
    plain = digest_with()
    assert len(plain) == 64
    assert digest_with(OPENBLAS_CORETYPE="Prescott") == plain
    assert digest_with(OPENBLAS_CORETYPE="Haswell") == plain
    assert digest_with(NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4") == plain
