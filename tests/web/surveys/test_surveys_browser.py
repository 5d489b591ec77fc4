"""The click path of a supervisor and of a customer, in both languages, on wide and narrow screens."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import Session

from callcrm.agents import users
from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.calls.survey_question import response_id
from callcrm.models.crm.survey import SurveyChannel, SurveyKind, SurveyResponse
from tests import axe
from tests.browser import NARROW, Staff, staff_at
from tests.clocks import CLOCK
from tests.server_thread import ThreadedServer
from tests.shop import NOON, Shop

pytestmark = [pytest.mark.timeout(240), pytest.mark.one_engine]
WORDS = {
    "en": {
        "head": "Satisfaction",
        "saved": "Saved. It counts from the next call on.",
        "thanks": "Thank you.",
    },
    "fa": {"head": "رضایت", "saved": "ذخیره شد.", "thanks": "سپاسگزاریم."},
}
TOKEN = "t" * 43


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedServer]:
    """A server of its own."""
    server = ThreadedServer(tmp_path_factory.mktemp("surveys"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shop(server: ThreadedServer) -> Shop:
    """What is in its store."""
    return Shop(server.services.store)


@pytest.fixture(scope="module")
def staff(server: ThreadedServer, shop: Shop) -> Iterator[Staff]:
    """The users of a server with some answered surveys, at their browsers."""
    ana = shop.agent("Ana")
    for index in range(24):
        call = shop.answered(f"+120255502{index:02}", minute=index * 60)
        marked = {
            "score": 1 + index % 5,
            "answered_at": NOON,
            "comment": "So <kind>" if index % 7 == 0 else "",
        }
        shop.add(row(call, agent_id=ana, talk_seconds=30 + index * 9, **(marked if index > 3 else {})))
    with staff_at(server) as staff:
        yield staff


def row(call_id: str, **fields: Any) -> SurveyResponse:
    """What was asked after a call."""
    columns = {
        "kind": "csat",
        "channel": "keypress",
        "queue": "sales",
        "menu": "main:1",
        "asked_at": CLOCK.now(),
    }
    return SurveyResponse(id=response_id(call_id), call_id=call_id, **{**columns, **fields})


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_supervisor_sets_the_question_and_opens_a_figure(staff: Staff, language: str) -> None:
    email = staff.hire(f"Grace{language}", "supervisor")

    def choose(session: Session) -> None:
        users.user_by_email(session, email).language = language

    staff.do(choose)
    page = staff.open_page(email, bypass_csp=True)
    page.goto(f"{staff.server.url}/settings/surveys")
    page.select_option("#channel", "sms")
    page.click(".card-foot .btn.main")
    expect(page.locator(".done-box")).to_contain_text(WORDS[language]["saved"])
    assert axe.violations(page) == []
    page.goto(f"{staff.server.url}/surveys?period=year")
    expect(page.locator("h1")).to_have_text(WORDS[language]["head"])
    assert axe.violations(page) == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(".survey-table tbody td a").first.click()
    expect(page.locator(".survey-row")).to_have_count(24)
    assert axe.violations(page) == []
    page.goto(f"{staff.server.url}/surveys/stories")
    assert axe.violations(page) == []
    page.goto(f"{staff.server.url}/surveys/weeks")
    assert axe.violations(page) == []
    assert staff.page_errors == []


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_customer_answers_behind_the_link(staff: Staff, shop: Shop, language: str) -> None:
    token = TOKEN[:-2] + language

    def ask(session: Session) -> None:
        wanted = SurveySettings(SurveyKind.EFFORT, SurveyChannel.LINK)
        surveys.put(session, wanted, by=None, now=NOON)

    staff.do(ask)
    call = shop.answered("+12025550299", minute=3000)
    asked_at = CLOCK.now() - timedelta(hours=1)
    shop.add(row(call, kind="effort", channel="link", token=token, language=language, asked_at=asked_at))
    page = staff.anonymous_page(viewport=NARROW, bypass_csp=True)
    page.goto(f"{staff.server.url}/survey/{token}")
    assert page.get_attribute("html", "lang") == language
    assert page.locator(".mark").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe.violations(page) == []
    page.keyboard.press("Tab")
    page.locator("input[value='6']").focus()
    page.keyboard.press("Space")
    page.fill("#comment", "All <well>")
    page.click(".question .btn.main")
    expect(page.locator(".question [role=status]")).to_contain_text(WORDS[language]["thanks"])
    assert page.context.cookies() == []
    stored = staff.do(lambda session: session.get(SurveyResponse, response_id(call)))
    assert (stored.score, stored.comment, stored.may_share) == (6, "All <well>", False)
