"""A reward in a browser, in both languages: the programme, the sentence on the pop, two clicks, a yes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, update

from callcrm.models.crm.loyalty import Programme
from tests.browser import Staff
from tests.clocks import CLOCK
from tests.crm.loyalty.shopping import purchase
from tests.web.support.at_work import LANGUAGES, add_customer, at_work, fits, workplace
from tests.web.support.carrier_line import CarrierLine

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "number": "+12025550135",
        "desk": "+12025550171",
        "tenth": "10",
        "sentence": "The next one is free: today is the tenth.",
        "asks": "asks for a reward for",
        "waits": "Waits for approval",
        "approved": "Approved by",
    },
    "fa": {
        "number": "+12025550136",
        "desk": "+12025550172",
        "tenth": "۱۰",
        "sentence": "این بار رایگان است: امروز خریدِ دهم است.",
        "asks": "پاداش می‌خواهد",
        "waits": "منتظرِ تأیید",
        "approved": "تأیید کرد",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("loyalty")) as staff:
        yield staff


def buys_nine_times(staff: Staff, customer_id: str) -> None:
    """The customer has bought nine times; there is no programme."""
    yesterday = CLOCK.now() - timedelta(days=1)

    def verb(session: Session) -> None:
        session.exec(update(Programme).values(active=False))
        session.add_all(purchase(customer_id, at=yesterday) for _ in range(9))

    staff.do(verb)


def set_up(board: Page, words: dict[str, Any], url: str) -> None:
    """The supervisor makes every tenth free, with a yes each time."""
    board.goto(f"{url}/settings/programmes")
    fits(board)
    board.locator("a[href$='kind=every_nth']").click()
    board.locator("#name").fill("Every tenth")
    board.locator("#n").fill("0")
    board.locator("#programme .btn.main").click()
    expect(board.locator("#n[aria-invalid=true]")).to_be_visible()
    board.locator("#n").fill(words["tenth"])
    expect(board.locator("[aria-labelledby=h-examples]")).to_contain_text(words["sentence"])
    board.locator("[name=needs_approval]").check()
    fits(board)
    board.locator("#programme .btn.main").click()
    expect(board.locator(".done-box")).to_be_visible()


@LANGUAGES
def test_a_reward_is_said_redeemed_in_two_clicks_and_approved(staff: Staff, language: str) -> None:
    words = WORDS[language]
    rosa = add_customer(staff, f"Rosa Quill {language}", words["number"])
    buys_nine_times(staff, rosa)
    board = at_work(staff, "Grace", "supervisor", language)
    set_up(board, words, staff.server.url)
    desk = at_work(staff, "Ana", "agent", language, number=words["desk"])
    call = CarrierLine(staff.server).ring(words["number"])
    call.pick_up()

    offers = desk.locator(".offers")
    expect(offers).to_contain_text(words["sentence"])
    offers.locator("a.btn").click()  # the first click
    offers.locator("[name=note]").fill("The red coat")
    fits(desk)
    offers.locator("button.main").click()  # the second
    expect(offers).to_contain_text(words["waits"])
    expect(board.locator("#banners")).to_contain_text(words["asks"])
    board.locator("#banners a[href='/loyalty']").click()
    fits(board)
    board.locator("#waiting form[action$='/approve'] button").click()
    expect(offers).to_contain_text(words["approved"])
    fits(desk)
    call.hang_up()
    desk.goto(f"{staff.server.url}/customers/{rosa}")
    expect(desk.locator("#newest")).to_contain_text("Every tenth")
    fits(desk)
