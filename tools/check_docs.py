"""Documented or the build fails: the checks between the documentation, the code and itself.

`python -m tools.check_docs` prints every problem and fails if there is one. A check is a function from the tree's
root to the problems that it finds, each a sentence that names the place; `@check` adds it.
"""

import importlib
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Check = Callable[[Path], Iterable[str]]

CHECKS: list[Check] = []
SECTIONS_OF_A_DECISION = ("Context", "Decision", "Consequences", "What would reopen it")


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def problems_in(root: Path) -> list[str]:
    return [problem for function in CHECKS for problem in function(root)]


@check
def links_resolve(root: Path) -> Iterator[str]:
    for page in pages(root):
        for link in links(page):
            path, _, anchor = link.partition("#")
            target = (page.parent / path) if path else page
            if not target.exists():
                yield f"{page.relative_to(root)}: the link {link} leads nowhere"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                yield f"{page.relative_to(root)}: {link} names a heading that is not there"


@check
def pages_can_be_found(root: Path) -> Iterator[str]:
    """Every page is reached by links that begin in docs/README.md."""
    to_read = [root / "docs/README.md"]
    found: set[Path] = set()
    while to_read:
        page = to_read.pop().resolve()
        if page in found or page.suffix != ".md" or not page.is_file():
            continue
        found.add(page)
        to_read += [page.parent / link.partition("#")[0] for link in links(page)]
    for page in pages(root):
        if page.is_relative_to(root / "docs") and page.resolve() not in found:
            yield f"{page.relative_to(root)}: no way leads here from docs/README.md"


@check
def decisions_are_complete(root: Path) -> Iterator[str]:
    records = sorted((root / "docs/decisions").glob("*.md"))
    for record in records:
        if not re.match(r"\d{4}-[a-z0-9-]+\.md$", record.name):
            yield f"{record.relative_to(root)}: a decision record is called NNNN-its-subject.md"
        headings = re.findall(r"^## (.+)$", prose(record), re.MULTILINE)
        for section in SECTIONS_OF_A_DECISION:
            if section not in headings:
                yield f"{record.relative_to(root)}: the section '{section}' is missing"
    for number, times in Counter(record.name[:4] for record in records).items():
        if times > 1:
            yield f"docs/decisions: the number {number} is used {times} times"


@check
def changelog_is_open(root: Path) -> Iterator[str]:
    if not re.search(r"^## \[?Unreleased\]?", (root / "CHANGELOG.md").read_text(), re.MULTILINE):
        yield "CHANGELOG.md: no section 'Unreleased'"


@check
def rooms_are_drawn(root: Path) -> Iterator[str]:
    """The table in docs/explanation/rooms.md shows the arrows that pyproject.toml allows."""
    with (root / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    rows = next(contract["may_import"] for contract in contracts if contract["id"] == "rooms")
    allowed = {room: {entry.partition(" ")[0] for entry in entries} for room, entries in rows.items()}
    drawing = (root / "docs/explanation/rooms.md").read_text()
    cells = re.findall(r"^\| `(\w+)` \|[^|]*\|([^|]*)\|$", drawing, re.MULTILINE)
    drawn = {room: set(re.findall(r"\w+", imports)) for room, imports in cells}
    for room in sorted(allowed.keys() | drawn.keys()):
        if allowed.get(room) != drawn.get(room):
            is_, says = (", ".join(sorted(table.get(room, {"no row"}))) for table in (allowed, drawn))
            yield f"docs/explanation/rooms.md: {room} imports [{is_}] by pyproject.toml, the page says [{says}]"


def pages(root: Path) -> list[Path]:
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])


def prose(page: Path) -> str:
    """The page without its code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def links(page: Path) -> list[str]:
    """The links to places in this tree."""
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)) if not re.match(r"[a-z]+:", link)]


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main() -> int:
    # The checks of the features stand in modules of their own, which register with this module as they import it:
    # by its name, not as `__main__`.
    for module in sorted(Path(__file__).parent.glob("checks_*.py")):
        importlib.import_module(f"tools.{module.stem}")
    problems = importlib.import_module("tools.check_docs").problems_in(Path(__file__).resolve().parent.parent)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
