"""The reference of commands and settings is what the code says, or the build fails."""

from pathlib import Path

from tools import checks_cli


def test_the_pages_are_what_the_code_says():
    root = Path(__file__).resolve().parents[2]
    assert [*checks_cli.command_line_is_documented(root), *checks_cli.settings_are_documented(root)] == []


def test_a_page_that_differs_is_named(tmp_path: Path):
    (problem,) = checks_cli.settings_are_documented(tmp_path)
    assert problem.startswith("docs/reference/settings.md")
    assert "python -m tools.checks_cli" in problem


def test_every_command_and_setting_is_there():
    page = checks_cli.cli_page()
    for command in (
        "demo",
        "serve",
        "db upgrade",
        "import orders",
        "orders explain",
        "inventory verify",
        "config show",
    ):
        assert f"## crossdock {command}\n" in page
    assert "`CROSSDOCK_DATABASE_URL`" in checks_cli.settings_page()
