"""A decision can be made again from its record, whatever has changed since."""

from crossdock.routing import Versions, decide, decode, encode, replay, snapshot_of
from tests.routing.small_orders import order


def test_an_old_decision_replays_to_the_same_bytes_after_stock_and_policy_changed():
    for seed in range(150):
        demand, snapshot, policy = order(seed)
        decision = decide(demand, snapshot, policy)
        record = encode(demand, snapshot, policy, decision)
        versions = Versions({snapshot.network.version: snapshot.network}, {policy.version: policy})
        snapshot.stock[:] = 0
        snapshot.ship_day[:] = -1
        again = replay(record, versions)
        assert again == decision
        read = decode(record)
        assert read.demand == demand
        assert encode(read.demand, snapshot_of(read, versions), policy, again) == record
