"""Settings: defaults < crossdock.toml < CROSSDOCK_* < flags; every fault is named with its place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from crossdock.kernel.errors import Invalid

PREFIX = "CROSSDOCK_"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set; each field is documented in docs/reference/settings.md."""

    database_url: str = "sqlite:///var/crossdock.db"
    """Where the data are: sqlite:///FILE or postgresql://USER@HOST/NAME (also read from DATABASE_URL)."""
    host: str = "127.0.0.1"
    """The address that the server listens on."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8000
    """The port that the server listens on; 0 takes a free one."""
    data_dir: str = "var"
    """Where spooled uploads and error files lie."""
    readers: Annotated[int, Meta(ge=1, le=64)] = 4
    """How many threads read from the database."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much the server writes to standard error: debug, info, warning or error."""
    time_zone: str = "UTC"
    """The time zone (IANA) that the console's pages are written in."""
    reservation_seconds: Annotated[int, Meta(ge=60, le=28_800)] = 900
    """How long a reservation lasts when its request does not say."""
    reservation_longest_seconds: Annotated[int, Meta(ge=60, le=28_800)] = 28_800
    """How long a reservation may last, counted from its making or its last extension."""


def load(
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    file: Path | None = None,
) -> Settings:
    """Return the settings in force; raises Invalid with the origin of what is wrong."""
    values, origin = collect(overrides, environ, file)
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        name = str(error).rsplit("`$.", 1)[-1].rstrip("`")
        raise Invalid(f"Setting '{name}' (from {origin.get(name, 'the defaults')}): {error}") from None


def collect(
    overrides: Mapping[str, Any] | None, environ: Mapping[str, str], file: Path | None
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values that are set and where each comes from."""
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    path = file or Path(environ.get(PREFIX + "CONFIG", "crossdock.toml"))
    if path.is_file():
        try:
            values.update(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Invalid(f"{path} is no TOML: {error}") from None
        origin.update(dict.fromkeys(values, str(path)))
    elif file is not None:
        raise Invalid(f"There is no settings file {file}.")
    if "DATABASE_URL" in environ:
        values["database_url"], origin["database_url"] = environ["DATABASE_URL"], "DATABASE_URL"
    for name in Settings.__struct_fields__:
        variable = PREFIX + name.upper()
        if variable in environ:
            values[name], origin[name] = environ[variable], variable
    for name, value in (overrides or {}).items():
        if value is not None:
            values[name], origin[name] = value, f"--{name.replace('_', '-')}"
    return values, origin
