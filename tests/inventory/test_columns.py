"""Positions in columns are the positions, whatever comes in which order."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.inventory import columns
from crossdock.inventory.columns import Positions

changes = st.tuples(
    st.booleans(), st.lists(st.tuples(st.integers(1, 6), st.integers(100, 104), st.integers(-9, 9)), max_size=12)
)


@pytest.fixture(autouse=True)
def few_fresh(monkeypatch):
    monkeypatch.setattr(columns, "_MERGE_FROM", 7)


@given(
    st.dictionaries(
        st.tuples(st.integers(1, 5), st.integers(100, 103)), st.tuples(st.integers(0, 9), st.integers(0, 9))
    ),
    st.lists(changes),
)
def test_changes_add_up_as_in_a_dictionary(there, batches):
    keys = np.array([*there], dtype=np.int64).reshape(-1, 2)
    numbers = np.array([*there.values()], dtype=np.int64).reshape(-1, 2)
    positions = Positions.of(keys[:, 0], keys[:, 1], numbers[:, 0], numbers[:, 1])
    known = defaultdict(lambda: (0, 0), there)
    for goods, batch in batches:
        positions.change([c[0] for c in batch], [c[1] for c in batch], [c[2] for c in batch], goods=goods)
        for item, location, by in batch:
            claimable, stands = known[item, location]
            known[item, location] = (claimable + by, stands + by if goods else stands)
    assert len(positions) == len(known)
    assert set(positions.items) == {item for item, _ in known}
    ids = positions.location_ids
    for item in range(1, 7):
        held = positions.held(item)
        rows = zip(held.columns, held.claimable.tolist(), held.there.tolist(), strict=True)
        found = {(item, ids[column]): (claimable, stands) for column, claimable, stands in rows}
        assert found == {key: both for key, both in known.items() if key[0] == item}
