"""How many units of an item may wait: every unit that waits is counted, and a limit is asked when an order comes in.

Two counters stand for each kind of waiting: one for all channels together, whose limit is the item's, and one for the
channel, whose limit is its view's. What becomes of units that were sold (a short pick, a canceled fulfillment) is never
refused; it is counted too. So a count may stand above its limit, and then nothing more is taken in until it is below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crossdock.catalog.model import ItemFacts
from crossdock.inventory import limits as store
from crossdock.inventory.limits import ALL_CHANNELS, UNLIMITED, LimitKey
from crossdock.inventory.supply_model import PREORDER, LimitKind
from crossdock.inventory.view_model import Limit
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.plans import Queued
from crossdock.storage.session import Session
from crossdock.storage.unit import Unit

__all__ = ["LimitKey", "allowed", "beyond", "keys_of", "lock", "room", "settle"]

REASONS = {LimitKind.BACKORDER.value: "backorder_limit", LimitKind.PREORDER.value: "preorder_limit"}


def keys_of(item_id: int, channel_id: int, reason: str) -> tuple[LimitKey, LimitKey]:
    """Return what a queue entry counts against, by its reason: it stays so until the entry is closed."""
    kind = (LimitKind.PREORDER if reason == PREORDER else LimitKind.BACKORDER).value
    return (kind, item_id, ALL_CHANNELS), (kind, item_id, channel_id)


def allowed(directory: Directory, key: LimitKey) -> int:
    """Return how many units may wait, as the item and the channel's view say now."""
    kind, item_id, channel_id = key
    item, preorders = directory.item_by_id(item_id), kind == LimitKind.PREORDER
    if channel_id == ALL_CHANNELS:
        limit = item.preorder_limit if preorders else item.backorder_limit
    else:
        view = directory.view_of(directory.channel_by_id(channel_id)).view
        limit = _most_specific(view.preorders if preorders else view.backorders, item)
    return UNLIMITED if limit is None else limit


def _most_specific(rules: Sequence[Limit], item: ItemFacts) -> int | None:
    """Return the units of the rule that names the item, else of one for its category, else of one for any item."""
    named = [rule for rule in rules if item.sku in rule.items]
    category = [rule for rule in rules if not rule.items and item.category in rule.categories]
    others = [rule for rule in rules if not rule.items and not rule.categories]
    return next((rule.units for rule in (*named, *category, *others)), None)


def lock(session: Session, items: Iterable[int]) -> None:
    """Lock the counters of these items, so that nobody waits for them who holds what we want next."""
    if session.dialect == "postgresql":  # elsewhere there is one writer
        store.lock(session, items)


def room(unit: Unit, directory: Directory, keys: Iterable[LimitKey]) -> dict[LimitKey, int]:
    """Return how many more units may wait; makes the counters that are missing, and lets them know today's limits."""
    limits = {key: allowed(directory, key) for key in keys}
    store.open_counters(unit, limits)
    counters = store.read(unit.session, limits)
    store.allow(unit, [(*key, limits[key]) for key, counter in counters.items() if counter.allowed != limits[key]])
    return {key: limits[key] - counter.used for key, counter in counters.items()}


def beyond(directory: Directory, entry: Queued, key: LimitKey, room: int) -> Queued:
    """Return the entry as one for a person, because a limit has no room for its units."""
    sku, limit = directory.item_by_id(entry.item_id).sku, allowed(directory, key)
    who = "all channels together" if key[2] == ALL_CHANNELS else "this channel"
    detail = f"{limit} units of {sku} may wait for {who}, and {max(0, room)} more of them."
    return entry._replace(queue="review", reason=REASONS[key[0]], detail=detail)


def settle(unit: Unit, directory: Directory, deltas: Mapping[LimitKey, int]) -> None:
    """Count units that wait now, or wait no longer."""
    changed = {key: units for key, units in deltas.items() if units}
    if not changed:
        return
    directory.load_items_by_id(unit.session, {key[1] for key in changed})
    store.open_counters(unit, {key: allowed(directory, key) for key in changed})
    store.count(unit, changed)
