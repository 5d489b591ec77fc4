"""The desk in a browser: a pop moves nothing and takes nothing from whoever is writing."""

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
from tests.browser import NARROW, BrowserUsers, browser_users
from tests.clocks import CLOCK
from tests.posts import completed, inbound
from tests.running import LINE, TOKEN, Server
from tests.running_app import FORM
from tests.server_thread import ThreadedServer

_numbers = count(1)
MINA = "+12025550134"
# What moved, but for the notes panel's own word that it has saved, which changes as somebody writes.
SHIFTS = """() => {
  window.shifts = [];
  const place = (node) => (node instanceof Element ? node : node?.parentElement);
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = sources.map((one) => place(one.node)).filter((one) => !one?.closest(".saved"));
      if (moved.length) window.shifts.push([value, moved.map((one) => one?.outerHTML.slice(0, 80))]);
    }
  }).observe({ type: "layout-shift" });
}"""
# A browser's phone whose carrier is the test: `phone.ring()` and so on speak for it.
DRIVER = """
export async function connect(handlers) {
  window.phone = { pressed: [], ...handlers };
  const press = (what) => () => window.phone.pressed.push(what);
  return { answer: press("answer"), hangup: press("hangup"), mute: press("mute"), close() {} };
}
"""
WITH_PHONE = """document.addEventListener("readystatechange", () => {
  if (document.readyState === "interactive")
    document.body.dataset.softphone = "/static/js/desk/softphone-simulator.js";
});"""


@dataclass
class Line:
    """A call, as the carrier tells a running server of it."""

    server: Server
    sid: str
    ring: str = ""

    def comes(self, caller: str = MINA) -> "Line":
        """Through the menus to an agent."""
        said = self._post("/webhooks/twilio/voice", inbound(self.sid, caller))
        while "<Dial" not in said:
            said = self._post(_url(said, "Gather", "action"), inbound(self.sid, caller) | {"Digits": "1"})
        self.ring = said
        return self

    def rings(self) -> None:
        """The agent's phone begins to ring."""
        self._leg("ringing")

    def picked_up(self) -> None:
        """They speak."""
        self._leg("in-progress")
        if "<Number" in self.ring:
            leg = inbound(self.sid) | {"CallSid": f"{self.sid}leg", "ParentCallSid": self.sid}
            asked = self._post(_url(self.ring, "Number", "url"), leg)
            self._post(_url(asked, "Gather", "action"), leg | {"Digits": "1"})

    def ends(self) -> None:
        """Everybody has hung up."""
        self._post("/webhooks/twilio/status", completed(self.sid))

    def _leg(self, status: str) -> None:
        told = {"CallSid": f"{self.sid}leg", "ParentCallSid": self.sid, "CallStatus": status}
        tag = "Client" if "<Client" in self.ring else "Number"
        self._post(_url(self.ring, tag, "statusCallback"), inbound(self.sid) | told | {"To": self._rung})

    @property
    def _rung(self) -> str:
        number = re.search(r">(\+[0-9]+)</Number>", self.ring)
        identity = re.search(r"<Client\b.*?>(\w+)</", self.ring)
        assert number or identity, self.ring
        return number[1] if number else f"client:{identity[1]}"  # type: ignore[index]

    def _post(self, url: str, fields: dict[str, str]) -> str:
        url = url if url.startswith("http") else self.server.url + url
        headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
        with urlopen(Request(url, urlencode(fields).encode(), headers)) as answer:
            return str(answer.read().decode())


def _url(document: str, tag: str, name: str) -> str:
    found = re.search(rf'<{tag}\b[^>]*\b{name}="([^"]+)"', document)
    assert found, document
    return unescape(found[1])


@dataclass
class Office:
    """A server with Mina among its customers, and its people."""

    server: Server
    people: BrowserUsers

    def call(self) -> Line:
        """A call of its own."""
        return Line(self.server, f"CA{next(_numbers):032x}")

    def sit_down(self, *, softphone: bool = False, **how: Any) -> Page:
        """A new agent at their desk, free."""
        page = self.people.stranger(**how)
        if softphone:
            page.add_init_script(WITH_PHONE)
            page.route(
                "**/softphone-simulator.js*",
                lambda route: route.fulfill(body=DRIVER, content_type="text/javascript"),
            )
        email = self.people.hire(f"Ana{next(_numbers)}", number="+12025550101")
        self.people.sign_in(page, email)
        page.click(".rest button")
        expect(page.locator(".call-panel.idle")).to_contain_text("You are available")
        if softphone:
            expect(page.locator("#agent-state")).to_contain_text("in this browser")
        return page


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The server, and its people."""
    server = ThreadedServer(tmp_path)
    server.start()
    try:
        with browser_users(server) as crowd:
            crowd.do(_add_mina)
            yield Office(server, crowd)
    finally:
        server.stop()


def _add_mina(session: Session) -> None:
    mina: customers.Changes = {"name": "Mina Halloran", "phones": [MINA]}
    customers.create(session, mina, region="US", own={LINE}, now=CLOCK.now())


def shifts(page: Page) -> list[Any]:
    """What moved since it was watched."""
    page.wait_for_timeout(300)
    found: list[Any] = page.evaluate("window.shifts")
    return found


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "phone"])
def test_a_pop_moves_nothing_and_leaves_whoever_writes_alone(office: Office, size: Any) -> None:
    page = office.sit_down(**({"viewport": size} if size else {}))
    first = office.call().comes()
    first.rings()
    first.picked_up()
    expect(page.locator(".call-panel.call h1")).to_have_text("Mina Halloran")
    note = page.locator("#notes-panel textarea:visible").first
    note.click()
    note.press_sequentially("Two shirts ")
    first.ends()
    page.click('[data-hx-post="/desk/wrap-up/end"]')
    expect(page.locator(".call-panel.idle")).to_be_visible()
    note.focus()
    page.wait_for_timeout(500)
    page.evaluate(SHIFTS)
    second = office.call().comes()
    note.press_sequentially("came back with the wrong buttons", delay=30)
    expect(page.locator(".call-panel.ringing h1")).to_have_text("Mina Halloran")
    second.rings()
    expect(page.locator(".call-panel .status")).to_contain_text("Ringing")
    page.keyboard.type(", again")
    expect(note).to_be_focused()
    expect(note).to_have_value("Two shirts came back with the wrong buttons, again")
    expect(page.locator("#said-now")).to_contain_text("Incoming call: Mina Halloran.")
    assert shifts(page) == []
    box = page.locator(".call-panel.ringing").bounding_box()
    height = page.evaluate("innerHeight")
    assert box is not None
    assert not size or box["height"] <= 0.46 * height + 1
    second.ends()
    expect(page.locator(".call-panel")).to_contain_text("The caller gave up")
    expect(page.locator(".call-panel.idle")).to_be_visible(timeout=8000)
    expect(note).to_be_focused()


def test_answer_and_hang_up_never_share_a_place(office: Office) -> None:
    page = office.sit_down(softphone=True)
    call = office.call().comes()
    answer = page.locator('[data-act="answer"]')
    expect(answer).to_be_visible()
    page.focus("#search")
    page.keyboard.press("F2")  # faster than the phone
    page.keyboard.press("F2")
    expect(answer).to_contain_text("Connecting")
    assert page.evaluate("phone.pressed") == []
    page.evaluate("phone.ringing({})")
    call.rings()
    page.keyboard.press("F2")
    assert page.evaluate("phone.pressed") == ["answer"]
    start = answer.bounding_box()
    page.evaluate("phone.connected()")
    call.picked_up()
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


def test_an_answer_meant_for_one_call_takes_no_other(office: Office) -> None:
    page = office.sit_down(softphone=True)
    first = office.call().comes()
    page.locator('[data-act="answer"]').click()
    first.ends()
    expect(page.locator(".call-panel.idle")).to_be_visible(timeout=8000)
    office.call().comes()
    expect(page.locator('[data-act="answer"]')).to_contain_text("Answer")
    page.evaluate("phone.ringing({})")
    assert page.evaluate("phone.pressed") == []


def test_a_softphone_that_fails_says_what_happens_instead(office: Office) -> None:
    page = office.sit_down(softphone=True)
    office.call().comes().rings()
    expect(page.locator('[data-act="answer"]')).to_be_visible()
    page.evaluate("phone.failed()")
    expect(page.locator("#call-fault")).to_contain_text("your phone rings instead")


def test_keys_choose_who_is_calling_and_show_all_keys(office: Office) -> None:
    page = office.sit_down()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
