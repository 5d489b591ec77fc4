"""Recordings really play in a browser, by keyboard alone; pages stay still, and all can use them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import make_url
from sqlmodel import Session, select

from callcrm import config
from callcrm.ledger.event_store import add_event
from callcrm.models import User
from callcrm.recordings.waveform import waveform_peaks
from callcrm.simulator.parties.audio import tone_wav
from callcrm.store.store import Store
from tests.axe import violations
from tests.browser import NARROW, WIDE, BrowserUsers, browser_users
from tests.clocks import CLOCK, THREADS
from tests.databases import make_sqlite
from tests.running import Server
from tests.server_thread import ThreadedServer
from tests.web.support import call_builders
from tests.web.support.carrier_line import CarrierLine

SECONDS = 35
OTHERS = 3


def seed(server: Server) -> None:
    """A call with a recording that Sara answered this moment, and some more before it."""
    settings = config.load_settings(server.environment)
    make_sqlite(Path(make_url(settings.database).database or ""))
    folder = Path(settings.recordings.removeprefix("file://"))
    folder.mkdir(parents=True, exist_ok=True)
    sound = folder / ("0" * 32)
    sound.write_bytes(tone_wav(SECONDS, (440, 300)))
    shift = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5) - call_builders.NOON
    store = Store(settings.database, CLOCK, THREADS)
    store.write_now(lambda session: _rows(session, shift, waveform_peaks(sound)))
    store.close()


def _rows(session: Session, shift: timedelta, loud: list[list[int]] | None) -> None:
    for one, name in call_builders.NAMES.items():
        row = User(id=one, email=f"{one}@x.test", name=name, role="agent", created_at=call_builders.NOON)
        session.add(row)
    session.flush()
    session.add(_later(call_builders.call(), shift))
    for n in range(2, 2 + OTHERS):
        before = call_builders.call(id=f"call_{n}", carrier_sid=f"CX{n}", outcome="abandoned", agent_id=None)
        session.add(_later(before, shift - timedelta(minutes=n)))
    session.flush()
    legs = [type(leg)(**leg.model_dump()) for leg in call_builders.LEGS]
    notes = [
        call_builders.note(50, "Wants it on Friday."),
        call_builders.note(60, "And the other on Monday."),
    ]
    pops = [call_builders.pop("omar", 7, 0.1), call_builders.pop("sara", 28, 0.1, 0.9)]
    for row_ in (*legs, *notes, *pops, call_builders.recording(peaks=loud)):
        session.add(_later(row_, shift))
    for event in call_builders.EVENTS:
        told = event.facts
        moved = replace(
            told, at=told.at and told.at + shift, received_at=told.received_at and told.received_at + shift
        )
        add_event(session, replace(event, facts=moved, received_at=event.received_at + shift))


def _later(row: Any, shift: timedelta) -> Any:
    for name, value in row.model_dump().items():
        if isinstance(value, datetime):
            setattr(row, name, value + shift)
    return row


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real server with a recorded call."""
    server = ThreadedServer(tmp_path)
    seed(server)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def crowd(server: Server) -> Iterator[BrowserUsers]:
    """People who sit down at it; whatever a page complains of fails the test."""
    with browser_users(server) as crowd:
        yield crowd


def grace(crowd: BrowserUsers, path: str = "/calls", **how: Any) -> Page:
    """A supervisor at a page."""
    page = crowd.sit_down(crowd.hire("Grace", "supervisor"), **how)
    page.set_default_timeout(8000)
    page.goto(f"{crowd.server.url}{path}")
    return page


def place(page: Page) -> float:
    """Where the audio is."""
    return float(page.evaluate("document.querySelector('audio')?.currentTime ?? 0"))


def until(page: Page, come: Callable[[], bool]) -> None:
    """Waits for it; Playwright's own way makes functions, which our policy forbids."""
    for _ in range(160):
        if come():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come to pass")


def focused(page: Page) -> str:
    """What has the focus, by its label."""
    return str(
        page.evaluate(
            "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
        )
    )


def test_a_recording_is_heard_in_its_row_by_keyboard_alone(crowd: BrowserUsers) -> None:
    page = grace(crowd)
    rows = page.locator("tbody tr")
    before = rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
    page.locator("[data-hear]").focus()
    page.keyboard.press("Enter")
    until(page, lambda: place(page) > 0.3)
    assert focused(page) == "Pause"
    page.keyboard.press("Space")
    assert page.evaluate("document.querySelector('audio').paused")
    assert focused(page) == "Play"
    page.keyboard.press("Tab")
    assert focused(page) == "Back 5 s"
    page.keyboard.press("Tab")
    assert focused(page) == "Place in the recording"
    here = place(page)
    page.keyboard.press("ArrowRight")
    assert place(page) == pytest.approx(here + 5, abs=0.2)
    page.keyboard.press("PageUp")
    assert place(page) == pytest.approx(here + 20, abs=0.2)
    expect(page.locator(".place")).to_have_attribute("aria-valuetext", "0:20 of 0:35")
    page.keyboard.press("End")
    assert place(page) == pytest.approx(SECONDS, abs=0.3)
    page.keyboard.press("Home")
    assert place(page) == 0
    assert rows.evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)") == before
    page.keyboard.press("Escape")
    assert page.locator(".c-player audio").count() == 0
    assert focused(page).startswith("Hear the recording of")


def test_the_call_page_plays_seeks_by_words_and_notes_and_lets_one_side_speak(crowd: BrowserUsers) -> None:
    page = grace(crowd, "/calls/call_1")
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Space")
    until(page, lambda: place(page) > 0.3)
    expect(page.locator(".story > li[aria-current]")).to_contain_text("The recording starts")
    page.get_by_role("link", name="Hear from 0:50").click()
    assert place(page) == pytest.approx(50 - 41, abs=0.5)
    expect(page.locator(".story > li[aria-current]")).to_contain_text("Wants it on Friday.")
    page.get_by_role("button", name="Next note").click()
    assert place(page) == pytest.approx(60 - 41, abs=0.5)
    page.get_by_role("button", name="Note before").click()
    page.get_by_role("button", name="Note before").click()
    assert place(page) == pytest.approx(50 - 41, abs=0.5)
    page.get_by_role("button", name="2×", exact=True).click()
    assert page.evaluate("document.querySelector('audio').playbackRate") == 2
    expect(page.get_by_role("button", name="2×", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Caller", exact=True).click()
    expect(page.get_by_role("button", name="Both", exact=True)).to_have_attribute("aria-pressed", "false")
    here = place(page)
    until(page, lambda: place(page) > here + 0.3)
    page.get_by_role("slider", name="Place in the call").focus()
    page.keyboard.press("Home")
    assert place(page) < 1  # the axis begins before the audio does
    head = page.locator(".head-line").bounding_box()
    lane = page.locator(".lane.axis").bounding_box()
    assert head is not None
    assert lane is not None
    assert head["x"] > lane["x"] + lane["width"] / 2  # at 41 of 76 seconds


def test_the_carrier_s_words_are_one_click_away(crowd: BrowserUsers) -> None:
    page = grace(crowd, "/calls/call_1")
    page.locator(".story details summary").first.click()
    expect(page.locator(".carrier").first).to_contain_text("CallSid")


def test_the_list_is_walked_with_j_k_enter_and_x_and_filters_act_at_once(crowd: BrowserUsers) -> None:
    page = grace(crowd)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("tr[data-call=call_2] input")).to_be_checked()
    expect(page.locator("#chosen")).to_contain_text("1 chosen")
    page.keyboard.press("x")
    expect(page.locator("#chosen")).to_be_hidden()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/call_1")
    page.go_back()
    page.get_by_label("Outcome").select_option("abandoned")
    page.wait_for_url("**/calls?outcome=abandoned")  # nothing in it that says nothing
    assert page.locator("tbody tr").count() == OTHERS
    page.get_by_placeholder("Words in notes, names and numbers").fill("friday")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/find")
    expect(page.get_by_text("No call is like that")).to_be_visible()


def test_a_new_call_is_announced_and_moves_nothing(crowd: BrowserUsers) -> None:
    page = grace(crowd)
    crowd.hire("Ana", number="+12025550101")
    ana = crowd.sit_down("ana@example.test")
    ana.get_by_role("button", name="Available", exact=True).click()
    expect(ana.locator("#state-available[aria-pressed=true]")).to_be_visible()
    tops = "rows => rows.map(row => [row.dataset.call, row.getBoundingClientRect().top])"
    before = page.locator("tbody tr").evaluate_all(tops)
    CarrierLine(crowd.server).rings("+12025550177")
    news = page.get_by_role("link", name="1 new call")
    expect(news).to_be_visible(timeout=8000)
    assert page.locator("tbody tr").evaluate_all(tops) == before
    news.click()
    expect(page.locator("tbody tr").first).to_contain_text("+1 202 555 0177")


def test_a_row_and_an_open_call_follow_what_happens(crowd: BrowserUsers) -> None:
    page = grace(crowd)
    crowd.hire("Ana", number="+12025550101")
    ana = crowd.sit_down("ana@example.test")
    ana.get_by_role("button", name="Available", exact=True).click()
    expect(ana.locator("#state-available[aria-pressed=true]")).to_be_visible()
    ringing = CarrierLine(crowd.server).rings("+12025550177")
    page.reload()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Ringing")
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    ringing.picked_up()
    expect(row).to_contain_text("In call", timeout=8000)
    row.locator(".c-time a").click()
    expect(page.locator(".page-head")).to_contain_text("In call")
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    ringing.hung_up()
    expect(page.locator(".page-head")).to_contain_text("Answered", timeout=8000)


WAYS = [("fa", "dark", WIDE), ("en", "light", NARROW)]
PAGES = (
    "/calls",
    "/calls?when=between&first=nonsense",
    "/calls?queue=nowhere",
    "/calls/call_1",
    "/calls/call_2",
)


@pytest.mark.parametrize(("language", "theme", "size"), WAYS)
def test_everybody_can_use_them(crowd: BrowserUsers, language: str, theme: str, size: dict[str, int]) -> None:
    email = crowd.hire("Grace", "supervisor")
    page = crowd.sit_down(email, viewport=size, color_scheme=theme, bypass_csp=True)
    crowd.do(lambda session: _speaks(session, email, language))
    found = {}
    for path in PAGES:
        page.goto(f"{crowd.server.url}{path}")
        found[path] = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[path].append("wider than the screen")
    assert not any(found.values()), json.dumps(found, indent=1)


def _speaks(session: Session, email: str, language: str) -> None:
    user = session.exec(select(User).where(User.email == email)).one()
    user.language = language
    session.add(user)


def test_a_fault_of_the_audio_is_said_and_nothing_else_breaks(crowd: BrowserUsers, server: Server) -> None:
    page = grace(crowd, "/calls/call_1")
    settings = config.load_settings(server.environment)
    (Path(settings.recordings.removeprefix("file://")) / ("0" * 32)).unlink()
    page.reload()
    expect(page.locator("html[data-connection=live]")).to_have_count(1)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("[data-player] .fault").first).to_have_text(
        "The recording can’t be played just now. Try again."
    )
