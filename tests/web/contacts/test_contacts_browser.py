"""Contacts in a browser, in both languages: three keystrokes, whose promise they kept, and the list."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import Session, select

from callcrm.crm.promises import promises
from callcrm.models import Promise
from tests.browser import Staff
from tests.clocks import CLOCK
from tests.web.support.at_work import LANGUAGES, add_customer, at_work, fits, user_id, workplace

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS = {
    "en": {"number": "+12025550135", "letter": "They wrote a letter", "visit": "They came by"},
    "fa": {"number": "+12025550136", "letter": "نامه نوشت", "visit": "حضوری آمد"},
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("contacts")) as staff:
        yield staff


def owe(staff: Staff, customer_id: str, owner_id: str) -> None:
    """Two things are promised to the customer."""
    now = CLOCK.now()

    def verb(session: Session) -> None:
        for what in ("The list of prices", "The sample"):
            promises.give(
                session,
                customer_id=customer_id,
                phone=None,
                owner_id=owner_id,
                due_at=now + timedelta(days=1),
                now=now,
                what=what,
            )

    staff.do(verb)


def states_of(staff: Staff, customer_id: str) -> list[str]:
    """The states of what was promised, the one that is kept last."""
    query = select(Promise.state).where(Promise.customer_id == customer_id).order_by(Promise.state.desc())  # type: ignore[attr-defined]
    return list(staff.do(lambda session: session.exec(query).all()))


def letter_by_keys(page: Page) -> Locator:
    """The form, with the two first of three keys pressed."""
    form = page.locator("form[data-contact]")
    expect(form).to_have_count(0)
    page.keyboard.press("c")
    expect(form.locator("input[name=kind]:checked")).to_be_focused()
    page.keyboard.press("l")
    return form


@LANGUAGES
def test_three_keys_write_a_contact_down(staff: Staff, language: str) -> None:
    words = WORDS[language]
    name = f"Rosa Quill {language}"
    rosa = add_customer(staff, name, words["number"])
    page = at_work(staff, "Ana", "agent", language)
    page.goto(f"{staff.server.url}/customers/{rosa}")
    done, newest = page.locator(".contact-done"), page.locator("#newest")

    letter_by_keys(page)
    page.keyboard.press("Enter")
    expect(done).to_contain_text(words["letter"])
    expect(newest).to_contain_text(words["letter"])  # at once
    fits(page)

    owe(staff, rosa, user_id(staff, "Ana", language))
    page.reload()
    form = letter_by_keys(page)
    keeps = form.locator("input[name=keeps]")
    expect(keeps).to_have_count(3)
    keeps.nth(1).check()
    fits(page)
    keeps.first.check()  # a choice can be taken back
    form.locator(".btn.main").click()
    expect(done).to_contain_text(words["letter"])
    assert states_of(staff, rosa) == ["open", "open"]
    letter_by_keys(page)
    keeps.nth(1).check()
    form.locator(".btn.main").click()
    expect(done.locator("span")).to_have_count(2)
    assert states_of(staff, rosa) == ["open", "kept"]

    page.goto(f"{staff.server.url}/contacts")
    fits(page)
    page.keyboard.press("c")
    page.wait_for_url("**/contacts/new")
    fits(page)
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(form.locator("input[name=kind]:checked")).to_be_focused()
    fits(page)
    page.keyboard.press("v")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/{rosa}?show=contact")
    expect(newest).to_contain_text(words["visit"])
