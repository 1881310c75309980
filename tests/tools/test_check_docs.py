"""A page that says what is not so fails the build."""

from pathlib import Path

import pytest

from tools.check_docs import CHECKS, problems_in

GOOD = {
    "README.md": "# House\n\nSee the [documentation](docs/README.md#decisions).",
    "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n",
    "docs/README.md": "# Documentation\n\n## Decisions\n\n[1](decisions/0001-one.md), [rooms](explanation/rooms.md)\n",
    "docs/decisions/0001-one.md": "## Context\n## Decision\n## Consequences\n## What would reopen it\n",
    "docs/explanation/rooms.md": "| `kernel` | the ground | |\n| `orders` | orders | kernel, storage |\n",
    "pyproject.toml": (
        '[[tool.importlinter.contracts]]\nid = "rooms"\n[tool.importlinter.contracts.may_import]\n'
        'kernel = []\norders = ["kernel", "storage (store)"]\n'
    ),
}


def problems(root: Path, **changed: str) -> list[str]:
    """The problems of the good tree after changes; a double underscore in a name stands for the folder."""
    for name, text in GOOD.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, text in changed.items():
        (root / f"{name.replace('__', '/')}.md").write_text(text)
    # The checks of the features, which other tests may have registered, want the whole tree.
    own = [check for check in CHECKS if check.__module__ == "tools.check_docs"]
    return [problem for check in own for problem in check(root)]


def test_a_true_tree_has_no_problem(tmp_path: Path):
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("page", "text", "problem"),
    [
        ("README", "[gone](docs/gone.md)", "README.md: the link docs/gone.md leads nowhere"),
        ("README", "[gone](docs/README.md#gone)", "README.md: docs/README.md#gone names a heading that is not there"),
        ("CHANGELOG", "# Changelog", "CHANGELOG.md: no section 'Unreleased'"),
        ("docs__lost", "# Lost", "docs/lost.md: no way leads here from docs/README.md"),
        (
            "docs__decisions__0001-one",
            "## Context\n## Decision\n## Consequences\n",
            "docs/decisions/0001-one.md: the section 'What would reopen it' is missing",
        ),
        (
            "docs__explanation__rooms",
            "| `kernel` | the ground | |\n| `orders` | orders | kernel |\n",
            "docs/explanation/rooms.md: orders imports [kernel, storage] by pyproject.toml, the page says [kernel]",
        ),
    ],
)
def test_what_is_not_so_is_named(tmp_path: Path, page: str, text: str, problem: str):
    assert problems(tmp_path, **{page: text}) == [problem]


def test_a_number_is_given_once(tmp_path: Path):
    problems(tmp_path)
    (tmp_path / "docs/decisions/0001-two.md").write_text(GOOD["docs/decisions/0001-one.md"])
    assert "docs/decisions: the number 0001 is used 2 times" in problems_in(tmp_path)


def test_code_is_no_link(tmp_path: Path):
    assert problems(tmp_path, README="`[a](b)`\n\n```\n[a](b)\n```\n") == []
