"""Sessions: how long they last, what ends them, and that what is over opens nothing any more."""

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
from tests.running_app import RunningApp
from tests.server_thread import ThreadedServer
from tests.web.support.login_client import CSRF_FIELD, PASSWORD, PASSWORD_HASH, LoginClient, add_user
from tests.web.support.page_client import PageClient, do, page_text, sign_in

MINUTE, HOUR = 60, 3600
EMAIL = "ana@example.test"
NEW = "another long sentence of the tests"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """An agent, signed in."""
    return sign_in(app, "Ana")


@pytest.fixture
def ada(app: RunningApp) -> PageClient:
    """An administrator, signed in."""
    return sign_in(app, "Ada", "admin")


def opens(cookie: str, app: RunningApp) -> bool:
    """Whether this very cookie still opens anything, and if not, whether each kind of page says so."""
    captured = PageClient(app, "", "", cookie)
    page, part = captured.get("/me"), captured.get("/me", **{"HX-Request": "true"})
    if page.status_code == 200:
        return True
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/me")
    assert part.status_code == 401
    return False


def is_live(visitor: PageClient) -> bool:
    return opens(visitor.cookie, visitor.app)


def test_a_session_has_another_secret_after_each_login(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    browser = LoginClient(app)
    browser.sign_in(email)
    first = browser.session
    token = CSRF_FIELD.search(LoginClient(app).get("/login").text)
    assert token
    # signed in already, and signing in again: as when a cookie was put there by somebody else
    browser.cookies[security.cookie_name(app.services.settings, "form")] = token[1]
    answer = browser.post("/login", {"csrf": token[1], "email": email, "password": PASSWORD})
    assert answer.status_code == 303
    assert browser.session != first
    assert opens(browser.session, app)
    assert not opens(first, app)


def test_a_cookie_kept_from_before_the_logout_opens_nothing(app: RunningApp, ana: PageClient) -> None:
    assert is_live(ana)
    answer = ana.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert answer.headers["clear-site-data"] == '"cache"'
    assert not is_live(ana)


def test_the_secret_itself_is_nowhere_in_the_store(app: RunningApp, ana: PageClient) -> None:
    row = do(app, lambda session: session.exec(select(LoginSession)).one())
    assert ana.cookie not in repr(row)


def test_half_an_hour_in_which_nothing_was_done_ends_it(
    app: RunningApp, clock: SetClock, ada: PageClient
) -> None:
    clock.advance(25 * MINUTE)
    assert is_live(ada)
    clock.advance(25 * MINUTE)  # that look was something
    assert is_live(ada)
    clock.advance(31 * MINUTE)
    assert not is_live(ada)


def test_what_a_page_fetches_by_itself_keeps_nobody_signed_in(
    app: RunningApp, clock: SetClock, ada: PageClient
) -> None:
    for _ in range(4):
        clock.advance(10 * MINUTE)
        ada.get("/desk/changes?after=0")
    assert not is_live(ada)


def test_whoever_is_signed_on_for_calls_is_at_work_for_twelve_hours(app: RunningApp, clock: SetClock) -> None:
    ben = sign_in(app, "Ben", available=True)
    clock.advance(11.9 * HOUR)
    assert is_live(ben)
    clock.advance(0.2 * HOUR)
    assert not is_live(ben)


def test_sessions_that_are_over_are_swept(app: RunningApp, clock: SetClock, ana: PageClient) -> None:
    assert len(do(app, _kept)) == 1
    clock.advance(13 * HOUR)
    do(
        app, partial(sessions.delete_expired, now=clock.now())
    )  # if the house has not done so by now by itself
    assert do(app, _kept) == []


def _kept(session: Session) -> list[str]:
    return list(session.exec(select(LoginSession.id)).all())


def test_another_password_ends_every_session_and_begins_one(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    here, there = LoginClient(app), LoginClient(app)
    for browser in (here, there):
        browser.sign_in(email)
    old, form = here.session, {"csrf": token_of(here), "old": PASSWORD, "new": NEW}
    assert here.post("/me/password", {**form, "old": "not this one"}).status_code == 422
    assert here.post("/me/password", {**form, "new": "short"}).status_code == 422
    assert opens(old, app)
    assert here.post("/me/password", form).headers["location"] == "/me?done=password"
    assert not opens(old, app)
    assert not opens(there.session, app)
    assert opens(here.session, app)
    assert LoginClient(app).sign_in(email).status_code == 401
    assert LoginClient(app).sign_in(email, NEW).status_code == 303


def token_of(browser: LoginClient) -> str:
    found = CSRF_FIELD.search(browser.get("/me").text)
    assert found
    return found[1]


def test_guessing_the_old_password_at_a_screen_left_open_comes_to_an_end(app: RunningApp) -> None:
    email, _ = add_user(app, "ben")
    browser = LoginClient(app)
    browser.sign_in(email)
    form = {"csrf": token_of(browser), "old": "a guess", "new": NEW}
    codes = [browser.post("/me/password", form).status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


@pytest.mark.parametrize("how", ["disable", "role", "sessions/end"])
def test_an_administrator_ends_them_at_once(
    app: RunningApp, ana: PageClient, ada: PageClient, how: str
) -> None:
    path = f"/settings/users/{ana.id}"
    if how == "role":
        answer = ada.post(path, {"name": "Ana", "role": "supervisor", "number": ""})
    else:
        answer = ada.post(f"{path}/{how}")
    assert answer.status_code == 303
    assert not is_live(ana)
    assert do(app, lambda session: sessions.list_sessions(session, ana.id, app.services.clock.now())) == []


def test_what_was_over_when_one_was_disabled_stays_over(
    app: RunningApp, ana: PageClient, ada: PageClient
) -> None:
    ada.post(f"/settings/users/{ana.id}/disable")
    ada.post(f"/settings/users/{ana.id}/enable")
    assert not is_live(ana)


def test_nobody_disables_or_demotes_themselves(app: RunningApp, ada: PageClient) -> None:
    path = f"/settings/users/{ada.id}"
    assert ada.post(f"{path}/disable").status_code == 409
    assert ada.post(path, {"name": "Ada", "role": "agent", "number": ""}).status_code == 409
    assert is_live(ada)


def test_one_ends_ones_own_other_sessions_and_nobody_elses(
    app: RunningApp, ana: PageClient, ada: PageClient
) -> None:
    other, foreign = second(ana), second(ada)
    assert ana.post(f"/me/sessions/{id_of(foreign)}/end").status_code == 303
    assert is_live(foreign)
    assert ana.post(f"/me/sessions/{id_of(ana)}/end").status_code == 409
    ana.post(f"/me/sessions/{id_of(other)}/end")
    assert not is_live(other)
    third = second(ana)
    ana.post("/me/sessions/end")
    assert (is_live(third), is_live(ana), is_live(foreign)) == (False, True, True)


def second(who: PageClient) -> PageClient:
    now = who.app.services.clock.now()
    secret = do(who.app, partial(sessions.create_session, user_id=who.id, browser="another", now=now))
    return PageClient(who.app, who.id, "", secret)


def id_of(who: PageClient) -> str:
    found = do(who.app, partial(sessions.authenticate, secret=who.cookie, now=who.app.services.clock.now()))
    return str(found.session_id)


# --- agents who leave ---


def state(app: RunningApp, user_id: str) -> tuple[str, str | None]:
    agent = do(app, lambda session: session.get(Agent, user_id))
    return agent.state, agent.next_state


def test_an_agent_who_signs_out_goes_offline(app: RunningApp) -> None:
    ben = sign_in(app, "Ben", available=True)
    ben.post("/logout")
    assert state(app, ben.id) == ("offline", None)


def test_not_while_they_are_signed_in_elsewhere(app: RunningApp) -> None:
    ben = sign_in(app, "Ben", available=True)
    second(ben)
    ben.post("/logout")
    assert state(app, ben.id) == ("available", None)


def test_on_a_call_they_go_offline_after_it(app: RunningApp, clock: SetClock) -> None:
    ben = sign_in(app, "Ben", available=True)
    do(app, lambda session: states.claim(session, ben.id, "call_1", clock.now()))
    ben.post("/logout")
    assert state(app, ben.id) == ("ringing", "offline")
    do(app, lambda session: states.release(session, ben.id, "call_1", clock.now(), spoke=False))
    assert state(app, ben.id) == ("offline", None)


# --- links to set a password ---


def link_for(app: RunningApp, user_id: str) -> str:
    secret = do(app, partial(passwords.create_link, user_id=user_id, now=app.services.clock.now()))
    return f"/set-password/{secret}"


def test_a_link_sets_a_password_once_and_signs_in(app: RunningApp) -> None:
    email, user_id = add_user(app, "ben")
    before = LoginClient(app)
    before.sign_in(email)
    path, browser = link_for(app, user_id), LoginClient(app)
    for _ in range(2):  # looking at it, as programs that read mail do, uses nothing up
        assert "Ben" in page_text(browser.get(path).text)
    token = CSRF_FIELD.search(browser.get(path).text)
    assert token
    form = {"csrf": token[1], "password": NEW}
    assert browser.post(path, {**form, "password": "short"}).status_code == 422
    assert browser.post(path, {**form, "csrf": "x" * 43}).status_code == 403
    assert browser.post(path, form, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    answer = browser.post(path, form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.is_in
    assert not before.is_in
    assert browser.get(path).status_code == 404
    assert LoginClient(app).sign_in(email, NEW).status_code == 303


def test_a_link_is_good_for_a_day_and_never_for_somebody_disabled(
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
    """A server of its own, where Ana works."""
    found = ThreadedServer(tmp_path, clock=StillClock())
    found.start()
    found.services.store.write_now(_ana)
    yield found
    found.stop()


def _ana(session: Session) -> None:
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
    """As the page's button does."""
    token = CSRF_FIELD.search(client.get("/me").text)
    assert token
    assert client.post("/logout", data={"csrf": token[1]}).status_code == 303


def disable_behind_its_back(server: ThreadedServer) -> None:
    """The store is changed by another process, which tells this one nothing."""
    store = Store(f"sqlite:///{server.folder}/callcrm.sqlite3", CLOCK, THREADS)

    def verb(session: Session) -> None:
        user = users.user_by_email(session, EMAIL)
        user.disabled_at = CLOCK.now()

    store.write_now(verb)
    store.close()


def test_a_live_stream_ends_at_once_with_its_session(server: ThreadedServer) -> None:
    with signed_in(server) as client, client.stream("GET", "/desk/events") as stream:
        pieces = stream.iter_text()
        next(pieces)
        with signed_in(server) as other:
            sign_out(other)  # of another session of theirs: this one's stream goes on
        sign_out(client)
        for _ in pieces:  # no time passes, so nobody has looked whether sessions have ended
            pass


def test_a_live_stream_ends_soon_though_nobody_said_a_word(server: ThreadedServer) -> None:
    with signed_in(server) as client, client.stream("GET", "/desk/events") as stream:
        pieces = stream.iter_text()
        next(pieces)
        disable_behind_its_back(server)
        server.clock.skip(30)
        for _ in pieces:
            pass
        assert client.get("/desk/events").status_code == 303
