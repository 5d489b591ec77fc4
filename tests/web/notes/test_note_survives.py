"""A note survives a killed server, a closed tab and a screen pop, in a browser (I18)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Staff, staff_at
from tests.running import Server
from tests.server_thread import open_server
from tests.web.support.carrier_line import CarrierLine, RingingCall

FIELD = "#notes-panel .sheet:not([hidden]) textarea"
SAVED = "#notes-panel .sheet:not([hidden]) .saved"
ANA = "+12025550101"
PERSIAN = "سلام، می‌خواهد پنجشنبه 👍"


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own."""
    with open_server(request, tmp_path) as server:
        yield server


@pytest.fixture
def staff(server: Server) -> Iterator[Staff]:
    """The server's users at their browsers."""
    with staff_at(server) as staff:
        yield staff


@pytest.fixture
def line(server: Server) -> CarrierLine:
    """The carrier's side of calls to the server."""
    return CarrierLine(server)


def open_desk(staff: Staff, **options: object) -> Page:
    """Ana's desk, available."""
    page = staff.open_page(staff.hire("Ana", number=ANA), **options)
    page.get_by_role("button", name="Available", exact=True).click()
    expect(page.locator("#state-available[aria-pressed=true]")).to_be_visible()
    return page


def begin_call(page: Page, line: CarrierLine, caller: str = "+12025550134") -> RingingCall:
    """A call she has answered, once the notes panel shows it."""
    call = line.ring(caller)
    expect(page.locator("#main[data-kind=ringing]")).to_be_visible()
    call.pick_up()
    spaced = f"{caller[:2]} {caller[2:5]} {caller[5:8]} {caller[8:]}"
    expect(page.locator("#notes-panel .sheet:not([hidden]) h2")).to_contain_text(spaced)
    return call


def expect_saved(page: Page) -> None:
    """Waits until the notes panel says that the text is saved."""
    expect(page.locator(SAVED)).to_have_attribute("data-state", "saved")


def type_text(page: Page, text: str) -> None:
    """Types ASCII by real keys and the rest as an input method commits it."""
    for letter in text:
        if letter.isascii():
            page.keyboard.type(letter)
        else:
            page.keyboard.insert_text(letter)


@pytest.mark.own_process
def test_what_was_typed_outlives_a_killed_server(server: Server, staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    type_text(page, "Wants it Thursday. ")
    expect_saved(page)
    server.kill()
    type_text(page, PERSIAN)
    expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    assert "lost" in (page.locator(SAVED).get_attribute("class") or "")
    expect(page.locator("#notes-panel .sheet:not([hidden]) .announced")).to_contain_text(
        "kept in this browser"
    )
    page.goto("about:blank")  # so that nothing is left but what the browser keeps
    server.start()
    page.goto(f"{server.url}/desk")
    expect(page.locator(FIELD)).to_have_value("Wants it Thursday. " + PERSIAN)
    expect_saved(page)
    assert stored_texts(page) == ["Wants it Thursday. " + PERSIAN]
    staff.page_errors.clear()  # of the server being away


def stored_texts(page: Page) -> list[str]:
    """The texts of the call's notes, as the server sends them to a new page."""
    html = page.request.get(page.url.replace("/desk", "/desk/notes-panel")).text()
    return list(
        page.evaluate(
            """html => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll(
                 ".note-lines .text, textarea")].map(el => el.value ?? el.textContent).filter(Boolean)""",
            html,
        )
    )


@pytest.mark.own_process
def test_the_page_saves_by_itself_once_the_server_is_back(
    server: Server, staff: Staff, line: CarrierLine
) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    server.kill()
    type_text(page, "typed while it was away")
    expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    server.start()
    expect_saved(page)
    assert stored_texts(page) == ["typed while it was away"]
    staff.page_errors.clear()


def test_a_closed_tab_loses_nothing(staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    type_text(page, PERSIAN)
    context = page.context
    page.close()
    reopened = context.new_page()
    reopened.goto(f"{line.server.url}/desk")
    expect(reopened.locator(FIELD)).to_have_value(PERSIAN)
    expect_saved(reopened)
    assert stored_texts(reopened) == [PERSIAN]


@pytest.mark.own_process
def test_a_tab_closed_while_the_server_is_away_loses_nothing(
    server: Server, staff: Staff, line: CarrierLine
) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    type_text(page, "a line")
    server.kill()
    page.keyboard.press("Control+Enter")
    type_text(page, "and the next")
    context = page.context
    page.close()
    server.start()
    reopened = context.new_page()
    reopened.goto(f"{server.url}/desk")
    expect(reopened.locator("#notes-panel .note-lines")).to_contain_text("a line")
    expect(reopened.locator(FIELD)).to_have_value("and the next")
    expect_saved(reopened)
    assert stored_texts(reopened) == ["a line", "and the next"]
    staff.page_errors.clear()


def undo_until(page: Page, until: str) -> None:
    """Undoes what was typed until the text is this."""
    for _ in range(40):
        if page.locator(FIELD).input_value() == until:
            return
        page.keyboard.press("Control+z")
    expect(page.locator(FIELD)).to_have_value(until)


def test_a_pop_takes_no_focus_and_no_keystroke(staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line).hang_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    type_text(page, "Two shirts, wrong buttons")
    for _ in range(len("buttons")):
        page.keyboard.press("ArrowLeft")
    call = line.ring("+12025550155")
    type_text(page, "big ")
    expect(page.locator("#main[data-kind=ringing]")).to_be_visible()
    type_text(page, "shiny ")
    assert page.evaluate("field => document.activeElement === field", field)
    assert page.evaluate("field => [field.value, field.selectionStart, field.selectionEnd]", field) == [
        "Two shirts, wrong big shiny buttons",
        *[len("Two shirts, wrong big shiny ")] * 2,
    ]
    undo_until(page, "Two shirts, wrong buttons")
    call.hang_up()


def test_an_answered_call_gets_its_own_sheet_and_the_old_note_is_one_key_away(
    staff: Staff, line: CarrierLine
) -> None:
    page = open_desk(staff)
    begin_call(page, line).hang_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    type_text(page, "his sister’s wed")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    begin_call(page, line, "+12025550155")
    assert page.evaluate("() => document.activeElement === document.querySelector('" + FIELD + "')")
    type_text(page, "new call")
    expect(page.locator("[data-others]")).to_contain_text("1 note open")
    page.keyboard.press("Alt+n")
    assert page.evaluate("field => document.activeElement === field", field)
    assert page.evaluate("field => field.selectionStart", field) == len("his sister’s ")
    type_text(page, "big ")
    undo_until(page, "his sister’s wed")
    expect_saved(page)
    page.keyboard.press("Alt+n")
    expect(page.locator(FIELD)).to_have_value("new call")


def test_letters_typed_while_a_call_is_answered_stay_together(staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line).hang_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    call = line.ring("+12025550155")
    page.keyboard.type("wants ", delay=20)
    call.pick_up()
    page.keyboard.type("them before Saturday", delay=60)
    assert page.evaluate("field => field.value", field) == "wants them before Saturday"
    expect(page.locator("#notes-panel .sheet:not([hidden]) h2")).to_contain_text("+1 202 555 0155")


def test_two_pages_show_both_versions_and_lose_neither(staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    type_text(page, "first")
    expect_saved(page)
    other = page.context.new_page()
    other.goto(f"{line.server.url}/desk")
    other.locator(FIELD).click()
    page.locator(FIELD).click()
    type_text(page, " here")
    expect_saved(page)
    other.locator(FIELD).press("End")
    type_text(other, " there")
    clash = other.locator("#notes-panel .conflict:visible")
    expect(clash).to_contain_text("first here")
    expect(other.locator(FIELD)).to_have_value("first there")
    clash.get_by_role("button", name="Keep both").click()
    expect_saved(other)
    assert stored_texts(other) == ["first there\nfirst here"]


def test_a_finished_note_is_changed_in_place(staff: Staff, line: CarrierLine) -> None:
    page = open_desk(staff)
    begin_call(page, line)
    page.locator(FIELD).click()
    type_text(page, "duvet cover")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notes-panel .note-lines")).to_contain_text("duvet cover")
    expect(page.locator(SAVED)).to_have_attribute("data-state", "done")
    page.goto(f"{line.server.url}/calls/{page.locator('#main').get_attribute('data-call')}")
    page.get_by_role("button", name="Change", exact=True).click()
    field = page.get_by_role("textbox", name="Note text")
    field.click()
    type_text(page, " and a pillow case")
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.locator(".note-body")).to_have_text("duvet cover and a pillow case")
    expect(field).to_have_count(0)
