"""Guessing from many places and floods of logins: what is slowed down, who still gets in, who is told."""

from datetime import timedelta
from functools import partial

import pytest

from callcrm import metrics
from callcrm.agents.passwords import create_link
from callcrm.web import security
from tests.clocks import SetClock
from tests.quick_passwords import PASSWORD
from tests.running_app import RunningApp
from tests.web.support.login_client import LoginClient, add_user
from tests.web.support.page_client import do, page_text

WRONG = "a wrong sentence"
DAY = int(timedelta(days=1).total_seconds())
SPELLINGS = (
    "198.51.100.7",
    "198.51.100.7:4711",
    '"198.51.100.7:4712"',
    "::ffff:198.51.100.7",
    "[::ffff:198.51.100.7]:4713",
    "[::ffff:c633:6407%eth0]:80",
)

pytestmark = pytest.mark.one_engine


def guess(app: RunningApp, email: str, address: str, password: str = WRONG) -> int:
    """The status of an attempt from a browser nobody has used before."""
    return int(LoginClient(app, address).sign_in(email, password).status_code)


def known_browser(app: RunningApp, email: str, address: str) -> LoginClient:
    """A browser in which this user has signed in before, and is signed in no more."""
    browser = LoginClient(app, address)
    assert browser.sign_in(email).status_code == 303
    del browser.cookies[security.cookie_name(app.services.settings)]
    return browser


def address(number: int) -> str:
    return f"10.{number // 250}.{number % 250}.1"


def metric(name: str) -> float:
    lines = metrics.exposition().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_an_address_spelled_otherwise_is_the_same_address(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    assert [guess(app, email, spelling) for spelling in SPELLINGS] == [401] * 5 + [429]


def test_a_second_header_line_does_not_hide_the_address(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    codes = []
    for number in range(6):
        browser = LoginClient(app)
        token = browser.form_token()
        fields = {"csrf": token, "email": email, "password": WRONG}
        made_up = [("X-Forwarded-For", address(number)), ("X-Forwarded-For", "198.51.100.7")]
        codes.append(browser.post_with(made_up, "/login", fields).status_code)
    assert codes == [401] * 5 + [429]


def test_the_networks_of_one_ipv6_site_share_a_limit(app: RunningApp, clock: SetClock) -> None:
    codes = [guess(app, f"nobody{n}@example.test", f"2001:db8:7:{n:x}::1") for n in range(160)]
    assert codes.count(401) == 150
    assert set(codes[150:]) == {429}
    assert guess(app, "nobody@example.test", "2001:db8:8::1") == 401


def test_guesses_at_one_account_have_a_ceiling_from_however_many_places(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    owner = known_browser(app, email, "203.0.113.5")
    codes = [guess(app, email, address(number)) for number in range(200)]
    assert codes.count(401) == 20
    assert guess(app, email, "192.0.2.77", PASSWORD) == 429
    assert owner.sign_in(email).status_code == 303


def test_guesses_in_a_browser_known_to_the_user_have_a_ceiling_too(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    stolen = known_browser(app, email, "203.0.113.5")
    other = known_browser(app, email, "203.0.113.6")
    codes = []
    for _ in range(24):
        codes += [int(stolen.sign_in(email, WRONG).status_code) for _ in range(10)]
        clock.advance(16 * 60)
    assert codes.count(401) < 60  # 240 have been tried
    assert other.sign_in(email).status_code == 303
    assert "Somebody is guessing your password" in page_text(other.get("/me").text)


def test_a_stolen_session_guesses_the_password_no_oftener(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    thief = LoginClient(app, "203.0.113.5")
    thief.sign_in(email)
    codes = []
    for _ in range(30):
        for _ in range(5):
            fields = {"csrf": thief.form_token("/me"), "old": WRONG, "new": "another long sentence"}
            codes.append(int(thief.post("/me/password", fields).status_code))
        clock.advance(16 * 60)
    assert codes.count(422) < 60  # 150 have been tried
    assert set(codes) == {422, 429}
    assert "Somebody is guessing your password" in page_text(thief.get("/me").text)


def test_mistakes_before_the_right_password_add_up_to_nothing(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    owner = known_browser(app, email, "203.0.113.5")
    for _ in range(15):
        assert [owner.sign_in(email, WRONG).status_code for _ in range(3)] == [401] * 3
        clock.advance(16 * 60)
        assert owner.sign_in(email).status_code == 303
        del owner.cookies[security.cookie_name(app.services.settings)]


def test_an_account_nobody_has_answers_the_same(app: RunningApp) -> None:
    codes = [guess(app, "nobody@example.test", address(number)) for number in range(25)]
    assert codes == [401] * 20 + [429] * 5


def test_an_account_under_attack_takes_ever_fewer_guesses(app: RunningApp, clock: SetClock) -> None:
    email, _ = add_user(app, "ana")
    # At once, then each minute for four hours, then each five: by then the account rests for longer.
    pauses = [*[0] * 25, *[60] * 240, *[300] * ((DAY - 240 * 60) // 300)]
    tried = 0
    for number, pause in enumerate(pauses):
        tried += guess(app, email, address(number)) == 401
        clock.advance(pause)
    assert 50 < tried < 100


def test_one_who_signs_in_elsewhere_takes_their_own_mistakes_off_the_account(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    for number in range(30):
        assert guess(app, email, address(number)) == 401
        assert guess(app, email, address(number), PASSWORD) == 303


def test_the_owner_and_admins_are_told_of_an_attack(app: RunningApp, clock: SetClock) -> None:
    email, user_id = add_user(app, "ana")
    admin_email, _ = add_user(app, "ada", "admin")
    supervisor_email, _ = add_user(app, "sam", "supervisor")
    owner, admin = known_browser(app, email, "203.0.113.5"), LoginClient(app, "203.0.113.6")
    supervisor = LoginClient(app, "203.0.113.7")
    for browser, who in ((owner, email), (admin, admin_email), (supervisor, supervisor_email)):
        browser.sign_in(who)
    before = metric("callcrm_accounts_attacked_total")
    for number in range(30):
        guess(app, email, address(number))
    assert metric("callcrm_accounts_attacked_total") == before + 1
    assert "Somebody is guessing your password" in page_text(owner.get("/me").text)
    assert "guessing the password of 1 person" in page_text(admin.get("/me").text)
    assert "guessing" not in page_text(supervisor.get("/me").text)
    assert "Password is being guessed" in page_text(admin.get(f"/settings/users/{user_id}").text)
    clock.advance(DAY + 3600)
    owner.sign_in(email)
    assert "guessing" not in page_text(owner.get("/me").text)


def test_the_owner_puts_the_warning_away(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    owner = known_browser(app, email, "203.0.113.5")
    for number in range(30):
        guess(app, email, address(number))
    owner.sign_in(email)
    assert owner.post("/me/guessing/seen", {"csrf": owner.form_token("/me")}).status_code == 303
    assert "guessing" not in page_text(owner.get("/me").text)


def test_a_flood_of_logins_keeps_no_known_browser_out(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, _ = add_user(app, "ana")
    owner = known_browser(app, email, "203.0.113.5")
    # As when as many strangers wait as may.
    monkeypatch.setattr(app.asgi.state.web.passwords.unknown_browsers, "max_waiting", 0)
    assert guess(app, email, "192.0.2.77", PASSWORD) == 429
    assert owner.sign_in(email).status_code == 303


def test_how_attempts_end_is_counted(app: RunningApp) -> None:
    email, _ = add_user(app, "ana")
    names = ("succeeded", "wrong", "throttled")
    series = {name: f'callcrm_logins_total{{result="{name}"}}' for name in names}
    before = {name: metric(text) for name, text in series.items()}
    for _ in range(6):
        guess(app, email, "198.51.100.7")
    guess(app, email, "198.51.100.8", PASSWORD)
    assert {name: metric(text) - before[name] for name, text in series.items()} == {
        "succeeded": 1,
        "wrong": 5,
        "throttled": 1,
    }


@pytest.mark.parametrize(
    ("password", "why"), [("Password2024!", "is a common one"), ("AnaExample1", "a name or an address")]
)
def test_a_password_that_would_be_guessed_is_not_set(app: RunningApp, password: str, why: str) -> None:
    email, user_id = add_user(app, "ana")
    browser = LoginClient(app)
    browser.sign_in(email)
    fields = {"csrf": browser.form_token("/me"), "old": PASSWORD, "new": password}
    response = browser.post("/me/password", fields)
    assert response.status_code == 422
    assert why in page_text(response.text)
    now = app.services.clock.now()
    link = f"/set-password/{do(app, partial(create_link, user_id=user_id, now=now))}"
    stranger = LoginClient(app)
    response = stranger.post(link, {"csrf": stranger.form_token(link), "password": password})
    assert response.status_code == 422
    assert why in page_text(response.text)
    assert browser.is_signed_in
