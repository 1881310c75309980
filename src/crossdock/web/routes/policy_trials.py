"""Trying a policy: one order with its trace, past orders as a job that shows how far it is, and each side by side."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath

from crossdock.identity import SignedIn
from crossdock.kernel.clock import DAY
from crossdock.kernel.errors import CrossdockError, Invalid, NotFound
from crossdock.kernel.ids import decode_id
from crossdock.orchestration import (
    MOST_ORDERS,
    SortWord,
    TrialRequest,
    TriedOrder,
    cancel_job,
    find_order,
    new_trial,
    read_differences,
    read_trial,
    sized,
    tried_version,
    try_again,
    try_past,
    version_rules,
)
from crossdock.orders import OrderIn
from crossdock.web.asking import Site, Text, asked
from crossdock.web.console import Console
from crossdock.web.going import go_to
from crossdock.web.routes.policies import stored_version
from crossdock.web.security import AnyRequest, AnyResponse

_PAGE = 50


class Which(msgspec.Struct, frozen=True):
    """Which version, and which order is tried under it."""

    version: int | None = None
    order: Text = ""


class Listed(msgspec.Struct, frozen=True):
    """How the differences are listed."""

    sort: SortWord = "money"
    after: int = 0


@get("/policies/{code:str}/try")
async def try_page(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Show the page on which one order is tried; with an order in the address, what it would get."""
    wanted = asked(request, Which)
    return await _try(request, console, code, wanted.version, wanted.order, "")


@post("/policies/{code:str}/try", status_code=200)
async def try_pasted(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Try an order that was pasted, or one of ours."""
    form = await request.form()
    version = str(form.get("version", ""))
    number = int(version) if version.isdigit() else None
    return await _try(request, console, code, number, str(form.get("order", "")).strip(), str(form.get("pasted", "")))


async def _try(
    request: AnyRequest, console: Console, code: str, number: int | None, order: str, pasted: str
) -> AnyResponse:
    notes: list[tuple[str, str]] = []
    tried: TriedOrder | None = None
    stored = await stored_version(console, code, number)
    status = 200
    if order or pasted.strip():
        try:
            document = _pasted(pasted) if pasted.strip() else None
            at = console.clock()

            def work(session: Any) -> TriedOrder:
                rules = version_rules(session, code, stored.number)
                if document is not None:
                    return console.backend.try_desk.try_order(session, document, rules, at)
                return try_past(session, _order_id(session, order), rules)

            tried = await console.read(work)
            signed_in: SignedIn = request.state.signed_in
            await console.submit(tried_version(code, stored.number, signed_in.user.actor, "one order"))
        except CrossdockError as refusal:
            said = "; ".join(f"{fault.pointer}: {fault.message}" for fault in refusal.errors[:5])
            notes = [("bad", f"{refusal.title}. {refusal.detail} {said}".strip())]
            status = refusal.status
    return console.page(
        request,
        "policy_try.html",
        section="Routing",
        part="Policies",
        status=status,
        code=code,
        stored=stored,
        order=order,
        pasted=pasted,
        tried=tried,
        notes=notes,
    )


def _pasted(text: str) -> OrderIn:
    try:
        return msgspec.json.decode(text, type=OrderIn)
    except msgspec.DecodeError as error:
        raise Invalid(f"The pasted order is not one: {error}.") from None


def _order_id(session: Any, text: str) -> int:
    """Return the order that is meant: by its id, by `channel external-id`, or by its external id if only one has it."""
    if text.startswith("ord_"):
        return decode_id("ord", text)
    channel, _, external = text.partition(" ")
    if external:
        return find_order(session, channel, external.strip())
    rows = session.fetch("SELECT order_id FROM order_keys WHERE external_id = ? LIMIT 2", text)
    if len(rows) != 1:
        raise Invalid(f"{'No order has' if not rows else 'Several channels have'} the id '{text}'; write CHANNEL ID.")
    return int(rows[0][0])


@post("/policies/{code:str}/trials", status_code=200)
async def simulate(request: AnyRequest, console: Site, code: FromPath[str]) -> AnyResponse:
    """Begin to decide past orders again under a version."""
    form = await request.form()
    texts = {name: str(form.get(name, "")) for name in ("version", "orders", "days")}
    if not texts["version"].isdigit() or not texts["orders"].isdigit():
        raise Invalid("Say which version, and over how many orders.")
    number, orders, now = int(texts["version"]), int(texts["orders"]), console.clock()
    if not 1 <= orders <= MOST_ORDERS:
        raise Invalid(f"Between 1 and {MOST_ORDERS:,} orders can be decided again at a time.")

    def read(session: Any) -> TrialRequest:
        asked_for = TrialRequest(
            code=code,
            rules=version_rules(session, code, number),
            orders=orders,
            since=now - int(texts["days"]) * DAY if texts["days"].isdigit() else None,
            until=now,
            price_rules=form.get("price_rules") == "1",
            number=number,
        )
        return sized(session, asked_for)

    signed_in: SignedIn = request.state.signed_in
    job, _ = await console.submit(new_trial(await console.read(read), signed_in.user.actor))
    console.backend.trials.wake()
    return go_to(request, f"/policies/{code}/trials/{job.id}")


@get("/policies/{code:str}/trials/{trial:str}")
async def trial_page(request: AnyRequest, console: Site, code: FromPath[str], trial: FromPath[str]) -> AnyResponse:
    """Show how far a trial is, what would change, what each rule costs, and which orders."""
    wanted, job_id = asked(request, Listed), decode_id("job", trial)

    def read(session: Any) -> dict[str, Any]:
        view = read_trial(session, console.backend.data_dir, job_id, code)
        if view is None:
            raise NotFound(f"There is no trial of the policy '{code}' of this id.")
        folder = console.backend.data_dir
        page = read_differences(session, folder, job_id, wanted.sort, wanted.after, _PAGE)
        return {"trial": view, "differences": page.differences, "next": page.next}

    facts = await console.read(read)
    return console.page(
        request, "policy_trial.html", section="Routing", part="Policies", code=code, asked=wanted, **facts
    )


@post("/policies/{code:str}/trials/{trial:str}/cancel", status_code=200)
async def cancel(request: AnyRequest, console: Site, code: FromPath[str], trial: FromPath[str]) -> AnyResponse:
    """Ask a trial to stop."""
    signed_in: SignedIn = request.state.signed_in
    await console.submit(cancel_job(decode_id("job", trial), signed_in.user.actor))
    return go_to(request, f"/policies/{code}/trials/{trial}")


@get("/policies/{code:str}/trials/{trial:str}/orders/{order:str}")
async def compare(
    request: AnyRequest, console: Site, code: FromPath[str], trial: FromPath[str], order: FromPath[str]
) -> AnyResponse:
    """Show one order of a trial: what was decided and what would be, side by side."""
    job_id, order_id = decode_id("job", trial), decode_id("ord", order)
    tried = await console.read(lambda session: try_again(session, job_id, order_id))
    if tried is None:
        raise NotFound(f"There is no trial of the policy '{code}' of this id.")
    return console.page(
        request, "policy_order.html", section="Routing", part="Policies", code=code, trial=trial, tried=tried
    )


handlers = [try_page, try_pasted, simulate, trial_page, cancel, compare]
