"""Signing in: who gets in, how often one may try, and what is said meanwhile."""

from functools import partial

import pytest
from sqlmodel import Session, func, select

from callcrm.agents import attempts, users
from callcrm.desk import guard, passwords
from callcrm.models import Attempt, SignIn
from callcrm.store.door import Store, StoreDown
from tests.desk.door import HIDDEN, PASSWORD, Browser, employ
from tests.desk.visitor import do, words
from tests.house import House
from tests.set_clock import SetClock

LATER = attempts.WINDOW.total_seconds() + 1


@pytest.fixture(autouse=True)
def _proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test client has no address of its own: whoever it names is whoever asks."""
    monkeypatch.setattr("callcrm.desk.origin._trusted", lambda address, _: address == "testclient")
    monkeypatch.setattr(attempts, "OF_ORIGIN", 12)  # each attempt takes as long as a password is meant to


def test_whoever_knows_the_password_gets_in_with_a_cookie_only_we_can_read(house: House) -> None:
    email, _ = employ(house, "ana")
    browser = Browser(house)
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
def test_nobody_else_does_and_is_not_told_which_was_wrong(house: House, email: str, password: str) -> None:
    employ(house, "ana")
    browser = Browser(house)
    answer = browser.sign_in(email, password)
    assert answer.status_code == 401
    assert "E-mail or password is wrong." in words(answer.text)
    assert not browser.session
    assert not browser.is_in


def test_the_right_password_of_somebody_disabled_is_told_so(house: House) -> None:
    email, user_id = employ(house, "ana")
    do(house, partial(users.disable, user_id=user_id, now=house.services.clock()))
    assert Browser(house).sign_in(email, "wrong sentence").status_code == 401
    answer = Browser(house).sign_in(email)
    assert answer.status_code == 403
    assert "disabled" in words(answer.text)
    assert do(house, sessions) == 0


def sessions(session: Session) -> int:
    return int(session.exec(select(func.count()).select_from(SignIn)).one())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_signs_nobody_in(house: House, headers: dict[str, str]) -> None:
    email, _ = employ(house, "ana")
    browser = Browser(house, **headers)
    assert browser.sign_in(email).status_code == 403
    assert do(house, sessions) == 0


def test_a_form_without_the_token_of_this_browser_signs_nobody_in(house: House) -> None:
    email, _ = employ(house, "ana")
    fields = {"email": email, "password": PASSWORD}
    assert Browser(house).post("/login", fields).status_code == 403
    other = HIDDEN.search(Browser(house).get("/login").text)
    assert other
    mine = Browser(house)
    mine.get("/login")
    assert mine.post("/login", {**fields, "csrf": other[1]}).status_code == 403
    assert do(house, sessions) == 0


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
    assert guard.path_of_ours(wanted) == led_to


def test_one_goes_on_where_one_was_going(house: House) -> None:
    email, _ = employ(house, "ana")
    browser = Browser(house)
    sent = browser.get("/me").headers["location"]
    assert browser.sign_in(email, path=sent).headers["location"] == "/me"
    assert browser.get(sent).headers["location"] == "/me"


# --- how often ---


def test_after_five_wrong_ones_a_place_waits(house: House, clock: SetClock) -> None:
    email, _ = employ(house, "ana")
    browser = Browser(house)
    for _ in range(attempts.OF_ADDRESS):
        assert browser.sign_in(email, "a wrong sentence").status_code == 401
    clock.advance(60)
    answer = browser.sign_in(email)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == attempts.WINDOW.total_seconds() - 60
    assert "Try again in 14 minutes" in words(answer.text)
    clock.advance(LATER)
    assert browser.sign_in(email).status_code == 303


def test_nobody_can_lock_another_out(house: House) -> None:
    email, _ = employ(house, "ana")
    known = Browser(house, "203.0.113.5")
    assert known.sign_in(email).status_code == 303
    del known.cookies[guard.cookie_name(house.services.settings)]
    for _ in range(attempts.OF_ADDRESS + 2):
        Browser(house, "198.51.100.7").sign_in(email, "a wrong sentence")
    for number in range(attempts.OF_ORIGIN + 2):  # from the very place where Ana sits
        Browser(house, "203.0.113.5").sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert Browser(house, "203.0.113.5").sign_in(email).status_code == 429  # a browser nobody knows
    assert Browser(house, "203.0.113.99").sign_in(email).status_code == 303  # from elsewhere
    assert known.sign_in(email).status_code == 303


def test_many_addresses_from_one_place_make_it_wait(house: House) -> None:
    email, _ = employ(house, "ana")
    for number in range(attempts.OF_ORIGIN):
        Browser(house).sign_in(f"nobody{number}@example.test", "a wrong sentence")
    assert Browser(house).sign_in(email).status_code == 429
    assert Browser(house, "198.51.100.8").sign_in(email).status_code == 303


def test_whoever_guesses_at_a_known_browser_waits_too(house: House) -> None:
    email, _ = employ(house, "ana")
    known = Browser(house)
    known.sign_in(email)
    del known.cookies[guard.cookie_name(house.services.settings)]
    codes = [known.sign_in(email, "a wrong sentence").status_code for _ in range(attempts.OF_PLACE + 1)]
    assert codes == [401] * attempts.OF_PLACE + [429]


def test_getting_in_forgives_the_slips_before(house: House) -> None:
    email, _ = employ(house, "ana")
    browser = Browser(house)
    for _ in range(2):
        for _ in range(attempts.OF_ADDRESS - 1):
            assert browser.sign_in(email, "a wrong sentence").status_code == 401
        assert browser.sign_in(email).status_code == 303
        browser.cookies.clear()


def test_fifty_guesses_at_once_are_five(house: House, clock: SetClock) -> None:
    def guess(session: Session) -> None:
        attempts.enter(session, attempts.gates("ana@example.test", "198.51.100.7", None), clock())

    counted = 0
    for _ in range(50):
        try:
            do(house, guess)
            counted += 1
        except attempts.Throttled:
            pass
    assert counted == attempts.OF_ADDRESS


def test_what_is_kept_of_attempts_names_nobody_and_is_dropped(house: House, clock: SetClock) -> None:
    Browser(house).sign_in("ana@example.test", "a wrong sentence")
    kept = do(house, lambda session: [one.who for one in session.exec(select(Attempt)).all()])
    assert len(kept) == 2
    assert all(len(one) == 64 and "ana" not in one for one in kept)
    clock.advance(LATER)
    assert do(house, partial(attempts.forget, now=clock())) == 2


def test_when_many_sign_in_at_once_the_rest_is_asked_to_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = employ(house, "ana")
    monkeypatch.setattr(passwords, "MOST_WAITING", 0)
    answer = Browser(house).sign_in(email)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


# --- the page itself ---


def test_the_login_speaks_both_languages(house: House) -> None:
    browser = Browser(house, **{"Accept-Language": "fa-IR,fa;q=0.9,en;q=0.8"})
    assert 'lang="fa" dir="rtl"' in browser.get("/login").text
    assert 'lang="en" dir="ltr"' in browser.get("/login?next=/me&lang=en").text
    assert 'lang="en"' in browser.get("/login").text  # it was chosen, and is remembered


def test_without_a_store_nobody_gets_in_and_is_told_why(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = employ(house, "ana")
    browser, inside = Browser(house), Browser(house)
    inside.sign_in(email)
    token = HIDDEN.search(browser.get("/login").text)
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
        assert "The service is limited just now" in words(answer.text)
        assert not browser.session
    assert inside.get("/me").status_code == 503
