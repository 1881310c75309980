"""Shows on top of the year what else there is: view, share, feeds, reservations, a promise, a draft of a policy.

Every part is left alone where it is there, so that a second run changes nothing and what somebody has edited since then
stays; carts are made again when none is open any more. Feeds go the way of the API's uploads: a spooled file, a job.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

import msgspec

from crossdock.demo import drafting, showcase
from crossdock.demo.chance import Chance
from crossdock.demo.load import ACTOR
from crossdock.demo.retailer import SEED
from crossdock.demo.showcase import Standing
from crossdock.demo.terms import CHANNEL
from crossdock.inventory import FeedRun, ReservationFilter, ReservationState, list_reservations, list_runs
from crossdock.kernel.clock import moment
from crossdock.kernel.content import content_hash
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    FeedRequest,
    NotEnoughToReserve,
    PutChannels,
    PutFeeds,
    PutShareGroups,
    PutView,
    Quote,
    Reserve,
    SaveDraft,
    make_promises,
    new_feed_import,
    quote_of,
    read_active_policy,
    read_job,
    read_policy_versions,
    read_view,
    spool_dir,
)
from crossdock.orders import waiting_skus
from crossdock.promising import Promises

_LOOK_AGAIN_SECONDS = 0.02


class Shop(Protocol):
    """The application (crossdock.app.App is one), on the clock of today."""

    database: Any
    data_dir: Path
    feeds: Any
    promises: Any

    def clock(self) -> int:
        """The present instant."""

    async def submit(self, command: Any) -> Any:
        """Have a command done."""


class FeedShown(msgspec.Struct, frozen=True):
    """What became of a source's feed."""

    source: str
    rows: int
    changed: int
    failed: int


class Shown(msgspec.Struct):
    """What was added to the year now; what was there before is not counted."""

    view: str | None = None
    kept_items: int = 0
    """Items of which some percent are kept for the year's own channel."""
    feeds: tuple[FeedShown, ...] = ()
    reservations: int = 0
    promised: str | None = None
    """The day that was promised; None where nothing could be."""
    item: str | None = None
    """An item of which there is something to see."""
    draft: str | None = None
    """The policy of which there is a draft to be tried."""


def is_shown(session: Any) -> bool:
    """Say whether nothing is missing: the view, both feeds, a cart that holds units, a draft of the policy."""
    heard = all(_last_run(session, source) is not None for source in (showcase.WMS, showcase.TILLS))
    return (
        heard and read_view(session, showcase.MARKETPLACE) is not None and _open_carts(session) and _is_drafted(session)
    )


async def show(shop: Shop) -> Shown:
    """Add what is missing."""
    read = shop.database.read
    standing, furniture = await read(_standing), await read(_furniture)
    best, shown = showcase.best(standing), Shown()
    if await read(lambda session: read_view(session, showcase.MARKETPLACE)) is None:
        await shop.submit(PutView(actor=ACTOR, view=showcase.view(furniture)))
        await shop.submit(PutChannels(actor=ACTOR, channels=(showcase.channel(),)))
        await shop.submit(PutShareGroups(actor=ACTOR, groups=(showcase.share(best, standing),)))
        shown.view, shown.kept_items = showcase.MARKETPLACE, len(best)
    shown.item = best[0] if best else None
    if best and not await read(_open_carts):
        shown.reservations = await _fill_carts(shop, best)
        shown.promised = await _promise(shop, best)
    if not await read(_is_drafted):
        shown.draft = await _draft(shop)
    shown.feeds = await _feed(shop, [one for one in standing if one.sku not in best])
    return shown


async def _fill_carts(shop: Shop, skus: list[str]) -> int:
    made = 0
    for cart in showcase.carts(skus, moment(shop.clock())):
        try:
            await shop.submit(Reserve(actor=ACTOR, reservation=cart, content_hash=content_hash(cart)))
        except NotEnoughToReserve:
            continue
        made += 1
    return made


async def _promise(shop: Shop, skus: list[str]) -> str | None:
    """Ask for a promise and keep it; returns its day, None where nothing can be promised."""
    asked = showcase.wish(skus)

    async def ask() -> Quote:
        quote: Quote = await shop.database.read(lambda s: quote_of(shop.promises, s, asked, shop.clock()))
        return quote

    made = await make_promises(asked, ask, shop.submit, ACTOR)
    offers = msgspec.json.decode(made.document, type=Promises).data
    return offers[0].date if made.is_kept and offers else None


async def _draft(shop: Shop) -> str | None:
    """Begin another version of the policy that decided the year; nothing is decided by it before somebody says so."""
    active = await shop.database.read(lambda session: read_active_policy(session, CHANNEL.policy))
    if active is None:
        return None
    await shop.submit(SaveDraft(actor=ACTOR, document=drafting.draft(active[0]), note=drafting.NOTE))
    return CHANNEL.policy


# -- feeds ---------------------------------------------------------------------------------------------------------


async def _feed(shop: Shop, standing: list[Standing]) -> tuple[FeedShown, ...]:
    """Have each source that was never heard tell what it knows."""
    chance, at = Chance(SEED), moment(shop.clock())
    told = (
        (showcase.WMS, "csv", "morning-count.csv", showcase.counts(standing, chance, at)),
        (showcase.TILLS, "ndjson", "tills.ndjson", showcase.sales(standing, chance, at)),
    )
    missing = [one for one in told if await shop.database.read(lambda s, code=one[0]: _last_run(s, code)) is None]
    if not missing:
        return ()
    stores = sorted({one.location for one in standing if one.kind == "store"})
    await shop.submit(PutFeeds(actor=ACTOR, sources=showcase.sources(stores)))
    shop.feeds.start()
    try:
        return tuple([await _import(shop, *one) for one in missing if one[3]])
    finally:
        await shop.feeds.stop()


async def _import(shop: Shop, source: str, form: Any, name: str, content: bytes) -> FeedShown:
    file = spool_dir(shop.data_dir) / f"demo-{source}.feed"
    await asyncio.to_thread(file.write_bytes, content)
    asked = FeedRequest(file.name, len(content), source, format=form, name=name, as_of=shop.clock())
    job, _ = await shop.submit(new_feed_import(asked, ACTOR.name))
    shop.feeds.wake()
    while True:
        run, going_on = await shop.database.read(_how_far(source, job.id))
        if not going_on:
            return FeedShown(source, 0, 0, 0) if run is None else FeedShown(source, run.rows, run.changed, run.failed)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _how_far(source: str, public_id: str) -> Any:
    """Return the question for a source's last run, and whether a job is still under way."""
    id_ = decode_id("job", public_id)

    def look(session: Any) -> tuple[FeedRun | None, bool]:
        job = read_job(session, id_)
        return _last_run(session, source), job is not None and job.state in ("waiting", "running")

    return look


# -- what is there ---------------------------------------------------------------------------------------------------


def _last_run(session: Any, source: str) -> FeedRun | None:
    page = list_runs(session, source, None, 1)
    return page.runs[0] if page is not None and page.runs else None


def _open_carts(session: Any) -> bool:
    return bool(list_reservations(session, ReservationFilter(states=(ReservationState.OPEN,)), None, 1).reservations)


def _is_drafted(session: Any) -> bool:
    return len(read_policy_versions(session, CHANNEL.policy)) > 1


def _furniture(session: Any) -> list[str]:
    rows = session.fetch("SELECT sku FROM items WHERE handling_class = 'oversize' ORDER BY sku")
    return [row[0] for row in rows]


def _standing(session: Any) -> list[Standing]:
    """Return what lies where, of items that nobody waits for."""
    waiting = set(waiting_skus(session))
    return [Standing(*row) for row in session.fetch(_STANDING) if row[0] not in waiting]


_STANDING = """
    SELECT i.sku, l.code, l.kind, p.on_hand, p.on_hand - p.reserved - p.allocated
    FROM positions p JOIN items i ON i.id = p.item_id JOIN locations l ON l.id = p.location_id
    WHERE p.stock_class = 0 ORDER BY i.sku, l.code
"""
