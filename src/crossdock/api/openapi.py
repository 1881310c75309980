"""The OpenAPI 3.1 document, written out from the table of operations: what is described is what is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec

from crossdock import __version__
from crossdock.api.commands import IF_MATCH
from crossdock.api.errors import (
    BodyTooLarge,
    Forbidden,
    InvalidJson,
    InvalidParameter,
    Unauthorized,
    UnsupportedMediaType,
)
from crossdock.api.http import DOCS_OF_ERRORS, Problem
from crossdock.api.operations import Answer, Operation
from crossdock.api.parameters import PATH_PARAMETERS
from crossdock.identity import Scope
from crossdock.kernel.errors import CrossdockError, Internal, Invalid, Unavailable

_REF = "#/components/schemas/{name}"
_TAGS = {
    "orders": "What was bought, where it goes, where each unit of it stands.",
    "decisions": "Why each unit goes where it goes, in money.",
    "fulfillments": "The part of a delivery that one location handles.",
    "inventory": "Stock: facts in; positions, availability and the ledger out.",
    "items": "What can be sold.",
    "locations": "Where it ships from.",
    "channels": "Where demand comes from.",
    "policies": "The rules by which orders are routed.",
    "views": "What a channel may see and sell of the stock.",
    "shares": "What groups of channels are kept, and how they go beyond it.",
    "events": "Everything that happened, in order.",
    "jobs": "Long work: imports, their progress, their faults.",
    "keys": "Who may do what.",
    "service": "Open to everybody.",
}
_HEADERS: dict[str, dict[str, Any]] = {
    "ETag": {"description": "the resource's version, for If-Match", "schema": {"type": "string"}},
    "Location": {"description": "where the resource is", "schema": {"type": "string"}},
    "Link": {"description": "the next page, rel=next", "schema": {"type": "string"}},
    "Crossdock-Log-Position": {
        "description": "bring it back with a read to see this write",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "Crossdock-Lag-Ms": {
        "description": "how old the answer may be, when that is more than 100 ms",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "Idempotency-Replayed": {
        "description": "true when the answer is of an earlier request with the same Idempotency-Key",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {"description": "seconds", "schema": {"type": "string"}},
    "X-Request-Id": {"description": "names the request in our log", "schema": {"type": "string"}},
}
_POSITION = {
    "name": "Crossdock-Log-Position",
    "in": "header",
    "required": False,
    "description": "wait, 100 ms at most, until this write is seen",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "the same key with the same body is done once and answered the same for 72 hours",
    # Written without escapes: some readers of schemas do not take \\x in a character class.
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
    "example": "2f0c6f1e-1",
}
_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "do it only to this version (an ETag), else 412",
    "schema": {"type": "string", "pattern": IF_MATCH},
}
_REQUEST_ID = "req-1"


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document."""
    operations = list(operations)
    types = _types(operations)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema_of)
    used = {error.code: error for operation in operations for error in errors_of(operation)}
    scopes = ", ".join(f"`{scope}`" for scope in get_args(Scope) if scope != "*")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Crossdock",
            "version": __version__,
            "summary": "Orders, stock, and where each unit ships from.",
            "description": (
                "Money is in integer minor units with its currency, instants are RFC 3339 in UTC. Fields that are not "
                "described are refused. Errors are RFC 9457 problems with a stable `code`. Every POST takes an "
                "`Idempotency-Key`."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {name: _closed(schema) for name, schema in sorted(components.items())},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": f"An API key. Its scopes: {scopes}; `*` is all of them.",
                }
            },
            "headers": _HEADERS,
            "examples": {
                code: {"summary": error.title, "value": problem_example(error)} for code, error in sorted(used.items())
            },
        },
    }


def encoded(operations: Iterable[Operation]) -> bytes:
    """Return the document as indented JSON, the same bytes for the same table."""
    return msgspec.json.format(msgspec.json.encode(document(operations)), indent=1) + b"\n"


def problem_example(error: type[CrossdockError]) -> dict[str, Any]:
    """Return how a problem of this kind looks."""
    return {
        "type": f"{DOCS_OF_ERRORS}#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.title + ".",
        "code": error.code,
        "retryable": error.retryable,
        "request_id": _REQUEST_ID,
        "next_step": error.next_step,
        "errors": [],
    }


def errors_of(operation: Operation) -> list[type[CrossdockError]]:
    """Return everything that an operation may refuse, by status and code."""
    found: list[type[CrossdockError]] = [*operation.errors, Internal, Unavailable]
    takes_parameters = operation.path_names or operation.query or operation.idempotent or operation.if_match
    found += [InvalidParameter] if takes_parameters or operation.method == "GET" else []
    if operation.scope is not None:
        found += [Unauthorized] + ([Forbidden] if operation.scope else [])
    if operation.body is not None:
        found.append(UnsupportedMediaType)
        if not operation.streamed:
            found += [Invalid, InvalidJson, BodyTooLarge]
    return sorted(set(found), key=lambda error: (error.status, error.code))


def _types(operations: list[Operation]) -> list[Any]:
    found: dict[Any, None] = {Problem: None}
    for operation in operations:
        for type_ in (operation.body, operation.query, *(answer.type for answer in operation.answers)):
            if type_ is not None:
                found[type_] = None
    return list(found)


def _operation(operation: Operation, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    if operation.description:
        out["description"] = operation.description
    if operation.scope is None:
        out["security"] = []
    elif operation.scope:
        out["x-scope"] = operation.scope
    out["parameters"] = list(_parameters(operation))
    if operation.body is not None:
        content: dict[str, Any] = {"schema": schema_of[operation.body]}
        if operation.examples:
            content["examples"] = {name: {"value": value} for name, value in operation.examples.items()}
        out["requestBody"] = {"required": True, "content": {operation.media: content}}
    out["responses"] = {
        **{str(answer.status): _answer(answer, operation, schema_of) for answer in operation.answers},
        **_problems(operation),
    }
    return out


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in operation.path_names:
        parameter = PATH_PARAMETERS[name]
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": parameter.description,
            "schema": parameter.schema,
            **({"example": operation.path_examples[name]} if name in operation.path_examples else {}),
        }
    if operation.query is not None:
        _, components = msgspec.json.schema_components([operation.query], ref_template=_REF)
        for name, schema in components[operation.query.__name__]["properties"].items():
            yield _query_parameter(name, dict(schema))
    if operation.method == "GET" and operation.scope is not None:
        yield _POSITION
    if operation.idempotent:
        yield _KEY
    if operation.if_match:
        yield _MATCH


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a query parameter: one that may be absent is just that, for nobody can write null in an address."""
    description = schema.pop("description", "")
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if kinds:
        schema = kinds[0]
        description = schema.pop("description", description)
    if schema.get("default", ...) in (None, (), []):
        schema.pop("default")
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": False, "schema": schema}
    if description:
        parameter["description"] = description
    if schema.get("type") == "array":
        parameter |= {"style": "form", "explode": True}
    return parameter


def _answer(answer: Answer, operation: Operation, schema_of: Mapping[Any, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": schema_of[answer.type]}
    if answer.media != "application/json":
        content = {"schema": {"type": "string", "description": "a JSON document a line"}}
    if answer.example is not None:
        content["example"] = answer.example
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in (*answer.headers, "X-Request-Id")}
    out: dict[str, Any] = {
        "description": answer.description,
        "headers": headers,
        "content": {answer.media: content},
    }
    if operation.links:
        out["links"] = {
            name: {"operationId": link.operation, "parameters": link.parameters}
            | ({} if link.body is None else {"requestBody": link.body})
            for name, link in operation.links.items()
        }
    return out


def _problems(operation: Operation) -> dict[str, Any]:
    by_status: dict[int, list[type[CrossdockError]]] = {}
    for error in errors_of(operation):
        by_status.setdefault(error.status, []).append(error)
    return {
        str(status): {
            "description": " ".join(f"`{error.code}`: {error.title}." for error in errors),
            "headers": {
                name: {"$ref": f"#/components/headers/{name}"}
                for name in ("X-Request-Id", *(("Retry-After",) if status == 503 else ()))
            },
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {e.code: {"$ref": f"#/components/examples/{e.code}"} for e in errors},
                }
            },
        }
        for status, errors in sorted(by_status.items())
    }


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Say of an object that it has no other fields than those described."""
    if schema.get("type") == "object" and "properties" in schema:
        return {**schema, "additionalProperties": schema.get("additionalProperties", False)}
    return schema
