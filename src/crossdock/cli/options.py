"""What commands share: the settings in force, and how output is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from crossdock.settings import Settings, load

Format = Literal["table", "json", "csv"]
Output = Annotated[Format, typer.Option("--output", "-o", help="How data are written to standard output.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class Options:
    """The options given before the command; settings are read when a command wants them."""

    def __init__(self, config: Path | None, overrides: Mapping[str, Any]) -> None:
        self.config = config
        self.overrides = overrides

    def settings(self, **more: Any) -> Settings:
        """Return the settings in force; raises Invalid for what is wrong with them."""
        return load({**self.overrides, **more}, file=self.config)


def settings_of(ctx: typer.Context, **more: Any) -> Settings:
    """Return the settings that hold for a command; what is None in ``more`` is left as it is."""
    options: Options = ctx.find_root().obj
    return options.settings(**more)
