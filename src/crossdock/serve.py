"""The server: the API and the console as one ASGI application, and the loop that runs it until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import msgspec
import uvicorn
from litestar import Litestar
from litestar import asgi as mounted
from litestar.handlers import ASGIRouteHandler

from crossdock import local
from crossdock.api import api_handlers, create_api
from crossdock.api.asgi import Receive, Scope, Send
from crossdock.api.errors import Unauthorized
from crossdock.api.http import Reply, json_reply, problem_reply
from crossdock.app import App
from crossdock.identity import MakeSignInLink, create_key
from crossdock.kernel.clock import SECOND
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound, Unavailable
from crossdock.orchestration import Actor, WatchFeeds
from crossdock.orchestration.availability.telling import EVERY_SECONDS
from crossdock.orchestration.chores import again_and_again
from crossdock.orchestration.commands import RepairStock, ServeWaiting
from crossdock.orchestration.policies.commands import GiveUpWaiting
from crossdock.orchestration.policies.giving_up import GIVE_UP_SECONDS
from crossdock.orchestration.promises.commands import ForgetPromises
from crossdock.orchestration.reservations.expiry import SWEEP_SECONDS, Sweeper
from crossdock.orchestration.reservations.forgetting import forget_reservations
from crossdock.orchestration.work.watch import WORK_SECONDS, WorkWatch
from crossdock.settings import Settings
from crossdock.storage.errors import SchemaOutdated
from crossdock.storage.housekeeping import EVERY, KeepHouse
from crossdock.storage.jobs import Work
from crossdock.web import web_router

log = logging.getLogger(__name__)

ADMIN = "local admin"
_GRACE_SECONDS = 10
SERVING: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "ws": "none",
    "lifespan": "on",
    "access_log": False,
    "server_header": False,
}
"""How uvicorn serves, here and under measurement."""
_MAX_BODY = 64 * 1024
# A new day frees capacity and opens calendars, and nobody tells us: what waits is looked at again.
_SERVE_WAITING = ServeWaiting(actor=Actor("system:waiting"))
_SERVE_WAITING_SECONDS = 300.0
_GIVE_UP = GiveUpWaiting(actor=Actor("system:waiting"))
# A promise is at risk two hours before a cut-off at the latest: a minute more or less does no harm.
_WATCH_PROMISES_SECONDS = 60.0
_WATCH_FEEDS = WatchFeeds(actor=Actor("system:feeds"))
_WATCH_FEEDS_SECONDS = 15.0


class PortTaken(Unavailable):
    """Somebody else listens on the port."""

    code = "port_taken"
    title = "The server cannot listen there"
    retryable = False
    next_step = "Choose another port with `--port`, or `--port 0` for any free one."


def asgi(app: App, *, secret: str = "", zone: str = "UTC") -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the whole face of an application: API, console, health, and what the command line asks with ``secret``.

    Everything is mounted in Litestar; requests below ``/v1/`` go to the API without the detour through its router,
    which would cost each order a tenth of its time.
    """
    api = create_api(app)
    handlers: list[Any] = [*api_handlers(api), web_router(app, clock=app.clock, zone=zone)]
    if secret:
        handlers.append(_local_handler(app, secret))
    pages = Litestar(
        route_handlers=handlers,
        lifespan=[lambda _: _at_work(app)],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )

    async def front(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            await api(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return front


@contextlib.asynccontextmanager
async def _at_work(app: App) -> AsyncIterator[None]:
    """Import what was left unfinished and keep house, as long as the server runs."""
    app.imports.start()
    app.feeds.start()
    app.supplies.start()
    app.trials.start()
    app.atp.start()
    chores = [
        asyncio.create_task(again_and_again(what, work, seconds), name=what) for what, work, seconds in _chores(app)
    ]
    try:
        yield
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await app.imports.stop()
        await app.feeds.stop()
        await app.supplies.stop()
        await app.trials.stop()


def _chores(app: App) -> list[tuple[str, Callable[[], Awaitable[object]], float]]:
    """Return what is done as long as the server runs: how it is called, how it is done, every how many seconds."""
    return [
        ("keeping house", partial(app.submit, KeepHouse()), EVERY / SECOND),
        ("telling availability", app.teller.look, EVERY_SECONDS),
        ("expiring reservations", Sweeper(app).once, SWEEP_SECONDS),
        ("watching feeds", partial(app.submit, _WATCH_FEEDS), _WATCH_FEEDS_SECONDS),
        ("serving who waits", partial(app.submit, _SERVE_WAITING), _SERVE_WAITING_SECONDS),
        ("giving up what waits too long", partial(app.submit, _GIVE_UP), GIVE_UP_SECONDS),
        ("forgetting promises", partial(app.submit, ForgetPromises()), EVERY / SECOND),
        ("forgetting reservations", partial(forget_reservations, app), EVERY / SECOND),
        ("watching promises", app.watch_promises, _WATCH_PROMISES_SECONDS),
        ("watching work", WorkWatch(app).once, WORK_SECONDS),
    ]


# -- what the command line asks of a server that owns the file ---------------------------------------------------------


class SignInLinkWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to let in."""

    email: str


def _local_handler(app: App, secret: str) -> ASGIRouteHandler:
    """Return the handler of ``POST /local/…``: what the API does not offer, for the owner of the database file."""

    async def local_asks(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await _answer(app, secret, scope, receive)
        except CrossdockError as error:
            reply = problem_reply(error, "")
        headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    return mounted("/local", is_mount=True, copy_scope=True)(local_asks)


async def _answer(app: App, secret: str, scope: Scope, receive: Receive) -> Reply:
    given = dict(scope["headers"]).get(b"authorization", b"")
    if not hmac.compare_digest(given, b"Bearer " + secret.encode()):
        raise Unauthorized("Only the command line of this machine may ask this.")
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_BODY or message["type"] == "http.disconnect":
            raise Invalid("The body is too long.")
        if not message.get("more_body", False):
            break
    what = scope["path"].rstrip("/").rpartition("/")[2]
    if scope["method"] == "POST" and what == "sign-in-links":
        try:
            wanted = msgspec.json.decode(body, type=SignInLinkWanted)
        except msgspec.DecodeError as error:
            raise Invalid(str(error)) from None
        return json_reply(await app.submit(MakeSignInLink(email=wanted.email)))
    if scope["method"] == "POST" and what == "repair":
        return json_reply(await app.submit(RepairStock(actor=Actor("system:cli"))))
    raise NotFound("There is nothing here.")


def admin_secret(app: App) -> str:
    """Return a key for the command line of this machine: the one it has if that is still good, else a new one."""
    known = local.read_endpoint(app.database.url)
    if known is not None:
        app.database.read_now(lambda session: app.keys.load(session, app.clock()))
        found = app.keys.find(known.secret, app.clock())
        if found is not None and found.may("*"):
            return known.secret
    _, secret = app.submit_now(Work(lambda unit: create_key(unit, ADMIN, ("*",), "system:serve")))
    app.keys.forget()
    return str(secret)


# -- running -----------------------------------------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """Uvicorn, but it says when it answers, and a signal only asks it to stop: what comes after has work to do."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so when the first request would be answered."""
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._say_started)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to SIGINT and SIGTERM while the server runs; a second one ends it at once."""
        before = {kind: signal.signal(kind, self.handle_exit) for kind in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)


def listen(host: str, port: int) -> socket.socket:
    """Take the port; 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(2048)
    except OSError as error:
        taken.close()
        raise PortTaken(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from None
    return taken


def address(listening: socket.socket) -> str:
    """Return the address that a browser on this machine finds the server under."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{host}:{port}"


def ready(url: str) -> None:
    """Make the schema of an empty database; raises SchemaOutdated for an old one, which a person must upgrade."""
    found = local.schema(url)
    if found.found is None:
        local.upgrade(url)
    elif not found.is_current:
        raise SchemaOutdated(f"The database is at schema {found.found}, this program needs {found.needed}.")


def run(app: App, settings: Settings, listening: socket.socket, started: Callable[[str], None]) -> None:
    """Serve a started application until SIGINT or SIGTERM: then answer what is under way, and return.

    ``started`` hears the address as soon as the first request would be answered.
    """
    where = address(listening)
    secret = ""
    if app.database.path is not None:
        secret = admin_secret(app)
        local.write_endpoint(app.database.url, local.Endpoint(where, secret, os.getpid()))
    config = uvicorn.Config(
        asgi(app, secret=secret, zone=settings.time_zone),
        **SERVING,
        log_config=None,
        log_level="debug" if settings.log_level == "debug" else "warning",
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config, lambda: started(where))

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listening]))
