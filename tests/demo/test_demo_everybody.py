"""Pages full of sample data pass axe and fit their window, in both directions, themes and widths."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.axe import violations
from tests.browser import NARROW, WIDE, chromium
from tests.demo.demo_process import Demo

VARIANTS: list[dict[str, Any]] = [
    {"viewport": WIDE, "color_scheme": "light", "locale": "en-GB"},
    {"viewport": NARROW, "color_scheme": "dark", "locale": "fa-IR"},
]
STATES = ("ringing", "ringing, shared", "in call", "wrap-up", "answered elsewhere")
AGENT_PATHS = (
    *("/desk", "/customers", "/calls", "/promises", "/pops", "/me", "/parts"),
    *(f"/parts/desk/{state}" for state in STATES),
)
SUPERVISOR_PATHS = ("/calls", "/settings/users", "/settings/queues", "/settings/numbers")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the file."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module", params=VARIANTS, ids=["wide, light, English", "narrow, dark, Persian"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser of one width, theme and language."""
    context = browser.new_context(bypass_csp=True, **request.param)
    yield context
    context.close()


def open_desk(context: BrowserContext, demo: Demo, slug: str) -> Page:
    """A page at this agent's desk, in the language of the browser."""
    page = context.new_page()
    page.goto(f"{demo.url}/demo")
    page.locator(f'form[action="/demo/desk/{slug}"] button').click()
    page.wait_for_load_state()
    language_button = page.locator('form[action="/demo/language"] button')
    if language_button.get_attribute("value") == page.evaluate("navigator.language.slice(0, 2)"):
        language_button.click()
        page.wait_for_load_state()
    return page


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)
    excess = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations(page) + ([f"{excess} px too wide"] if excess > 0 else [])


@pytest.mark.parametrize(("slug", "paths"), [("sara", AGENT_PATHS), ("grace", SUPERVISOR_PATHS)])
def test_every_page_passes_axe_and_fits_the_window(
    context: BrowserContext, demo: Demo, slug: str, paths: tuple[str, ...]
) -> None:
    page = open_desk(context, demo, slug)
    faults_of = {}
    for path in paths:
        page.goto(demo.url + path)
        faults_of[path] = faults(page)
    assert {path: lines for path, lines in faults_of.items() if lines} == {}


def test_a_customer_and_a_call_pass_axe_and_fit_the_window(context: BrowserContext, demo: Demo) -> None:
    page, faults_of = open_desk(context, demo, "sara"), {}
    page.goto(f"{demo.url}/customers")
    page.locator('#main a[href^="/customers/c"]').first.click()
    expect(page).to_have_url(re.compile("/customers/c"))
    faults_of["a customer"] = faults(page)
    page.locator('#main a[href^="/calls/"]').first.click()
    expect(page).to_have_url(re.compile("/calls/."))
    faults_of["a call"] = faults(page)
    assert {path: lines for path, lines in faults_of.items() if lines} == {}
