"""Two agents at two browsers: each sees their own caller, and a call that goes closes where it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from tests.browser import WIDE, chromium
from tests.demo.demo_process import Demo
from tests.demo.demo_thread import demo_in_thread

TIMEOUT_MS = 15_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the file."""
    with chromium() as running:
        yield running


@pytest.fixture
def demo(tmp_path: Path, sample_data: Path) -> Iterator[Demo]:
    """A demo for each test, so that none sees another's calls."""
    with demo_in_thread(tmp_path, sample_data) as running:
        yield running


@contextmanager
def open_demo(browser: Browser, demo: Demo, slug: str) -> Iterator[Page]:
    """The demo page at this agent's desk; an error in its console fails the test."""
    context = browser.new_context(viewport=WIDE, locale="en-GB")  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT_MS)
    page, page_errors = context.new_page(), []
    page.on("pageerror", lambda error: page_errors.append(str(error)))
    page.on(
        "console",
        lambda message: page_errors.append(message.text) if "Content Security" in message.text else None,
    )
    page.goto(f"{demo.url}/demo")
    page.locator(f'form[action="/demo/desk/{slug}"] button').click()
    page.wait_for_load_state()
    page.locator("#aloud").uncheck(force=True)
    yield page
    context.close()
    assert page_errors == []


def desk_of(page: Page) -> FrameLocator:
    """The frame of the desk."""
    return page.frame_locator("#desk iframe")


def call(page: Page, caller: str, *keys: str) -> None:
    """Calls as this caller and presses these keys, each at the next menu."""
    page.select_option("#caller", caller)
    page.click("#call")
    for key in keys:
        button = page.locator(f'[data-key="{key}"]')
        caption = page.locator("#caption").inner_text()
        expect(button).to_be_enabled()
        page.wait_for_function("old => document.querySelector('#caption').innerText !== old", arg=caption)
        button.click()


def test_two_agents_each_see_their_own_caller(browser: Browser, demo: Demo) -> None:
    with open_demo(browser, demo, "sara") as sara, open_demo(browser, demo, "omar") as omar:
        call(sara, "mina", "1", "1")
        expect(desk_of(sara).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        call(omar, "unknown", "1", "1")
        expect(desk_of(omar).locator("#main.ringing #caller")).to_contain_text("555 0156")
        expect(desk_of(sara).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        for page in (sara, omar):
            page.click("#hangup")
            expect(desk_of(page).locator("#main.ringing")).to_have_count(0)


def test_a_call_passed_on_closes_at_one_desk_and_opens_at_the_other(browser: Browser, demo: Demo) -> None:
    with open_demo(browser, demo, "sara") as sara, open_demo(browser, demo, "omar") as omar:
        call(sara, "mina", "1", "1")
        desk_of(sara).locator('[data-act="pass"]').click()
        expect(desk_of(omar).locator("#main.ringing #caller")).to_have_text("Mina Halloran")
        desk_of(omar).locator('[data-act="answer"]').click()
        expect(desk_of(omar).locator("#main.call")).to_be_visible()
        expect(desk_of(sara).locator("#main.ringing")).to_have_count(0, timeout=2000)
        sara.click("#hangup")
        expect(desk_of(omar).locator("#main.wrap")).to_be_visible()
