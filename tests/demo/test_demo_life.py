"""The demo as a whole: one command, one click to sit down, a fresh start, and nothing left behind."""

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from callcrm.demo.sample_data.people import PASSWORD, STAFF
from tests.demo.town import Town, open_town, text_of


def test_one_command_prints_where_to_go_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        printed = "\n".join(town.printed)
        assert f"{town.url}/demo" in printed
        assert PASSWORD in printed
        for one in STAFF:
            assert one.email in printed
        assert len(list(tmp_path.glob("*/callcrm.sqlite3"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_whatever_the_environment_says_everything_stays_on_loopback(tmp_path: Path) -> None:
    elsewhere = {
        "CALLCRM_REDIS_URL": "redis://192.0.2.1:6379",
        "CALLCRM_DATABASE_URL": "postgresql://192.0.2.1/x",
        "CALLCRM_RECORDINGS_URL": "s3://bucket/x",
        "TWILIO_ACCOUNT_SID": "AC" + "9" * 32,
        "HTTP_PROXY": "http://192.0.2.1:3128",
        "TZ": "Asia/Tehran",
    }
    with open_town(tmp_path, **elsewhere) as town:
        process = psutil.Process(town.process.pid)
        with town.talk("line") as line:
            line.say(call="mina")
            line.sign("listening")
            assert process.children() == []
            for connection in process.net_connections(kind="inet"):
                assert connection.laddr.ip == "127.0.0.1", connection


def test_a_port_that_is_taken_is_told_in_one_line(town: Town) -> None:
    command = [sys.executable, "-m", "callcrm", "demo", "--port", str(town.port)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"port {town.port}" in refused.stderr


def test_one_click_signs_in_and_the_desk_left_takes_a_break(town: Town) -> None:
    with town.visitor() as browser:
        assert "Nobody sits here yet" in text_of(town.see(browser, "/demo"))
        browser.post("/demo/desk/leila")
        assert _state(town, browser) == "available"
        browser.post("/demo/desk/omar")
        assert _state(town, browser) == "available"
        assert 'aria-current="true"><bdi>Omar' in town.see(browser, "/demo")
        assert _state_of(town, "leila") == "break"
        browser.post("/demo/desk/grace")
        assert _state_of(town, "omar") == "available"  # at the ordinary phone, while one watches


def test_two_browsers_are_two_agents_and_both_take_calls(town: Town) -> None:
    with town.visitor() as one, town.visitor() as other:
        assert one.post("/demo/desk/sara").status_code == 303
        assert other.post("/demo/desk/omar").status_code == 303
        assert _state(town, one) == _state(town, other) == "available"
        assert other.post("/demo/desk/leila").status_code == 303
        assert _state(town, one) == "available"


def test_a_desk_can_be_taken_twice_and_is_left_only_by_both(town: Town) -> None:
    with town.visitor("sara") as one, town.visitor("sara") as other:
        assert other.post("/demo/desk/omar").status_code == 303
        assert _state(town, one) == "available"


def test_nobody_elses_page_signs_anybody_in_or_starts_afresh(town: Town) -> None:
    with town.visitor("sara") as browser:
        elsewhere = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
        for path in ("/demo/desk/omar", "/demo/afresh", "/demo/language"):
            assert browser.post(path, headers=elsewhere, data={"language": "fa"}).status_code == 403
        assert browser.post("/demo/desk/nobody").status_code == 404


def test_the_page_speaks_both_languages_and_so_does_the_desk(town: Town) -> None:
    with town.visitor() as browser:
        assert '<html lang="fa" dir="rtl"' in town.see(browser, "/demo?lang=fa")
        browser.post("/demo/desk/leila")
        for language in ("en", "fa"):
            assert browser.post("/demo/language", data={"language": language}).status_code == 303
            for path in ("/demo", "/desk"):
                assert f'<html lang="{language}"' in town.see(browser, path)
        assert browser.post("/demo/language", data={"language": "xx"}).status_code == 403


def test_only_pages_of_the_demo_may_be_framed_and_only_by_it(town: Town) -> None:
    with town.visitor("sara") as browser:
        for path in ("/demo", "/desk"):
            policy = browser.get(path).headers["content-security-policy"]
            assert "frame-src 'self'" in policy
            assert "frame-ancestors 'self'" in policy
            assert "script-src 'self'" in policy


def test_starting_afresh_ends_calls_and_forgets_what_was_done(town: Town) -> None:
    with town.visitor("sara") as browser, town.talk("story") as story, town.talk("line") as line:
        line.say(call="mina")
        line.sign("listening")
        story.until(lambda message: message.get("begins"))
        began = time.monotonic()
        assert browser.post("/demo/afresh", timeout=30).status_code == 303
        assert time.monotonic() - began < 10
        assert 'aria-current="true"><bdi>Sara' in town.see(browser, "/demo")  # still at the same desk
        assert "Nobody waits" in text_of(town.see(browser, "/desk"))
        with town.talk("line") as again, town.talk("story") as new:
            again.say(call="mina")
            again.sign("listening")
            assert new.heard == []
            assert new.until(lambda message: True)["story"] != story.heard[0]["story"]


def test_afresh_may_be_asked_for_by_everybody_at_once(town: Town) -> None:
    with town.visitor() as one, town.visitor() as other:
        browsers = (one, other, one, other)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(browser.post, "/demo/afresh", timeout=60) for browser in browsers]
            assert [answer.result().status_code for answer in asked] == [303] * 4
        assert town.see(one, "/demo")


def _state(town: Town, browser: httpx.Client) -> str:
    """The state of whoever sits at this desk."""
    pressed = re.search(r'id="state-(\w+)" aria-pressed="true"', town.see(browser, "/desk"))
    assert pressed
    return pressed[1]


def _state_of(town: Town, who: str) -> str:
    """The state of a colleague, looked at without sitting down as them."""
    with town.visitor() as browser:
        token = re.search(r'name="csrf" value="([^"]+)"', town.see(browser, "/login"))
        assert token
        email = next(one.email for one in STAFF if one.who == who)
        form = {"email": email, "password": PASSWORD, "csrf": token[1]}
        assert browser.post("/login", data=form).status_code == 303
        return _state(town, browser)
