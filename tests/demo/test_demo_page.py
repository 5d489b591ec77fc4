"""The demo's page in a real browser: a stranger plays the whole call, in both languages and both widths."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.axe import violations
from tests.browser import NARROW, WIDE, chromium
from tests.demo.demo_process import Demo

SOON = 15_000  # ms


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class Stranger:
    """Somebody who opens the demo for the first time."""

    def __init__(self, browser: Browser, demo: Demo, **options: object) -> None:
        self.complaints: list[str] = []
        context = browser.new_context(locale="en-GB", bypass_csp=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(SOON)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.goto(f"{demo.url}/demo")
        expect(self.page.locator("#frame")).to_be_attached(timeout=SOON)
        expect(self.desk.locator("#main")).to_be_attached(timeout=SOON)

    def _console(self, kind: str, text: str) -> None:
        # a page that tries to come back to a demo that has started afresh is turned away
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.complaints.append(text)

    @property
    def desk(self) -> FrameLocator:
        return self.page.frame_locator("#frame")

    def sit(self, who: str) -> None:
        with self.page.expect_navigation():
            self.page.click(f"form[action='/demo/desk/{who}'] button")
        expect(self.page.locator(f"form[action='/demo/desk/{who}'] button[aria-current]")).to_be_visible()

    def show(self, part: str) -> None:
        """Bring a part to the front, where there are tabs."""
        tab = self.page.locator(f".demo-jump [data-pane={part}]")
        if tab.is_visible():
            tab.click()

    def call(self, caller: str, *keys: str) -> None:
        self.show("phone")
        self.page.select_option("#caller", caller)
        expect(self.page.locator("#call")).to_be_enabled()
        self.page.click("#call")
        for number, key in enumerate(keys, 1):
            # each menu begins with words of its own
            self.page.wait_for_function(
                "n => document.querySelectorAll('#caption p').length >= n", arg=min(number, 2)
            )
            self.page.wait_for_timeout(700)
            self.page.click(f"[data-key='{key}']")

    def hang_up(self) -> None:
        self.show("phone")
        self.page.click("#hangup")
        expect(self.page.locator("#call")).to_be_enabled()


@pytest.fixture
def stranger(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> Iterator[Stranger]:
    with demo.visitor() as visitor:
        assert visitor.post("/demo/restart", timeout=60).status_code == 303
    stranger = Stranger(browser, demo, **getattr(request, "param", {"viewport": WIDE}))
    yield stranger
    stranger.page.context.close()
    assert stranger.complaints == []


@pytest.mark.parametrize(
    ("stranger", "who", "caller", "language", "name"),
    [
        ({"viewport": WIDE}, "sara", "mina", "1", "Mina Halloran"),
        ({"viewport": NARROW}, "leila", "persian", "2", "مینا نمونه‌پور"),
    ],
    indirect=["stranger"],
)
def test_a_whole_call_from_the_keypad_to_the_customers_history(
    stranger: Stranger, who: str, caller: str, language: str, name: str
) -> None:
    page, words = stranger.page, f"Wants it back by Friday, says {who}"
    stranger.sit(who)
    stranger.show("phone")
    stranger.call(caller, language, "1")
    stranger.show("desk")
    expect(stranger.desk.locator("h1")).to_contain_text(name, timeout=SOON)
    stranger.desk.locator(".btn.answer").first.click()
    stranger.show("phone")
    expect(page.locator("#hint")).to_contain_text(re.compile("Sara|Leila"), timeout=SOON)
    stranger.show("desk")
    expect(stranger.desk.locator("#main[data-kind=call]")).to_be_visible(timeout=SOON)
    expect(stranger.desk.locator("#notes-panel h2").first).to_contain_text(name, timeout=SOON)
    stranger.desk.locator("#notes-panel textarea").first.press_sequentially(words, delay=15)
    stranger.show("ledger")
    expect(page.locator("#story li", has_text=re.compile("note|یادداشت")).last).to_be_visible(timeout=SOON)
    stranger.hang_up()
    stranger.show("ledger")
    kept = page.locator("#story li", has_text="sha256")
    expect(kept.last).to_be_visible(timeout=SOON)
    stranger.show("desk")
    stranger.desk.locator("nav a[href='/customers']").first.click()
    stranger.desk.get_by_role("link", name=name).first.click()
    expect(stranger.desk.locator("body")).to_contain_text(words, timeout=SOON)


def test_a_message_by_microphone_reaches_our_keeping(stranger: Stranger) -> None:
    page = stranger.page
    stranger.sit("sara")
    stranger.call("unknown", "1", "1")
    expect(page.locator("#story li", has_text="It rings at Sara").last).to_be_visible(timeout=SOON)
    stranger.desk.get_by_role("button", name="Pass on").click()
    expect(page.locator("#caption")).to_contain_text("leave a message", timeout=30_000)
    page.click("[data-key='2']")
    expect(page.locator("#mic")).to_be_visible(timeout=30_000)
    page.click("#mic")
    expect(page.locator("#hint")).to_have_text("Your message is being recorded …")
    page.wait_for_timeout(3000)
    page.click("#mic")
    expect(page.locator("#hint")).to_contain_text("That was your message")
    stranger.hang_up()
    expect(page.locator("#story li", has_text="A message was left").last).to_be_visible(timeout=SOON)
    expect(page.locator("#story li", has_text="sha256").last).to_be_visible(timeout=SOON)


def test_a_second_click_on_call_is_no_second_call(stranger: Stranger) -> None:
    page = stranger.page
    page.dblclick("#call")
    expect(page.locator("#hint")).to_have_text("Press a key, or 0 for a person")
    page.wait_for_timeout(500)
    assert page.locator("#story li.head").count() == page.evaluate(
        "new Set([...document.querySelectorAll('#story li')].map(line => line.dataset.call)).size"
    )
    stranger.hang_up()


@pytest.mark.parametrize("stranger", [{"viewport": NARROW, "color_scheme": "dark"}], indirect=True)
def test_on_a_small_screen_tabs_say_where_it_rings(stranger: Stranger) -> None:
    page = stranger.page
    expect(page.locator("#desk")).to_be_hidden()
    stranger.call("shared", "1", "1")
    expect(page.locator(".demo-jump [data-pane=desk] .dot")).to_be_visible(timeout=SOON)
    stranger.show("desk")
    expect(page.locator("#phone")).to_be_hidden()
    stranger.hang_up()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    "stranger",
    [
        {"viewport": WIDE},
        {"viewport": NARROW, "color_scheme": "dark"},
        {"viewport": {"width": 1024, "height": 768}},
    ],
    indirect=True,
)
@pytest.mark.parametrize("who", ["omar", "leila"])
def test_the_page_is_free_of_faults_that_axe_can_see(stranger: Stranger, who: str) -> None:
    stranger.sit(who)
    for part in ("phone", "desk", "ledger"):
        stranger.show(part)
        assert violations(stranger.page) == []
