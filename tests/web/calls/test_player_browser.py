"""The pages of calls in Chromium: recordings play by keyboard, lists stay still, axe finds nothing."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import make_url
from sqlmodel import Session, select

from callcrm import config
from callcrm.ledger.event_store import add_event
from callcrm.models import User
from callcrm.recordings.waveform import waveform_peaks
from callcrm.simulator.parties.audio import tone_wav
from callcrm.store.store import Store
from tests.axe import violations
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.clocks import CLOCK, THREADS
from tests.databases import make_sqlite
from tests.running import Server
from tests.server_thread import ThreadedServer
from tests.web.support import call_builders
from tests.web.support.carrier_line import CarrierLine

SECONDS = 35
EARLIER_CALLS = 3


def seed(server: Server) -> None:
    """Adds a recorded call that Sara answered five minutes ago, and some earlier ones."""
    settings = config.load_settings(server.environment)
    make_sqlite(Path(make_url(settings.database).database or ""))
    folder = Path(settings.recordings.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    audio = folder / ("0" * 32)
    audio.write_bytes(tone_wav(SECONDS, (440, 300)))
    shift = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5) - call_builders.NOON
    store = Store(settings.database, CLOCK, THREADS)
    store.write_now(lambda session: _rows(session, shift, waveform_peaks(audio)))
    store.close()


def _rows(session: Session, shift: timedelta, peaks: list[list[int]] | None) -> None:
    for user_id, name in call_builders.NAMES.items():
        row = User(
            id=user_id, email=f"{user_id}@x.test", name=name, role="agent", created_at=call_builders.NOON
        )
        session.add(row)
    session.flush()
    session.add(_shifted(call_builders.call(), shift))
    for n in range(2, 2 + EARLIER_CALLS):
        earlier = call_builders.call(id=f"call_{n}", carrier_sid=f"CX{n}", outcome="abandoned", agent_id=None)
        session.add(_shifted(earlier, shift - timedelta(minutes=n)))
    session.flush()
    legs = [type(leg)(**leg.model_dump()) for leg in call_builders.LEGS]
    notes = [
        call_builders.note(50, "Wants it on Friday."),
        call_builders.note(60, "And the other on Monday."),
    ]
    pops = [call_builders.pop("omar", 7, 0.1), call_builders.pop("sara", 28, 0.1, 0.9)]
    for related in (*legs, *notes, *pops, call_builders.recording(peaks=peaks)):
        session.add(_shifted(related, shift))
    for event in call_builders.EVENTS:
        facts = event.facts
        moved = replace(
            facts,
            at=facts.at and facts.at + shift,
            received_at=facts.received_at and facts.received_at + shift,
        )
        add_event(session, replace(event, facts=moved, received_at=event.received_at + shift))


def _shifted(row: Any, shift: timedelta) -> Any:
    for name, value in row.model_dump().items():
        if isinstance(value, datetime):
            setattr(row, name, value + shift)
    return row


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server with a recorded call."""
    server = ThreadedServer(tmp_path)
    seed(server)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def staff(server: Server) -> Iterator[Staff]:
    """Its users at their browsers; an error in a page's console fails the test."""
    with staff_at(server) as staff:
        yield staff


def grace(staff: Staff, path: str = "/calls", **options: Any) -> Page:
    """A supervisor's page at this path."""
    page = staff.open_page(staff.hire("Grace", "supervisor"), **options)
    page.set_default_timeout(8000)
    page.goto(f"{staff.server.url}{path}")
    return page


def audio_position(page: Page) -> float:
    """The audio's position in seconds; 0 without audio."""
    return float(page.evaluate("document.querySelector('audio')?.currentTime ?? 0"))


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Waits up to 8 s for the condition; Playwright's own way needs `eval`, which our CSP forbids."""
    for _ in range(160):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("the condition did not become true")


def focused(page: Page) -> str:
    """The label of the element that has the focus, or its text."""
    return str(
        page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
        )
    )


def test_a_recording_plays_in_its_row_by_keyboard_alone(staff: Staff) -> None:
    page = grace(staff)
    rows = page.locator("tbody tr")
    tops_before = rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
    page.locator("[data-hear]").focus()
    page.keyboard.press("Enter")
    until(page, lambda: audio_position(page) > 0.3)
    assert focused(page) == "Pause"
    page.keyboard.press("Space")
    until(page, lambda: focused(page) == "Play")  # the audio tells of it by an event
    assert page.evaluate("document.querySelector('audio').paused")
    page.keyboard.press("Tab")
    assert focused(page) == "Back 5 s"
    page.keyboard.press("Tab")
    assert focused(page) == "Place in the recording"
    start = audio_position(page)
    page.keyboard.press("ArrowRight")
    assert audio_position(page) == pytest.approx(start + 5, abs=0.2)
    page.keyboard.press("PageUp")
    assert audio_position(page) == pytest.approx(start + 20, abs=0.2)
    expect(page.locator(".place")).to_have_attribute("aria-valuetext", "0:20 of 0:35")
    page.keyboard.press("End")
    assert audio_position(page) == pytest.approx(SECONDS, abs=0.3)
    page.keyboard.press("Home")
    assert audio_position(page) == 0
    assert rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)") == tops_before
    page.keyboard.press("Escape")
    assert page.locator(".c-player audio").count() == 0
    assert focused(page).startswith("Hear the recording of")


def test_the_call_page_plays_seeks_by_sentence_and_note_and_mutes_one_side(staff: Staff) -> None:
    page = grace(staff, "/calls/call_1")
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Space")
    until(page, lambda: audio_position(page) > 0.3)
    expect(page.locator(".story > li[aria-current]")).to_contain_text("The recording starts")
    page.get_by_role("link", name="Hear from 0:50").click()
    assert audio_position(page) == pytest.approx(50 - 41, abs=0.5)
    expect(page.locator(".story > li[aria-current]")).to_contain_text("Wants it on Friday.")
    page.get_by_role("button", name="Next note").click()
    assert audio_position(page) == pytest.approx(60 - 41, abs=0.5)
    page.get_by_role("button", name="Note before").click()
    page.get_by_role("button", name="Note before").click()
    assert audio_position(page) == pytest.approx(50 - 41, abs=0.5)
    page.get_by_role("button", name="2×", exact=True).click()
    assert page.evaluate("document.querySelector('audio').playbackRate") == 2
    expect(page.get_by_role("button", name="2×", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Caller", exact=True).click()
    expect(page.get_by_role("button", name="Both", exact=True)).to_have_attribute("aria-pressed", "false")
    start = audio_position(page)
    until(page, lambda: audio_position(page) > start + 0.3)
    page.get_by_role("slider", name="Place in the call").focus()
    page.keyboard.press("Home")
    assert audio_position(page) < 1  # the axis begins before the audio does
    head = page.locator(".head-line").bounding_box()
    lane = page.locator(".lane.axis").bounding_box()
    assert head is not None
    assert lane is not None
    assert head["x"] > lane["x"] + lane["width"] / 2  # at 41 of 76 seconds


def test_the_carriers_requests_are_shown_by_one_click(staff: Staff) -> None:
    page = grace(staff, "/calls/call_1")
    page.locator(".story details summary").first.click()
    expect(page.locator(".carrier").first).to_contain_text("CallSid")


def test_j_k_enter_and_x_work_in_the_list_and_filters_act_at_once(staff: Staff) -> None:
    page = grace(staff)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tr[data-call=call_2] input[type=checkbox]")).to_be_checked()
    expect(page.locator("#chosen")).to_contain_text("1 chosen")
    page.keyboard.press("x")
    expect(page.locator("#chosen")).to_be_hidden()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/calls/call_1$"))
    page.go_back()
    page.get_by_label("Outcome").select_option("abandoned")
    expect(page).to_have_url(re.compile(r"/calls\?outcome=abandoned$"))  # nothing in it that says nothing
    expect(page.locator("tbody tr")).to_have_count(EARLIER_CALLS)
    page.wait_for_load_state()
    page.get_by_placeholder("Words in notes, names and numbers").fill("friday")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/calls/find/"))
    expect(page.get_by_text("No call is like that")).to_be_visible()


def test_a_new_call_is_announced_and_moves_nothing(staff: Staff) -> None:
    page = grace(staff)
    staff.hire("Ana", number="+12025550101")
    ana = staff.open_page("ana@example.test")
    ana.get_by_role("button", name="Available", exact=True).click()
    expect(ana.locator("#state-available[aria-pressed=true]")).to_be_visible()
    tops = "rows => rows.map(row => [row.dataset.call, row.getBoundingClientRect().top])"
    tops_before = page.locator("tbody tr").evaluate_all(tops)
    CarrierLine(staff.server).ring("+12025550177")
    news = page.get_by_role("link", name="1 new call")
    expect(news).to_be_visible(timeout=8000)
    assert page.locator("tbody tr").evaluate_all(tops) == tops_before
    news.click()
    expect(page.locator("tbody tr").first).to_contain_text("+1 202 555 0177")


def test_a_row_and_a_call_page_follow_the_call(staff: Staff) -> None:
    page = grace(staff)
    staff.hire("Ana", number="+12025550101")
    ana = staff.open_page("ana@example.test")
    ana.get_by_role("button", name="Available", exact=True).click()
    expect(ana.locator("#state-available[aria-pressed=true]")).to_be_visible()
    ringing = CarrierLine(staff.server).ring("+12025550177")
    page.reload()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Ringing")
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    ringing.pick_up()
    expect(row).to_contain_text("In call", timeout=8000)
    row.locator(".c-time a").click()
    expect(page.locator(".page-head")).to_contain_text("In call")
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    ringing.hang_up()
    expect(page.locator(".page-head")).to_contain_text("Answered", timeout=8000)


def test_what_is_told_while_a_script_is_still_on_its_way_is_not_missed(staff: Staff) -> None:
    ringing = CarrierLine(staff.server).ring("+12025550177")
    page = grace(staff)
    held: list[Route] = []
    page.route(re.compile("/js/calls/call.js"), lambda route: held.append(route))
    page.goto(
        f"{staff.server.url}{page.locator('tbody tr .c-time a').first.get_attribute('href')}",
        wait_until="commit",
    )
    expect(page.locator(".page-head")).to_contain_text("Ringing")
    ringing.hang_up()
    page.wait_for_timeout(1000)  # in which a stream, if there is one, would tell the page
    held[0].continue_()
    expect(page.locator(".page-head")).not_to_contain_text("Ringing", timeout=8000)


VARIANTS = [("fa", "dark", WIDE), ("en", "light", NARROW)]
PAGES = (
    "/calls",
    "/calls?when=between&first=nonsense",
    "/calls?queue=nowhere",
    "/calls/call_1",
    "/calls/call_2",
)


@pytest.mark.parametrize(("language", "theme", "size"), VARIANTS)
def test_calls_pages_pass_axe_and_fit_the_screen(
    staff: Staff, language: str, theme: str, size: dict[str, int]
) -> None:
    email = staff.hire("Grace", "supervisor")
    page = staff.open_page(email, viewport=size, color_scheme=theme, bypass_csp=True)
    staff.do(lambda session: _set_language(session, email, language))
    faults = {}
    for path in PAGES:
        page.goto(f"{staff.server.url}{path}")
        faults[path] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults[path].append("wider than the screen")
    assert not any(faults.values()), json.dumps(faults, indent=1)


def _set_language(session: Session, email: str, language: str) -> None:
    user = session.exec(select(User).where(User.email == email)).one()
    user.language = language
    session.add(user)


def test_audio_that_cannot_be_loaded_is_reported_and_nothing_else_breaks(
    staff: Staff, server: Server
) -> None:
    page = grace(staff, "/calls/call_1")
    settings = config.load_settings(server.environment)
    (Path(settings.recordings.removeprefix("file://")) / ("0" * 32)).unlink()
    page.reload()
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("[data-player] .fault").first).to_have_text(
        "The recording can’t be played just now. Try again."
    )
