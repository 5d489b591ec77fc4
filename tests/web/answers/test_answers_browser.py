"""Answers beside a call, in a browser: they follow the note and open in place, under nobody’s hands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlmodel import Session

from callcrm.agents import users
from callcrm.agents.principal import Principal
from callcrm.crm.answers import answers
from tests.axe import violations
from tests.browser import staff_at
from tests.clocks import CLOCK
from tests.server_thread import ThreadedServer
from tests.web.desk.test_desk_browser import Office
from tests.web.support.at_work import LANGUAGES, at_work, fits

pytestmark = [pytest.mark.one_engine, pytest.mark.timeout(240)]
SARA = Principal(None, "supervisor", "tok", "Sara")
STRANGER = "+12025550177"
BANK = {
    "en": ("Is there parking?", "Behind the house.", "they ask about parking", "Helped"),
    "fa": ("جای پارک هست؟", "پشت ساختمان.", "می‌پرسد پارك هست", "کمک کرد"),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A started server with two answers, and its users."""
    server = ThreadedServer(tmp_path)
    server.start()
    try:
        with staff_at(server) as staff:
            staff.do(_fill)
            yield Office(server, staff)
    finally:
        server.stop()


def _fill(session: Session) -> None:
    for language, (question, answer, _words, _helped) in BANK.items():
        fields: answers.Fields = {"question": question, "body": answer, "language": language}
        answers.create(session, fields, SARA, CLOCK.now())


def _speak(session: Session, language: str) -> None:
    for user in users.list_active_users(session):
        user.language = language
        session.add(user)


@LANGUAGES
def test_answers_follow_the_note_and_open_in_place(office: Office, language: str) -> None:
    question, answer, words, helped = BANK[language]
    page = office.open_page(bypass_csp=True)
    office.staff.do(lambda session: _speak(session, language))
    page.reload()
    call = office.call().through_menus(STRANGER)
    call.ring()
    call.pick_up()
    note = page.locator("#notes-panel textarea:visible").first
    expect(page.locator("[data-answers]")).to_be_visible()
    note.click()
    note.press_sequentially(words)
    suggested = page.locator("[data-suggestions] summary", has_text=question)
    expect(suggested).to_be_visible()
    expect(note).to_be_focused()
    suggested.click()
    expect(page.locator(".answer-text")).to_have_text(answer)
    note.press_sequentially(" and more")
    page.wait_for_timeout(800)
    expect(page.locator(".answer-text")).to_be_visible()  # nobody who reads has it changed under their hands
    page.get_by_role("button", name=helped, exact=True).click()
    expect(page.locator(".helped [aria-pressed=true]")).to_have_text(helped)
    assert violations(page) == []
    call.hang_up()


@LANGUAGES
def test_an_answer_is_proposed_published_found_and_copied(office: Office, language: str) -> None:
    staff, bank = office.staff, f"{office.server.url}/answers"
    question, answer = f"Delivery abroad {language}", "Within ten days."
    page = at_work(staff, "Omar", "agent", language)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{bank}/new")
    fits(page)
    page.fill("#question", question)
    page.fill("#answer", answer)
    page.locator(".card-foot .btn.main").click()
    page.wait_for_url(f"{bank}/ans_*")

    board = at_work(staff, "Grace", "supervisor", language)
    board.goto(f"{bank}?show=waiting")
    fits(board)
    board.get_by_role("link", name=question).first.click()
    board.locator("form[action$='/publish'] button").click()
    expect(board.locator("form[action$='/publish']")).to_have_count(0)
    fits(board)

    page.goto(bank)
    fits(page)
    page.locator("form[action='/answers/find'] input:not([type=hidden])").fill("abroad")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=question).first.click()
    expect(page.locator(".answer-text")).to_have_text(answer)
    page.locator("[data-copy-text]").click()
    expect(page.locator(".toast")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == answer
    fits(page)
    assert staff.page_errors == []
