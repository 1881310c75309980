"""The configuration in memory: channels, the network with its calendars, policies, items as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np

from crossdock.catalog import store as catalog
from crossdock.catalog.model import ItemFacts
from crossdock.fulfillment import store as fulfillment
from crossdock.fulfillment.model import Execution
from crossdock.fulfillment.work_rules import WorkRules
from crossdock.inventory import feed_queries
from crossdock.inventory.selectors import Place
from crossdock.inventory.share_model import ShareGroup
from crossdock.inventory.share_rules import ShareRules
from crossdock.inventory.view_model import StockView, unlimited
from crossdock.inventory.view_rules import CompiledView, everything, words
from crossdock.kernel.content import canonical
from crossdock.network import store as network
from crossdock.network.calendars import CalendarBook, Days, WorkCalendar
from crossdock.network.store import StoredChannel, StoredLocation
from crossdock.orchestration.errors import ConfigurationRefused, UnknownChannel, UnknownItem, UnknownPolicy
from crossdock.orchestration.policies import store as policy_store
from crossdock.orchestration.policies.facts import STORED
from crossdock.routing.model import Network, Policy, Site
from crossdock.routing.policy.compile import CompiledPolicy
from crossdock.storage import tables as storage
from crossdock.storage import versions
from crossdock.storage.session import Session
from crossdock.storage.unit import CONFIG_KINDS, CONFIGURATION, Unit

NO_LIMIT = 1 << 30
_MAX_ITEMS = 200_000
_DEEPEST_BUNDLE = 8
_MAX_COMPILED = 500
_SAME_NETWORK = frozenset({"item", "channel", "policy", "view", "share_group", "feed", "pause", "work_rules"})
"""Changes after which locations and stock are what they were: the writer's picture stays."""
_policy = msgspec.json.Decoder(Policy).decode
_network = msgspec.json.Decoder(Network).decode
_view = msgspec.json.Decoder(StockView).decode
_group = msgspec.json.Decoder(ShareGroup).decode


class Directory:
    """What the writer (or a reader) knows of the configuration; ``refresh`` follows changes made anywhere."""

    def __init__(self) -> None:
        self._seen = -1
        self._changes = -1
        self._channels: dict[str, StoredChannel] = {}
        self._channels_by_id: dict[int, StoredChannel] = {}
        self._items: dict[str, ItemFacts] = {}
        self._items_by_id: dict[int, ItemFacts] = {}
        self._policies: dict[str, CompiledPolicy] = {}
        self._views: dict[str, StockView] = {}
        self._distrusted: frozenset[int] = frozenset()
        self._compiled: dict[tuple[str, frozenset[int]], CompiledView] = {}
        self.everything = everything(())
        """The view of a channel that names none."""
        self.shares = ShareRules((), ())
        self.places: tuple[Place, ...] = ()
        """The active locations as views select them, in the order of the network."""
        self._places: dict[str, StoredLocation] = {}
        self.policy_versions: frozenset[str] = frozenset()
        """The versions of what the active policies compile to: they are stored."""
        self.asks_more = False
        """Whether a condition of any route asks for what changes of orders do not load by themselves."""
        self.locations: dict[int, StoredLocation] = {}
        self.network = Network(())
        self.calendars = CalendarBook(())
        self.limited: dict[int, int] = {}
        """Daily capacity by location id, of those that have one."""
        self.limited_units: dict[int, int] = {}
        """Daily units by location id, of those that have a limit."""
        self.paused: frozenset[int] = frozenset()
        """The locations that take no new work for now."""
        self.work_rules = WorkRules()

    def refresh(self, session: Session) -> bool:
        """Follow what somebody changed; says whether pictures of stock over the network must be made anew.

        Changed items are only forgotten: they are read again when somebody asks for them.
        """
        changes, last = session.fetch("SELECT count(*), coalesce(max(id), 0) FROM config_log")[0]
        if changes == self._changes and last <= self._seen:
            return False
        rows = session.fetch("SELECT id, kind FROM config_log WHERE id > ? ORDER BY id", self._seen)
        # A lower id may be committed later, by another process or by a machine whose clock is behind: then all is read.
        first = self._changes + len(rows) != changes
        self._changes = changes
        self._seen = max(self._seen, last)
        self._items.clear()
        self._items_by_id.clear()
        if not first and all(kind == "item" for _, kind in rows):
            return False
        self._load(session)
        return first or not _SAME_NETWORK.issuperset(kind for _, kind in rows)

    def _load(self, session: Session) -> None:
        self._channels = {stored.channel.code: stored for stored in network.channels(session)}
        self._channels_by_id = {stored.id: stored for stored in self._channels.values()}
        stored = network.locations(session)
        self.locations = {location.id: location for location in stored}
        active = [location for location in stored if location.location.active]
        self.network = Network(tuple(_site(location) for location in active))
        self.calendars = CalendarBook(
            [WorkCalendar(s.location.calendar, s.location.time_zone) for s in active],
        )
        self.limited = {s.id: s.location.daily_capacity for s in active if s.location.daily_capacity is not None}
        self.limited_units = {s.id: s.location.daily_units for s in active if s.location.daily_units is not None}
        self._policies, self.policy_versions = policy_store.active(session)
        self.asks_more = any(policy.asks & STORED for policy in self._policies.values())
        rows = session.fetch("SELECT w.code, v.body FROM views w JOIN versions v ON v.hash = w.hash ORDER BY w.code")
        self._views = {code: _view(bytes(body)) for code, body in rows}
        self._compiled = {}
        silent = feed_queries.distrusted(session)
        self._distrusted = frozenset(location.id for location in active if location.location.code in silent)
        self.places = tuple(place_of(location) for location in active)
        self.everything = everything(self.places)
        rows = session.fetch("SELECT v.body FROM share_groups g JOIN versions v ON v.hash = g.hash ORDER BY g.code")
        self.shares = ShareRules([_group(bytes(body)) for (body,) in rows], self.places)
        self._places = {location.location.code: location for location in stored}
        self.paused = frozenset(network.paused(session))
        self.work_rules = fulfillment.work_rules(session)[0]

    @property
    def location_ids(self) -> list[int]:
        """The active locations by id: the columns of every snapshot."""
        return [site.id for site in self.network.sites]

    @property
    def channels(self) -> list[StoredChannel]:
        """All channels by code."""
        return [self._channels[code] for code in sorted(self._channels)]

    def channel(self, code: str) -> StoredChannel:
        """Return a channel by its code; raises UnknownChannel."""
        stored = self._channels.get(code)
        if stored is None:
            raise UnknownChannel(f"There is no channel '{code}'.")
        return stored

    def place(self, code: str) -> StoredLocation | None:
        """Return a location by its code, also one that is not active; None when there is none."""
        return self._places.get(code)

    def channel_by_id(self, id_: int) -> StoredChannel:
        """Return a channel by its id; raises UnknownChannel."""
        stored = self._channels_by_id.get(id_)
        if stored is None:
            raise UnknownChannel(f"There is no channel with the number {id_}.")
        return stored

    def policy(self, code: str) -> CompiledPolicy:
        """Return the active version of a routing policy, compiled; raises UnknownPolicy."""
        policy = self._policies.get(code)
        if policy is None:
            raise UnknownPolicy(f"There is no routing policy '{code}'.")
        return policy

    def view_of(self, channel: StoredChannel, at: int = 0) -> CompiledView:
        """Return what a channel sees of the stock at an instant; compiled once for each version of view and network."""
        code = channel.channel.view
        if code is None or code not in self._views:
            return self.everything
        key = (code, self.distrusted(at))
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) > _MAX_COMPILED:
                self._compiled.clear()
            compiled = self._compiled[key] = CompiledView(self._views[code], self.places, key[1])
        return compiled

    def view(self, code: str) -> StockView | None:
        """Return the active version of a view; None when there is none of the code."""
        return self._views.get(code)

    def distrusted(self, at: int) -> frozenset[int]:
        """Return the locations whose stock is not trusted at an instant, because their source has fallen silent.

        What is known is what the last look for silent sources found; that look tells every process.
        """
        return self._distrusted

    def load_items(self, session: Session, skus: Iterable[str]) -> None:
        """Make sure that these SKUs, and the parts of those that are bundles, are known here if they exist."""
        missing = {sku for sku in skus if sku not in self._items}
        if not missing:
            return
        if len(self._items) + len(missing) > _MAX_ITEMS:
            self._items.clear()
            self._items_by_id.clear()
        found = catalog.facts_by_sku(session, missing)
        self._items.update(found)
        self._items_by_id.update((facts.id, facts) for facts in found.values())
        self.load_items(session, {part for facts in found.values() for part, _ in facts.components})

    def load_items_by_id(self, session: Session, ids: Iterable[int]) -> None:
        """Make sure that these items are known here."""
        missing = {id_ for id_ in ids if id_ not in self._items_by_id}
        if missing:
            found = catalog.facts_by_id(session, missing)
            self._items_by_id.update(found)
            self._items.update((facts.sku, facts) for facts in found.values())

    def item(self, sku: str) -> ItemFacts | None:
        """Return an item that was loaded; None when there is none of the SKU."""
        return self._items.get(sku)

    def parts(self, bundle: ItemFacts, depth: int = 0) -> tuple[tuple[ItemFacts, int], ...]:
        """Return the items of a bundle with their units in one bundle; a bundle within it is taken apart too."""
        if depth > _DEEPEST_BUNDLE:
            raise ConfigurationRefused(f"The bundle '{bundle.sku}' contains itself.")
        found: dict[int, tuple[ItemFacts, int]] = {}
        for sku, count in bundle.components:
            part = self._items.get(sku)
            if part is None:
                raise UnknownItem(f"The bundle '{bundle.sku}' needs '{sku}', which does not exist.")
            for inner, units in self.parts(part, depth + 1) if part.components else ((part, 1),):
                before = found.get(inner.id, (inner, 0))[1]
                found[inner.id] = (inner, before + units * count)
        return tuple(found.values())

    def item_by_id(self, id_: int) -> ItemFacts:
        """Return an item that was loaded."""
        return self._items_by_id[id_]

    def launches(self, items: Iterable[int], after: int) -> list[int]:
        """Return the launch days after a day of those of these items that were loaded."""
        known = (self._items_by_id.get(item) for item in items)
        return sorted({facts.launch_day for facts in known if facts is not None and facts.launch_day > after})

    def capacity(self, session: Session, days: Days) -> Days:
        """Return how many fulfillments each active location may still take on its handover day.

        Below 0 where more is planned than a lowered capacity allows: so much must go before there is room for more.
        """
        left = np.full(len(self.network.sites), NO_LIMIT, dtype=np.int64)
        if not self.limited:
            return left
        columns = {site.id: column for column, site in enumerate(self.network.sites)}
        keys = [(id_, int(days[columns[id_]]), 0) for id_ in sorted(self.limited)]
        for id_, allowed in self.limited.items():
            left[columns[id_]] = allowed
        sql = """
            WITH k(location_id, work_day, slot) AS ({keys})
            SELECT c.location_id, c.used FROM k JOIN capacities c
              ON c.location_id = k.location_id AND c.work_day = k.work_day AND c.slot = k.slot
        """
        for id_, used in session.fetch_keys(sql, ("bigint",) * 3, keys):
            left[columns[id_]] = self.limited[id_] - used
        return left

    def units_room(self, session: Session, days: Days) -> Days:
        """Return how many units each active location may still take on its handover day, by what is planned."""
        left = np.full(len(self.network.sites), NO_LIMIT, dtype=np.int64)
        columns = {site.id: column for column, site in enumerate(self.network.sites)}
        keys = [(id_, int(days[columns[id_]])) for id_ in sorted(self.limited_units)]
        for id_, allowed in self.limited_units.items():
            left[columns[id_]] = allowed
        for id_, units in session.fetch_keys(_UNITS_OF_DAYS, ("bigint",) * 2, keys, Execution.CANCELED.value):
            left[columns[id_]] = max(0, self.limited_units[id_] - int(units))
        return left

    def keep_versions(self, unit: Unit) -> None:
        """Store the network's version, so that decisions that rest on it can be decided again for ever."""
        versions.keep(unit, [(self.network.version, "network", canonical(self.network))])


_UNITS_OF_DAYS = """
    WITH k(location_id, work_day) AS ({keys})
    SELECT f.location_id, sum(l.quantity - l.canceled)
    FROM k JOIN fulfillments f ON f.location_id = k.location_id AND f.work_day = k.work_day AND f.execution <> ?
    JOIN fulfillment_lines l ON l.fulfillment_id = f.id
    GROUP BY f.location_id
"""


def _site(stored: StoredLocation) -> Site:
    place, (x, y, z) = stored.location, stored.point
    return Site(
        id=stored.id,
        code=place.code,
        name=place.name,
        kind=place.kind,
        country=place.address.country,
        x=x,
        y=y,
        z=z,
        capabilities=place.capabilities,
        handling_parcel=place.handling_parcel,
        handling_line=place.handling_line,
        handling_unit=place.handling_unit,
        rank=place.rank,
        groups=place.groups,
        tags=place.tags,
        markets=place.markets,
        carriers=place.carriers,
    )


def place_of(stored: StoredLocation) -> Place:
    """Return a location as selectors ask for it."""
    d = stored.location
    marks = frozenset(d.groups), frozenset(d.tags), frozenset(d.markets)
    return Place(stored.id, d.code, d.kind, d.address.country, stored.point, *marks)


def changed(unit: Unit, kind: str) -> None:
    """Tell every process that the configuration is another one now."""
    unit.insert(storage.config_log, [(unit.ids.one(), kind, unit.now)])
    code = CONFIG_KINDS.index(kind) if kind in CONFIG_KINDS else 0
    unit.stock_changes.append((0, CONFIGURATION, code))


class ToldView:
    """A view as explanations name it (routing.record.ShownBy)."""

    def __init__(self, view: StockView) -> None:
        self.code = view.code
        self._view = view

    def words(self, rule: str) -> str:
        """Say what a rule, named by its place in the view, does; several are separated by spaces."""
        return "; ".join(words(self._view, pointer) for pointer in rule.split()) or "the view"


def _told_view(body: bytes) -> ToldView:
    return ToldView(_view(body))


class StoredVersions:
    """Loads the versions that a decision rests on, when they are asked for (routing.record.Versions)."""

    def __init__(self, session: Session) -> None:
        self.networks = _Lazy(session, _network)
        self.policies = _Lazy(session, _policy)
        self.views = _Lazy(session, _told_view)
        self.views[""] = ToldView(unlimited())


class _Lazy(dict):  # type: ignore[type-arg]
    def __init__(self, session: Session, decode: object) -> None:
        super().__init__()
        self._session = session
        self._decode = decode

    def __missing__(self, digest: str) -> object:
        body = versions.load(self._session, digest)
        if body is None:
            raise KeyError(digest)
        value = self[digest] = self._decode(body)  # type: ignore[operator]
        return value
