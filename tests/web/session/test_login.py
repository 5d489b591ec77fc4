"""Signing in: passwords, CSRF tokens, throttling, and where the login leads."""

from functools import partial

import pytest
from sqlmodel import Session, func, select

from callcrm.agents import users
from callcrm.agents.access import login_throttle
from callcrm.agents.access.throttled import Throttled
from callcrm.models import LoginAttempt, LoginSession
from callcrm.store.store import Store, StoreDown
from callcrm.web import security
from tests.clocks import SetClock
from tests.quick_passwords import PASSWORD
from tests.running_app import RunningApp
from tests.web.support.login_client import CSRF_FIELD, LoginClient, add_user
from tests.web.support.page_client import do, page_text

pytestmark = pytest.mark.one_engine

NETWORK_LIMIT = 12
AFTER_WINDOW = login_throttle.WINDOW.total_seconds() + 1


@pytest.fixture(autouse=True)
def _few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer attempts from one address than in production, since each takes time."""
    monkeypatch.setattr(login_throttle, "NETWORK_LIMITS", (NETWORK_LIMIT, 150))


def test_the_right_password_signs_in_with_a_secure_http_only_cookie(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    response = browser.sign_in(email)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookies = [
        cookie for cookie in response.headers.get_list("set-cookie") if cookie.startswith("__Host-callcrm=")
    ]
    flags = {part.strip().lower() for part in cookies[0].split(";")[1:]}
    assert flags == {"path=/", "secure", "httponly", "samesite=lax"}
    assert browser.is_signed_in


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ana@example.test", "another sentence of the tests"),
        ("nobody@example.test", PASSWORD),
        ("", ""),
        ("ana@example.test", ""),
        ("ana@example.test", "x" * 5000),
        ("ana\x00@example.test", PASSWORD),
        ("ana@example.test", "\x00"),
        ("x" * 4000 + "@example.test", PASSWORD),
    ],
)
def test_a_wrong_email_or_password_is_refused_without_saying_which(
    app: RunningApp, email: str, password: str
) -> None:
    add_user(app, "ana")
    browser = LoginClient(app)
    response = browser.sign_in(email, password)
    assert response.status_code == 401
    assert "E-mail or password is wrong." in page_text(response.text)
    assert not browser.session
    assert not browser.is_signed_in


def test_a_disabled_user_with_the_right_password_is_told_so(app: RunningApp) -> None:
    email, user_id = add_user(app, "ana")
    do(app, partial(users.disable, user_id=user_id, now=app.services.clock.now()))
    assert LoginClient(app).sign_in(email, "wrong sentence").status_code == 401
    response = LoginClient(app).sign_in(email)
    assert response.status_code == 403
    assert "disabled" in page_text(response.text)
    assert do(app, count_sessions) == 0


def count_sessions(session: Session) -> int:
    return int(session.exec(select(func.count()).select_from(LoginSession)).one())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_signs_nobody_in(app: RunningApp, headers: dict[str, str]) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app, **headers)
    assert browser.sign_in(email).status_code == 403
    assert do(app, count_sessions) == 0


def test_a_form_without_the_token_of_this_browser_signs_nobody_in(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    fields = {"email": email, "password": PASSWORD}
    assert LoginClient(app).post("/login", fields).status_code == 403
    other_token = CSRF_FIELD.search(LoginClient(app).get("/login").text)
    assert other_token
    browser = LoginClient(app)
    browser.get("/login")
    assert browser.post("/login", {**fields, "csrf": other_token[1]}).status_code == 403
    assert do(app, count_sessions) == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/calls/1?a=b#c", "/calls/1?a=b#c"),
        ("", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("/%5C/elsewhere.example", "/%5C/elsewhere.example"),
        ("https://elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("calls", "/"),
        ("/" + "a" * 600, "/"),
    ],
)
def test_a_redirect_leads_to_our_own_pages_alone(path: str, expected: str) -> None:
    assert security.local_path(path) == expected


def test_the_login_leads_to_the_page_that_was_asked_for(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    login_path = browser.get("/me").headers["location"]
    assert browser.sign_in(email, path=login_path).headers["location"] == "/me"
    assert browser.get(login_path).headers["location"] == "/me"


# --- throttling ---


def test_after_five_wrong_passwords_an_address_must_wait(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    for _ in range(login_throttle.ADDRESS_LIMIT):
        assert browser.sign_in(email, "a wrong sentence").status_code == 401
    clock.advance(60)
    response = browser.sign_in(email)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) == login_throttle.WINDOW.total_seconds() - 60
    assert "Try again in 14 minutes" in page_text(response.text)
    clock.advance(AFTER_WINDOW)
    assert browser.sign_in(email).status_code == 303


def test_nobody_can_lock_another_out(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    known_browser = LoginClient(app, "203.0.113.5")
    assert known_browser.sign_in(email).status_code == 303
    del known_browser.cookies[security.cookie_name(app.services.settings)]
    for _ in range(login_throttle.ADDRESS_LIMIT + 2):
        LoginClient(app, "198.51.100.7").sign_in(email, "a wrong sentence")
    for number in range(NETWORK_LIMIT + 2):  # from Ana's own address
        LoginClient(app, "203.0.113.5").sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert LoginClient(app, "203.0.113.5").sign_in(email).status_code == 429  # an unknown browser
    assert LoginClient(app, "203.0.113.99").sign_in(email).status_code == 303  # from elsewhere
    assert known_browser.sign_in(email).status_code == 303


def test_many_emails_tried_from_one_ip_address_make_it_wait(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    for number in range(NETWORK_LIMIT):
        LoginClient(app).sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert LoginClient(app).sign_in(email).status_code == 429
    assert LoginClient(app, "198.51.100.8").sign_in(email).status_code == 303


def test_guessing_from_a_known_browser_is_throttled_too(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    known_browser = LoginClient(app)
    known_browser.sign_in(email)
    del known_browser.cookies[security.cookie_name(app.services.settings)]
    codes = [
        known_browser.sign_in(email, "a wrong sentence").status_code
        for _ in range(login_throttle.BROWSER_LIMIT + 1)
    ]
    assert codes == [401] * login_throttle.BROWSER_LIMIT + [429]


def test_a_login_forgets_the_failed_attempts_before(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    for _ in range(2):
        for _ in range(login_throttle.ADDRESS_LIMIT - 1):
            assert browser.sign_in(email, "a wrong sentence").status_code == 401
        assert browser.sign_in(email).status_code == 303
        browser.cookies.clear()


def test_of_fifty_attempts_at_once_five_are_allowed(app: RunningApp, clock: SetClock) -> None:
    def guess(session: Session) -> None:
        login_throttle.count_attempt(
            session, login_throttle.throttle_keys("ana@example.test", ["198.51.100.7"], None), clock.now()
        )

    allowed = 0
    for _ in range(50):
        try:
            do(app, guess)
            allowed += 1
        except Throttled:
            pass
    assert allowed == login_throttle.ADDRESS_LIMIT


def test_stored_attempts_name_nobody_and_are_deleted(app: RunningApp, clock: SetClock) -> None:
    LoginClient(app).sign_in("ana@example.test", "a wrong sentence")
    keys = do(app, lambda session: [row.throttle_key for row in session.exec(select(LoginAttempt)).all()])
    assert len(keys) == 2
    assert all(len(key) == 64 and "ana" not in key for key in keys)
    clock.advance(AFTER_WINDOW)
    assert do(app, partial(login_throttle.delete_old, now=clock.now())) == 2


def test_when_many_sign_in_at_once_the_others_must_wait(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = add_user(app, "ana")
    monkeypatch.setattr(app.asgi.state.web.passwords.unknown_browsers, "max_waiting", 0)
    response = LoginClient(app).sign_in(email)
    assert (response.status_code, response.headers["retry-after"]) == (429, "5")


# --- the page ---


def test_the_login_page_speaks_both_languages(app: RunningApp) -> None:
    browser = LoginClient(app, **{"Accept-Language": "fa-IR,fa;q=0.9,en;q=0.8"})
    assert 'lang="fa" dir="rtl"' in browser.get("/login").text
    assert 'lang="en" dir="ltr"' in browser.get("/login?next=/me&lang=en").text
    assert 'lang="en"' in browser.get("/login").text  # it was chosen, and is remembered


def test_without_a_store_nobody_signs_in_and_everybody_is_told_why(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = add_user(app, "ana")
    browser, signed_in = LoginClient(app), LoginClient(app)
    signed_in.sign_in(email)
    token = CSRF_FIELD.search(browser.get("/login").text)
    assert token

    async def fail(*_: object, **__: object) -> None:
        raise StoreDown("The store is away.")

    for verb in ("read", "write"):
        monkeypatch.setattr(Store, verb, fail)
    for response in (
        browser.get("/login"),
        browser.post("/login", {"csrf": token[1], "email": email, "password": PASSWORD}),
    ):
        assert response.status_code == 503
        assert "The service is limited just now" in page_text(response.text)
        assert not browser.session
    assert signed_in.get("/me").status_code == 503
