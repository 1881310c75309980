"""Documents of the configuration as files: read with what is wrong at its place, written as YAML."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from crossdock.kernel.errors import FieldError, Invalid

T = TypeVar("T")


class DocumentRefused(Invalid):
    """A file is not the document that it should be."""

    code = "document_refused"
    title = "The file is not such a document"
    next_step = "Correct the place named above; the command's `schema` prints what is allowed. Nothing was saved."


def read_document(file: Path, kind: type[T]) -> T:
    """Read a YAML or JSON file (``-`` is standard input) as a document; raises DocumentRefused."""
    body = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        if file.suffix == ".json":
            return msgspec.json.decode(body, type=kind)
        return msgspec.yaml.decode(body, type=kind)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        pointer = "/" + place.rstrip("`").replace("[", "/").replace("]", "").replace(".", "/").strip("/")
        raise DocumentRefused(f"{file}: {text}", (FieldError(pointer, "invalid", text),)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentRefused(f"{file} is neither YAML nor JSON: {error}") from None


def write_yaml(document: Any) -> None:
    """Write a document as YAML to standard output: what ``put`` reads back as the same document."""
    sys.stdout.write(msgspec.yaml.encode(msgspec.to_builtins(document)).decode())


def write_schema(kind: Any) -> None:
    """Write the JSON Schema of a document, for editors."""
    schema = msgspec.json.schema(kind)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n")
