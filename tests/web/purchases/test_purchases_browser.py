"""A purchase by hand in a browser, in both languages: written, listed, come back, on the next pop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import Staff
from tests.web.support.at_work import LANGUAGES, add_customer, at_work, fits, workplace
from tests.web.support.carrier_line import CarrierLine

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS = {
    "en": {
        "number": "+12025550135",
        "desk": "+12025550171",
        "typed": "1,234.50",
        "total": "$1,234.50",
        "back": "$234.50 came back",
    },
    "fa": {
        "number": "+12025550136",
        "desk": "+12025550172",
        "typed": "۱۲۳۴٫۵۰",
        "total": "۱٬۲۳۴٫۵۰",
        "back": "مرجوع شد",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("purchases")) as staff:
        yield staff


@LANGUAGES
def test_what_is_written_by_hand_stands_in_the_history_and_on_the_pop(staff: Staff, language: str) -> None:
    words = WORDS[language]
    rosa = add_customer(staff, f"Rosa Quill {language}", words["number"])
    page = at_work(staff, "Ana", "agent", language, number=words["desk"])
    desk = page.context.new_page()
    page.goto(f"{staff.server.url}/customers/{rosa}")
    add, form = page.locator(f"a[href='/customers/{rosa}/purchases/new']"), page.locator(".purchase-form")
    bought, newest = page.locator("#purchases"), page.locator("#newest")

    add.click()
    form.locator("#product").fill("Red coat")
    form.locator("#total").fill("a lot")
    form.locator(".btn.main").click()
    expect(form.locator(".fault")).to_be_visible()
    form.locator("#total").fill(words["typed"])
    form.locator("#payment").select_option("cash")
    form.locator(".btn.main").click()
    expect(bought).to_contain_text(words["total"])
    expect(newest).to_contain_text("Red coat")  # at once
    expect(page.locator("#history .empty")).to_be_hidden()
    fits(page)
    add.click()
    form.locator("#product").fill("Blue coat")
    form.locator("#total").fill("5")
    form.locator(".btn.main").click()
    expect(newest).to_contain_text("Blue coat")
    page.locator(".toast button").click()
    expect(newest).not_to_contain_text("Blue coat")

    bought.get_by_role("link", name="Red coat").click()
    fits(page)
    page.locator(".page-head a.btn").click()
    form.locator("#total").fill("234.50")
    form.locator("#reason").fill("Too small")
    form.locator(".btn.main").click()
    expect(page.locator("[aria-labelledby=h-returns]")).to_contain_text("Too small")
    page.goto(f"{staff.server.url}/purchases?product=red+coat&customer={rosa}")
    expect(page.locator(".purchase-row")).to_have_count(1)
    expect(page.locator(".purchase-row .badge")).to_contain_text(words["back"])
    fits(page)
    page.goto(f"{staff.server.url}/customers/{rosa}")
    expect(newest).to_contain_text("Too small")

    call = CarrierLine(staff.server).ring(words["number"])
    desk.goto(f"{staff.server.url}/desk")
    call.pick_up()
    expect(desk.locator("[aria-labelledby=h-bought]")).to_contain_text("Red coat")
    fits(desk)
    call.hang_up()
