"""The desk in a browser: screen pops, the softphone's buttons and keys."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session

from callcrm.customers import customers
from callcrm.simulator.wire.signature import sign
from tests.browser import NARROW, Staff, staff_at
from tests.clocks import CLOCK
from tests.posts import completed, inbound
from tests.running import LINE, TOKEN, Server
from tests.running_app import FORM
from tests.server_thread import ThreadedServer

_numbers = count(1)
MINA = "+12025550134"
# Records layout shifts, except of the notes panel's "saved", which changes as somebody writes.
RECORD_SHIFTS = """() => {
  window.shifts = [];
  const element = (node) => (node instanceof Element ? node : node?.parentElement);
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => element(node)).filter((node) => !node?.closest(".saved"));
      if (moved.length) window.shifts.push([value, moved.map((node) => node?.outerHTML.slice(0, 80))]);
    }
  }).observe({ type: "layout-shift" });
}"""
# A softphone driver for tests: `phone.ringing()` and so on are what its carrier would report.
SOFTPHONE_DRIVER = """
export async function connect(handlers) {
  window.phone = { pressed: [], ...handlers };
  const press = (button) => () => window.phone.pressed.push(button);
  return { answer: press("answer"), hangup: press("hangup"), mute: press("mute"), close() {} };
}
"""
USE_DRIVER = """document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive")
    document.body.dataset.softphone = "/static/js/desk/softphone-simulator.js";
});"""


@dataclass
class PhoneCall:
    """A call, as the carrier's webhooks report it to a server; `dial` is the TwiML that rings the agent."""

    server: Server
    sid: str
    dial: str = ""

    def through_menus(self, caller: str = MINA) -> "PhoneCall":
        """The same call, gone through the menus to an agent."""
        twiml = self._post("/webhooks/twilio/voice", inbound(self.sid, caller))
        while "<Dial" not in twiml:
            twiml = self._post(_url(twiml, "Gather", "action"), inbound(self.sid, caller) | {"Digits": "1"})
        self.dial = twiml
        return self

    def ring(self) -> None:
        """The agent's phone begins to ring."""
        self._report_leg("ringing")

    def pick_up(self) -> None:
        """The agent speaks with the caller."""
        self._report_leg("in-progress")
        if "<Number" in self.dial:
            leg = inbound(self.sid) | {"CallSid": f"{self.sid}leg", "ParentCallSid": self.sid}
            screening = self._post(_url(self.dial, "Number", "url"), leg)
            self._post(_url(screening, "Gather", "action"), leg | {"Digits": "1"})

    def hang_up(self) -> None:
        """The call ends."""
        self._post("/webhooks/twilio/status", completed(self.sid))

    def _report_leg(self, status: str) -> None:
        leg = {"CallSid": f"{self.sid}leg", "ParentCallSid": self.sid, "CallStatus": status}
        tag = "Client" if "<Client" in self.dial else "Number"
        self._post(
            _url(self.dial, tag, "statusCallback"), inbound(self.sid) | leg | {"To": self._dialled_target}
        )

    @property
    def _dialled_target(self) -> str:
        number = re.search(r">(\+[0-9]+)</Number>", self.dial)
        identity = re.search(r"<Client\b.*?>(\w+)</", self.dial)
        assert number or identity, self.dial
        return number[1] if number else f"client:{identity[1]}"  # type: ignore[index]

    def _post(self, url: str, fields: dict[str, str]) -> str:
        url = url if url.startswith("http") else self.server.url + url
        headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
        with urlopen(Request(url, urlencode(fields).encode(), headers)) as response:
            return str(response.read().decode())


def _url(document: str, tag: str, name: str) -> str:
    match = re.search(rf'<{tag}\b[^>]*\b{name}="([^"]+)"', document)
    assert match, document
    return unescape(match[1])


@dataclass
class Office:
    """A server with Mina among its customers, and its users at their browsers."""

    server: Server
    staff: Staff

    def call(self) -> PhoneCall:
        """A new call."""
        return PhoneCall(self.server, f"CA{next(_numbers):032x}")

    def open_page(self, *, softphone: bool = False, **options: Any) -> Page:
        """The desk of a new, available agent."""
        page = self.staff.anonymous_page(**options)
        if softphone:
            page.add_init_script(USE_DRIVER)
            page.route(
                "**/softphone-simulator.js*",
                lambda route: route.fulfill(body=SOFTPHONE_DRIVER, content_type="text/javascript"),
            )
        email = self.staff.hire(f"Ana{next(_numbers)}", number="+12025550101")
        self.staff.sign_in(page, email)
        page.click(".idle-message button")
        expect(page.locator(".call-panel.idle")).to_contain_text("You are available")
        if softphone:
            expect(page.locator("#agent-state")).to_contain_text("in this browser")
        return page


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A started server with its users."""
    server = ThreadedServer(tmp_path)
    server.start()
    try:
        with staff_at(server) as staff:
            staff.do(_add_mina)
            yield Office(server, staff)
    finally:
        server.stop()


def _add_mina(session: Session) -> None:
    mina: customers.Changes = {"name": "Mina Halloran", "phones": [MINA]}
    customers.create(session, mina, region="US", own={LINE}, now=CLOCK.now())


def shifts(page: Page) -> list[Any]:
    """The layout shifts since `RECORD_SHIFTS` was evaluated."""
    page.wait_for_timeout(300)
    entries: list[Any] = page.evaluate("window.shifts")
    return entries


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "phone"])
def test_a_pop_shifts_no_layout_and_takes_no_focus(office: Office, size: Any) -> None:
    page = office.open_page(**({"viewport": size} if size else {}))
    first = office.call().through_menus()
    first.ring()
    first.pick_up()
    expect(page.locator(".call-panel.call h1")).to_have_text("Mina Halloran")
    note = page.locator("#notes-panel textarea:visible").first
    note.click()
    note.press_sequentially("Two shirts ")
    first.hang_up()
    page.click('[data-hx-post="/desk/wrap-up/end"]')
    expect(page.locator(".call-panel.idle")).to_be_visible()
    note.focus()
    page.wait_for_timeout(500)
    page.evaluate(RECORD_SHIFTS)
    second = office.call().through_menus()
    note.press_sequentially("came back with the wrong buttons", delay=30)
    expect(page.locator(".call-panel.ringing h1")).to_have_text("Mina Halloran")
    second.ring()
    expect(page.locator(".call-panel .status")).to_contain_text("Ringing")
    page.keyboard.type(", again")
    expect(note).to_be_focused()
    expect(note).to_have_value("Two shirts came back with the wrong buttons, again")
    expect(page.locator("#announced-at-once")).to_contain_text("Incoming call: Mina Halloran.")
    assert shifts(page) == []
    box = page.locator(".call-panel.ringing").bounding_box()
    height = page.evaluate("innerHeight")
    assert box is not None
    assert not size or box["height"] <= 0.46 * height + 1
    second.hang_up()
    expect(page.locator(".call-panel")).to_contain_text("The caller gave up")
    expect(page.locator(".call-panel.idle")).to_be_visible(timeout=8000)
    expect(note).to_be_focused()


def test_answer_and_hang_up_are_never_in_the_same_place(office: Office) -> None:
    page = office.open_page(softphone=True)
    call = office.call().through_menus()
    answer = page.locator('[data-act="answer"]')
    expect(answer).to_be_visible()
    page.focus("#search")
    page.keyboard.press("F2")  # faster than the phone
    page.keyboard.press("F2")
    expect(answer).to_contain_text("Connecting")
    assert page.evaluate("phone.pressed") == []
    page.evaluate("phone.ringing({})")
    call.ring()
    page.keyboard.press("F2")
    assert page.evaluate("phone.pressed") == ["answer"]
    start = answer.bounding_box()
    page.evaluate("phone.connected()")
    call.pick_up()
    hang_up = page.locator('[data-act="hangup"]')
    expect(hang_up).to_be_visible()
    end = hang_up.bounding_box()
    assert start is not None
    assert end is not None
    assert start["x"] + start["width"] <= end["x"]
    assert start["y"] == end["y"]
    page.keyboard.press("F4")
    expect(page.locator('[data-act="mute"]')).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F9")
    assert page.evaluate("phone.pressed") == ["answer", "mute", "hangup"]
    expect(page.locator("#search")).to_be_focused()


def test_an_answer_to_an_ended_call_does_not_answer_the_next(office: Office) -> None:
    page = office.open_page(softphone=True)
    first = office.call().through_menus()
    page.locator('[data-act="answer"]').click()
    first.hang_up()
    expect(page.locator(".call-panel.idle")).to_be_visible(timeout=8000)
    office.call().through_menus()
    expect(page.locator('[data-act="answer"]')).to_contain_text("Answer")
    page.evaluate("phone.ringing({})")
    assert page.evaluate("phone.pressed") == []


def test_a_failed_softphone_says_that_the_phone_rings(office: Office) -> None:
    page = office.open_page(softphone=True)
    office.call().through_menus().ring()
    expect(page.locator('[data-act="answer"]')).to_be_visible()
    page.evaluate("phone.failed()")
    expect(page.locator("#call-fault")).to_contain_text("your phone rings instead")


def test_the_question_mark_shows_the_keys(office: Office) -> None:
    page = office.open_page()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
