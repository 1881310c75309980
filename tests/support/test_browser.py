"""The browser of the tests: each page is a fresh one, and what goes wrong in it is seen."""

from pathlib import Path

from playwright.sync_api import Page

from tests.support.processes import free_port, serve_folder


def test_the_browser_shows_a_page(page: Page, start_server, tmp_path: Path):
    (tmp_path / "index.html").write_text("<title>Crossdock</title><button onclick=\"this.textContent='Sent'\">Send")
    port = free_port()
    start_server(serve_folder(port), f"http://127.0.0.1:{port}/", cwd=tmp_path)
    page.goto(f"http://127.0.0.1:{port}/")
    assert page.title() == "Crossdock"
    page.get_by_role("button").click()
    assert page.get_by_role("button").inner_text() == "Sent"
