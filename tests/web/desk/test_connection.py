"""The line in a browser: live, every few seconds, or none; one for all tabs; and what each tab is told."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import BrowserUsers, browser_users
from tests.running import Server
from tests.server_thread import open_server
from tests.web.support.carrier_line import CarrierLine

pytestmark = pytest.mark.timeout(240)
PATIENCE = 30_000
NOTE = """() => {
  window.told = [];
  for (const name of ["call.offered", "call.ended", "agent.updated", "waiting", "again"])
    document.addEventListener(`live:${name}`, ({ detail }) => told.push(name));
}"""


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own."""
    with open_server(request, tmp_path) as server:
        yield server


@pytest.fixture
def crowd(server: Server) -> Iterator[BrowserUsers]:
    """Ana, with a phone, at a browser."""
    with browser_users(server) as crowd:
        yield crowd


def at_desk(crowd: BrowserUsers) -> Page:
    """Ana's desk, ready and live."""
    page = crowd.sit_down(crowd.hire("Ana", number="+12025550111"))
    is_now(page, "live")
    page.click("#state-available")
    expect(page.locator("#state-available")).to_have_attribute("aria-pressed", "true", timeout=PATIENCE)
    return page


def is_now(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-connection", state, timeout=PATIENCE)


def told(page: Page) -> list[str]:
    found: list[str] = page.evaluate("told")
    return found


def test_one_tab_listens_for_all_and_another_takes_over(crowd: BrowserUsers, server: Server) -> None:
    first = at_desk(crowd)
    context: BrowserContext = first.context
    opened: list[str] = []
    context.on("request", lambda asked: opened.append(asked.url) if "/desk/events" in asked.url else None)
    second = context.new_page()
    second.goto(f"{server.url}/customers")
    is_now(second, "live")
    second.evaluate(NOTE)
    CarrierLine(server).rings().hung_up()
    second.wait_for_function("() => told.includes('call.ended')", timeout=PATIENCE)
    assert "call.offered" in told(second)
    assert opened == []
    first.close()
    second.wait_for_function("() => true")
    second.evaluate("told.length = 0")
    CarrierLine(server).rings()
    second.wait_for_function("() => told.includes('call.offered')", timeout=PATIENCE)
    assert len(opened) == 1


def test_without_a_stream_the_page_asks_and_says_so(crowd: BrowserUsers, server: Server) -> None:
    page = at_desk(crowd)
    page.context.route(re.compile("/desk/events"), lambda route: route.abort())
    page.reload()
    is_now(page, "polling")
    expect(page.locator("#connection-banner")).to_contain_text("up to 3 s late")
    ringing = CarrierLine(server).rings()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=PATIENCE)
    ringing.hung_up()
    expect(page.locator("#main")).not_to_have_attribute("data-kind", "ringing", timeout=PATIENCE)
    page.context.unroute(re.compile("/desk/events"))
    is_now(page, "live")
    expect(page.locator("#connection-banner")).to_have_count(0)


@pytest.mark.mortal
def test_without_a_server_the_page_says_since_when_and_shows_all_anew_after(
    crowd: BrowserUsers, server: Server
) -> None:
    page = at_desk(crowd)
    page.evaluate(NOTE)
    server.kill()
    is_now(page, "offline")
    expect(page.locator("#connection-banner")).to_contain_text(
        re.compile(r"No connection since \d\d:\d\d\.\s+Calls ring on \+1 202 555 0111\.")
    )
    server.start()
    is_now(page, "live")
    assert "again" in told(page)
    CarrierLine(server).rings()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=PATIENCE)


def test_a_pop_is_receipted_and_a_logout_elsewhere_leads_to_the_login(
    crowd: BrowserUsers, server: Server
) -> None:
    page = at_desk(crowd)
    with page.expect_response(re.compile("/delivered"), timeout=PATIENCE) as receipt:
        CarrierLine(server).rings()
    assert receipt.value.status == 204
    other = page.context.new_page()
    other.goto(f"{server.url}/pops")
    expect(other.locator(".reason .badge")).to_have_text("Seen", timeout=PATIENCE)
    other.evaluate(
        """() => fetch("/logout", { method: "POST", headers: {
          "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content, "HX-Request": "true" } })"""
    )
    page.wait_for_url(re.compile("/login"), timeout=PATIENCE)


def test_it_works_where_tabs_cannot_speak_to_each_other(crowd: BrowserUsers, server: Server) -> None:
    context = at_desk(crowd).context
    context.add_init_script("delete Navigator.prototype.locks; delete window.BroadcastChannel;")
    page = context.new_page()
    page.goto(f"{server.url}/desk")
    is_now(page, "live")
    CarrierLine(server).rings()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=PATIENCE)
