"""The demo's page in a browser: whole calls by keypad and microphone, in both languages and widths."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.axe import violations
from tests.browser import NARROW, WIDE, chromium
from tests.demo.demo_process import Demo

TIMEOUT_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


class DemoPage:
    """The demo's page in a new browser."""

    def __init__(self, browser: Browser, demo: Demo, **options: object) -> None:
        self.page_errors: list[str] = []
        context = browser.new_context(locale="en-GB", bypass_csp=True, **options)  # type: ignore[arg-type]
        context.set_default_timeout(TIMEOUT_MS)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.goto(f"{demo.url}/demo")
        expect(self.page.locator("#frame")).to_be_attached(timeout=TIMEOUT_MS)
        expect(self.desk.locator("#main")).to_be_attached(timeout=TIMEOUT_MS)

    def _console(self, kind: str, text: str) -> None:
        # a page that tries to come back to a demo that has started afresh is turned away; one that is left
        # breaks off what it asked for
        harmless = ("Failed to load resource", "WebSocket connection", "Failed to fetch")
        if kind == "error" and not any(words in text for words in harmless):
            self.page_errors.append(text)

    @property
    def desk(self) -> FrameLocator:
        return self.page.frame_locator("#frame")

    def take_desk(self, slug: str) -> None:
        with self.page.expect_navigation():
            self.page.click(f"form[action='/demo/desk/{slug}'] button")
        expect(self.page.locator(f"form[action='/demo/desk/{slug}'] button[aria-current]")).to_be_visible()

    def show(self, part: str) -> None:
        """Brings a part to the front, where there are tabs."""
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
def demo_page(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> Iterator[DemoPage]:
    with demo.client() as client:
        assert client.post("/demo/restart", timeout=60).status_code == 303
    demo_page = DemoPage(browser, demo, **getattr(request, "param", {"viewport": WIDE}))
    yield demo_page
    demo_page.page.context.close()
    assert demo_page.page_errors == []


@pytest.mark.parametrize(
    ("demo_page", "slug", "caller", "language", "name"),
    [
        ({"viewport": WIDE}, "sara", "mina", "1", "Mina Halloran"),
        ({"viewport": NARROW}, "leila", "persian", "2", "مینا نمونه‌پور"),
    ],
    indirect=["demo_page"],
)
def test_a_call_from_the_keypad_to_the_customers_history(
    demo_page: DemoPage, slug: str, caller: str, language: str, name: str
) -> None:
    page, note = demo_page.page, f"Wants it back by Friday, says {slug}"
    demo_page.take_desk(slug)
    demo_page.show("phone")
    demo_page.call(caller, language, "1")
    demo_page.show("desk")
    expect(demo_page.desk.locator("h1")).to_contain_text(name, timeout=TIMEOUT_MS)
    demo_page.desk.locator(".btn.answer").first.click()
    demo_page.show("phone")
    expect(page.locator("#hint")).to_contain_text(re.compile("Sara|Leila"), timeout=TIMEOUT_MS)
    demo_page.show("desk")
    expect(demo_page.desk.locator("#main[data-kind=call]")).to_be_visible(timeout=TIMEOUT_MS)
    expect(demo_page.desk.locator("#notes-panel h2").first).to_contain_text(name, timeout=TIMEOUT_MS)
    demo_page.desk.locator("#notes-panel textarea").first.press_sequentially(note, delay=15)
    demo_page.show("ledger")
    expect(page.locator("#story li", has_text=re.compile("note|یادداشت")).last).to_be_visible(
        timeout=TIMEOUT_MS
    )
    demo_page.hang_up()
    demo_page.show("ledger")
    entry = page.locator("#story li", has_text="sha256")
    expect(entry.last).to_be_visible(timeout=TIMEOUT_MS)
    demo_page.show("desk")
    demo_page.desk.locator("nav a[href='/customers']").first.click()
    # in the list: a link of that name on the page one is leaving would lead nowhere
    demo_page.desk.locator(".people").get_by_role("link", name=name).click()
    expect(demo_page.desk.locator("body")).to_contain_text(note, timeout=TIMEOUT_MS)


def test_a_message_by_microphone_is_stored(demo_page: DemoPage) -> None:
    page = demo_page.page
    demo_page.take_desk("sara")
    demo_page.call("unknown", "1", "1")
    expect(page.locator("#story li", has_text="It rings at Sara").last).to_be_visible(timeout=TIMEOUT_MS)
    demo_page.desk.get_by_role("button", name="Pass on").click()
    expect(page.locator("#caption")).to_contain_text("leave a message", timeout=30_000)
    page.click("[data-key='2']")
    expect(page.locator("#mic")).to_be_visible(timeout=30_000)
    page.click("#mic")
    expect(page.locator("#hint")).to_have_text("Your message is being recorded …")
    page.wait_for_timeout(3000)
    page.click("#mic")
    expect(page.locator("#hint")).to_contain_text("That was your message")
    demo_page.hang_up()
    expect(page.locator("#story li", has_text="A message was left").last).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.locator("#story li", has_text="sha256").last).to_be_visible(timeout=TIMEOUT_MS)


def test_a_double_click_on_call_makes_one_call(demo_page: DemoPage) -> None:
    page = demo_page.page
    page.dblclick("#call")
    expect(page.locator("#hint")).to_have_text("Press a key, or 0 for a person")
    page.wait_for_timeout(500)
    assert page.locator("#story li.head").count() == page.evaluate(
        "new Set([...document.querySelectorAll('#story li')].map(line => line.dataset.call)).size"
    )
    demo_page.hang_up()


@pytest.mark.parametrize("demo_page", [{"viewport": NARROW, "color_scheme": "dark"}], indirect=True)
def test_on_a_small_screen_the_tabs_show_where_it_rings(demo_page: DemoPage) -> None:
    page = demo_page.page
    expect(page.locator("#desk")).to_be_hidden()
    demo_page.call("shared", "1", "1")
    expect(page.locator(".demo-jump [data-pane=desk] .dot")).to_be_visible(timeout=TIMEOUT_MS)
    demo_page.show("desk")
    expect(page.locator("#phone")).to_be_hidden()
    demo_page.hang_up()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("demo_page", [{"viewport": NARROW}], indirect=True)
def test_on_a_small_screen_no_key_is_covered_and_the_ledger_shows_its_newest_line(
    demo_page: DemoPage,
) -> None:
    page = demo_page.page
    demo_page.show("phone")
    keys = "#phone [data-key], #hangup"
    covered = page.locator(keys).evaluate_all("""(keys) => keys.filter((key) => {
      const { left, top, width, height } = key.getBoundingClientRect();
      return !key.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }).map((key) => key.id || key.dataset.key)""")
    assert covered == []
    demo_page.call("mina", "1", "1")
    demo_page.hang_up()
    demo_page.show("ledger")
    expect(page.locator("#story li").last).to_be_in_viewport()
    page.reload()
    demo_page.show("ledger")
    expect(page.locator("#story li").last).to_be_in_viewport()


@pytest.mark.parametrize("demo_page", [{"viewport": NARROW}], indirect=True)
def test_on_a_small_screen_what_is_typed_stays_above_the_call(demo_page: DemoPage) -> None:
    demo_page.take_desk("sara")
    demo_page.call("mina", "1", "1")
    demo_page.show("desk")
    demo_page.desk.locator(".btn.answer").first.click()
    expect(demo_page.desk.locator("#main[data-kind=call]")).to_be_visible(timeout=TIMEOUT_MS)
    field = demo_page.desk.locator("#notes-panel textarea:visible").first
    field.press_sequentially("a line\n" * 14 + "the last")
    hidden = field.evaluate("""(field) => {
      const sheet = document.querySelector("#main").getBoundingClientRect();
      return Math.max(0, field.getBoundingClientRect().bottom - sheet.top);
    }""")
    assert hidden == 0
    demo_page.show("phone")
    demo_page.hang_up()


@pytest.mark.parametrize(
    ("demo_page", "slug"),
    [
        ({"viewport": WIDE}, "omar"),
        ({"viewport": NARROW, "color_scheme": "dark"}, "leila"),
        ({"viewport": {"width": 1024, "height": 768}}, "leila"),
    ],
    indirect=["demo_page"],
)
def test_the_demo_page_passes_axe(demo_page: DemoPage, slug: str) -> None:
    demo_page.take_desk(slug)
    for part in ("phone", "desk", "ledger"):
        demo_page.show(part)
        assert violations(demo_page.page) == []
    demo_page.show("phone")  # what is heard may be longer than its place
    demo_page.page.evaluate("document.getElementById('caption').textContent = 'Welcome. '.repeat(400)")
    assert violations(demo_page.page) == []
