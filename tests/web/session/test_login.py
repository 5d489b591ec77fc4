"""Signing in: who gets in, how often one may try, and what is said meanwhile."""

from functools import partial

import pytest
from sqlmodel import Session, func, select

from callcrm.agents import login_throttle, users
from callcrm.models import LoginAttempt, LoginSession
from callcrm.store.store import Store, StoreDown
from callcrm.web import security
from callcrm.web.session import passwords
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.web.support.login_client import CSRF_FIELD, PASSWORD, LoginClient, add_user
from tests.web.support.page_client import do, page_text

LATER = login_throttle.WINDOW.total_seconds() + 1


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test client has no address of its own: whoever it names is whoever asks."""
    monkeypatch.setattr(
        "callcrm.web.session.client_ip._is_trusted", lambda address, _: address == "testclient"
    )
    monkeypatch.setattr(
        login_throttle, "CLIENT_IP_LIMIT", 12
    )  # each attempt takes as long as a password is meant to


def test_whoever_knows_the_password_gets_in_with_a_cookie_only_we_can_read(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    answer = browser.sign_in(email)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    said = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-callcrm=")]
    flags = {part.strip().lower() for part in said[0].split(";")[1:]}
    assert flags == {"path=/", "secure", "httponly", "samesite=lax"}
    assert browser.is_in


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
def test_nobody_else_does_and_is_not_told_which_was_wrong(app: RunningApp, email: str, password: str) -> None:
    add_user(app, "ana")
    browser = LoginClient(app)
    answer = browser.sign_in(email, password)
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in page_text(answer.text)
    assert not browser.session
    assert not browser.is_in


def test_the_right_password_of_somebody_disabled_is_told_so(app: RunningApp) -> None:
    email, user_id = add_user(app, "ana")
    do(app, partial(users.disable, user_id=user_id, now=app.services.clock.now()))
    assert LoginClient(app).sign_in(email, "wrong sentence").status_code == 401
    answer = LoginClient(app).sign_in(email)
    assert answer.status_code == 403
    assert "disabled" in page_text(answer.text)
    assert do(app, sessions) == 0


def sessions(session: Session) -> int:
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
    assert do(app, sessions) == 0


def test_a_form_without_the_token_of_this_browser_signs_nobody_in(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    fields = {"email": email, "password": PASSWORD}
    assert LoginClient(app).post("/login", fields).status_code == 403
    other = CSRF_FIELD.search(LoginClient(app).get("/login").text)
    assert other
    mine = LoginClient(app)
    mine.get("/login")
    assert mine.post("/login", {**fields, "csrf": other[1]}).status_code == 403
    assert do(app, sessions) == 0


@pytest.mark.parametrize(
    ("wanted", "led_to"),
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
def test_one_is_led_on_to_a_page_of_ours_alone(wanted: str, led_to: str) -> None:
    assert security.local_path(wanted) == led_to


def test_one_goes_on_where_one_was_going(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    sent = browser.get("/me").headers["location"]
    assert browser.sign_in(email, path=sent).headers["location"] == "/me"
    assert browser.get(sent).headers["location"] == "/me"


# --- how often ---


def test_after_five_wrong_ones_a_place_waits(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    for _ in range(login_throttle.ADDRESS_LIMIT):
        assert browser.sign_in(email, "a wrong sentence").status_code == 401
    clock.advance(60)
    answer = browser.sign_in(email)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == login_throttle.WINDOW.total_seconds() - 60
    assert "Try again in 14 minutes" in page_text(answer.text)
    clock.advance(LATER)
    assert browser.sign_in(email).status_code == 303


def test_nobody_can_lock_another_out(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    known = LoginClient(app, "203.0.113.5")
    assert known.sign_in(email).status_code == 303
    del known.cookies[security.cookie_name(app.services.settings)]
    for _ in range(login_throttle.ADDRESS_LIMIT + 2):
        LoginClient(app, "198.51.100.7").sign_in(email, "a wrong sentence")
    for number in range(login_throttle.CLIENT_IP_LIMIT + 2):  # from the very place where Ana sits
        LoginClient(app, "203.0.113.5").sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert LoginClient(app, "203.0.113.5").sign_in(email).status_code == 429  # a browser nobody knows
    assert LoginClient(app, "203.0.113.99").sign_in(email).status_code == 303  # from elsewhere
    assert known.sign_in(email).status_code == 303


def test_many_addresses_from_one_place_make_it_wait(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    for number in range(login_throttle.CLIENT_IP_LIMIT):
        LoginClient(app).sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert LoginClient(app).sign_in(email).status_code == 429
    assert LoginClient(app, "198.51.100.8").sign_in(email).status_code == 303


def test_whoever_guesses_at_a_known_browser_waits_too(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    known = LoginClient(app)
    known.sign_in(email)
    del known.cookies[security.cookie_name(app.services.settings)]
    codes = [
        known.sign_in(email, "a wrong sentence").status_code for _ in range(login_throttle.BROWSER_LIMIT + 1)
    ]
    assert codes == [401] * login_throttle.BROWSER_LIMIT + [429]


def test_getting_in_forgives_the_slips_before(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    browser = LoginClient(app)
    for _ in range(2):
        for _ in range(login_throttle.ADDRESS_LIMIT - 1):
            assert browser.sign_in(email, "a wrong sentence").status_code == 401
        assert browser.sign_in(email).status_code == 303
        browser.cookies.clear()


def test_fifty_guesses_at_once_are_five(app: RunningApp, clock: SetClock) -> None:
    def guess(session: Session) -> None:
        login_throttle.count_attempt(
            session, login_throttle.throttle_keys("ana@example.test", "198.51.100.7", None), clock.now()
        )

    counted = 0
    for _ in range(50):
        try:
            do(app, guess)
            counted += 1
        except login_throttle.Throttled:
            pass
    assert counted == login_throttle.ADDRESS_LIMIT


def test_what_is_kept_of_attempts_names_nobody_and_is_dropped(app: RunningApp, clock: SetClock) -> None:
    LoginClient(app).sign_in("ana@example.test", "a wrong sentence")
    kept = do(app, lambda session: [row.throttle_key for row in session.exec(select(LoginAttempt)).all()])
    assert len(kept) == 2
    assert all(len(one) == 64 and "ana" not in one for one in kept)
    clock.advance(LATER)
    assert do(app, partial(login_throttle.delete_old, now=clock.now())) == 2


def test_when_many_sign_in_at_once_the_rest_is_asked_to_wait(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = add_user(app, "ana")
    monkeypatch.setattr(passwords, "MAX_WAITING", 0)
    answer = LoginClient(app).sign_in(email)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


# --- the page itself ---


def test_the_login_speaks_both_languages(app: RunningApp) -> None:
    browser = LoginClient(app, **{"Accept-Language": "fa-IR,fa;q=0.9,en;q=0.8"})
    assert 'lang="fa" dir="rtl"' in browser.get("/login").text
    assert 'lang="en" dir="ltr"' in browser.get("/login?next=/me&lang=en").text
    assert 'lang="en"' in browser.get("/login").text  # it was chosen, and is remembered


def test_without_a_store_nobody_gets_in_and_is_told_why(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = add_user(app, "ana")
    browser, inside = LoginClient(app), LoginClient(app)
    inside.sign_in(email)
    token = CSRF_FIELD.search(browser.get("/login").text)
    assert token

    async def away(*_: object, **__: object) -> None:
        raise StoreDown("The store is away.")

    for verb in ("read", "write"):
        monkeypatch.setattr(Store, verb, away)
    for answer in (
        browser.get("/login"),
        browser.post("/login", {"csrf": token[1], "email": email, "password": PASSWORD}),
    ):
        assert answer.status_code == 503
        assert "The service is limited just now" in page_text(answer.text)
        assert not browser.session
    assert inside.get("/me").status_code == 503
