"""The abuse button and the ladder in a browser, in both languages, by those who use them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from callcrm.agents import states
from callcrm.customers import customers
from callcrm.models import User
from callcrm.models.crm.conduct import Incident
from tests.axe import violations
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.clocks import CLOCK
from tests.running import LINE
from tests.server_thread import ThreadedServer
from tests.web.support.carrier_line import CarrierLine

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
CALLER = "+12025550134"
WORDS = {
    "en": {
        "abuse": "Abuse",
        "called": "A supervisor has been called.",
        "wants": "is being abused on a call and wants you.",
        "coming": "I am coming",
        "why": "Why",
        "propose": "Propose to the supervisors",
        "waits": "waits for a supervisor",
        "approve": "Approve",
        "in_force": "in force",
    },
    "fa": {
        "abuse": "بدرفتاری",
        "called": "سرپرست خبر شد.",
        "wants": "بدرفتاری می‌شود و شما را می‌خواهد.",
        "coming": "می‌آیم",
        "why": "دلیل",
        "propose": "پیشنهاد به سرپرستان",
        "waits": "در انتظارِ سرپرست",
        "approve": "تأیید",
        "in_force": "برقرار",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    server = ThreadedServer(tmp_path_factory.mktemp("conduct"))
    server.start()
    with staff_at(server) as staff:
        yield staff
    server.stop()


def customer(session: Session) -> str:
    """Rosa, whose number calls."""
    changes = {"name": "Rosa Quill", "phones": [CALLER]}
    own = frozenset({LINE})
    row = customers.create(session, changes, region="US", own=own, now=CLOCK.now())  # type: ignore[arg-type]
    return row.id


def speak(staff: Staff, email: str, language: str) -> str:
    """Sets the language of this user; their id."""

    def verb(session: Session) -> str:
        user = session.exec(select(User).where(User.email == email)).one()
        user.language = language
        session.add(user)
        return user.id

    user_id: str = staff.do(verb)
    return user_id


def sound(page: Page) -> None:
    """Nothing on the page is wider than it, and nothing keeps anybody out."""
    for size in (NARROW, WIDE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert violations(page) == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_one_click_brings_a_supervisor_and_a_step_is_approved(staff: Staff, language: str) -> None:
    words = WORDS[language]
    rosa = staff.do(customer)
    agent = staff.hire(f"Ana{language}", number="+12025550171" if language == "en" else "+12025550172")
    grace = staff.hire(f"Grace{language}", "supervisor")
    ana_id = speak(staff, agent, language)
    speak(staff, grace, language)
    staff.do(lambda session: states.set_state(session, ana_id, "available", CLOCK.now()))
    desk = staff.open_page(agent, bypass_csp=True)
    board = staff.open_page(grace, bypass_csp=True)
    call = CarrierLine(staff.server).ring(f"+1202555013{'5' if language == 'en' else '6'}")
    call.pick_up()

    desk.locator(".during-call").get_by_role("button", name=words["abuse"]).click()
    expect(desk.locator(".during-call")).to_contain_text(words["called"])
    expect(board.locator("#banners")).to_contain_text(words["wants"])
    sound(board)
    board.get_by_role("button", name=words["coming"]).click()
    expect(desk.locator(".during-call")).to_contain_text(f"Grace{language}")
    assert violations(desk) == []
    call.hang_up()
    assert staff.do(lambda session: session.exec(select(Incident.helped_by)).all())[-1] is not None

    desk.goto(f"{staff.server.url}/customers/{rosa}/conduct")
    desk.locator("#step-reason").fill("Shouted at us.")
    sound(desk)
    desk.locator("#step-form").get_by_role("button", name=words["propose"]).click()
    expect(desk.locator(".conduct-list").first).to_contain_text(words["waits"])
    board.goto(f"{staff.server.url}/conduct")
    sound(board)
    board.get_by_role("button", name=words["approve"]).click()
    expect(board.locator(".conduct-list").first).to_contain_text(words["in_force"])
    sound(board)
    assert staff.page_errors == []
