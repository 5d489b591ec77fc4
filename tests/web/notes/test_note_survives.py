"""What somebody types is kept: through a killed server, a closed tab and a call that pops up (I18)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import BrowserUsers, browser_users
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
def crowd(server: Server) -> Iterator[BrowserUsers]:
    """People who sit down at it."""
    with browser_users(server) as crowd:
        yield crowd


@pytest.fixture
def line(server: Server) -> CarrierLine:
    """The carrier."""
    return CarrierLine(server)


def at_work(crowd: BrowserUsers, **how: object) -> Page:
    """Ana at her desk, available."""
    page = crowd.sit_down(crowd.hire("Ana", number=ANA), **how)
    page.get_by_role("button", name="Available", exact=True).click()
    expect(page.locator("#state-available[aria-pressed=true]")).to_be_visible()
    return page


def in_call(page: Page, line: CarrierLine, caller: str = "+12025550134") -> RingingCall:
    """She speaks on a call and the notes panel has turned to it."""
    call = line.rings(caller)
    expect(page.locator("#main[data-kind=ringing]")).to_be_visible()
    call.picked_up()
    spaced = f"{caller[:2]} {caller[2:5]} {caller[5:8]} {caller[8:]}"
    expect(page.locator("#notes-panel .sheet:not([hidden]) h2")).to_contain_text(spaced)
    return call


def saved(page: Page) -> None:
    """Until the notes panel says that the text is durable."""
    expect(page.locator(SAVED)).to_have_attribute("data-state", "saved")


def write(page: Page, text: str) -> None:
    """Real keys, or what an input method commits."""
    for letter in text:
        if letter.isascii():
            page.keyboard.type(letter)
        else:
            page.keyboard.insert_text(letter)


@pytest.mark.mortal
def test_what_was_typed_outlives_a_killed_server(
    server: Server, crowd: BrowserUsers, line: CarrierLine
) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    write(page, "Wants it Thursday. ")
    saved(page)
    server.kill()
    write(page, PERSIAN)
    expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    assert "lost" in (page.locator(SAVED).get_attribute("class") or "")
    expect(page.locator("#notes-panel .sheet:not([hidden]) .announced")).to_contain_text(
        "kept in this browser"
    )
    page.goto("about:blank")  # so that nothing is left but what the browser keeps
    server.start()
    page.goto(f"{server.url}/desk")
    expect(page.locator(FIELD)).to_have_value("Wants it Thursday. " + PERSIAN)
    saved(page)
    assert stored(page) == ["Wants it Thursday. " + PERSIAN]
    crowd.complaints.clear()  # of the server being away


def stored(page: Page) -> list[str]:
    """The texts of the notes of the call shown, as the server tells them to a new page."""
    html = page.request.get(page.url.replace("/desk", "/desk/notes-panel")).text()
    return list(
        page.evaluate(
            """html => [...new DOMParser().parseFromString(html, "text/html").querySelectorAll(
                 ".note-lines .text, textarea")].map(one => one.value ?? one.textContent).filter(Boolean)""",
            html,
        )
    )


@pytest.mark.mortal
def test_the_server_comes_back_and_the_page_needs_no_hand(
    server: Server, crowd: BrowserUsers, line: CarrierLine
) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    server.kill()
    write(page, "typed while it was away")
    expect(page.locator(SAVED)).to_contain_text("kept in this browser")
    server.start()
    saved(page)
    assert stored(page) == ["typed while it was away"]
    crowd.complaints.clear()


def test_a_closed_tab_loses_nothing(crowd: BrowserUsers, line: CarrierLine) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    write(page, PERSIAN)
    context = page.context
    page.close()
    again = context.new_page()
    again.goto(f"{line.server.url}/desk")
    expect(again.locator(FIELD)).to_have_value(PERSIAN)
    saved(again)
    assert stored(again) == [PERSIAN]


@pytest.mark.mortal
def test_a_tab_closed_while_the_server_is_away_loses_nothing(
    server: Server, crowd: BrowserUsers, line: CarrierLine
) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    write(page, "a line")
    server.kill()
    page.keyboard.press("Control+Enter")
    write(page, "and the next")
    context = page.context
    page.close()
    server.start()
    again = context.new_page()
    again.goto(f"{server.url}/desk")
    expect(again.locator("#notes-panel .note-lines")).to_contain_text("a line")
    expect(again.locator(FIELD)).to_have_value("and the next")
    saved(again)
    assert stored(again) == ["a line", "and the next"]
    crowd.complaints.clear()


def undo(page: Page, until: str) -> None:
    """Take back what was typed, until the text is this."""
    for _ in range(40):
        if page.locator(FIELD).input_value() == until:
            return
        page.keyboard.press("Control+z")
    expect(page.locator(FIELD)).to_have_value(until)


def test_a_pop_takes_no_key_no_focus_and_no_letter(crowd: BrowserUsers, line: CarrierLine) -> None:
    page = at_work(crowd)
    in_call(page, line).hung_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    write(page, "Two shirts, wrong buttons")
    for _ in range(len("buttons")):
        page.keyboard.press("ArrowLeft")
    call = line.rings("+12025550155")
    write(page, "big ")
    expect(page.locator("#main[data-kind=ringing]")).to_be_visible()
    write(page, "shiny ")
    assert page.evaluate("field => document.activeElement === field", field)
    assert page.evaluate("field => [field.value, field.selectionStart, field.selectionEnd]", field) == [
        "Two shirts, wrong big shiny buttons",
        *[len("Two shirts, wrong big shiny ")] * 2,
    ]
    undo(page, "Two shirts, wrong buttons")
    call.hung_up()


def test_an_answered_call_gets_its_own_sheet_and_the_old_note_stays_one_key_away(
    crowd: BrowserUsers, line: CarrierLine
) -> None:
    page = at_work(crowd)
    in_call(page, line).hung_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    write(page, "his sister’s wed")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    in_call(page, line, "+12025550155")
    assert page.evaluate("() => document.activeElement === document.querySelector('" + FIELD + "')")
    write(page, "new call")
    expect(page.locator("[data-others]")).to_contain_text("1 note open")
    page.keyboard.press("Alt+n")
    assert page.evaluate("field => document.activeElement === field", field)
    assert page.evaluate("field => field.selectionStart", field) == len("his sister’s ")
    write(page, "big ")
    undo(page, "his sister’s wed")
    saved(page)
    page.keyboard.press("Alt+n")
    expect(page.locator(FIELD)).to_have_value("new call")


def test_letters_typed_while_the_call_is_answered_stay_in_their_word(
    crowd: BrowserUsers, line: CarrierLine
) -> None:
    page = at_work(crowd)
    in_call(page, line).hung_up()
    expect(page.locator("#main[data-kind=wrap]")).to_be_visible()
    page.get_by_role("button", name="Available", exact=True).click()
    page.locator(FIELD).click()
    field = page.locator(FIELD).element_handle()
    call = line.rings("+12025550155")
    page.keyboard.type("wants ", delay=20)
    call.picked_up()
    page.keyboard.type("them before Saturday", delay=60)
    assert page.evaluate("field => field.value", field) == "wants them before Saturday"
    expect(page.locator("#notes-panel .sheet:not([hidden]) h2")).to_contain_text("+1 202 555 0155")


def test_two_pages_show_both_versions_and_lose_neither(crowd: BrowserUsers, line: CarrierLine) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    write(page, "first")
    saved(page)
    other = page.context.new_page()
    other.goto(f"{line.server.url}/desk")
    other.locator(FIELD).click()
    page.locator(FIELD).click()
    write(page, " here")
    saved(page)
    other.locator(FIELD).press("End")
    write(other, " there")
    clash = other.locator("#notes-panel .conflict:visible")
    expect(clash).to_contain_text("first here")
    expect(other.locator(FIELD)).to_have_value("first there")
    clash.get_by_role("button", name="Keep both").click()
    saved(other)
    assert stored(other) == ["first there\nfirst here"]


def test_a_finished_note_is_changed_where_it_stands(crowd: BrowserUsers, line: CarrierLine) -> None:
    page = at_work(crowd)
    in_call(page, line)
    page.locator(FIELD).click()
    write(page, "duvet cover")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notes-panel .note-lines")).to_contain_text("duvet cover")
    expect(page.locator(SAVED)).to_have_attribute("data-state", "done")
    page.goto(f"{line.server.url}/calls/{page.locator('#main').get_attribute('data-call')}")
    page.get_by_role("button", name="Change", exact=True).click()
    field = page.get_by_role("textbox", name="Note text")
    field.click()
    write(page, " and a pillow case")
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.locator(".note-body")).to_have_text("duvet cover and a pillow case")
    expect(field).to_have_count(0)
