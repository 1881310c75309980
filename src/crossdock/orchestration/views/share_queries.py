"""Reading groups of channels that share stock, and how the shares of items stand."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crossdock.inventory.share_model import NETWORK, ShareGroup, Strategy
from crossdock.inventory.share_rules import Template
from crossdock.inventory.shares import ItemShares
from crossdock.kernel.ids import IdBlock, IdFactory
from crossdock.orchestration.directory import Directory
from crossdock.orchestration.views.shares import ShareBook
from crossdock.storage.session import Session

_group = msgspec.json.Decoder(ShareGroup).decode


class ActiveGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The active version of a share group, since when and by whom."""

    group: ShareGroup
    version: str
    activated_at: int
    actor: str


class CounterView(msgspec.Struct, frozen=True, kw_only=True):
    """One counter: what a group is kept of an item in a pool, what of that is taken, and what is left.

    ``taken`` is what stands on it, and of an amount in units also what has left us, its children's takes included;
    ``own`` is what of ``left`` no child of the group is kept.
    """

    group: str
    parent: str | None
    pool: str
    strategy: Strategy
    amount: int
    taken: int
    left: int
    own: int


class PoolView(msgspec.Struct, frozen=True, kw_only=True):
    """Locations over which shares are kept: what is claimable there, kept, free for anybody, not covered by stock."""

    pools: tuple[str, ...]
    locations: int
    claimable: int
    kept: int
    free: int
    uncovered: int


class SharesView(msgspec.Struct, frozen=True, kw_only=True):
    """How the shares of an item stand; both empty where nobody is kept any of it."""

    sku: str
    counters: tuple[CounterView, ...]
    pools: tuple[PoolView, ...]


def list_share_groups(session: Session) -> list[ActiveGroup]:
    """Return the active share groups by code."""
    sql = """
        SELECT v.body, g.hash, g.activated_at, g.actor FROM share_groups g JOIN versions v ON v.hash = g.hash
        ORDER BY g.code
    """
    return [
        ActiveGroup(group=_group(bytes(body)), version=digest, activated_at=at, actor=actor)
        for body, digest, at, actor in session.fetch(sql)
    ]


def read_share_group(session: Session, code: str) -> ActiveGroup | None:
    """Return the active version of a share group; None when there is none of the code."""
    return next((one for one in list_share_groups(session) if one.group.code == code), None)


def shares_of(session: Session, skus: Sequence[str]) -> list[SharesView]:
    """Return how the shares of these items stand, in their order; SKUs that do not exist are left out."""
    directory = Directory()
    directory.refresh(session)
    directory.load_items(session, skus)
    items = [item for sku in dict.fromkeys(skus) if (item := directory.item(sku)) is not None]
    book = ShareBook(directory, IdBlock(IdFactory()))
    book.load(session, [item.id for item in items])
    return [_told(item.sku, book.items.get(item.id), directory) for item in items]


def _told(sku: str, shares: ItemShares | None, directory: Directory) -> SharesView:
    if shares is None:
        return SharesView(sku=sku, counters=(), pools=())
    template, standing = shares.template, shares.standing()
    groups = directory.shares.groups
    counters = [
        CounterView(
            group=node.group,
            parent=groups[node.group].parent,
            pool=node.pool,
            strategy=groups[node.group].strategy,
            amount=s.amount,
            taken=s.taken,
            left=s.unused,
            own=s.private,
        )
        for node, s in zip(template.nodes, standing, strict=True)
    ]
    pools = [
        PoolView(
            pools=_names(template, over),
            locations=int(template.masks[over].sum()),
            claimable=shares.claimable[over],
            kept=shares.claimable[over] - free,
            free=max(0, free),
            uncovered=max(0, -free),
        )
        for over, free in enumerate(shares.free())
    ]
    return SharesView(sku=sku, counters=tuple(counters), pools=tuple(pools))


def _names(template: Template, over: int) -> tuple[str, ...]:
    """Return what the groups call a set of locations."""
    found = {
        NETWORK if node.pool == NETWORK else f"{node.group}/{node.pool}" for node in template.nodes if node.over == over
    }
    return tuple(sorted(found))
