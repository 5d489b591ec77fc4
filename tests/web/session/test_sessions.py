"""Login sessions: how long they last, what ends them, and that a session that has ended opens no page."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlmodel import Session, select

from callcrm.agents import passwords, sessions, states, users
from callcrm.models import Agent, LoginSession, PasswordLink
from callcrm.store.store import Store
from callcrm.web import security
from tests.clocks import CLOCK, THREADS, SetClock, StillClock
from tests.quick_passwords import PASSWORD, PASSWORD_HASH
from tests.running_app import RunningApp
from tests.server_thread import ThreadedServer
from tests.web.support.login_client import CSRF_FIELD, LoginClient, add_user
from tests.web.support.page_client import CONFIRM, PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

MINUTE, HOUR = 60, 3600
EMAIL = "ana@example.test"
NEW_PASSWORD = "another long sentence of the tests"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent, signed in."""
    return sign_in(app, "Ana")


@pytest.fixture
def ada(app: RunningApp) -> PageClient:
    """An administrator, signed in."""
    return sign_in(app, "Ada", "admin")


def is_valid(cookie: str, app: RunningApp) -> bool:
    """Whether this cookie opens a page; if not, a page must lead to the login and a part answer 401."""
    captured = PageClient(app, "", "", cookie)
    page, part = captured.get("/me"), captured.get("/me", **{"HX-Request": "true"})
    if page.status_code == 200:
        return True
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/me")
    assert part.status_code == 401
    return False


def is_live(client: PageClient) -> bool:
    return is_valid(client.cookie, client.app)


def test_a_session_has_another_secret_after_each_login(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    browser = LoginClient(app)
    browser.sign_in(email)
    first = browser.session
    token = CSRF_FIELD.search(LoginClient(app).get("/login").text)
    assert token
    # Signed in already and signing in again, as when somebody else has planted a session cookie.
    browser.cookies[security.cookie_name(app.services.settings, "form")] = token[1]
    response = browser.post("/login", {"csrf": token[1], "email": email, "password": PASSWORD})
    assert response.status_code == 303
    assert browser.session != first
    assert is_valid(browser.session, app)
    assert not is_valid(first, app)


def test_a_cookie_from_before_the_logout_opens_nothing(app: RunningApp, ana: PageClient) -> None:
    assert is_live(ana)
    response = ana.post("/logout")
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert response.headers["clear-site-data"] == '"cache"'
    assert not is_live(ana)


def test_the_session_secret_is_not_in_the_store(app: RunningApp, ana: PageClient) -> None:
    row = do(app, lambda session: session.exec(select(LoginSession)).one())
    assert ana.cookie not in repr(row)


def test_half_an_hour_without_activity_ends_a_session(
    app: RunningApp, clock: SetClock, ada: PageClient
) -> None:
    clock.advance(25 * MINUTE)
    assert is_live(ada)
    clock.advance(25 * MINUTE)  # opening a page counts as activity
    assert is_live(ada)
    clock.advance(31 * MINUTE)
    assert not is_live(ada)


def test_a_pages_own_requests_do_not_keep_a_session_alive(
    app: RunningApp, clock: SetClock, ada: PageClient
) -> None:
    for _ in range(4):
        clock.advance(10 * MINUTE)
        ada.get("/desk/changes?after=0")
    assert not is_live(ada)


def test_an_available_agents_session_lasts_twelve_hours(app: RunningApp, clock: SetClock) -> None:
    ben = sign_in(app, "Ben", available=True)
    clock.advance(11.9 * HOUR)
    assert is_live(ben)
    clock.advance(0.2 * HOUR)
    assert not is_live(ben)


def test_ended_sessions_are_deleted(app: RunningApp, clock: SetClock, ana: PageClient) -> None:
    assert len(do(app, _session_ids)) == 1
    clock.advance(13 * HOUR)
    do(app, partial(sessions.delete_expired, now=clock.now()))
    assert do(app, _session_ids) == []


def _session_ids(session: Session) -> list[str]:
    return list(session.exec(select(LoginSession.id)).all())


def test_a_new_password_ends_every_session_and_begins_one(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    browser, other_browser = LoginClient(app), LoginClient(app)
    for client in (browser, other_browser):
        client.sign_in(email)
    old_session, form = browser.session, {"csrf": token_of(browser), "old": PASSWORD, "new": NEW_PASSWORD}
    assert browser.post("/me/password", {**form, "old": "not this one"}).status_code == 422
    assert browser.post("/me/password", {**form, "new": "short"}).status_code == 422
    assert is_valid(old_session, app)
    assert browser.post("/me/password", form).headers["location"] == "/me?done=password"
    assert not is_valid(old_session, app)
    assert not is_valid(other_browser.session, app)
    assert is_valid(browser.session, app)
    assert LoginClient(app).sign_in(email).status_code == 401
    assert LoginClient(app).sign_in(email, NEW_PASSWORD).status_code == 303


def token_of(browser: LoginClient) -> str:
    match = CSRF_FIELD.search(browser.get("/me").text)
    assert match
    return match[1]


def test_guessing_the_old_password_in_an_open_session_is_throttled(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    browser = LoginClient(app)
    browser.sign_in(email)
    form = {"csrf": token_of(browser), "old": "a guess", "new": NEW_PASSWORD}
    codes = [browser.post("/me/password", form).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


@pytest.mark.parametrize("action", ["disable", "role", "sessions/end"])
def test_an_administrator_ends_a_users_sessions_at_once(
    app: RunningApp, ana: PageClient, ada: PageClient, action: str
) -> None:
    path = f"/settings/users/{ana.id}"
    if action == "role":
        response = ada.post(path, {"name": "Ana", "role": "supervisor", "number": "", **CONFIRM})
    else:
        response = ada.post(f"{path}/{action}")
    assert response.status_code == 303
    assert not is_live(ana)
    assert do(app, lambda session: sessions.list_sessions(session, ana.id, app.services.clock.now())) == []


def test_sessions_ended_by_disabling_a_user_stay_ended(
    app: RunningApp, ana: PageClient, ada: PageClient
) -> None:
    ada.post(f"/settings/users/{ana.id}/disable")
    ada.post(f"/settings/users/{ana.id}/enable", CONFIRM)
    assert not is_live(ana)


def test_nobody_disables_or_demotes_themselves(app: RunningApp, ada: PageClient) -> None:
    path = f"/settings/users/{ada.id}"
    assert ada.post(f"{path}/disable").status_code == 409
    assert ada.post(path, {"name": "Ada", "role": "agent", "number": "", **CONFIRM}).status_code == 409
    assert is_live(ada)


def test_a_user_can_end_only_their_own_other_sessions(
    app: RunningApp, ana: PageClient, ada: PageClient
) -> None:
    other, foreign = another_session(ana), another_session(ada)
    assert ana.post(f"/me/sessions/{session_id_of(foreign)}/end").status_code == 303
    assert is_live(foreign)
    assert ana.post(f"/me/sessions/{session_id_of(ana)}/end").status_code == 409
    ana.post(f"/me/sessions/{session_id_of(other)}/end")
    assert not is_live(other)
    third = another_session(ana)
    ana.post("/me/sessions/end")
    assert (is_live(third), is_live(ana), is_live(foreign)) == (False, True, True)


def another_session(client: PageClient) -> PageClient:
    now = client.app.services.clock.now()
    secret = do(client.app, partial(sessions.create_session, user_id=client.id, browser="another", now=now))
    return PageClient(client.app, client.id, "", secret)


def session_id_of(client: PageClient) -> str:
    now = client.app.services.clock.now()
    signed_in = do(client.app, partial(sessions.authenticate, secret=client.cookie, now=now))
    return str(signed_in.session_id)


# --- agents who leave ---


def agent_state(app: RunningApp, user_id: str) -> tuple[str, str | None]:
    agent = do(app, lambda session: session.get(Agent, user_id))
    return agent.state, agent.next_state


def test_an_agent_who_signs_out_goes_offline(app: RunningApp) -> None:
    ben = sign_in(app, "Ben", available=True)
    ben.post("/logout")
    assert agent_state(app, ben.id) == ("offline", None)


def test_an_agent_still_signed_in_elsewhere_stays_available(app: RunningApp) -> None:
    ben = sign_in(app, "Ben", available=True)
    another_session(ben)
    ben.post("/logout")
    assert agent_state(app, ben.id) == ("available", None)


def test_an_agent_who_signs_out_during_a_call_goes_offline_after_it(app: RunningApp, clock: SetClock) -> None:
    ben = sign_in(app, "Ben", available=True)
    do(app, lambda session: states.claim(session, ben.id, "call_1", clock.now()))
    ben.post("/logout")
    assert agent_state(app, ben.id) == ("ringing", "offline")
    do(app, lambda session: states.release(session, ben.id, "call_1", clock.now(), spoke=False))
    assert agent_state(app, ben.id) == ("offline", None)


# --- links to set a password ---


def link_for(app: RunningApp, user_id: str) -> str:
    secret = do(app, partial(passwords.create_link, user_id=user_id, now=app.services.clock.now()))
    return f"/set-password/{secret}"


def test_a_password_link_works_once_and_signs_in(app: RunningApp) -> None:
    email, user_id = add_user(app, "ben")
    earlier = LoginClient(app)
    earlier.sign_in(email)
    path, browser = link_for(app, user_id), LoginClient(app)
    for _ in range(2):  # opening it, as mail scanners do, does not use it up
        assert "Ben" in page_text(browser.get(path).text)
    token = CSRF_FIELD.search(browser.get(path).text)
    assert token
    form = {"csrf": token[1], "password": NEW_PASSWORD}
    assert browser.post(path, {**form, "password": "short"}).status_code == 422
    assert browser.post(path, {**form, "csrf": "x" * 43}).status_code == 403
    assert browser.post(path, form, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    response = browser.post(path, form)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert browser.is_signed_in
    assert not earlier.is_signed_in
    assert browser.get(path).status_code == 404
    assert LoginClient(app).sign_in(email, NEW_PASSWORD).status_code == 303


def test_a_password_link_is_valid_for_a_day_and_never_for_a_disabled_user(
    app: RunningApp, clock: SetClock, ada: PageClient
) -> None:
    _, user_id = add_user(app, "ben")
    path = link_for(app, user_id)
    clock.advance(25 * HOUR)
    assert LoginClient(app).get(path).status_code == 404
    path = link_for(app, user_id)
    do(app, partial(users.disable, user_id=user_id, now=clock.now(), by=ada.id))
    assert LoginClient(app).get(path).status_code == 404
    assert LoginClient(app).get("/set-password/nothing").status_code == 404
    assert do(app, lambda session: session.exec(select(PasswordLink)).all())


# --- live streams ---


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadedServer]:
    """A server of this test's own, with Ana as agent."""
    server = ThreadedServer(tmp_path, clock=StillClock())
    server.start()
    server.services.store.write_now(_add_ana)
    yield server
    server.stop()


def _add_ana(session: Session) -> None:
    user = users.add_user(session, EMAIL, "agent", "Ana", None, None, CLOCK.now())
    user.password_hash = PASSWORD_HASH


@contextmanager
def signed_in(server: ThreadedServer) -> Iterator[httpx.Client]:
    """A client with a session at the server."""
    with httpx.Client(base_url=server.url, timeout=40) as client:
        token = CSRF_FIELD.search(client.get("/login").text)
        assert token
        form = {"csrf": token[1], "email": EMAIL, "password": PASSWORD}
        assert client.post("/login", data=form).status_code == 303
        yield client


def sign_out(client: httpx.Client) -> None:
    """Signs out as the page's button does."""
    token = CSRF_FIELD.search(client.get("/me").text)
    assert token
    assert client.post("/logout", data={"csrf": token[1]}).status_code == 303


def disable_in_store(server: ThreadedServer) -> None:
    """Disables the user in the store directly, as another process would: nothing is announced."""
    store = Store(f"sqlite:///{server.folder}/callcrm.sqlite3", CLOCK, THREADS)

    def verb(session: Session) -> None:
        user = users.user_by_email(session, EMAIL)
        user.disabled_at = CLOCK.now()

    store.write_now(verb)
    store.close()


def test_a_live_stream_ends_at_once_with_its_session(server: ThreadedServer) -> None:
    with signed_in(server) as client, client.stream("GET", "/desk/events") as stream:
        chunks = stream.iter_text()
        next(chunks)
        with signed_in(server) as other:
            sign_out(other)  # another session of the same user: this one's stream goes on
        sign_out(client)
        for _ in chunks:  # no time passes, so this is not the periodic check of sessions
            pass


def test_a_live_stream_ends_within_30_s_of_an_unannounced_change(server: ThreadedServer) -> None:
    with signed_in(server) as client, client.stream("GET", "/desk/events") as stream:
        chunks = stream.iter_text()
        next(chunks)
        disable_in_store(server)
        server.clock.skip(30)
        for _ in chunks:
            pass
        assert client.get("/desk/events").status_code == 303
