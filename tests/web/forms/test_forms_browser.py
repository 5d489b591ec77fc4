"""The click paths of feedback, public forms and settings, in both languages, on wide and narrow screens."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from callcrm.store.store import Store
from tests import axe
from tests.browser import Staff
from tests.clocks import CLOCK
from tests.shop import Shop
from tests.web.support.at_work import LANGUAGES, at_work, fits, workplace

pytestmark = [pytest.mark.timeout(240), pytest.mark.one_engine]
NUMBER = "+12025550134"
WITHIN = 1.0  # seconds


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("forms")) as staff:
        yield staff


@pytest.fixture(scope="module")
def call(staff: Staff) -> str:
    """A call that was answered."""
    store: Store = staff.server.services.store  # type: ignore[attr-defined]
    return str(Shop(store).answered(NUMBER))


@LANGUAGES
def test_a_question_stands_on_the_desk_within_a_second(staff: Staff, language: str) -> None:
    desk = at_work(staff, "Ana", "agent", language)
    desk.goto(f"{staff.server.url}/desk")
    expect(desk.locator(".connection-state, #connection-state").first).to_be_visible()
    desk.wait_for_timeout(1500)  # the stream is open
    visitor = staff.browser.new_context(java_script_enabled=False, locale=language).new_page()
    visitor.goto(f"{staff.server.url}/ask?lang={language}")
    question = f"Do you mend rugs? {language}"
    visitor.fill("#text", question)
    visitor.fill("#phone", NUMBER)
    visitor.click(".btn.main")
    sent = CLOCK.monotonic()
    expect(desk.locator("[data-question]", has_text=question)).to_be_visible(timeout=5000)
    assert CLOCK.monotonic() - sent < WITHIN
    expect(desk.locator("#due", has_text=question)).to_be_visible()
    assert visitor.context.cookies() == []
    visitor.context.close()
    assert staff.page_errors == []


@LANGUAGES
def test_the_public_pages_are_for_everybody(staff: Staff, language: str) -> None:
    visitor = staff.browser.new_context(bypass_csp=True).new_page()
    for path in ("/ask", "/complain"):
        visitor.goto(f"{staff.server.url}{path}?lang={language}")
        fits(visitor)
        visitor.fill("#text", " ")
        visitor.locator("form").evaluate("form => { form.noValidate = true; }")
        visitor.click(".btn.main")
        expect(visitor.locator("p.fault")).to_be_visible()
        fits(visitor)
    visitor.fill("#text", f"The rug came back in two colours. {language}")
    visitor.click(".btn.main")
    fits(visitor)
    visitor.click(".own-link a")
    expect(visitor.locator('[aria-current="step"]')).to_be_visible()
    fits(visitor)
    assert visitor.context.cookies() == []
    visitor.context.close()


@LANGUAGES
def test_feedback_takes_two_clicks_beside_the_call(staff: Staff, call: str, language: str) -> None:
    page = at_work(staff, "Grace", "supervisor", language)
    page.goto(f"{staff.server.url}/calls/{call}")
    page.click(f'a[data-hx-get="/feedback/new?call={call}"]')
    page.fill("[name=other]", f"Rug cleaning {language}")
    page.fill(".call-form textarea", "The colours ran into each other.")
    assert axe.violations(page) == []
    page.press("[name=other]", "Enter")  # which chooses none of the four
    page.click("button[name=kind][value=does_not]")
    page.click(".feedback-taken a")
    page.click("button[name=state][value=done]")
    expect(page.locator("button[value=done][aria-pressed=true]")).to_be_visible()
    fits(page)
    page.goto(f"{staff.server.url}/feedback")
    fits(page)
    page.goto(f"{staff.server.url}/feedback/new")
    fits(page)
    assert staff.page_errors == []


@LANGUAGES
def test_modules_and_fields_are_switched_on_their_pages(staff: Staff, language: str) -> None:
    page = at_work(staff, "Sam", "supervisor", language)
    page.goto(f"{staff.server.url}/settings/modules")
    fits(page)
    switch = page.locator('form[action="/settings/modules/answers"] button')
    switch.click()
    expect(page.locator(".toast button")).to_be_visible()
    expect(page.locator('form[action="/settings/modules/answers"] button[value=on]')).to_be_visible()
    other = page.context.new_page()
    gone = other.goto(f"{staff.server.url}/answers")
    assert gone is not None
    assert gone.status == 404
    expect(other.locator("nav a[href='/answers']")).to_have_count(0)
    other.close()
    page.click(".toast button")
    expect(page.locator('form[action="/settings/modules/answers"] button[value=off]')).to_be_visible()
    page.goto(f"{staff.server.url}/settings/fields")
    fits(page)
    page.goto(f"{staff.server.url}/settings/forms")
    fits(page)
    assert staff.page_errors == []
