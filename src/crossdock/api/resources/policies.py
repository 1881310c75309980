"""Routing policies: the active version of each, and how a new one is made active."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from crossdock.api import examples
from crossdock.api.commands import actor
from crossdock.api.documents import View
from crossdock.api.http import Call, Header, Reply, json_reply, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.kernel.clock import moment
from crossdock.kernel.document import Code, Country, Currency, Input, Instant
from crossdock.kernel.errors import NotFound
from crossdock.orchestration import ConfigurationRefused, Put, PutPolicy, list_policies, read_policy
from crossdock.routing import Policy

Milli = Annotated[int, Meta(ge=0, le=10**12, description="1/1000 of the minor unit")]
Days = Annotated[int, Meta(ge=0, le=365)]
Where = Annotated[str, Meta(pattern=r"^([A-Z]{2}|\*)$", description="ISO 3166-1 alpha-2, or * for any")]


class ZoneIn(Input, frozen=True):
    """What a parcel costs up to a distance within a country."""

    up_to_km: Annotated[int, Meta(ge=1, le=20_016)]
    base: Milli
    per_kg: Milli
    transit_days: Days


class LaneIn(Input, frozen=True):
    """What a parcel costs from one country to another."""

    origins: Annotated[tuple[Where, ...], Meta(min_length=1, max_length=250)]
    destinations: Annotated[tuple[Where, ...], Meta(min_length=1, max_length=250)]
    base: Milli
    per_kg: Milli
    transit_days: Days


class RateCardIn(Input, frozen=True):
    """What carriers charge: zones with rising distances, lanes in the order in which they are tried."""

    currency: Currency
    zones: Annotated[tuple[ZoneIn, ...], Meta(min_length=1, max_length=100)]
    lanes: Annotated[tuple[LaneIn, ...], Meta(max_length=1_000)] = ()
    parcel_limit_g: Annotated[int, Meta(ge=1, le=10**8)] = 30_000


class PolicyIn(Input, frozen=True):
    """The merchant's rules for the channels that name this policy."""

    card: RateCardIn
    unfilled_per_unit: Milli = 100_000_000
    unfilled_permille: Annotated[int, Meta(ge=0, le=1_000_000)] = 1_000
    lateness_per_day: Milli = 0
    extra_parcel: Milli = 0
    split: Literal["never", "line", "unit"] = "unit"
    max_locations: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    excluded: Annotated[tuple[Code, ...], Meta(max_length=10_000, description="locations that never ship")] = ()
    markets: Annotated[tuple[Country, ...], Meta(max_length=250)] = ()
    leftover: Literal["backorder", "ship_available", "cancel", "review"] = "backorder"


class PolicyView(View, frozen=True):
    """The active version of a policy; decisions name the version that they rest on."""

    code: str
    version: str
    activated_at: Instant
    activated_by: str
    policy: PolicyIn


class PolicyRef(View, frozen=True):
    """A policy in short."""

    code: str
    version: str
    activated_at: Instant
    activated_by: str


class PolicyList(View, frozen=True):
    """The active policies by code."""

    data: tuple[PolicyRef, ...]


async def put_policy(call: Call) -> Reply:
    """Make a policy the active one."""
    try:
        policy = msgspec.convert(msgspec.to_builtins(call.body), Policy)
    except msgspec.ValidationError as error:
        raise ConfigurationRefused(str(error)) from None
    answer: Put = await call.backend.submit(PutPolicy(actor=actor(call), code=call.path["code"], policy=policy))
    headers: list[Header] = [position(answer.position)] if answer.position else []
    created = answer.results[0][1] == "created"
    return json_reply(await _view(call), 201 if created else 200, *headers)


async def get_policy(call: Call) -> Reply:
    """Read the active version of a policy."""
    return json_reply(await _view(call))


async def _view(call: Call) -> PolicyView:
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_policy(session, code))
    if found is None:
        raise NotFound(f"There is no policy '{code}'.")
    version, policy, at, by = found
    plain = msgspec.to_builtins(policy)
    # Prices of the optimiser, and what only documents of routes say, are no part of these rules.
    plain["card"] = {name: plain["card"][name] for name in RateCardIn.__struct_fields__}
    document = msgspec.convert({name: plain[name] for name in PolicyIn.__struct_fields__}, PolicyIn)
    return PolicyView(code=code, version=version, activated_at=moment(at), activated_by=by, policy=document)


async def list_all(call: Call) -> Reply:
    """List the active policies."""
    rows = await call.backend.database.read(list_policies)
    refs = (PolicyRef(code=code, version=v, activated_at=moment(at), activated_by=by) for code, v, at, by in rows)
    return json_reply(PolicyList(data=tuple(refs)))


def add_to(table: Table) -> None:
    """Add the operations on policies."""
    read = Link("get_policy", {"code": "$response.body#/code"})
    table.add(
        Operation(
            method="PUT",
            path="/v1/policies/{code}",
            id="put_policy",
            tag="policies",
            summary="Activate a routing policy",
            description="A new version becomes the active one; earlier ones stay for the decisions that rest on them.",
            handler=put_policy,
            scope="config:write",
            body=PolicyIn,
            examples={"example": examples.POLICY},
            answers=(
                Answer(200, PolicyView, "Active.", None, ("Crossdock-Log-Position",)),
                Answer(201, PolicyView, "Active; the first of this code.", None, ("Crossdock-Log-Position",)),
            ),
            errors=(ConfigurationRefused,),
            path_examples={"code": "standard"},
            links={"read": read},
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies",
            id="list_policies",
            tag="policies",
            summary="List the active policies",
            handler=list_all,
            scope="config:read",
            answers=(Answer(200, PolicyList, "All of them."),),
        )
    )
    table.add(
        Operation(
            method="GET",
            path="/v1/policies/{code}",
            id="get_policy",
            tag="policies",
            summary="Read the active version of a policy",
            handler=get_policy,
            scope="config:read",
            answers=(Answer(200, PolicyView, "Found."),),
            errors=(NotFound,),
        )
    )
