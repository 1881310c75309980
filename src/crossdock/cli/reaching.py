"""Who does what a command wants changed: the server that owns the database, or this process when none runs.

On SQLite one process owns the file. A running server says next to the file how its owner reaches it
(``<database>.server.json``, mode 0600): then the command goes there over HTTP. Otherwise this process opens the
application itself for as long as the command takes. On PostgreSQL it always does: any number of processes may write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import msgspec

from crossdock import local
from crossdock.cli import policing, uploads
from crossdock.cli.remote import Client
from crossdock.cli.simulating import Asked, Tried, simulate_here, simulate_there
from crossdock.cli.simulating import Watch as WatchTrial
from crossdock.cli.uploads import FeedAsked, Imported, Watch
from crossdock.cli.working import Document, WorkAsked, work_here, work_there
from crossdock.identity import KeyView, MakeSignInLink, SignInLink
from crossdock.inventory import (
    FeedSource,
    FeedView,
    ReservationView,
    ShareGroup,
    StockView,
    SupplyLineIn,
    read_reservation,
)
from crossdock.kernel.clock import rfc3339
from crossdock.kernel.errors import NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    Actor,
    PutFeeds,
    PutShareGroups,
    PutSupply,
    PutView,
    ReceiveSupply,
    RecordStock,
    ReleaseReservation,
    Repaired,
    RepairStock,
    StockFact,
    StockOutcome,
    SupplyOutcome,
    SupplyReceipt,
    ViewPut,
    new_key,
    revoke_key,
)
from crossdock.routing import RoutingPolicy
from crossdock.settings import Settings

if TYPE_CHECKING:
    from crossdock.app import App

T = TypeVar("T")
ACTOR = Actor("system:cli")


class Saved(NamedTuple):
    """Documents that were saved: (code, "created" | "changed" | "unchanged") each, and what is odd about them."""

    results: list[tuple[str, str]]
    warnings: Sequence[str]


class Doer(Protocol):
    """Whoever does it."""

    remote: bool

    def new_key(self, name: str, scopes: Sequence[str], expires_at: int | None) -> tuple[KeyView, str]:
        """Make an API key."""

    def revoke_key(self, key_id: str) -> KeyView:
        """Revoke an API key for good."""

    def sign_in_link(self, email: str) -> SignInLink:
        """Make a one-time sign-in link."""

    def record(self, facts: Sequence[StockFact]) -> Sequence[StockOutcome]:
        """Record facts about stock of one source."""

    def put_supply(self, lines: Sequence[SupplyLineIn]) -> Sequence[SupplyOutcome]:
        """Announce or change supply lines."""

    def receive_supply(self, receipts: Sequence[SupplyReceipt]) -> Sequence[SupplyOutcome]:
        """Record what arrived of supply lines, as one source tells it."""

    def repair(self) -> Repaired:
        """Mend what verify finds."""

    def put_view(self, view: StockView) -> Saved:
        """Make a stock view the active one of its code."""

    def put_share_groups(self, groups: Sequence[ShareGroup]) -> Saved:
        """Create or replace share groups, all or none."""

    def release_reservation(self, reservation: str, reason: str) -> ReservationView:
        """Give back everything that a reservation holds."""

    def import_orders(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        """Capture the orders of a file; ``watch`` hears how far it is."""

    def import_supply(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        """Put the supply lines of a file; ``watch`` hears how far it is."""

    def put_feeds(self, sources: Sequence[FeedSource]) -> Sequence[tuple[str, str]]:
        """Create or replace sources of stock facts; returns each code with what became of it."""

    def import_feed(self, file: Path, asked: FeedAsked, watch: Watch) -> Imported:
        """Record the rows of a file of a source; ``watch`` hears how far it is."""

    def save_policy(self, document: RoutingPolicy, note: str) -> policing.PolicyDone:
        """Save a document as the next version of its policy."""

    def act_on_policy(self, asked: policing.Act) -> policing.PolicyDone:
        """Activate a version of a policy, or roll the active one back."""

    def simulate(self, asked: Asked, watch: WatchTrial) -> Tried:
        """Decide past orders again under a draft; ``watch`` hears how far it is."""

    def work(self, asked: WorkAsked) -> Document:
        """Have something done about work at locations; answers what the API answers."""

    def address(self) -> str:
        """Return where the server listens, or would listen."""


@contextmanager
def doer(settings: Settings) -> Iterator[Doer]:
    """Find who can write to the database; raises what says why nobody can."""
    found = local.schema(settings.database_url)
    if not found.is_current:
        with local.reading(settings.database_url):  # raises with the right words
            pass
    if local.is_in_use(settings.database_url):
        yield Remote(_endpoint(settings))
        return
    from crossdock.app import App

    app = App(settings.database_url, readers=2, data_dir=Path(settings.data_dir))
    app.start()
    try:
        yield Here(app, settings)
    finally:
        app.close()


def _endpoint(settings: Settings) -> local.Endpoint:
    endpoint = local.read_endpoint(settings.database_url)
    if endpoint is None:
        raise local.Unreachable(
            f"Another process owns {local.shown(settings.database_url)} and says nothing of itself."
        )
    return endpoint


class Here:
    """This process, with an application of its own."""

    remote = False

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    def new_key(self, name: str, scopes: Sequence[str], expires_at: int | None) -> tuple[KeyView, str]:
        view, secret = self._app.submit_now(new_key(name, scopes, ACTOR.name, expires_at))
        return view, secret

    def revoke_key(self, key_id: str) -> KeyView:
        view: KeyView | None = self._app.submit_now(revoke_key(decode_id("key", key_id), ACTOR.name))
        if view is None:
            raise NotFound(f"There is no key {key_id}.", next_step="`crossdock keys list` shows what there is.")
        return view

    def sign_in_link(self, email: str) -> SignInLink:
        link: SignInLink = self._app.submit_now(MakeSignInLink(email=email))
        return link

    def record(self, facts: Sequence[StockFact]) -> Sequence[StockOutcome]:
        outcomes: Sequence[StockOutcome] = self._app.submit_now(RecordStock(actor=ACTOR, facts=tuple(facts))).outcomes
        return outcomes

    def put_supply(self, lines: Sequence[SupplyLineIn]) -> Sequence[SupplyOutcome]:
        outcomes: Sequence[SupplyOutcome] = self._app.submit_now(PutSupply(actor=ACTOR, lines=tuple(lines))).outcomes
        return outcomes

    def receive_supply(self, receipts: Sequence[SupplyReceipt]) -> Sequence[SupplyOutcome]:
        command = ReceiveSupply(actor=ACTOR, receipts=tuple(receipts))
        outcomes: Sequence[SupplyOutcome] = self._app.submit_now(command).outcomes
        return outcomes

    def put_view(self, view: StockView) -> Saved:
        return _saved(self._app.submit_now(PutView(actor=ACTOR, view=view)))

    def put_share_groups(self, groups: Sequence[ShareGroup]) -> Saved:
        return _saved(self._app.submit_now(PutShareGroups(actor=ACTOR, groups=tuple(groups))))

    def repair(self) -> Repaired:
        repaired: Repaired = self._app.submit_now(RepairStock(actor=ACTOR))
        return repaired

    def release_reservation(self, reservation: str, reason: str) -> ReservationView:
        id_ = decode_id("rsv", reservation)
        self._app.submit_now(ReleaseReservation(actor=ACTOR, reservation_id=id_, reason=reason))
        view = self._app.database.read_now(lambda session: read_reservation(session, id_))
        assert view is not None  # it has just been released
        return view

    def import_orders(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        return uploads.import_orders(self._app, file, watch, ACTOR.name, dry_run=dry_run)

    def import_supply(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        return uploads.import_supply(self._app, file, watch, ACTOR.name, dry_run=dry_run)

    def put_feeds(self, sources: Sequence[FeedSource]) -> Sequence[tuple[str, str]]:
        results: Sequence[tuple[str, str]]
        results = self._app.submit_now(PutFeeds(actor=ACTOR, sources=tuple(sources))).results
        return results

    def import_feed(self, file: Path, asked: FeedAsked, watch: Watch) -> Imported:
        return uploads.import_feed(self._app, file, asked, watch, ACTOR.name)

    def save_policy(self, document: RoutingPolicy, note: str) -> policing.PolicyDone:
        return policing.save_here(self._app, document, note, ACTOR)

    def act_on_policy(self, asked: policing.Act) -> policing.PolicyDone:
        return policing.act_here(self._app, asked, ACTOR)

    def simulate(self, asked: Asked, watch: WatchTrial) -> Tried:
        return simulate_here(self._app, asked, watch, ACTOR.name)

    def work(self, asked: WorkAsked) -> Document:
        return work_here(self._app, asked)

    def address(self) -> str:
        return f"http://{self._settings.host}:{self._settings.port}"


class _Made(msgspec.Struct):
    key: KeyView
    secret: str


class _SupplyResults(msgspec.Struct):
    results: list[SupplyOutcome]


def _saved(answer: ViewPut) -> Saved:
    return Saved(list(answer.results), answer.warnings)


class _View(msgspec.Struct):
    version: str
    warnings: list[str]


class _Ref(msgspec.Struct):
    code: str
    version: str


class _Views(msgspec.Struct):
    data: list[_Ref]


class _Result(msgspec.Struct):
    code: str
    result: str


class _Groups(msgspec.Struct):
    results: list[_Result]
    warnings: list[str]


class _Results(msgspec.Struct):
    results: list[StockOutcome]


class _Feeds(msgspec.Struct):
    data: list[FeedView]


class Remote:
    """The server that owns the file."""

    remote = True

    def __init__(self, endpoint: local.Endpoint) -> None:
        self._endpoint = endpoint
        self._client = Client(endpoint.url, endpoint.secret)

    def new_key(self, name: str, scopes: Sequence[str], expires_at: int | None) -> tuple[KeyView, str]:
        asked: dict[str, Any] = {"name": name, "scopes": list(scopes)}
        if expires_at is not None:
            asked["expires_at"] = rfc3339(expires_at)
        made = self._client.post("/v1/api-keys", asked, _Made)
        return made.key, made.secret

    def revoke_key(self, key_id: str) -> KeyView:
        return self._client.ask("DELETE", f"/v1/api-keys/{key_id}", KeyView)

    def sign_in_link(self, email: str) -> SignInLink:
        return self._client.post("/local/sign-in-links", {"email": email}, SignInLink)

    def record(self, facts: Sequence[StockFact]) -> Sequence[StockOutcome]:
        told = [
            {
                **{name: getattr(fact, name) for name in ("record", "kind", "sku", "location", "quantity", "reason")},
                "occurred_at": rfc3339(fact.occurred_at),
            }
            for fact in facts
        ]
        asked = {"source": facts[0].source, "facts": told}
        return self._client.post("/v1/inventory/facts:batch", asked, _Results).results

    def put_supply(self, lines: Sequence[SupplyLineIn]) -> Sequence[SupplyOutcome]:
        asked = {"lines": [msgspec.to_builtins(line) for line in lines]}
        return self._client.post("/v1/supply-lines:batch", asked, _SupplyResults).results

    def receive_supply(self, receipts: Sequence[SupplyReceipt]) -> Sequence[SupplyOutcome]:
        names = ("record", "reference", "line", "quantity", "final")
        told = [
            {**{name: getattr(each, name) for name in names}, "occurred_at": rfc3339(each.occurred_at)}
            for each in receipts
        ]
        asked = {"source": receipts[0].source, "receipts": told}
        return self._client.post("/v1/supply-receipts:batch", asked, _SupplyResults).results

    def put_view(self, view: StockView) -> Saved:
        before = {one.code: one.version for one in self._client.ask("GET", "/v1/views", _Views).data}
        saved = self._client.put(f"/v1/views/{view.code}", view, _View)
        known = before.get(view.code)
        result = "created" if known is None else "unchanged" if known == saved.version else "changed"
        return Saved([(view.code, result)], saved.warnings)

    def put_share_groups(self, groups: Sequence[ShareGroup]) -> Saved:
        saved = self._client.post("/v1/share-groups:batch", {"groups": list(groups)}, _Groups)
        return Saved([(one.code, one.result) for one in saved.results], saved.warnings)

    def repair(self) -> Repaired:
        return self._client.post("/local/repair", {}, Repaired)

    def release_reservation(self, reservation: str, reason: str) -> ReservationView:
        path = f"/v1/reservations/{reservation}/actions/release"
        return self._client.post(path, {"reason": reason}, ReservationView)

    def import_orders(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        query = "?dry_run=true" if dry_run else ""
        return uploads.send(self._client, f"/v1/orders:import{query}", file, uploads.NDJSON, watch)

    def import_supply(self, file: Path, watch: Watch, *, dry_run: bool) -> Imported:
        query = "?dry_run=true" if dry_run else ""
        return uploads.send(self._client, f"/v1/supply-lines:import{query}", file, uploads.NDJSON, watch)

    def put_feeds(self, sources: Sequence[FeedSource]) -> Sequence[tuple[str, str]]:
        known = {feed.source.code: feed for feed in self._client.ask("GET", "/v1/feeds", _Feeds).data}
        for source in sources:
            self._client.put(f"/v1/feeds/{source.code}", source, FeedView)
        return [
            (s.code, "created" if s.code not in known else "unchanged" if known[s.code].source == s else "changed")
            for s in sources
        ]

    def import_feed(self, file: Path, asked: FeedAsked, watch: Watch) -> Imported:
        return uploads.send_feed(self._client, file, asked, watch)

    def save_policy(self, document: RoutingPolicy, note: str) -> policing.PolicyDone:
        return policing.save_there(self._client, document, note)

    def act_on_policy(self, asked: policing.Act) -> policing.PolicyDone:
        return policing.act_there(self._client, asked)

    def simulate(self, asked: Asked, watch: WatchTrial) -> Tried:
        return simulate_there(self._client, asked, watch)

    def work(self, asked: WorkAsked) -> Document:
        return work_there(self._client, asked)

    def address(self) -> str:
        return self._endpoint.url
