"""A decision can be made and explained again from its record, whatever has changed since."""

import msgspec
import numpy as np
import pytest

from benchmarks.generators import orders, real_orders
from crossdock.routing import (
    Network,
    Policy,
    RoutingError,
    Versions,
    decide,
    decode,
    encode,
    explain,
    replay,
    snapshot_of,
    words,
)
from crossdock.routing.record import Through, hidden_of
from tests.routing.builders import POLICY, demand, network, snapshot
from tests.routing.small_orders import order


def versions_of(network: Network, *policies: Policy) -> Versions:
    return Versions({network.version: network}, {policy.version: policy for policy in policies})


def test_an_old_decision_replays_to_the_same_bytes_after_stock_rates_and_policy_changed():
    for seed in range(150):
        asked, seen, policy = order(seed)
        decision = decide(asked, seen, policy)
        record = encode(asked, seen, policy, decision)
        dearer = msgspec.structs.replace(policy.card, parcel_limit_g=policy.card.parcel_limit_g * 2)
        newer = msgspec.structs.replace(policy, card=dearer, extra_parcel=1_000_000)
        versions = versions_of(seen.network, policy, newer)
        before = explain(record, versions)
        seen.stock[:] = 0
        seen.ship_day[:] = -1
        decide(asked, seen, newer)
        again = replay(record, versions)
        assert again == decision
        read = decode(record)
        assert read.demand == asked
        assert encode(read.demand, snapshot_of(read, versions), policy, again) == record
        after = explain(record, versions)
        assert after == before
        assert words(after) == words(before)


def test_deciding_changes_nothing_that_it_is_given():
    asked, seen, policy = next(real_orders("scarce", 1))
    stock, days, room = seen.stock.copy(), seen.ship_day.copy(), seen.capacity.copy()
    first = decide(asked, seen, policy)
    assert (seen.stock == stock).all()
    assert (seen.ship_day == days).all()
    assert (seen.capacity == room).all()
    assert decide(asked, seen, policy) == first


def test_the_smallest_change_of_a_rate_is_another_version():
    zones = (msgspec.structs.replace(POLICY.card.zones[0], base=300_001), *POLICY.card.zones[1:])
    card = msgspec.structs.replace(POLICY.card, zones=zones)
    assert card.version != POLICY.card.version
    assert msgspec.structs.replace(POLICY, card=card).version != POLICY.version
    assert len(POLICY.version) == 32


def test_a_record_keeps_large_counts_and_far_days():
    seen = snapshot(network(), (255, 254, 70_000), (0, 10**9, 1), days=(740_000, 741_000, -1), room=(3, 255, 10**12))
    asked = demand((1, 100), (1, 100))
    record = decode(encode(asked, seen, POLICY, decide(asked, seen, POLICY)))
    read = snapshot_of(record, versions_of(seen.network, POLICY))
    assert read.stock.tolist() == seen.stock.tolist()
    assert read.ship_day.tolist() == [740_000, 741_000, -1]
    assert read.capacity.tolist() == [3, 255, 255]


def test_a_record_of_three_lines_at_305_locations_is_small():
    sizes = []
    for asked, seen, policy in orders("normal", 305, 3, 3, 20):
        sizes.append(len(encode(asked, seen, policy, decide(asked, seen, policy))))
    assert max(sizes) <= 1_800


def test_a_decision_is_recorded_with_what_it_rests_on():
    seen, asked = snapshot(network(), (1, 1, 1)), demand((1, 100))
    decision = decide(asked, seen, POLICY)
    other = msgspec.structs.replace(POLICY, extra_parcel=5)
    with pytest.raises(RoutingError, match="another policy"):
        encode(asked, seen, other, decision)


class Shop:
    """A view as an explanation names it."""

    code = "web"

    def words(self, rule: str) -> str:
        return f"by {rule}"


def test_a_record_says_what_the_view_hid_and_replays_to_the_same_bytes():
    seen = snapshot(network(), (4, 0, 300), (0, 0, 7))
    hidden = np.array([[0, 600, 3], [0, 0, 2]], dtype=np.int64)
    why = np.array([0, 1, 2], dtype=np.int64)
    names = ("", "/exclusions/0", "/buffers/1")
    asked = demand((2, 100), (1, 100))
    through = Through("ab" * 16, hidden, ((names, why), (names, why)))
    decision = decide(asked, seen, POLICY)
    record = encode(asked, seen, POLICY, decision, through)
    versions = msgspec.structs.replace(versions_of(seen.network, POLICY), views={"ab" * 16: Shop()})
    read = decode(record)
    assert read.hidden is not None
    units, which = hidden_of(read, 3) or (None, None)
    assert units is not None
    assert units.tolist() == hidden.tolist()
    assert which is not None
    rules = [[read.hidden.rules[at] if at >= 0 else None for at in row] for row in which.tolist()]
    assert rules == [[None, "/exclusions/0", "/buffers/1"], [None, None, "/buffers/1"]]
    again = replay(record, versions)
    assert encode(read.demand, snapshot_of(read, versions), POLICY, again, read.hidden) == record
    told = explain(record, versions)
    assert told.view == "ab" * 16
    leeds = next(verdict for verdict in told.verdicts if verdict.code == "LEEDS")
    assert [check.actual for check in leeds.failed] == [
        "600 of 600 units are hidden: by /exclusions/0",
        "0 of 2 lines, 0 in full",
    ]
    without = explain(record, versions_of(seen.network, POLICY))  # the view's version is not at hand
    assert any("/exclusions/0" in c.actual for v in without.verdicts for c in v.checks if c.fence == "view")


def test_a_record_without_a_view_is_written_as_ever():
    seen, asked = snapshot(network(), (1, 1, 1)), demand((1, 100))
    record = encode(asked, seen, POLICY, decide(asked, seen, POLICY))
    assert msgspec.msgpack.decode(record)[0] == 1
    assert len(msgspec.msgpack.decode(record)) == 9
    assert decode(record).hidden is None
    assert explain(record, versions_of(seen.network, POLICY)).view == ""
