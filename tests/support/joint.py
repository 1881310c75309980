"""A retailer for the joint test of stock: a random network, views and shares, and what each step may do to it.

    with shop.step():                    a command: no cart loses anything, nobody's share is eaten
    with shop.step(cart):                a command on that cart
    with shop.step(facts=True):          facts are recorded whatever they do

New claims stand where the channel's view shows the item, and come from shares that the channel may take from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, get_args

from hypothesis import strategies as st

from crossdock.inventory.share_model import NETWORK, Amount, Pool, ShareGroup, Strategy
from crossdock.inventory.view_model import Buffer, Exclusion, SafetyStock, Selector, StockView
from crossdock.orchestration.availability.questions import Answer, Ask, ask_database
from crossdock.orchestration.views.commands import PutShareGroups
from crossdock.orchestration.views.share_queries import shares_of
from tests.inventory.naive_atp import shows
from tests.support.feeds import put_feed, row, tell
from tests.support.naive_stock import Open, Told, naive_open, naive_shelf, stock_of
from tests.support.world import World

CODES = ("DC", "STORE", "SHOP", "OUTLET")
SKUS = ("MUG", "PEN")
CHANNELS = ("web", "shop", "market")

# -- what is drawn ----------------------------------------------------------------------------------------------------

_few = st.integers(1, 4)
_somewhere = st.lists(st.sampled_from(CODES), min_size=1, max_size=2, unique=True).map(
    lambda codes: Selector(codes=tuple(codes))
)
_items = st.sampled_from([(), (), ("MUG",)])
views = st.builds(
    StockView,
    code=st.just("drawn"),
    locations=st.one_of(st.just(()), st.just(()), st.tuples(_somewhere)),
    exclusions=st.lists(st.builds(Exclusion, items=_items, locations=_somewhere), max_size=1).map(tuple),
    buffers=st.lists(
        st.builds(Buffer, items=_items, locations=st.none() | _somewhere, units=_few, percent=st.sampled_from([0, 30])),
        max_size=2,
    ).map(tuple),
    safety_stock=st.lists(st.builds(SafetyStock, items=_items, units=_few), max_size=1).map(tuple),
)
_amounts = st.lists(
    st.builds(
        lambda percent, n, items, pool: Amount(
            pool=pool, items=items, units=None if percent else n, percent=n * 8 if percent else None
        ),
        st.booleans(),
        st.integers(0, 9),
        st.sampled_from([(), ("MUG",)]),
        st.sampled_from([NETWORK, NETWORK, NETWORK, "stores"]),
    ),
    max_size=2,
    unique_by=lambda amount: (amount.pool, amount.items),
).map(tuple)
_strategies: st.SearchStrategy[Strategy] = st.sampled_from(get_args(Strategy))
_STORES = (Pool(code="stores", locations=Selector(codes=("STORE", "SHOP"))),)


@st.composite
def share_groups(draw: st.DrawFn) -> tuple[ShareGroup, ...]:
    """Draw who is kept how much: nobody, or two channels, one of them perhaps under a group above."""
    if draw(st.integers(0, 3)) == 0:
        return ()
    child = draw(st.booleans())
    made = [("top", (), None), ("shop", ("shop",), "top" if child else None), ("market", ("market",), None)]
    return tuple(
        ShareGroup(
            code=code, channels=channels, parent=parent, strategy=draw(_strategies), amounts=draw(_amounts),
            pools=_STORES,
        )
        for code, channels, parent in made
    )  # fmt: skip


class Retailer(NamedTuple):
    """A drawn retailer."""

    places: tuple[str, ...]
    views: dict[str, StockView | None]
    groups: tuple[ShareGroup, ...]
    limited: bool
    """Whether a day at the first place has an end."""


@st.composite
def retailers(draw: st.DrawFn) -> Retailer:
    """Draw a network, a view for each channel, shares."""
    places = CODES[: draw(st.integers(2, len(CODES)))]
    return Retailer(
        places,
        {channel: draw(st.none() | views) for channel in CHANNELS},
        draw(share_groups()),
        draw(st.integers(0, 3)) == 0,
    )


# -- what is there ----------------------------------------------------------------------------------------------------


class Stand(NamedTuple):
    """A claim that is open: whose, of which item, where; its channel's code."""

    reserved: bool
    owner: int
    sku: str
    place: str
    channel: str


class Seen(NamedTuple):
    """What is so between two steps."""

    carts: dict[int, int]
    claims: dict[int, Stand]
    uncovered: dict[tuple[str, tuple[str, ...]], int]


_CARTS = """
    SELECT r.id, CAST(coalesce(sum(c.quantity), 0) AS bigint) FROM reservations r
    LEFT JOIN claims c ON c.owner_id = r.id AND c.kind = 1 AND c.state = 1 WHERE r.state = 1 GROUP BY r.id
"""
_CLAIMS = """
    SELECT c.id, c.kind, c.owner_id, i.sku, l.code, h.code FROM claims c
    JOIN items i ON i.id = c.item_id JOIN locations l ON l.id = c.location_id
    LEFT JOIN orders o ON c.kind = 2 AND o.id = c.owner_id
    LEFT JOIN reservations r ON c.kind = 1 AND r.id = c.owner_id
    JOIN channels h ON h.id = coalesce(o.channel_id, r.channel_id) WHERE c.state = 1
"""
_FROM_SHARES = """
    SELECT t.claim_id, s.group_code FROM claim_shares t JOIN shares s ON s.id = t.share_id WHERE t.quantity > 0
"""
_OVER = "SELECT 1 FROM positions WHERE reserved + allocated > CASE WHEN on_hand > 0 THEN on_hand ELSE 0 END"


class Shop:
    """The retailer at work, and what is known of it beside its database."""

    def __init__(self, world: World, drawn: Retailer) -> None:
        self.world = world
        self.places = drawn.places
        self.groups = drawn.groups
        self.limited = drawn.limited
        self.views: dict[str, StockView] = {}
        self.told: dict[int, Told] = {}
        self.happened: list[Told] = []
        self.hurt: set[int] = set()
        """Carts that lost units by a fact."""
        world.standard(*self.places, items=SKUS)
        world.bundle("SET", {"MUG": 2, "PEN": 1})
        if "STORE" in self.places:
            world.put_location("STORE", 1, capabilities=("ship", "collect", "ambient"))
        if drawn.limited:
            world.put_location(self.places[0], 0, daily_capacity=3)
        for channel in CHANNELS:
            world.channel(channel)
            self.look_through(channel, drawn.views[channel])
        if self.groups:
            world.do(PutShareGroups(actor=world.actor, groups=self.groups))
        put_feed(world)
        world.app.atp.start()

    # -- views -------------------------------------------------------------------------------------------------------

    def look_through(self, channel: str, view: StockView | None) -> None:
        """Let a channel see stock through a view from now on; None shows everything."""
        self.views[channel] = view or StockView(code=f"of-{channel}")
        fields = {name: getattr(self.views[channel], name) for name in ("locations", "exclusions", "buffers")}
        self.world.view(f"of-{channel}", channel=channel, safety_stock=self.views[channel].safety_stock, **fields)

    def chain(self, channel: str) -> set[str]:
        """Return the groups whose shares a channel may take from."""
        parents = {group.code: group.parent for group in self.groups}
        at = next((group.code for group in self.groups if channel in group.channels), None)
        found: set[str] = set()
        while at is not None:
            found.add(at)
            at = parents[at]
        return found

    # -- steps -------------------------------------------------------------------------------------------------------

    def see(self) -> Seen:
        """Look at carts, claims and shares."""
        uncovered = {
            (shares.sku, pool.pools): pool.uncovered
            for shares in self.world.read(lambda session: shares_of(session, SKUS))
            for pool in shares.pools
        }
        claims = {
            id_: Stand(kind == 1, owner, sku, place, channel)
            for id_, kind, owner, sku, place, channel in self.world.rows(_CLAIMS)
        }
        return Seen(dict(self.world.rows(_CARTS)), claims, uncovered)

    @contextmanager
    def step(self, *carts: int, facts: bool = False) -> Iterator[None]:
        """Have something done; only these carts, or facts, may make a cart hold less."""
        before = self.see()
        yield
        after = self.see()
        for cart, units in before.carts.items():
            if after.carts.get(cart, 0) < units:
                assert facts or cart in carts, f"cart {cart} had {units}, has {after.carts.get(cart, 0)}"
                self.hurt.add(cart)
        if not facts:
            for pool, units in after.uncovered.items():
                assert units <= before.uncovered.get(pool, 0), f"a command ate {units} units kept in {pool}"
        self._judge_claims(before, after)
        assert not self.world.rows(_OVER), "claimed beyond what is there"

    def _judge_claims(self, before: Seen, after: Seen) -> None:
        """New claims stand where the channel's view shows the item, or where the owner stood; on its own shares."""
        confirmed = dict(self.world.rows("SELECT order_id, id FROM reservations WHERE order_id IS NOT NULL"))
        stood = {(claim.owner, claim.sku, claim.place) for claim in before.claims.values()}
        new = {id_: claim for id_, claim in after.claims.items() if id_ not in before.claims}
        for claim in new.values():
            own = {(owner, claim.sku, claim.place) for owner in (claim.owner, confirmed.get(claim.owner, 0))}
            assert own & stood or shows(self.views[claim.channel], claim.place, claim.sku), f"hidden: {claim}"
        for id_, group in self.world.rows(_FROM_SHARES):
            if id_ in new:
                assert group in self.chain(new[id_].channel), f"{new[id_]} took from {group}"

    # -- the shelves -------------------------------------------------------------------------------------------------

    def happen(self, kind: str, sku: str, place: str, units: int) -> None:
        """Let something happen at a shelf, that nobody has told of yet."""
        self.world.clock.forward(seconds=1)
        self.happened.append(Told(kind, sku, place, units, self.world.clock.at))

    def tell(self, numbers: Sequence[int]) -> None:
        """Tell of what happened: any of it, in any order, twice if need be."""
        self.world.clock.forward(seconds=1)
        rows = []
        for n in numbers:
            fact = self.happened[n]
            self.told[n] = fact
            record = "" if fact.kind == "counted" else f"r{n}"
            rows.append(row(fact.kind, fact.sku, fact.place, fact.units, fact.at, record))
        with self.step(facts=True):
            start = 0
            while start < len(rows):  # a part bears only so many rows that concern orders
                start += tell(self.world, *rows[start:]).done

    def arrive(self, line: tuple[str, str, str], units: int) -> None:
        """Take in goods of a supply line: its reference, item and place."""
        reference, sku, place = line
        self.world.clock.forward(seconds=1)
        self.told[-1 - len(self.told)] = Told("received", sku, place, units, self.world.clock.at)
        with self.step(facts=True):
            self.world.arrive(reference, units)

    def judge_shelves(self) -> None:
        """What is on each shelf is what a naive count of everything that was told says."""
        for sku in SKUS:
            there = stock_of(self.world, sku).on_hand
            for place in self.places:
                assert there.get(place, 0) == naive_shelf(self.told, sku, place), f"{sku} at {place}"

    # -- what can be promised ----------------------------------------------------------------------------------------

    def pooled(self, sku: str) -> bool:
        """Say whether shares of an item are kept of some locations alone."""
        return any(a.pool != NETWORK and (not a.items or sku in a.items) for g in self.groups for a in g.amounts)

    def open_to(self, channel: str, sku: str, day: int | None = None) -> Open:
        """Return what a channel may be promised, worked out naively."""
        return naive_open(stock_of(self.world, sku), sku, self.places, self.views[channel], self.groups, channel, day)

    def answers(self, *asks: Ask) -> tuple[Answer, Answer]:
        """Ask what can be promised: of the database, and of the readers' picture once it has seen what is written."""
        latest = int(self.world.rows("SELECT coalesce(max(id), 0) FROM stock_log")[0][0])
        stored = self.world.read(lambda session: ask_database(session, asks, self.world.clock.at))
        return stored, asyncio.run(self.world.app.atp.answer(asks, latest))

    def judge_availability(self, channel: str, sku: str, day: int | None) -> None:
        """Both answers are the same, and where no pools lie in the way what the definition says."""
        asks = [Ask(sku, channel, "", day), *(Ask(sku, channel, place, day) for place in self.places)]
        stored, pictured = self.answers(*asks)
        numbers = [told.total for told in stored.told]
        shown = [told.total for told in pictured.told]
        assert shown == numbers, f"{channel} {sku} by {day}: the picture says {shown}, the database {numbers}"
        if not self.pooled(sku):
            naive = self.open_to(channel, sku, day)
            assert numbers == [naive.total, *(naive.at[place] for place in self.places)], (channel, sku, day, naive)

    def may_take(self, channel: str, sku: str) -> int:
        """Return how many units the program says that a channel may take now, whoever waits."""
        (told,) = self.answers(Ask(sku, channel))[0].told
        assert told.atp is not None
        return max(0, told.atp.available - told.atp.held)

    def allocated(self, order_id: int) -> dict[str, int]:
        """Return the units of stock that stand for an order, by SKU."""
        sql = """
            SELECT i.sku, CAST(sum(c.quantity) AS bigint) FROM claims c JOIN items i ON i.id = c.item_id
            WHERE c.owner_id = ? AND c.kind = 2 AND c.state = 1 AND c.source = 0 GROUP BY i.sku
        """
        return dict(self.world.rows(sql, order_id))

    def held(self, cart: int) -> dict[str, int]:
        """Return the units of stock that a cart holds, by SKU."""
        sql = """
            SELECT i.sku, CAST(sum(c.quantity) AS bigint) FROM claims c JOIN items i ON i.id = c.item_id
            WHERE c.owner_id = ? AND c.kind = 1 AND c.state = 1 AND c.source = 0 GROUP BY i.sku
        """
        return dict(self.world.rows(sql, cart))


def wanted_of(*wanted: tuple[str, int]) -> dict[str, int]:
    """Return the units of items that lines of items and bundles want."""
    units: dict[str, int] = {}
    for sku, quantity in wanted:
        for part, each in (("MUG", 2), ("PEN", 1)) if sku == "SET" else ((sku, 1),):
            units[part] = units.get(part, 0) + each * quantity
    return units
