"""The pages in Persian in a real browser: its keyboard, its digits, and nothing wider than a telephone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import BrowserUsers, browser_users
from tests.server_thread import ThreadedServer

pytestmark = pytest.mark.timeout(240)
LANGUAGE = """async () => {
  const csrf = document.querySelector('meta[name=csrf]').content;
  await fetch('/me/language', {method: 'POST', body: new URLSearchParams({csrf, language: 'fa'})});
}"""
PRESS = """([key, code]) => document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))"""


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserUsers]:
    """People at one server."""
    server = ThreadedServer(tmp_path_factory.mktemp("persian"))
    server.start()
    with browser_users(server) as crowd:
        yield crowd
    server.stop()


@pytest.fixture(scope="module")
def signed_in(crowd: BrowserUsers) -> Page:
    """Somebody who takes calls, whose pages are Persian."""
    page = crowd.sit_down(crowd.hire("Sara", number="+12025550111"), locale="fa-IR")
    page.evaluate(LANGUAGE)
    return page


@pytest.fixture
def sara(signed_in: Page, crowd: BrowserUsers) -> Page:
    """Her desk."""
    signed_in.set_viewport_size({"width": 1280, "height": 800})
    signed_in.goto(f"{crowd.server.url}/desk")
    expect(signed_in.locator("html")).to_have_attribute("dir", "rtl")
    return signed_in


def press(page: Page, key: str, code: str) -> None:
    """A key of a keyboard that is set to Persian: what it writes, and where it is."""
    page.evaluate(PRESS, [key, code])


def test_a_persian_keyboard_has_the_same_shortcuts(sara: Page) -> None:
    sara.evaluate(PRESS.replace("bubbles", "shiftKey: true, bubbles"), ["؟", "Slash"])
    expect(sara.locator("#keys")).to_have_attribute("open", "")
    sara.keyboard.press("Escape")
    press(sara, "ل", "KeyG")
    press(sara, "م", "KeyL")
    sara.wait_for_url(re.compile("/calls$"))


def test_numbers_and_times_are_typed_and_told_in_persian_digits(sara: Page, crowd: BrowserUsers) -> None:
    sara.goto(f"{crowd.server.url}/customers/new")
    sara.fill("[name=name]", "مینا نمونه‌پور")
    sara.fill("[name=numbers]", "+۱ ۲۰۲ ۵۵۵ ۰۱۳۴")
    sara.click("form:has([name=numbers]) button.main")
    number = sara.locator("bdi.tel").first
    expect(number).to_have_attribute("data-e164", "+12025550134")
    assert re.search("[0-9]", number.inner_text()) is None
    sara.wait_for_load_state("load")
    press(sara, "د", "KeyN")
    expect(sara.locator("#writing textarea")).to_be_focused()
    sara.keyboard.type("آرام صحبت کنید.")
    saved = sara.get_by_text(re.compile("^ذخیره شد، [۰-۹]{2}:[۰-۹]{2}"))
    expect(saved).to_be_visible(timeout=15_000)


@pytest.mark.parametrize("path", ["/desk", "/customers", "/calls", "/promises", "/pops", "/me", "/find"])
def test_nothing_is_wider_than_a_telephone(sara: Page, crowd: BrowserUsers, path: str) -> None:
    sara.set_viewport_size({"width": 360, "height": 740})
    sara.goto(f"{crowd.server.url}{path}")
    wide = sara.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    assert sara.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Vazirmatn', 'قول‌ها'))")
