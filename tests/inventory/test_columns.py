"""Positions in columns are the positions, whatever comes in which order."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.inventory import columns
from crossdock.inventory.columns import Positions

changes = st.lists(st.tuples(st.integers(1, 6), st.integers(100, 104), st.integers(-9, 9)), max_size=12)


@pytest.fixture(autouse=True)
def few_fresh(monkeypatch):
    monkeypatch.setattr(columns, "_MERGE_FROM", 7)


@given(st.dictionaries(st.tuples(st.integers(1, 5), st.integers(100, 103)), st.integers(0, 9)), st.lists(changes))
def test_changes_add_up_as_in_a_dictionary(there, batches):
    keys = np.array([*there], dtype=np.int64).reshape(-1, 2)
    positions = Positions.of(keys[:, 0], keys[:, 1], np.array([*there.values()], dtype=np.int64))
    known = defaultdict(int, there)
    for batch in batches:
        positions.change([c[0] for c in batch], [c[1] for c in batch], [c[2] for c in batch])
        for item, location, by in batch:
            known[item, location] += by
    assert len(positions) == len(known)
    assert set(positions.items) == {item for item, _ in known}
    ids = positions.location_ids
    for item in range(1, 7):
        held = positions.held(item)
        found = {(item, ids[column]): n for column, n in zip(held.columns, held.units.tolist(), strict=True)}
        assert found == {key: n for key, n in known.items() if key[0] == item}
