"""A program of its own: one App and many clients that send orders and say aloud what was answered.

Run as `python -m tests.support.clients '{"url": …}'`. It says `ready`, begins when it hears a line, and writes a line
for each answer: `captured <n> <order id> <units allocated>`, `canceled <n>`, `received <n>`; at the end its counters.
With `die_at` it ends itself by SIGKILL before the statement of that number, or behind it.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from crossdock.app import App
from crossdock.inventory.reservations import ReservationIn, ReservationNotOpen, ReservedLineIn
from crossdock.kernel.content import content_hash
from crossdock.kernel.errors import Unavailable
from crossdock.kernel.ids import encode_id
from crossdock.orchestration import commands as c
from crossdock.orchestration.errors import NotEnoughToReserve
from crossdock.orchestration.reservations.commands import ReleaseReservation, Reserve
from crossdock.orders.model import OrderIn
from tests.support.processes import die_with_us
from tests.support.reserving import TO_LONDON
from tests.support.world import order

ROOT = Path(__file__).parents[2]
ACTOR = c.Actor("key:clients")
_STATEMENTS = (
    "begin",
    "commit",
    "fetch",
    "execute",
    "fetch_keys",
    "execute_keys",
    "insert",
    "insert_new",
    "insert_columns",
    "execute_columns",
    "next_log_ids",
)


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What the clients do: `orders` by `clients` at a time, of `skus`, one or two lines each, from a seed.

    With `rounds` all clients wait for each other after each, and each round has its own SKUs: `{sku}-{round}`.
    """

    url: str
    name: str = "c"
    seed: int = 0
    clients: int = 8
    orders: int = 60
    rounds: int = 1
    skus: tuple[str, ...] = ("MUG", "PEN")
    cancels: bool = False
    receipts: bool = False
    carts: bool = False
    """Each order is a cart first: reserved, then ordered, released or left to expire, by its number."""
    die_at: int = 0
    die_behind: bool = False


class Deadly:
    """A session that ends its process at the statement of a number."""

    made = 0

    def __init__(self, session: Any, load: Load) -> None:
        self._session = session
        self._load = load

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)
        if name not in _STATEMENTS:
            return method

        def counted(*args: Any) -> Any:
            Deadly.made += 1
            fatal = Deadly.made == self._load.die_at
            if fatal and not self._load.die_behind:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args)
            if fatal:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted


def document(load: Load, n: int) -> OrderIn:
    """The order of a number: always the same."""
    chance = random.Random(f"{load.seed}/{n}")
    suffix = f"-{n * load.rounds // load.orders}" if load.rounds > 1 else ""
    skus = chance.sample(load.skus, min(len(load.skus), chance.choice((1, 1, 1, 2))))
    return order(f"{load.name}{n}", *[(sku + suffix, chance.choice((1, 1, 1, 2, 3))) for sku in skus])


async def insist(app: App, command: c.Command) -> Any:
    """Send it until somebody answers, as a client does that has an Idempotency-Key."""
    while True:
        try:
            return await app.submit(command)
        except Unavailable:
            await asyncio.sleep(0.02)


async def cart(app: App, load: Load, n: int, sent: OrderIn) -> OrderIn | None:
    """Reserve what the order will ask for; returns the order that names it, None when nothing is to be ordered."""
    wanted = tuple(ReservedLineIn(line.sku, line.quantity) for line in sent.lines)
    asked = ReservationIn(sent.channel, wanted, TO_LONDON, external_id=sent.external_id)
    mark = content_hash(asked)
    key = c.RequestKey("carts", f"{load.name}{n}", mark)
    try:
        held = await insist(app, Reserve(actor=ACTOR, reservation=asked, content_hash=mark, request=key))
    except NotEnoughToReserve:
        say("empty", n)
        return None
    say("reserved", n, held.reservation_id)
    if n % 4 == 3:
        return None  # abandoned
    if n % 4 == 2:
        try:
            await insist(app, ReleaseReservation(actor=ACTOR, reservation_id=held.reservation_id))
        except ReservationNotOpen:
            assert load.die_at or load.name == "k"  # released before the program was killed
        say("released", n, held.reservation_id)
        return None
    return replace(sent, reservation_id=encode_id("rsv", held.reservation_id))


async def client(app: App, load: Load, numbers: Iterator[int]) -> None:
    for n in numbers:
        sent = document(load, n)
        if load.carts:
            ordered = await cart(app, load, n, sent)
            if ordered is None:
                continue
            sent = ordered
        mark = content_hash(sent)
        key = c.RequestKey("clients", f"{load.name}{n}", mark)
        captured = await insist(app, c.CaptureOrder(actor=ACTOR, order=sent, content_hash=mark, request=key))
        units = sum(line.quantity for planned in captured.fulfillments for line in planned.lines)
        say("captured", n, captured.order_id, units, captured.reservation or "-")
        if load.cancels and n % 3 == 0:
            key = c.RequestKey("clients", f"cancel {load.name}{n}", b"")
            await insist(app, c.CancelUnits(actor=ACTOR, order_id=captured.order_id, lines={1: 1}, request=key))
            say("canceled", n)
        if load.receipts and n % 5 == 0:
            fact = c.StockFact(
                source="clients",
                record=f"{n}",
                kind="received",
                sku=load.skus[0],
                location="DC",
                quantity=1,
                occurred_at=n,
            )
            await insist(app, c.RecordStock(actor=ACTOR, facts=(fact,)))
            say("received", n)


def say(*words: object) -> None:
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


async def run(app: App, load: Load) -> None:
    per_round = load.orders // load.rounds
    for index in range(load.rounds):
        numbers = iter(range(index * per_round, (index + 1) * per_round))
        await asyncio.gather(*[client(app, load, numbers) for _ in range(load.clients)])


def main() -> None:
    load = msgspec.json.decode(sys.argv[1], type=Load)
    app = App(load.url, readers=1)
    if load.die_at:
        session = app.database.session
        app.database.session = lambda **how: Deadly(session(**how), load)  # type: ignore[method-assign]
    app.start()
    say("ready")
    sys.stdin.readline()
    asyncio.run(run(app, load))
    say(
        "done",
        json.dumps({"batches": app.writer.batches, "lost": app.writer.lost_races, "retries": app.writer.retries}),
    )
    app.close()


class Clients:
    """The program, started; what it said so far, by word."""

    def __init__(self, load: msgspec.Struct, module: str = "tests.support.clients") -> None:
        self.said: dict[str, list[list[str]]] = {}
        command = [sys.executable, "-m", module, msgspec.json.encode(load).decode()]
        self._process = subprocess.Popen(
            die_with_us(command, "KILL"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self.wait_for("ready", 1)

    def _listen(self) -> None:
        assert self._process.stdout
        for row in self._process.stdout:
            word, *rest = row.decode().split(" ", 1)
            with self._heard:
                self.said.setdefault(word.strip(), []).append(rest[0].split() if rest else [])
                self._heard.notify_all()

    def begin(self) -> None:
        assert self._process.stdin
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def wait_for(self, word: str, count: int, timeout: float = 60) -> None:
        with self._heard:
            heard = self._heard.wait_for(lambda: len(self.said.get(word, ())) >= count or self.ended, timeout)
        assert heard, f"'{word}' was not said {count} times in {timeout} s"
        if self.ended and len(self.said.get(word, ())) < count and word == "ready":
            raise AssertionError(self.errors())

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        self._process.kill()

    def end(self, timeout: float = 100) -> int:
        """Wait until it has ended; its exit code, below 0 for a signal."""
        code = self._process.wait(timeout)
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        if code not in (0, -signal.SIGKILL):
            raise AssertionError(self.errors())
        assert self._process.stderr
        self._process.stderr.close()
        return code

    def errors(self) -> str:
        assert self._process.stderr
        return self._process.stderr.read().decode()

    def counters(self) -> dict[str, int]:
        return dict(json.loads(" ".join(self.said["done"][0])))


@contextmanager
def running(*loads: msgspec.Struct, module: str = "tests.support.clients") -> Iterator[list[Clients]]:
    """Programs that begin at the same moment; killed when the test fails."""
    programs = [Clients(load, module) for load in loads]
    try:
        for program in programs:
            program.begin()
        yield programs
    finally:
        for program in programs:
            if not program.ended:
                program.kill()


if __name__ == "__main__":
    main()
