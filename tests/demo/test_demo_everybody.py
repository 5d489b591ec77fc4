"""Pages full of people and calls, in both directions, themes and widths: everybody can use them."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.axe import violations
from tests.browser import NARROW, WIDE, chromium
from tests.demo.demo_process import Demo

LOOKS: list[dict[str, Any]] = [
    {"viewport": WIDE, "color_scheme": "light", "locale": "en-GB"},
    {"viewport": NARROW, "color_scheme": "dark", "locale": "fa-IR"},
]
OF_AGENTS = ("/desk", "/customers", "/calls", "/promises", "/pops", "/me", "/parts")
OF_SUPERVISORS = ("/calls", "/settings/users", "/settings/queues", "/settings/numbers")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the file."""
    with chromium() as running:
        yield running


@pytest.fixture(params=LOOKS, ids=["wide, light, English", "narrow, dark, Persian"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser with a look of its own."""
    made = browser.new_context(bypass_csp=True, **request.param)
    yield made
    made.close()


def sit(context: BrowserContext, demo: Demo, who: str) -> Page:
    """A page at somebody's desk, in the language of the browser."""
    page = context.new_page()
    page.goto(f"{demo.url}/demo")
    page.locator(f'form[action="/demo/desk/{who}"] button').click()
    page.wait_for_load_state()
    other = page.locator('form[action="/demo/language"] button')
    if other.get_attribute("value") == page.evaluate("navigator.language.slice(0, 2)"):
        other.click()
        page.wait_for_load_state()
    return page


def faults(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations(page) + ([f"{wider} px too wide"] if wider > 0 else [])


@pytest.mark.parametrize(("who", "paths"), [("sara", OF_AGENTS), ("grace", OF_SUPERVISORS)])
def test_everybody_can_use_every_page(
    context: BrowserContext, demo: Demo, who: str, paths: tuple[str, ...]
) -> None:
    page = sit(context, demo, who)
    faults_of = {}
    for path in paths:
        page.goto(demo.url + path)
        faults_of[path] = faults(page)
    page.goto(f"{demo.url}/customers")
    page.locator('#main a[href^="/customers/c"]').first.click()
    page.wait_for_url("**/customers/c*")
    faults_of["a customer"] = faults(page)
    page.locator('#main a[href^="/calls/"]').first.click()
    page.wait_for_url("**/calls/*")
    faults_of["a call"] = faults(page)
    assert {path: lines for path, lines in faults_of.items() if lines} == {}


@pytest.mark.parametrize("state", ["ringing", "ringing, shared", "in call", "wrap-up", "answered elsewhere"])
def test_everybody_can_use_the_desk_in_every_state(context: BrowserContext, demo: Demo, state: str) -> None:
    page = sit(context, demo, "sara")
    page.goto(f"{demo.url}/parts/desk/{state}")
    assert faults(page) == []
