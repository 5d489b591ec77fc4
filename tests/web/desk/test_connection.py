"""The live connection in a browser: streaming, polling or offline, one for all tabs of it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import Staff, staff_at
from tests.running import Server
from tests.server_thread import open_server
from tests.web.support.carrier_line import CarrierLine

pytestmark = pytest.mark.timeout(240)
TIMEOUT = 30_000
RECORD_EVENTS = """() => {
  window.events = [];
  for (const name of ["call.offered", "call.ended", "agent.updated", "waiting", "again"])
    document.addEventListener(`live:${name}`, ({ detail }) => events.push(name));
}"""


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own."""
    with open_server(request, tmp_path) as server:
        yield server


@pytest.fixture
def staff(server: Server) -> Iterator[Staff]:
    """The server's users at their browsers."""
    with staff_at(server) as staff:
        yield staff


def open_desk(staff: Staff) -> Page:
    """Ana's desk, available and connected."""
    page = staff.open_page(staff.hire("Ana", number="+12025550111"))
    expect_connection(page, "live")
    page.click("#state-available")
    expect(page.locator("#state-available")).to_have_attribute("aria-pressed", "true", timeout=TIMEOUT)
    return page


def expect_connection(page: Page, state: str) -> None:
    expect(page.locator("html")).to_have_attribute("data-connection", state, timeout=TIMEOUT)


def recorded_events(page: Page) -> list[str]:
    """The names of the live events since `RECORD_EVENTS` was evaluated."""
    names: list[str] = page.evaluate("events")
    return names


def test_one_tab_streams_for_all_and_another_takes_over(staff: Staff, server: Server) -> None:
    first = open_desk(staff)
    context: BrowserContext = first.context
    opened: list[str] = []
    context.on(
        "request", lambda request: opened.append(request.url) if "/desk/events" in request.url else None
    )
    second = context.new_page()
    second.goto(f"{server.url}/customers")
    expect_connection(second, "live")
    second.evaluate(RECORD_EVENTS)
    CarrierLine(server).ring().hang_up()
    second.wait_for_function("() => events.includes('call.ended')", timeout=TIMEOUT)
    assert "call.offered" in recorded_events(second)
    assert opened == []
    first.close()
    second.wait_for_function("() => true")
    second.evaluate("events.length = 0")
    CarrierLine(server).ring()
    second.wait_for_function("() => events.includes('call.offered')", timeout=TIMEOUT)
    assert len(opened) == 1


def test_without_a_stream_the_page_polls_and_says_so(staff: Staff, server: Server) -> None:
    page = open_desk(staff)
    page.context.route(re.compile("/desk/events"), lambda route: route.abort())
    page.reload()
    expect_connection(page, "polling")
    expect(page.locator("#connection-banner")).to_contain_text("up to 3 s late")
    ringing = CarrierLine(server).ring()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=TIMEOUT)
    ringing.hang_up()
    expect(page.locator("#main")).not_to_have_attribute("data-kind", "ringing", timeout=TIMEOUT)
    page.context.unroute(re.compile("/desk/events"))
    expect_connection(page, "live")
    expect(page.locator("#connection-banner")).to_have_count(0)


@pytest.mark.own_process
def test_without_a_server_the_page_is_offline_and_refreshes_afterwards(staff: Staff, server: Server) -> None:
    page = open_desk(staff)
    page.evaluate(RECORD_EVENTS)
    server.kill()
    expect_connection(page, "offline")
    expect(page.locator("#connection-banner")).to_contain_text(
        re.compile(r"No connection since \d\d:\d\d\.\s+Calls ring on \+1 202 555 0111\.")
    )
    server.start()
    expect_connection(page, "live")
    assert "again" in recorded_events(page)
    CarrierLine(server).ring()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=TIMEOUT)


def test_a_pop_is_confirmed_and_a_logout_in_another_tab_leads_to_the_login(
    staff: Staff, server: Server
) -> None:
    page = open_desk(staff)
    with page.expect_response(re.compile("/delivered"), timeout=TIMEOUT) as receipt:
        CarrierLine(server).ring()
    assert receipt.value.status == 204
    other = page.context.new_page()
    other.goto(f"{server.url}/pops")
    expect(other.locator(".reason .badge")).to_have_text("Seen", timeout=TIMEOUT)
    other.evaluate(
        """() => fetch("/logout", { method: "POST", headers: {
          "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content, "HX-Request": "true" } })"""
    )
    expect(page).to_have_url(re.compile("/login"), timeout=TIMEOUT)


def test_the_connection_works_without_locks_and_broadcast_channels(staff: Staff, server: Server) -> None:
    context = open_desk(staff).context
    context.add_init_script("delete Navigator.prototype.locks; delete window.BroadcastChannel;")
    page = context.new_page()
    page.goto(f"{server.url}/desk")
    expect_connection(page, "live")
    CarrierLine(server).ring()
    expect(page.locator("#main")).to_have_attribute("data-kind", "ringing", timeout=TIMEOUT)
