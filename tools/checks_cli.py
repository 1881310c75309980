"""The reference of the command line and of the settings is written from the code, and checked against it.

`python -m tools.checks_cli` writes docs/reference/cli.md and docs/reference/settings.md anew.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from msgspec import NODEFAULT, Meta
from msgspec.structs import fields

from crossdock import settings
from crossdock.cli import run
from tools.check_docs import check

CLI_PAGE, SETTINGS_PAGE = Path("docs/reference/cli.md"), Path("docs/reference/settings.md")
WRITE = "write it anew with `python -m tools.checks_cli`"

CLI_HEAD = """# Command line

Written from the code by `python -m tools.checks_cli`; `make check` refuses a page that is not what the code says.

`crossdock [OPTIONS] COMMAND …`, or `python -m crossdock`. Data go to standard output, words, questions and progress to
standard error. `-o json` writes whole documents and is stable; `-o csv` writes the columns of the table, money as minor
units and currency. `NO_COLOR` is heeded, and where nobody looks there are no bars and no cut columns. `--dry-run` says
what would be done. Every error says the next step.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failure; `inventory verify` and `doctor` found something |
| 2 | usage: an option, a value or a setting is wrong |
| 3 | there is no such thing |
| 4 | refused: a conflict, or the business does not allow it |
| 5 | not allowed: the key is missing, wrong or lacks a scope |
| 6 | not available: no database, an old schema, a server that does not answer |
| 130 | interrupted |

## Who does what is changed

On SQLite one process owns the file. While a server runs, commands that change something go to it: it writes its address
and a key of its own to `<database>.server.json` beside the database, readable by its owner alone (mode 0600). The key,
named "local admin", may do everything; whoever can read that file can read the database itself. Without a server the
command opens the database for as long as it takes. On PostgreSQL it always does: any number of processes may write.
Commands that only read always read the database themselves.
"""

SETTINGS_HEAD = """# Settings

Written from the code by `python -m tools.checks_cli`; `make check` refuses a page that is not what the code says.

Each later place wins: the default, the settings file (`--config`, else `CROSSDOCK_CONFIG`, else `crossdock.toml` in the
working folder), the environment, the flag. `crossdock config show` says what is in force and where it comes from;
`crossdock config check` says what is wrong. What the file names and Crossdock does not know is refused.

"""


@check
def command_line_is_documented(root: Path) -> Iterator[str]:
    yield from _differs(root, CLI_PAGE, cli_page())


@check
def settings_are_documented(root: Path) -> Iterator[str]:
    yield from _differs(root, SETTINGS_PAGE, settings_page())


def _differs(root: Path, page: Path, wanted: str) -> Iterator[str]:
    path = root / page
    if not path.exists() or path.read_text() != wanted:
        yield f"{page}: is not what the code says; {WRITE}"


def cli_page() -> str:
    command: Any = typer.main.get_command(run.app)
    parts = [CLI_HEAD, "## Options for every command\n", _options(command)]
    for path, one in _commands(command, ()):
        parts.append(_command(" ".join(("crossdock", *path)), one))
    return "\n".join(parts)


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from _commands(one, (*path, name))
        else:
            yield (*path, name), one


def _command(name: str, command: Any) -> str:
    context = command.context_class(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = [f"## {name}\n", " ".join(inspect.cleandoc(command.help or "").split()) + "\n", f"```\n{usage}\n```\n"]
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    if arguments:
        text.append("\n".join(f"- `{p.get_usage_pieces(context)[0]}`: {p.help}" for p in arguments) + "\n")
    return "\n".join([*text, _options(command)])


def _options(command: Any) -> str:
    context = command.context_class(command)
    rows = ["| option | what it does |", "|---|---|"]
    for param in command.params:
        if param.param_type_name == "option" and param.name not in ("install_completion", "show_completion"):
            names, text = param.get_help_record(context)
            rows.append(f"| `{' '.join(names.split())}` | {' '.join(text.split())} |")
    rows.append("| `-h, --help` | Show the command's own help. |")
    return "\n".join(_escaped(row) for row in rows) + "\n"


def _escaped(row: str) -> str:
    """Keep the bars of a metavar such as [table|json|csv] from ending their cell."""
    out, code = [], False
    for letter in row:
        code ^= letter == "`"
        out.append("\\|" if letter == "|" and code else letter)
    return "".join(out)


def settings_page() -> str:
    hints = get_type_hints(settings.Settings, include_extras=True)
    rows = ["| setting | environment | default | what it is |", "|---|---|---|---|"]
    for name, text in _docstrings():
        variable = f"`{settings.PREFIX}{name.upper()}`"
        default = next(f.default for f in _fields() if f.name == name)
        assert default is not NODEFAULT
        limits = _limits(hints[name])
        rows.append(f"| `{name}` | {variable} | `{default}` | {text}{limits} |")
    flags = (
        "`--database-url` and `--data-dir` stand before the command, `--host` and `--port` behind `serve` and `demo`."
    )
    return SETTINGS_HEAD + "\n".join(rows) + f"\n\nFlags: {flags}\n"


def _fields() -> tuple[Any, ...]:
    return fields(settings.Settings)


def _limits(hint: Any) -> str:
    for meta in get_args(hint)[1:]:
        if isinstance(meta, Meta) and meta.ge is not None:
            return f" Between {meta.ge:,} and {meta.le:,}."
    return ""


def _docstrings() -> Iterator[tuple[str, str]]:
    """The fields with the sentence that stands below each."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(settings.Settings)))
    body = tree.body[0].body  # type: ignore[attr-defined]
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(text, ast.Expr), f"{field.target.id} has no sentence"
            assert isinstance(text.value, ast.Constant)
            yield field.target.id, str(text.value.value)


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    for page, text in ((CLI_PAGE, cli_page()), (SETTINGS_PAGE, settings_page())):
        (root / page).parent.mkdir(parents=True, exist_ok=True)
        (root / page).write_text(text)
        print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
