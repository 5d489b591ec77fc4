"""The pages in Persian in a browser: a Persian keyboard, digits, and the width of a phone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Staff, staff_at
from tests.server_thread import ThreadedServer

pytestmark = pytest.mark.timeout(240)
CHOOSE_PERSIAN = """async () => {
  const csrf = document.querySelector('meta[name=csrf]').content;
  await fetch('/me/language', {method: 'POST', body: new URLSearchParams({csrf, language: 'fa'})});
}"""
PRESS_KEY = """([key, code]) => document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', {key, code, bubbles: true, cancelable: true}))"""


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of one server at their browsers."""
    server = ThreadedServer(tmp_path_factory.mktemp("persian"))
    server.start()
    with staff_at(server) as staff:
        yield staff
    server.stop()


@pytest.fixture(scope="module")
def signed_in(staff: Staff) -> Page:
    """The page of an agent who has chosen Persian."""
    page = staff.open_page(staff.hire("Sara", number="+12025550111"), locale="fa-IR")
    page.evaluate(CHOOSE_PERSIAN)
    return page


@pytest.fixture
def sara(signed_in: Page, staff: Staff) -> Page:
    """The desk of that agent."""
    signed_in.set_viewport_size({"width": 1280, "height": 800})
    signed_in.goto(f"{staff.server.url}/desk")
    expect(signed_in.locator("html")).to_have_attribute("dir", "rtl")
    return signed_in


def press_key(page: Page, key: str, code: str) -> None:
    """Presses a key as a Persian keyboard does: the character it types, and its position."""
    page.evaluate(PRESS_KEY, [key, code])


def test_a_persian_keyboard_has_the_same_shortcuts(sara: Page) -> None:
    sara.evaluate(PRESS_KEY.replace("bubbles", "shiftKey: true, bubbles"), ["؟", "Slash"])
    expect(sara.locator("#keys")).to_have_attribute("open", "")
    sara.keyboard.press("Escape")
    press_key(sara, "ل", "KeyG")
    press_key(sara, "م", "KeyL")
    expect(sara).to_have_url(re.compile("/calls$"))


def test_numbers_and_times_are_typed_and_shown_in_persian_digits(sara: Page, staff: Staff) -> None:
    sara.goto(f"{staff.server.url}/customers/new")
    sara.fill("[name=name]", "مینا نمونه‌پور")
    sara.fill("[name=numbers]", "+۱ ۲۰۲ ۵۵۵ ۰۱۳۴")
    sara.click("form:has([name=numbers]) button.main")
    number = sara.locator("bdi.tel").first
    expect(number).to_have_attribute("data-e164", "+12025550134")
    assert re.search("[0-9]", number.inner_text()) is None
    sara.wait_for_load_state("load")
    press_key(sara, "د", "KeyN")
    expect(sara.locator("#writing textarea")).to_be_focused()
    sara.keyboard.type("آرام صحبت کنید.")
    saved = sara.get_by_text(re.compile("^ذخیره شد، [۰-۹]{2}:[۰-۹]{2}"))
    expect(saved).to_be_visible(timeout=15_000)


@pytest.mark.parametrize(
    "path", ["/desk", "/customers", "/calls", "/promises", "/messages?show=all", "/pops", "/me", "/find"]
)
def test_no_page_is_wider_than_a_phone(sara: Page, staff: Staff, path: str) -> None:
    sara.set_viewport_size({"width": 360, "height": 740})
    sara.goto(f"{staff.server.url}{path}")
    wide = sara.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    assert sara.evaluate("document.fonts.ready.then(() => document.fonts.check('16px Vazirmatn', 'قول‌ها'))")
