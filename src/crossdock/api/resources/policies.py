"""Routing policies: versions that are drafted, checked, activated and rolled back; the active one of each."""

from __future__ import annotations

import msgspec

from crossdock.api import examples
from crossdock.api.commands import actor, request_key, wanted_version
from crossdock.api.errors import KeyDiffers
from crossdock.api.http import Call, Header, Reply, etag, json_reply, position
from crossdock.api.operations import Answer, Link, Operation, Table
from crossdock.api.policy_documents import (
    ActivateIn,
    DifferenceView,
    DiffQuery,
    DraftIn,
    PolicyChangeView,
    PolicyDiffView,
    PolicyList,
    PolicyRef,
    PolicyVersionList,
    PolicyVersionView,
    PolicyView,
    RollBackIn,
    ValidateIn,
)
from crossdock.kernel.clock import moment
from crossdock.kernel.errors import FieldError, NotFound
from crossdock.orchestration import (
    ActivatePolicy,
    ConfigurationRefused,
    IdempotencyKeyReused,
    PolicyInvalid,
    PolicyMovedOn,
    PolicyNotReady,
    PolicySaved,
    PolicyUntried,
    PolicyVersion,
    Put,
    PutPolicy,
    RollBackPolicy,
    SaveDraft,
    UnknownPolicyVersion,
    ValidatePolicy,
    list_policies,
    policy_diff,
    read_active_policy,
    read_policy_draft,
    read_policy_version,
    read_policy_versions,
)
from crossdock.routing import PlainPolicy, RoutingError, RoutingPolicy, plain_policy, rules_of

_HEADERS = ("ETag", "Crossdock-Log-Position", "Idempotency-Replayed")


async def put_policy(call: Call) -> Reply:
    """Make one set of rules the active version of a policy."""
    try:
        rules = rules_of(call.body)
    except RoutingError as error:
        raise ConfigurationRefused(f"The policy cannot decide: {error}.") from None
    answer: Put = await call.backend.submit(PutPolicy(actor=actor(call), code=call.path["code"], policy=rules))
    headers: list[Header] = [position(answer.position)] if answer.position else []
    created = answer.results[0][1] == "created"
    return json_reply(await _active(call), 201 if created else 200, *headers)


async def get_policy(call: Call) -> Reply:
    """Read the active version of a policy."""
    return json_reply(await _active(call))


async def _active(call: Call) -> PolicyView:
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_active_policy(session, code))
    if found is None:
        raise NotFound(f"There is no active version of a policy '{code}'.")
    document, version, number, at, by = found
    return PolicyView(
        code=code,
        version=version,
        number=number,
        activated_at=moment(at),
        activated_by=by,
        policy=plain_policy(document),
        document=document,
    )


async def list_all(call: Call) -> Reply:
    """List the policies."""
    found = await call.backend.database.read(list_policies)
    refs = (
        PolicyRef(
            code=one.code,
            name=one.name,
            version=one.version,
            number=one.active,
            activated_at=None if one.activated_at is None else moment(one.activated_at),
            activated_by=one.activated_by,
            draft=one.draft,
            draft_state=one.draft_state,
        )
        for one in found
    )
    return json_reply(PolicyList(data=tuple(refs)))


async def schema(_: Call) -> Reply:
    """Give the JSON Schema of a policy document."""
    return json_reply(msgspec.json.schema(RoutingPolicy))


# -- versions ---------------------------------------------------------------------------------------------------------


async def put_draft(call: Call) -> Reply:
    """Save a document as the next version."""
    asked: DraftIn = call.body
    if asked.document.code != call.path["code"]:
        text = f"The address says '{call.path['code']}', the document '{asked.document.code}'."
        raise KeyDiffers(text, (FieldError("/document/code", "differs", text),))
    command = SaveDraft(actor=actor(call), document=asked.document, note=asked.note, base=wanted_version(call))
    answer: PolicySaved = await call.backend.submit(command)
    return await _saved(call, answer, 201 if answer.result == "created" else 200)


async def get_draft(call: Call) -> Reply:
    """Read the version that is being worked on."""
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_policy_draft(session, code))
    if found is None:
        raise UnknownPolicyVersion(f"There is no version of a policy '{code}'.")
    return json_reply(_view(found), 200, etag(found.number))


async def list_versions(call: Call) -> Reply:
    """List the versions of a policy."""
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_policy_versions(session, code))
    if not found:
        raise UnknownPolicyVersion(f"There is no version of a policy '{code}'.")
    return json_reply(PolicyVersionList(data=tuple(_view(one) for one in found)))


async def get_version(call: Call) -> Reply:
    """Read a version of a policy."""
    return await _version(call, call.path["number"])


async def diff(call: Call) -> Reply:
    """Say what changed between two versions."""
    code, query = call.path["code"], call.query
    found = await call.backend.database.read(lambda session: policy_diff(session, code, query.before, query.after))
    document = PolicyDiffView(
        code=code,
        before=found.from_number,
        after=found.to_number,
        differences=tuple(
            DifferenceView(pointer=one.pointer, before=one.before, after=one.after) for one in found.differences
        ),
        routes_before=found.routes_before,
        routes_after=found.routes_after,
        text=found.text,
    )
    return json_reply(document)


async def validate(call: Call) -> Reply:
    """Check a version against the network and the channels as they are."""
    asked: ValidateIn = call.body
    command = ValidatePolicy(
        actor=actor(call),
        request=request_key(call),
        code=call.path["code"],
        number=call.path["number"],
        note=asked.note,
    )
    return await _saved(call, await call.backend.submit(command))


async def activate(call: Call) -> Reply:
    """Make a version the active one."""
    asked: ActivateIn = call.body
    command = ActivatePolicy(
        actor=actor(call),
        request=request_key(call),
        code=call.path["code"],
        number=call.path["number"],
        note=asked.note,
        untried=asked.untried,
    )
    return await _saved(call, await call.backend.submit(command))


async def roll_back(call: Call) -> Reply:
    """Take the active version back."""
    asked: RollBackIn = call.body
    command = RollBackPolicy(
        actor=actor(call),
        request=request_key(call),
        code=call.path["code"],
        number=call.path["number"],
        note=asked.note,
        to=asked.to,
    )
    return await _saved(call, await call.backend.submit(command))


async def _saved(call: Call, answer: PolicySaved, status: int = 200) -> Reply:
    headers: list[Header] = [position(answer.position)] if answer.position else []
    if answer.replayed:
        headers.append((b"idempotency-replayed", b"true"))
    return await _version(call, answer.number, status, *headers)


async def _version(call: Call, number: int, status: int = 200, *headers: Header) -> Reply:
    code: str = call.path["code"]
    found = await call.backend.database.read(lambda session: read_policy_version(session, code, number))
    return json_reply(_view(found), status, etag(found.number), *headers)


def _view(one: PolicyVersion) -> PolicyVersionView:
    plain = {name: getattr(one, name) for name in ("code", "number", "version", "state", "base", "note", "untried")}
    return PolicyVersionView(
        **plain,
        created_at=moment(one.created_at),
        created_by=one.created_by,
        findings=one.findings,
        supported_actions=one.supported_actions,
        changes=tuple(PolicyChangeView(state=c.state, at=moment(c.at), by=c.actor, note=c.note) for c in one.changes),
        document=one.document,
    )


def add_to(table: Table) -> None:
    """Add the operations on policies."""
    for operation in (*_active_operations(), *_version_operations(), *_actions()):
        table.add(operation)


def _active_operations() -> tuple[Operation, ...]:
    read = Link("get_policy", {"code": "$response.body#/code"})
    return (
        Operation(
            method="PUT",
            path="/v1/policies/{code}",
            id="put_policy",
            tag="policies",
            summary="Activate a routing policy that is one set of rules",
            description="It becomes a version with one route that always holds, active at once and untried; earlier "
            "ones stay for the decisions that rest on them. For routes with conditions save a draft.",
            handler=put_policy,
            scope="config:write",
            body=PlainPolicy,
            examples={"example": examples.POLICY},
            answers=(
                Answer(200, PolicyView, "Active.", None, ("Crossdock-Log-Position",)),
                Answer(201, PolicyView, "Active; the first of this code.", None, ("Crossdock-Log-Position",)),
            ),
            errors=(ConfigurationRefused, PolicyInvalid),
            path_examples={"code": "standard"},
            links={"read": read},
        ),
        Operation(
            method="GET",
            path="/v1/policies",
            id="list_policies",
            tag="policies",
            summary="List the routing policies",
            handler=list_all,
            scope="config:read",
            answers=(Answer(200, PolicyList, "All of them."),),
        ),
        Operation(
            method="GET",
            path="/v1/policies:schema",
            id="get_policy_schema",
            tag="policies",
            summary="Read the JSON Schema of a policy document",
            description="For editors of YAML and JSON files; what `PUT …/draft` takes as `document`.",
            handler=schema,
            scope="config:read",
            answers=(Answer(200, dict, "The schema (2020-12)."),),
        ),
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
            path_examples={"code": "standard"},
        ),
    )


def _version_operations() -> tuple[Operation, ...]:
    code = {"code": "standard"}
    return (
        Operation(
            method="PUT",
            path="/v1/policies/{code}/draft",
            id="save_policy_draft",
            tag="policies",
            summary="Save a policy document as the next version",
            description="Nothing is decided by it yet. It is checked against the network and the channels: what is "
            "wrong or odd comes back as `findings`, each at its place. With If-Match (the newest version's number) it "
            "is refused when somebody saved another one in the meantime.",
            handler=put_draft,
            scope="config:write",
            body=DraftIn,
            examples={"example": {"document": examples.ROUTING_POLICY, "note": "Big orders from the centres"}},
            if_match=True,
            answers=(
                Answer(200, PolicyVersionView, "Saved, or the same already.", None, _HEADERS[:2]),
                Answer(201, PolicyVersionView, "Saved; the first of this code.", None, _HEADERS[:2]),
            ),
            errors=(KeyDiffers, PolicyMovedOn),
            path_examples=code,
            links={
                "validate": Link(
                    "validate_policy_version",
                    {"code": "$response.body#/code", "number": "$response.body#/number"},
                    {"note": ""},
                )
            },
        ),
        Operation(
            method="GET",
            path="/v1/policies/{code}/draft",
            id="get_policy_draft",
            tag="policies",
            summary="Read the version of a policy that is being worked on",
            description="Where none is, the newest one.",
            handler=get_draft,
            scope="config:read",
            answers=(Answer(200, PolicyVersionView, "Found.", None, ("ETag",)),),
            errors=(UnknownPolicyVersion,),
            path_examples=code,
        ),
        Operation(
            method="GET",
            path="/v1/policies/{code}/versions",
            id="list_policy_versions",
            tag="policies",
            summary="List the versions of a policy, newest first",
            handler=list_versions,
            scope="config:read",
            answers=(Answer(200, PolicyVersionList, "All of them."),),
            errors=(UnknownPolicyVersion,),
            path_examples=code,
        ),
        Operation(
            method="GET",
            path="/v1/policies/{code}/versions/{number}",
            id="get_policy_version",
            tag="policies",
            summary="Read a version of a policy",
            handler=get_version,
            scope="config:read",
            answers=(Answer(200, PolicyVersionView, "Found.", None, ("ETag",)),),
            errors=(UnknownPolicyVersion,),
            path_examples={**code, "number": "1"},
        ),
        Operation(
            method="GET",
            path="/v1/policies/{code}/diff",
            id="diff_policy_versions",
            tag="policies",
            summary="Say what changed between two versions of a policy",
            handler=diff,
            scope="config:read",
            query=DiffQuery,
            answers=(Answer(200, PolicyDiffView, "The differences."),),
            errors=(UnknownPolicyVersion,),
            path_examples=code,
        ),
    )


def _actions() -> tuple[Operation, ...]:
    return (
        Operation(
            method="POST",
            path="/v1/policies/{code}/versions/{number}/actions/validate",
            id="validate_policy_version",
            tag="policies",
            summary="Check a version against the network and the channels as they are",
            handler=validate,
            scope="config:write",
            body=ValidateIn,
            examples={"example": {"note": "before the weekend"}},
            idempotent=True,
            answers=(Answer(200, PolicyVersionView, "No error; warnings may be among `findings`.", None, _HEADERS),),
            errors=(UnknownPolicyVersion, PolicyInvalid, PolicyNotReady, IdempotencyKeyReused),
            path_examples={"code": "standard", "number": "1"},
        ),
        Operation(
            method="POST",
            path="/v1/policies/{code}/versions/{number}/actions/activate",
            id="activate_policy_version",
            tag="policies",
            summary="Make a version the active one",
            description="For every decision from the next one on, in every process and without a restart. The version "
            "that was active retires. What nobody tried needs `untried: true`; that is recorded.",
            handler=activate,
            scope="config:write",
            body=ActivateIn,
            examples={"example": {"note": "agreed with the stores", "untried": True}},
            idempotent=True,
            answers=(Answer(200, PolicyVersionView, "It decides from now on.", None, _HEADERS),),
            errors=(
                UnknownPolicyVersion,
                PolicyInvalid,
                PolicyUntried,
                PolicyNotReady,
                PolicyMovedOn,
                IdempotencyKeyReused,
            ),
            path_examples={"code": "standard", "number": "1"},
        ),
        Operation(
            method="POST",
            path="/v1/policies/{code}/versions/{number}/actions/roll_back",
            id="roll_back_policy_version",
            tag="policies",
            summary="Take the active version of a policy back",
            description="The version that was active before, or the one that `to` names, is active again and is what "
            "is answered.",
            handler=roll_back,
            scope="config:write",
            body=RollBackIn,
            examples={"example": {"note": "too much from Leeds"}},
            idempotent=True,
            answers=(Answer(200, PolicyVersionView, "The version that decides now.", None, _HEADERS),),
            errors=(UnknownPolicyVersion, PolicyInvalid, PolicyNotReady, IdempotencyKeyReused),
            path_examples={"code": "standard", "number": "1"},
        ),
    )
