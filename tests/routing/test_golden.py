"""Typical decisions are explained word for word as they were when somebody last read them aloud."""

import pytest

from tests.routing.golden_cases import CASES, GOLDEN, told


@pytest.mark.parametrize("name", CASES)
def test_a_typical_decision_is_explained_as_it_was_read(name: str):
    kept = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert told(CASES[name]()) == kept, "read it, and write it anew with `python -m tests.routing.golden_cases`"


def test_every_kept_text_is_of_a_case():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)
