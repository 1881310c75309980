"""Shares as rules: whatever is taken, given back and counted, nobody gets what another is kept."""

from typing import Any

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from crossdock.catalog.model import ItemFacts
from crossdock.inventory.selectors import Place
from crossdock.inventory.share_model import ShareGroup
from crossdock.inventory.share_rules import FREE, ShareRules, Template
from crossdock.inventory.shares import NO_LIMIT, ItemShares, last_taken_first

MUG = ItemFacts(10, "MUG", 400, ("ambient",), (), "kitchen")
PLACES = tuple(Place(n, f"L{n}", "store" if n else "dc", "GB", (0, 0, 0)) for n in range(4))
COLUMNS = range(len(PLACES))


def rules(*groups: dict[str, Any]) -> ShareRules:
    return ShareRules([msgspec.convert(group, ShareGroup) for group in groups], PLACES)


def template(of: ShareRules) -> Template:
    found = of.template(MUG)
    assert found is not None
    return found


class Books:
    """The shares of an item beside plain lists of what stands where: what the definition is worked out from."""

    def __init__(self, of: ShareRules, stock: list[int]) -> None:
        self.stock = list(stock)
        self.claimed = [0] * len(stock)
        self.template = template(of)
        size = len(self.template.nodes)
        self.shares = ItemShares(self.template, *self.sums(), [0] * size, [0] * size)

    def sums(self) -> tuple[list[int], list[int]]:
        there = np.array(self.stock)
        whole = there + np.array(self.claimed)
        masks = self.template.masks
        return [int(there[m].sum()) for m in masks], [int(whole[m].sum()) for m in masks]

    def take(self, group: str | None, column: int, quantity: int) -> list[tuple[int, int]]:
        parts = self.shares.take(group, column, min(quantity, self.stock[column]))
        units = sum(n for _, n in parts)
        self.stock[column] -= units
        self.claimed[column] += units
        return parts

    def give_back(self, column: int, parts: list[tuple[int, int]]) -> None:
        self.shares.give_back(column, parts)
        units = sum(n for _, n in parts)
        self.stock[column] += units
        self.claimed[column] -= units

    def fact(self, column: int, change: int) -> None:
        change = max(change, -self.stock[column])
        self.stock[column] += change
        self.shares.change(column, change, change)

    def agrees(self) -> None:
        """What is kept in memory is what it would be if it were read anew."""
        shares = self.shares
        fresh = ItemShares(self.template, *self.sums(), shares.used, shares.spent)
        assert fresh.claimable == shares.claimable
        assert fresh.basis == shares.basis
        assert fresh.standing() == shares.standing()


def test_a_channel_of_no_group_takes_what_nobody_is_kept():
    books = Books(rules({"code": "a", "amounts": [{"units": 6}]}), [5, 5, 0, 0])
    assert books.take(None, 0, 9) == [(FREE, 4)]
    assert books.take(None, 1, 9) == []
    assert books.shares.room("a", 1) == 6


def test_narrow_pools_are_used_before_wide_ones():
    pools = [{"code": "here", "locations": {"codes": ["L1"]}}]
    amounts = [{"units": 4}, {"pool": "here", "units": 3}]
    books = Books(rules({"code": "a", "strategy": "restrict", "pools": pools, "amounts": amounts}), [9, 9, 0, 0])
    wide, narrow = (n.pool for n in books.template.nodes)
    assert (wide, narrow) == ("network", "here")
    assert books.take("a", 1, 5) == [(1, 3), (0, 2)]
    assert books.take("a", 0, 5) == [(0, 2)]


def test_a_group_that_is_kept_nothing_of_an_item_is_not_restricted_for_it():
    of = rules(
        {"code": "a", "strategy": "restrict", "amounts": [{"items": ["PEN"], "units": 1}]},
        {"code": "b", "amounts": [{"units": 2}]},
    )
    books = Books(of, [5, 0, 0, 0])
    assert books.shares.room("a", 0) == 3


def test_where_no_pool_lies_nothing_limits():
    pools = [{"code": "here", "locations": {"codes": ["L1"]}}]
    books = Books(rules({"code": "a", "pools": pools, "amounts": [{"pool": "here", "units": 3}]}), [5, 5, 5, 5])
    assert books.shares.rooms(None, 4).tolist() == [NO_LIMIT, 2, NO_LIMIT, NO_LIMIT]


def test_what_was_taken_last_goes_back_first():
    parts = [(0, 3), (FREE, 2)]
    assert last_taken_first(parts, 0) == ([(0, 3), (FREE, 2)], [])
    assert last_taken_first(parts, 1) == ([(0, 3), (FREE, 1)], [(FREE, 1)])
    assert last_taken_first(parts, 4) == ([(0, 1)], [(FREE, 2), (0, 2)])
    assert last_taken_first(parts, 9) == ([], [(FREE, 2), (0, 3)])


# -- any groups, any sequence ------------------------------------------------------------------------------------------

CODES = ("a", "b", "c", "d")
POOLS: list[dict[str, Any]] = [
    {"code": "stores", "locations": {"kinds": ["store"]}},
    {"code": "one", "locations": {"codes": ["L1"]}},
    {"code": "crossing", "locations": {"codes": ["L0", "L1"]}},
]


UNITS, PERCENT = st.integers(0, 12), st.integers(0, 60)
AMOUNTS = st.builds(lambda n: {"units": n}, UNITS) | st.builds(lambda n: {"percent": n}, PERCENT)
STOCK = st.lists(st.integers(0, 15), min_size=4, max_size=4)


@st.composite
def groups(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Up to four groups in any hierarchy, with any amounts over nested, separate and crossing pools."""
    out: list[dict[str, Any]] = []
    for at, code in enumerate(CODES[: draw(st.integers(1, 4))]):
        parent = draw(st.sampled_from([None, *CODES[:at]]))
        pools = draw(st.lists(st.sampled_from(["network", "stores", "one", "crossing"]), max_size=2, unique=True))
        amounts = [{"pool": pool, **draw(AMOUNTS)} for pool in pools]
        strategy = draw(st.sampled_from(["restrict", "regular", "reserve"]))
        out.append({"code": code, "parent": parent, "strategy": strategy, "pools": POOLS, "amounts": amounts})
    return out


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "take", "take", "give", "fact"]),
        st.sampled_from([None, *CODES]),
        st.sampled_from(list(COLUMNS)),
        st.integers(1, 9),
    ),
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@given(groups(), STOCK, STEPS)
def test_nobody_gets_what_another_is_kept_and_giving_back_restores_exactly(
    documents: list[dict[str, Any]], stock: list[int], steps: list[tuple[str, str | None, int, int]]
):
    of = rules(*documents)
    if of.template(MUG) is None:
        return
    books = Books(of, stock)
    known = {group["code"]: group for group in documents}
    held: list[tuple[int, list[tuple[int, int]]]] = []
    for what, group, column, quantity in steps:
        if what == "take":
            parts = fairly(books, group if group in known else None, known, column, quantity)
            held += [(column, parts)] if parts else []
        elif what == "give" and held:
            place, taken = held.pop()
            stays, back = last_taken_first(taken, quantity)
            books.give_back(place, back)
            held += [(place, stays)] if stays else []
        else:
            books.fact(column, quantity if quantity % 2 else -quantity)
        books.agrees()
        assert all(used >= 0 for used in books.shares.used)
    for place, taken in held:
        books.give_back(place, taken)
    assert books.shares.used == [0] * len(books.template.nodes)
    assert sum(books.claimed) == 0


def fairly(
    books: Books, group: str | None, known: dict[str, dict[str, Any]], column: int, quantity: int
) -> list[tuple[int, int]]:
    """Take units, and see that they come from nowhere but where the group may take them from."""
    nodes, before, free = books.template.nodes, books.shares.standing(), books.shares.free()
    room, there, line = books.shares.room(group, column), books.stock[column], ancestry(group, known)
    parts = books.take(group, column, quantity)
    assert sum(units for _, units in parts) == min(quantity, room, there)
    for source, units in parts:
        if source != FREE:
            assert nodes[source].group in line, "only from the own group and those above it"
            assert units <= before[source].private
    for node, was, now in zip(nodes, before, books.shares.standing(), strict=True):
        assert node.group in line or now.unused == was.unused, "another's share is as it was"
    for was_free, left in zip(free, books.shares.free(), strict=True):
        assert left >= min(0, was_free), "no taker leaves less than others are kept"
    return parts


def ancestry(group: str | None, known: dict[str, dict[str, Any]]) -> set[str]:
    out: set[str] = set()
    while group is not None:
        out.add(group)
        group = known[group]["parent"]
    return out


@settings(max_examples=150, deadline=None)
@given(
    groups(), st.lists(st.integers(0, 15), min_size=4, max_size=4), st.lists(st.integers(0, 15), min_size=4, max_size=4)
)
def test_what_fits_together_can_be_taken_one_after_the_other(
    documents: list[dict[str, Any]], stock: list[int], asked: list[int]
):
    of = rules(*documents)
    if of.template(MUG) is None:
        return
    for group in (None, *[document["code"] for document in documents]):
        books = Books(of, stock)
        wanted = {column: min(units, stock[column]) for column, units in enumerate(asked) if min(units, stock[column])}
        fits = books.shares.fit(group, wanted)
        assert all(0 <= fits[column] <= wanted[column] for column in wanted)
        assert books.shares.open_to(group, np.array([wanted.get(c, 0) for c in COLUMNS])) == sum(fits.values())
        order = sorted(fits, key=lambda c: (len(books.template.path(group, books.template.zone_of[c])), c))
        assert {c: sum(n for _, n in books.take(group, c, wanted[c])) for c in order} == fits


NESTED = st.lists(
    st.fixed_dictionaries(
        {
            "parent": st.integers(-1, 2),
            "strategy": st.sampled_from(["restrict", "regular", "reserve"]),
            "amounts": st.lists(
                st.builds(lambda p, n: {"pool": p, "units": n}, st.sampled_from(["network", "stores", "one"]), UNITS),
                min_size=1,
                max_size=2,
            ),
        }
    ),
    min_size=1,
    max_size=4,
)
TAKES = st.lists(
    st.tuples(st.sampled_from([None, *CODES]), st.sampled_from(list(COLUMNS)), st.integers(1, 9)), max_size=20
)


@settings(max_examples=400, deadline=None)
@given(NESTED, st.lists(st.integers(4, 30), min_size=4, max_size=4), TAKES, st.randoms())
def test_where_stock_covers_the_shares_every_group_gets_all_of_its_own_after_whatever_others_took(
    drawn: list[dict[str, Any]], stock: list[int], takes: list[tuple[str | None, int, int]], chance: Any
):
    documents = [
        {
            **group,
            "code": code,
            "pools": POOLS[:2],
            "parent": CODES[group["parent"]] if 0 <= group["parent"] < at else None,
        }
        for at, (code, group) in enumerate(zip(CODES, drawn, strict=False))
    ]
    books = Books(rules(*documents), stock)
    if min(books.shares.free()) < 0:
        return
    known = {group["code"] for group in documents}
    for group, column, quantity in takes:
        books.take(group if group in known else None, column, quantity)
    # Now everybody comes for what is its own, and for nothing else.
    own = Books(rules(*[{**group, "strategy": "restrict"} for group in documents]), books.stock)
    own.claimed = list(books.claimed)
    own.shares = ItemShares(own.template, *own.sums(), books.shares.used, books.shares.spent)
    for code in chance.sample(sorted(known), len(known)):
        mine = [at for at, node in enumerate(own.template.nodes) if node.group == code]
        expected = sum(own.shares.standing()[at].private for at in mine)
        got = sum(n for column in COLUMNS for _, n in own.take(code, column, own.stock[column]))
        assert got == expected
