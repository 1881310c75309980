"""Which bundles an item is a part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from crossdock.catalog import store as catalog
from crossdock.catalog.model import Component
from crossdock.storage.session import Session


class _Bundle(msgspec.Struct):
    components: tuple[Component, ...] = ()


def _components(data: str) -> tuple[str, ...]:
    return tuple(part.sku for part in msgspec.json.decode(data, type=_Bundle).components)


def _ids(session: Session, skus: Iterable[str]) -> dict[str, int]:
    return {sku: facts.id for sku, facts in catalog.facts_by_sku(session, skus).items()}


def bundles_of(session: Session) -> dict[int, set[int]]:
    """Return the bundles that an item is a part of, or a part of a part, by item id."""
    sql = """
        SELECT sku, id, data FROM items WHERE data LIKE '%"components":[{%'
    """
    parts = {sku: (id_, _components(data)) for sku, id_, data in session.fetch(sql)}
    ids = _ids(session, {sku for _, of in parts.values() for sku in of})
    found: dict[int, set[int]] = defaultdict(set)
    for bundle, of in parts.values():
        pending, done = [*of], set[str]()
        while pending:
            sku = pending.pop()
            if sku in done:
                continue
            done.add(sku)
            pending += parts[sku][1] if sku in parts else ()
            if sku in ids:
                found[ids[sku]].add(bundle)
    return found
