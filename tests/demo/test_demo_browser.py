"""A stranger's first calls, as they play them: in real Chromium, on the demo as it is started by hand."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser import NARROW, WIDE, chromium
from tests.demo.town import Town, open_town

PATIENCE = 15_000
NOTE = "Duvet cover still missing; the bag had two pillow cases only."
NOTE_FA = "روتختی هنوز پیدا نشده؛ در بسته فقط دو روبالشی بود."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the file."""
    with chromium() as running:
        yield running


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A demo for each test: what its people do is nobody else's business."""
    with open_town(tmp_path) as running:
        yield running


@contextmanager
def visit(browser: Browser, town: Town, size: dict[str, int], seat: str = "sara") -> Iterator[Page]:
    """The demo page at somebody's desk; a page that complains fails the test."""
    context = browser.new_context(viewport=size, locale="en-GB", permissions=["microphone"])  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE)
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda fault: complaints.append(str(fault)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
    page.goto(f"{town.url}/demo")
    page.locator(f'form[action="/demo/desk/{seat}"] button').click()
    page.wait_for_load_state()
    if page.locator("#aloud").is_checked():
        page.locator("#aloud").uncheck(force=True)
    yield page
    context.close()
    assert complaints == []


def desk_of(page: Page) -> FrameLocator:
    """The real desk, framed."""
    return page.frame_locator("#desk iframe")


def speak(page: Page, language: str) -> None:
    """The demo in this language."""
    switch = page.locator(f'form[action="/demo/language"] button[value="{language}"]')
    if switch.count():
        switch.click()
    expect(page.locator("html")).to_have_attribute("lang", language)


def call(page: Page, caller: str, *keys: str) -> None:
    """Call as somebody and press these keys, each at the next menu."""
    page.select_option("#caller", caller)
    page.click("#call")
    for key in keys:
        button = page.locator(f'[data-key="{key}"]')
        heard = page.locator("#caption").inner_text()
        expect(button).to_be_enabled()
        page.wait_for_function("said => document.querySelector('#caption').innerText !== said", arg=heard)
        button.click()


def show(page: Page, pane: str) -> None:
    """Where there is room for one part alone, this one."""
    tab = page.locator(f'[data-pane="{pane}"][aria-controls]')
    if tab.is_visible():
        tab.click()


def test_the_whole_call_in_english_on_a_wide_screen(browser: Browser, town: Town) -> None:
    with visit(browser, town, WIDE) as page:
        speak(page, "en")
        desk = desk_of(page)
        expect(desk.locator("#main.idle")).to_be_visible()
        call(page, "mina", "1", "1")
        expect(desk.locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        expect(desk.locator("#main .tier")).to_have_text("Gold")
        desk.locator('[data-act="answer"]').click()
        expect(desk.locator("#main.call")).to_be_visible()
        expect(desk.locator("#pad")).to_contain_text("This call: Mina Halloran")
        desk.locator("#pad textarea:visible").first.press_sequentially(NOTE, delay=5)
        expect(desk.locator("#pad")).to_contain_text(re.compile(r"Saved \d"))
        page.click("#hangup")
        expect(desk.locator("#main.wrap")).to_be_visible()
        expect(page.locator("#ledger")).to_contain_text("The recording is in our own keeping")
        link = desk.locator('#main a[href^="/customers/"]').first.get_attribute("href")
        page.goto(f"{town.url}{link}")
        entry = page.locator(".entry").first
        expect(entry).to_contain_text(NOTE)
        expect(entry.locator("[data-player]")).to_be_visible()


def test_the_whole_call_in_persian_on_a_telephone(browser: Browser, town: Town) -> None:
    with visit(browser, town, NARROW, "omar") as page:
        speak(page, "fa")
        desk = desk_of(page)
        call(page, "persian", "2", "1")
        expect(page.locator('[data-pane="desk"] .dot.ring')).to_be_visible()
        show(page, "desk")
        expect(desk.locator("html")).to_have_attribute("dir", "rtl")
        expect(desk.locator("#main.ringing #caller")).to_have_text("مینا نمونه‌پور")
        sheet = desk.locator("#main").bounding_box()
        assert sheet is not None
        assert sheet["height"] <= NARROW["height"] * 0.46 + 1
        desk.locator('[data-act="answer"]').click()
        expect(desk.locator("#main.call")).to_be_visible()
        expect(desk.locator("#pad")).to_contain_text("مینا نمونه‌پور")
        desk.locator("#pad textarea:visible").first.press_sequentially(NOTE_FA, delay=5)
        expect(desk.locator("#pad")).to_contain_text(re.compile("ذخیره شد.*[۰-۹]"))
        show(page, "phone")
        page.click("#hangup")
        show(page, "desk")
        expect(desk.locator("#main.wrap")).to_be_visible()
        link = desk.locator('#main a[href^="/customers/"]').first.get_attribute("href")
        page.goto(f"{town.url}{link}")
        expect(page.locator(".entry").first).to_contain_text(NOTE_FA)
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]


def test_two_agents_see_each_their_own_caller_at_once(browser: Browser, town: Town) -> None:
    with visit(browser, town, WIDE, "sara") as one, visit(browser, town, WIDE, "omar") as other:
        call(one, "mina", "1", "1")
        expect(desk_of(one).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        call(other, "unknown", "1", "1")
        expect(desk_of(other).locator("#main.ringing #caller")).to_contain_text("555 0156")
        expect(desk_of(one).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        for page in (one, other):
            page.click("#hangup")
            expect(desk_of(page).locator("#main.ringing")).to_have_count(0)


def test_a_call_passed_on_closes_here_and_comes_up_there(browser: Browser, town: Town) -> None:
    with visit(browser, town, WIDE, "sara") as one, visit(browser, town, WIDE, "omar") as other:
        call(one, "mina", "1", "1")
        desk_of(one).locator('[data-act="pass"]').click()
        expect(desk_of(other).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        desk_of(other).locator('[data-act="answer"]').click()
        expect(desk_of(other).locator("#main.call")).to_be_visible()
        expect(desk_of(one).locator("#main.ringing")).to_have_count(0, timeout=2000)
        one.click("#hangup")
        expect(desk_of(other).locator("#main.wrap")).to_be_visible()


def test_a_voicemail_left_by_a_sample_becomes_a_promise(browser: Browser, town: Town) -> None:
    with visit(browser, town, WIDE, "sara") as page:
        desk_of(page).locator("#state-break").click()
        call(page, "unknown", "1", "1")
        expect(page.locator("#sample")).to_be_visible(timeout=90_000)
        page.click("#sample")
        page.wait_for_timeout(1500)
        page.click("#hangup")
        expect(page.locator("#ledger")).to_contain_text("The recording is in our own keeping")
        page.goto(f"{town.url}/promises?whose=all")
        expect(page.locator("#main")).to_contain_text("555 0156")
