"""Who may ship at all."""

import msgspec

from crossdock.routing import DemandLine, Policy, Versions, decide, encode, explain, words
from tests.routing.builders import CARD, POLICY, TODAY, demand, network, snapshot

ALL = ("DC", "LEEDS", "YORK", "PARIS")


def verdicts(asked, seen, policy):
    record = encode(asked, seen, policy, decide(asked, seen, policy))
    told = explain(record, Versions({seen.network.version: seen.network}, {policy.version: policy}))
    return {verdict.code: verdict for verdict in told.verdicts}


def failed(asked, seen, policy, code):
    return [(check.fence, check.expected, check.actual) for check in verdicts(asked, seen, policy)[code].failed]


def test_a_location_without_stock_is_told_apart():
    seen = snapshot(network(), (0, 0, 1))
    assert decide(demand((1, 100)), seen, POLICY).site_ids == (3,)
    assert failed(demand((1, 100)), seen, POLICY, "DC") == [("stock", "a unit of any line", "0 of 1 lines, 0 in full")]


def test_a_closed_calendar_and_a_full_day_keep_a_location_out():
    seen = snapshot(network(), (1, 1, 1), days=(TODAY, -1, TODAY), room=(1, 5, 0))
    assert decide(demand((1, 100)), seen, POLICY).site_ids == (1,)
    assert failed(demand((1, 100)), seen, POLICY, "LEEDS") == [("calendar", "open", "closed")]
    assert failed(demand((1, 100)), seen, POLICY, "YORK") == [("capacity", "at least 1 fulfillment", "0 left")]


def test_an_excluded_location_is_not_asked():
    policy = Policy(card=CARD, excluded=("LEEDS",))
    seen = snapshot(network(), (1, 1, 1))
    assert decide(demand((1, 100)), seen, policy).site_ids == (3,)
    assert failed(demand((1, 100)), seen, policy, "LEEDS") == [("excluded", "not excluded", "excluded")]


def test_the_order_and_each_line_ask_for_capabilities():
    where = network()
    able = tuple(
        msgspec.structs.replace(site, capabilities=("ship", "chill") if site.code == "DC" else ("ship",))
        for site in where.sites
    )
    where = msgspec.structs.replace(where, sites=able)
    asked = demand((1, 100), (1, 100))
    cold = msgspec.structs.replace(asked, lines=(asked.lines[0], DemandLine(2, 102, 1, 100, ("chill",))))
    assert decide(cold, snapshot(where, (1, 1, 0), (1, 1, 0)), POLICY).site_ids == (1,)
    collect = msgspec.structs.replace(asked, requires=("collect",))
    assert decide(collect, snapshot(where, (1, 1, 1), (1, 1, 1)), POLICY).assignments == ()


def test_a_foreign_location_ships_by_its_lane_only():
    seen = snapshot(network(ALL), (0, 0, 0, 1))
    decision = decide(demand((1, 1_000)), seen, POLICY)
    assert (decision.bill[0].base, decision.bill[0].weight, decision.bill[0].transit_days) == (900_000, 80_000, 4)
    abroad = demand((1, 1_000), country="DE", near=(52.5, 13.4))
    assert decide(abroad, snapshot(network(ALL), (1, 1, 1, 1)), POLICY).assignments == ()
    assert failed(abroad, snapshot(network(ALL), (1, 1, 1, 1)), POLICY, "DC") == [
        ("country", "ships to DE", "from GB, no lane")
    ]


def test_a_channel_sells_to_its_markets():
    policy = Policy(card=CARD, markets=("IE",))
    seen = snapshot(network(), (1, 1, 1))
    assert decide(demand((1, 100)), seen, policy).assignments == ()
    assert ("market", "IE", "GB") in failed(demand((1, 100)), seen, policy, "YORK")


def test_beyond_the_last_zone_nobody_ships():
    far = demand((1, 100), near=(60.15, -1.15))  # Lerwick is further than 600 km from all
    seen = snapshot(network(), (1, 1, 1))
    assert decide(far, seen, POLICY).assignments == ()
    assert failed(far, seen, POLICY, "DC") == [("distance", "up to 600 km", "beyond 600 km")]


def test_an_unknown_destination_counts_as_the_last_zone():
    decision = decide(demand((1, 100), x=None, y=None, z=None), snapshot(network(), (1, 1, 1)), POLICY)
    assert decision.bill[0].base == 500_000
    assert decision.bill[0].km == -1


def test_a_store_manager_reads_why():
    seen = snapshot(network(), (3, 1, 0), (3, 1, 0), days=(TODAY, TODAY, -1))
    asked = demand((1, 1_000), (1, 1_000))
    record = encode(asked, seen, POLICY, decide(asked, seen, POLICY))
    told = explain(record, Versions({seen.network.version: seen.network}, {POLICY.version: POLICY}))
    assert words(told) == [
        "Shipped from Leeds store, because that costs least: £3.92.",
        "Leeds store, 1 km away, sends 2 units of 2 lines in 1 parcel for £3.92.",
        "The next best, Daventry DC, would cost £1.20 more.",
        "No plan can be cheaper: this is proven.",
        "York store was out of the question: its calendar is closed.",
    ]
    assert sum(line.amount for line in told.chosen.lines) == told.chosen.plan.total == 392_000
    assert [(v.code, v.standing) for v in told.verdicts] == [
        ("DC", "passed_over"),
        ("LEEDS", "chosen"),
        ("YORK", "fenced"),
    ]
