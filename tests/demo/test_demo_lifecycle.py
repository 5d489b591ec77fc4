"""The demo as a whole: one command, one click to sign in, a restart, and nothing left behind."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from callcrm.demo.sample_data.people import PASSWORD, STAFF
from tests.demo.demo_process import Demo, start_demo, text_of


def test_one_command_prints_the_address_and_leaves_no_files_behind(tmp_path: Path) -> None:
    with start_demo(tmp_path) as demo:
        printed = "\n".join(demo.printed)
        assert f"{demo.url}/demo" in printed
        assert PASSWORD in printed
        for member in STAFF:
            assert member.email in printed
        assert len(list(tmp_path.glob("*/callcrm.sqlite3"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_setting_makes_the_demo_leave_the_loopback_interface(tmp_path: Path) -> None:
    environment = {
        "CALLCRM_REDIS_URL": "redis://192.0.2.1:6379",
        "CALLCRM_DATABASE_URL": "postgresql://192.0.2.1/x",
        "CALLCRM_RECORDINGS_URL": "s3://bucket/x",
        "TWILIO_ACCOUNT_SID": "AC" + "9" * 32,
        "HTTP_PROXY": "http://192.0.2.1:3128",
        "TZ": "Asia/Tehran",
    }
    with start_demo(tmp_path, **environment) as demo:
        process = psutil.Process(demo.process.pid)
        with demo.socket("phone") as caller_phone:
            caller_phone.send(call="mina")
            caller_phone.wait_for_event("listening")
            assert process.children() == []
            for connection in process.net_connections(kind="inet"):
                assert connection.laddr.ip == "127.0.0.1", connection


def test_a_port_in_use_is_reported_in_one_line(demo: Demo) -> None:
    command = [sys.executable, "-m", "callcrm", "demo", "--port", str(demo.port)]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"port {demo.port}" in refused.stderr


def test_one_click_signs_in_and_the_agent_who_was_left_takes_a_break(demo: Demo) -> None:
    with demo.client() as browser:
        assert "Nobody sits here yet" in text_of(demo.get_page(browser, "/demo"))
        browser.post("/demo/desk/leila")
        assert _state(demo, browser) == "available"
        browser.post("/demo/desk/omar")
        assert _state(demo, browser) == "available"
        assert 'aria-current="true"><bdi>Omar' in demo.get_page(browser, "/demo")
        assert _state_of(demo, "leila") == "break"
        browser.post("/demo/desk/grace")
        assert _state_of(demo, "omar") == "available"  # still reachable on their phone


def test_two_browsers_are_two_agents_and_both_take_calls(demo: Demo) -> None:
    with demo.client() as first, demo.client() as second:
        assert first.post("/demo/desk/sara").status_code == 303
        assert second.post("/demo/desk/omar").status_code == 303
        assert _state(demo, first) == _state(demo, second) == "available"
        assert second.post("/demo/desk/leila").status_code == 303
        assert _state(demo, first) == "available"


def test_an_agent_in_two_browsers_is_left_only_by_both(demo: Demo) -> None:
    with demo.client("sara") as first, demo.client("sara") as second:
        assert second.post("/demo/desk/omar").status_code == 303
        assert _state(demo, first) == "available"


def test_requests_from_other_origins_are_refused(demo: Demo) -> None:
    with demo.client("sara") as browser:
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"}
        for path in ("/demo/desk/omar", "/demo/restart", "/demo/language"):
            assert browser.post(path, headers=headers, data={"language": "fa"}).status_code == 403
        assert browser.post("/demo/desk/nobody").status_code == 404


def test_the_page_speaks_both_languages_and_so_does_the_desk(demo: Demo) -> None:
    with demo.client() as browser:
        assert '<html lang="fa" dir="rtl"' in demo.get_page(browser, "/demo?lang=fa")
        browser.post("/demo/desk/leila")
        for language in ("en", "fa"):
            assert browser.post("/demo/language", data={"language": language}).status_code == 303
            for path in ("/demo", "/desk"):
                assert f'<html lang="{language}"' in demo.get_page(browser, path)
        assert browser.post("/demo/language", data={"language": "xx"}).status_code == 403


def test_only_pages_of_the_demo_may_be_framed_and_only_by_it(demo: Demo) -> None:
    with demo.client("sara") as browser:
        for path in ("/demo", "/desk"):
            policy = browser.get(path).headers["content-security-policy"]
            assert "frame-src 'self'" in policy
            assert "frame-ancestors 'self'" in policy
            assert "script-src 'self'" in policy


def test_a_restart_ends_calls_and_forgets_what_was_done(demo: Demo) -> None:
    with demo.client("sara") as browser, demo.socket("story") as story, demo.socket("phone") as caller_phone:
        caller_phone.send(call="mina")
        caller_phone.wait_for_event("listening")
        story.wait_for(lambda message: message.get("begins"))
        assert browser.post("/demo/restart", timeout=60).status_code == 303
        assert 'aria-current="true"><bdi>Sara' in demo.get_page(browser, "/demo")  # still at the same desk
        assert "Nobody waits" in text_of(demo.get_page(browser, "/desk"))
        with demo.socket("phone") as phone, demo.socket("story") as new_story:
            phone.send(call="mina")
            phone.wait_for_event("listening")
            assert new_story.received == []
            assert new_story.wait_for(lambda message: True)["story"] != story.received[0]["story"]


def test_several_restarts_at_once_succeed(demo: Demo) -> None:
    with demo.client() as first, demo.client() as second:
        browsers = (first, second, first, second)
        with ThreadPoolExecutor(4) as pool:
            restarts = [pool.submit(browser.post, "/demo/restart", timeout=60) for browser in browsers]
            assert [response.result().status_code for response in restarts] == [303] * 4
        assert demo.get_page(first, "/demo")


def _state(demo: Demo, browser: httpx.Client) -> str:
    """The state of the agent as whom this browser is signed in."""
    pressed = re.search(r'id="state-(\w+)" aria-pressed="true"', demo.get_page(browser, "/desk"))
    assert pressed
    return pressed[1]


def _state_of(demo: Demo, slug: str) -> str:
    """The state of a colleague, found by the login page so that their state does not change."""
    with demo.client() as browser:
        token = re.search(r'name="csrf" value="([^"]+)"', demo.get_page(browser, "/login"))
        assert token
        email = next(member.email for member in STAFF if member.slug == slug)
        form = {"email": email, "password": PASSWORD, "csrf": token[1]}
        assert browser.post("/login", data=form).status_code == 303
        return _state(demo, browser)
