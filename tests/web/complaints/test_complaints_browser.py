"""A complaint in a browser, in both languages: from the note on the desk in two clicks to the last step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, col, select

from callcrm.agents import states
from callcrm.customers import customers
from callcrm.models import User
from callcrm.models.crm.complaint import Complaint
from tests.axe import violations
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.clocks import CLOCK
from tests.running import LINE
from tests.server_thread import ThreadedServer
from tests.web.support.carrier_line import CarrierLine

NEWEST = col(Complaint.id).desc()
pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "complaint": "Complaint",
        "what": "What went wrong?",
        "product": "Which product or service?",
        "take": "Take it down",
        "taken": "Taken down.",
        "added": "Added.",
        "steps": ("They know we have heard it", "Look into it", "It has been offered", "Done; follow it up"),
        "offer": "Refund",
        "close": "Close it",
        "closed": "Closed",
        "learn": "What did we learn?",
        "cause": "Delivery",
    },
    "fa": {
        "complaint": "شکایت",
        "what": "چه مشکلی پیش آمد؟",
        "product": "کدام کالا یا خدمت؟",
        "take": "ثبت شود",
        "taken": "ثبت شد.",
        "added": "اضافه شد.",
        "steps": ("مشتری می‌داند که شنیده‌ایم", "بررسی شود", "پیشنهاد داده شد", "انجام شد؛ پیگیری شود"),
        "offer": "بازپرداخت",
        "close": "بستنِ شکایت",
        "closed": "بسته",
        "learn": "چه آموختیم؟",
        "cause": "تحویل",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    server = ThreadedServer(tmp_path_factory.mktemp("complaints"))
    server.start()
    with staff_at(server) as staff:
        yield staff
    server.stop()


def speak(staff: Staff, email: str, language: str) -> str:
    """Sets the language of this user, who takes calls; their id."""

    def verb(session: Session) -> str:
        user = session.exec(select(User).where(User.email == email)).one()
        user.language = language
        session.add(user)
        states.set_state(session, user.id, "available", CLOCK.now())
        return user.id

    user_id: str = staff.do(verb)
    return user_id


def sound(page: Page) -> None:
    """Nothing on the page is wider than it, and nothing keeps anybody out."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert violations(page) == []


@pytest.mark.parametrize(("language", "number"), [("en", "+12025550135"), ("fa", "+12025550136")])
def test_from_the_note_to_the_last_step(staff: Staff, language: str, number: str, tmp_path: Path) -> None:
    words = WORDS[language]
    changes = {"name": "Rosa Quill", "phones": [number]}
    own, now = frozenset({LINE}), CLOCK.now()
    staff.do(lambda session: customers.create(session, changes, region="US", own=own, now=now).id)  # type: ignore[arg-type]
    agent = staff.hire(f"Ana{language}", number=f"+1202555017{number[-1]}")
    speak(staff, agent, language)
    desk = staff.open_page(agent, bypass_csp=True)
    call = CarrierLine(staff.server).ring(number)
    call.pick_up()

    take_down(desk, words, tmp_path / "photo.png")
    call.hang_up()
    row = staff.do(lambda session: session.exec(select(Complaint).order_by(NEWEST)).first())
    assert (row.product, row.second is not None, row.owner_id) == ("Rug", True, row.created_by)
    page = staff.open_page(agent, bypass_csp=True)
    page.goto(f"{staff.server.url}/complaints/{row.id}")
    sound(page)
    close(page, words)
    for path in (
        "/complaints?whose=all&state=any",
        "/complaints/causes",
        "/complaints/lessons",
        "/complaints/new",
    ):
        page.goto(staff.server.url + path)
        sound(page)
    assert staff.page_errors == []


def take_down(desk: Page, words: dict[str, Any], photo: Path) -> None:
    """Takes down a complaint beside the call in two clicks, and adds a photo."""
    desk.locator(".call-actions").get_by_text(words["complaint"], exact=True).first.click()  # the first click
    form = desk.locator(".complaint-form")
    expect(form.locator("[name=at]")).not_to_have_value("")  # the second of the call
    form.get_by_label(words["product"]).fill("Rug")
    form.get_by_label(words["what"]).fill("It is torn.")
    assert violations(desk) == []
    form.get_by_role("button", name=words["take"]).click()  # the second
    taken = desk.locator(".complaint-taken")
    expect(taken).to_contain_text(words["taken"])
    photo.write_bytes(b"PNG")
    taken.locator("input[type=file]").set_input_files(photo)
    expect(taken).to_contain_text(words["added"])
    expect(taken.locator(".file-list")).to_contain_text("photo.png")


def close(page: Page, words: dict[str, Any]) -> None:
    """Takes one step after the other, to the last."""
    steps = page.locator(".complaint-steps")
    for step in words["steps"]:
        if step == words["steps"][2]:
            page.locator("#offer").select_option(label=words["offer"])
        steps.get_by_role("button", name=step).click()
        expect(steps.get_by_role("button", name=step)).to_have_count(0)
    page.locator("#close-cause").select_option(label=words["cause"])
    page.get_by_label(words["learn"]).first.fill("Say a date later.")
    steps.get_by_role("button", name=words["close"]).click()
    expect(page.locator(".page-head")).to_contain_text(words["closed"])
    sound(page)
