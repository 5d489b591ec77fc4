"""A browser below a path of a host signs in, is rung, writes and searches, and never leaves the path."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import chromium, staff_at
from tests.demo.demo_thread import demo_in_thread
from tests.quick_passwords import PASSWORD
from tests.running import small_flow
from tests.server_thread import ThreadedServer
from tests.web.prefix.proxies import ProxyThread
from tests.web.support.carrier_line import CarrierLine

pytestmark = pytest.mark.timeout(240)
TIMEOUT = 30_000


@dataclass
class ProxiedServer(ThreadedServer):
    """A server whose public URL is that of a proxy before it."""

    proxy: ProxyThread = field(kw_only=True)

    @property
    def url(self) -> str:
        """Its public URL."""
        return self.proxy.url


@contextmanager
def proxied(folder: Path, *, strips: bool) -> Iterator[ProxiedServer]:
    """A server behind a proxy, for as long as the block."""
    server = ProxiedServer(folder, extra=small_flow(folder), proxy=ProxyThread(0, strips))
    server.proxy.target = server.port
    with server.proxy.running():
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.mark.parametrize("strips", [True, False], ids=["stripping", "keeping"])
def test_sign_in_to_desk_to_call_to_search(tmp_path: Path, strips: bool) -> None:
    with proxied(tmp_path, strips=strips) as server, staff_at(server) as staff:
        staff.hire("Ana", number="+12025550111")
        page = staff.anonymous_page()
        page.goto(f"{server.url}/desk")
        expect(page).to_have_url(f"{server.url}/login?next=/desk")
        page.fill("input[name=email]", "ana@example.test")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{server.url}/desk", timeout=TIMEOUT)
        expect(page.locator("#connection-state")).to_contain_text("Live", timeout=TIMEOUT)
        page.locator("#agent-state").get_by_role("button", name="Available").click()
        call = CarrierLine(server).ring()
        expect(page.locator("#main.ringing")).to_be_attached(timeout=TIMEOUT)
        call.pick_up()
        note = page.locator("#notes-panel textarea:visible").first
        note.press_sequentially("wants the red one")
        expect(page.locator("#notes-panel .saved").first).to_contain_text("Saved", timeout=TIMEOUT)
        page.goto(f"{server.url}/calls")
        expect(page.locator("#connection-state")).to_contain_text("Live", timeout=TIMEOUT)
        with page.expect_response(re.compile(f"^{re.escape(server.url)}/calls/[^/]+/row$"), timeout=TIMEOUT):
            call.hang_up()
        page.fill("#search", "red")
        page.press("#search", "Enter")
        expect(page).to_have_url(re.compile(f"^{re.escape(server.url)}/find"), timeout=TIMEOUT)
        page.get_by_role("link", name="202").first.click()
        expect(page.locator("main")).to_contain_text("wants the red one", timeout=TIMEOUT)
        page.wait_for_load_state()
        page.keyboard.press("g")
        page.keyboard.press("c")
        expect(page).to_have_url(f"{server.url}/customers", timeout=TIMEOUT)
        other = page.context.new_page()
        other.goto(f"{server.url}/me")
        other.get_by_role("button", name="Sign out").click()
        expect(other).to_have_url(f"{server.url}/login", timeout=TIMEOUT)
        expect(page).to_have_url(f"{server.url}/login?next=%2Fcustomers", timeout=TIMEOUT)
        assert server.proxy.outside == []


def test_the_demo_below_a_prefix(tmp_path: Path, sample_data: Path) -> None:
    proxy = ProxyThread(0, strips=True)
    with proxy.running(), demo_in_thread(tmp_path, sample_data, url=proxy.url) as demo, chromium() as browser:
        proxy.target = demo.port
        page = browser.new_context(locale="en-GB").new_page()
        page.goto(f"{proxy.url}/demo")
        page.locator("button", has_text="Sara").first.click()
        desk = page.frame_locator("#frame")
        expect(desk.locator("#connection-state")).to_contain_text("Live", timeout=TIMEOUT)
        page.select_option("#caller", "mina")
        page.click("#call")
        for words in ("English", "sales"):
            expect(page.locator("#caption")).to_contain_text(words, timeout=TIMEOUT)
            page.click("[data-key='1']")
        desk.locator(".btn.answer").first.click(timeout=TIMEOUT)
        expect(desk.locator("#main[data-kind=call]")).to_be_visible(timeout=TIMEOUT)
        page.click("#hangup")
        expect(page.locator("#story li", has_text="sha256").last).to_be_visible(timeout=TIMEOUT)
        assert proxy.outside == []
