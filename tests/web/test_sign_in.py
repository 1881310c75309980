"""Nobody sees a page who did not come through the door."""

import re
from pathlib import Path

import pytest

from crossdock.app import App
from crossdock.identity import MakeSignInLink, SignInLinkUnusable, UseSignInLink, count_users, find_session
from crossdock.kernel.clock import DAY, HOUR, now
from tests.web import sample, site
from tests.web.site import Browser

PAGES = ("/", "/orders", "/orders/ord_0000000000001", "/inventory", "/inventory/item?sku=1", "/network", "/search?q=1")


def csrf(client: Browser) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/orders").text)
    assert found
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_strangers_are_sent_to_the_door_and_come_back_to_their_page(stranger: Browser, page: str):
    answer = stranger.get(page)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert stranger.get("/sign-in").status_code == 200


def test_strangers_change_nothing(stranger: Browser):
    for path in ("/orders/ord_0000000000001/cancel", "/sign-out"):
        answer = stranger.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_link_signs_in_once(app: App, stranger: Browser):
    token = site.make_link(app)
    assert stranger.get(f"/sign-in/{token}").status_code == 200
    assert stranger.get(f"/sign-in/{token}").status_code == 200  # looking at it does not spend it
    answer = stranger.post(f"/sign-in/{token}", data={"next": "/orders?q=7"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?q=7")
    assert stranger.get("/orders").status_code == 200
    again = stranger.post(f"/sign-in/{token}")
    assert again.status_code == 403
    assert "This sign-in link cannot be used" in again.text
    assert stranger.get(f"/sign-in/{token}").status_code == 403


def test_a_link_that_has_expired_is_refused(app: App, stranger: Browser):
    token = site.make_link(app, valid_for=-1)
    assert stranger.get(f"/sign-in/{token}").status_code == 403
    assert stranger.post(f"/sign-in/{token}").status_code == 403


def test_a_guessed_link_is_refused(stranger: Browser):
    assert stranger.get(f"/sign-in/{'A' * 43}").status_code == 403
    assert stranger.post(f"/sign-in/{'A' * 43}").status_code == 403


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(app: App, stranger: Browser):
    cookie = stranger.post(f"/sign-in/{site.make_link(app)}").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert f"max-age={14 * DAY // 1_000_000 - 1}" in cookie or f"max-age={14 * DAY // 1_000_000}" in cookie


def test_a_link_from_another_site_signs_nobody_in(app: App, stranger: Browser):
    token = site.make_link(app)
    answer = stranger.post(f"/sign-in/{token}", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert stranger.post(f"/sign-in/{token}", headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert stranger.post(f"/sign-in/{token}").status_code == 303


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_signing_in_leads_to_no_other_site(app: App, stranger: Browser, target: str):
    answer = stranger.post(f"/sign-in/{site.make_link(app)}", data={"next": target})
    assert answer.headers["location"] == "/"


def test_signing_out_ends_the_session_on_our_side_too(anna: Browser):
    token = anna.cookies["crossdock_session"]
    answer = anna.post("/sign-out", data={"csrf": csrf(anna)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    anna.cookies.set("crossdock_session", token)
    assert anna.get("/orders").status_code == 303


def test_a_form_without_the_sessions_token_is_refused(anna: Browser):
    for data in ({}, {"csrf": "guessed"}):
        assert anna.post("/sign-out", data=data).status_code == 403
    other = {"csrf": csrf(anna)}
    assert anna.post("/sign-out", data=other, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert anna.get("/orders").status_code == 200


def test_tokens_are_stored_as_hashes_only(app: App, anna: Browser):
    token = site.make_link(app)
    assert anna.get("/").status_code == 200
    session = anna.cookies["crossdock_session"]
    path = app.database.path
    assert path is not None
    stored = b"".join(Path(f"{path}{part}").read_bytes() for part in ("", "-wal"))
    assert token.encode() not in stored
    assert session.encode() not in stored


def test_every_page_says_what_the_browser_may_load(anna: Browser):
    for path in ("/", "/orders", "/sign-in", "/nowhere", "/static/crossdock.css"):
        headers = anna.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'"
        ), path
        assert headers["x-content-type-options"] == "nosniff"
    assert anna.get("/orders").headers["cache-control"] == "no-store"
    assert "immutable" in anna.get("/static/crossdock.css").headers["cache-control"]


def test_links_and_sessions_work_alike_on_both_databases(database_url: str, tmp_path: Path):
    app = sample.open_app(database_url, tmp_path)
    site.let_people_in(app)
    try:
        first = app.submit_now(MakeSignInLink(email="Anna@Example.com", valid_for=HOUR))
        second = app.submit_now(MakeSignInLink(email="anna@example.com", valid_for=HOUR))
        assert first.email == second.email == "anna@example.com"
        assert app.database.read_now(count_users) == 1
        new = app.submit_now(UseSignInLink(token=first.token))
        with pytest.raises(SignInLinkUnusable):
            app.submit_now(UseSignInLink(token=first.token))
        found = app.database.read_now(lambda session: find_session(session, new.token, now()))
        assert found is not None
        assert found.user.actor == "user:anna@example.com"
        late = new.expires_at + 1
        assert app.database.read_now(lambda session: find_session(session, new.token, late)) is None
    finally:
        app.close()
