"""Two pages for people, made of the table of operations and the registry of errors; nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

import msgspec

from crossdock.api.openapi import errors_of
from crossdock.api.operations import Operation
from crossdock.kernel.errors import CrossdockError

HTML = (b"content-type", b"text/html; charset=utf-8")
CSP = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
)

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1f26;background:#fff}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{background:#f3f5f7;padding:.75rem;overflow:auto;border-radius:4px}
summary{cursor:pointer;padding:.35rem 0}.m{display:inline-block;min-width:4.5rem;font-weight:600}
h2{border-bottom:1px solid #d5dbe1;padding-bottom:.25rem;margin-top:2.5rem}
td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}a{color:#0b5cad}
@media(prefers-color-scheme:dark){body{color:#e4e8ec;background:#14181c}pre{background:#1f252b}a{color:#7db8f0}}
"""


def docs_page(operations: Iterable[Operation]) -> bytes:
    """Return the page that shows every operation."""
    by_tag: dict[str, list[Operation]] = {}
    for operation in operations:
        by_tag.setdefault(operation.tag, []).append(operation)
    sections = "".join(
        f"<h2 id='{tag}'>{tag}</h2>" + "".join(_shown(operation) for operation in own) for tag, own in by_tag.items()
    )
    return _page(
        "Crossdock API",
        "<p>Send <code>Authorization: Bearer cdk_…</code>. The whole description for machines is "
        "<a href='/openapi.json'>openapi.json</a>; every error is explained under "
        "<a href='/docs/errors'>errors</a>.</p>" + sections,
    )


def errors_page() -> bytes:
    """Return the page that explains every error."""
    rows = "".join(
        f"<tr id='{code}'><td><code>{code}</code></td><td>{error.status}</td><td>{escape(error.title)}.<br>"
        f"{escape(error.next_step)}</td></tr>"
        for code, error in sorted(CrossdockError.registry.items())
    )
    return _page(
        "Crossdock API: errors",
        f"<table><tr><th>code</th><th>status</th><th>what it means, and what to do</th></tr>{rows}</table>",
    )


def _shown(operation: Operation) -> str:
    parts = [f"<p>{escape(operation.description)}</p>" if operation.description else ""]
    if operation.scope:
        parts.append(f"<p>Scope: <code>{operation.scope}</code></p>")
    if operation.query is not None:
        names = ", ".join(f"<code>{name}</code>" for name in operation.query.__struct_fields__)
        parts.append(f"<p>Query: {names}</p>")
    for name, example in operation.examples.items():
        parts.append(f"<p>Example ({escape(name)}):</p><pre>{escape(_pretty(example))}</pre>")
    for answer in operation.answers:
        parts.append(f"<p>{answer.status}: {escape(answer.description)}</p>")
        if answer.example is not None:
            parts.append(f"<pre>{escape(_pretty(answer.example))}</pre>")
    codes = ", ".join(f"<a href='/docs/errors#{e.code}'>{e.status} {e.code}</a>" for e in errors_of(operation))
    parts.append(f"<p>Refused with {codes}.</p>")
    return (
        f"<details id='{operation.id}'><summary><span class='m'>{operation.method}</span>"
        f"<code>{escape(operation.path)}</code> {escape(operation.summary)}</summary>{''.join(parts)}</details>"
    )


def _pretty(example: Any) -> str:
    if isinstance(example, str):
        return example
    return msgspec.json.format(msgspec.json.encode(example), indent=2).decode()


def _page(title: str, body: str) -> bytes:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    ).encode()
