"""A file in a browser, in both languages: sent, its columns chosen, tried, brought in, and undone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Staff
from tests.web.support.at_work import LANGUAGES, add_customer, at_work, fits, workplace

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "number": "+12025550135",
        "columns": ("whose", "how much", "what"),
        "fault": "No number that can be rung.",
        "row": "3",
        "done": "Brought in",
        "undone": "Undone",
    },
    "fa": {
        "number": "+12025550136",
        "columns": ("تماس", "پرداختی", "جنس"),
        "fault": "شماره‌ای نیست که بشود گرفت.",
        "row": "۳",
        "done": "وارد شد",
        "undone": "برگردانده",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("imports")) as staff:
        yield staff


@LANGUAGES
def test_a_file_is_mapped_tried_brought_in_and_undone(staff: Staff, language: str) -> None:
    words = WORDS[language]
    rosa = add_customer(staff, f"Rosa Quill {language}", words["number"])
    table = f"{','.join(words['columns'])}\n{words['number']},12.50,Red coat\n5,1,Hat\n"
    page = at_work(staff, "Grace", "supervisor", language)
    page.goto(f"{staff.server.url}/imports")
    fits(page)
    file = {"name": f"shop {language}.csv", "mimeType": "text/csv", "buffer": table.encode()}
    page.locator("#kind").select_option("purchases")
    page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    page.locator(".import-form .btn.main").click()

    chosen = page.locator("table.columns select")
    expect(chosen).to_have_count(3)
    fits(page)
    for place, name in enumerate(("phone", "total", "product")):
        chosen.nth(place).select_option(name)
    page.locator("form[action$='/try'] .btn").click()
    run = page.locator("form[action$='/run'] .btn")
    expect(run).to_be_visible()
    cells = page.locator("#state tbody td")
    expect(cells).to_have_text([words["row"], words["columns"][0], words["fault"]])
    fits(page)
    assert purchases_of(staff, rosa, page) == 0  # nothing yet: it was only tried

    run.click()
    state = page.locator("#state .badge")
    expect(state).to_have_text(words["done"])
    assert purchases_of(staff, rosa, page) == 1
    page.locator("form[action$='/undo'] .btn").click()
    expect(state).to_have_text(words["undone"])
    fits(page)
    assert purchases_of(staff, rosa, page) == 0
    page.goto(f"{staff.server.url}/imports")
    expect(page.locator(".import-list .badge").first).to_have_text(words["undone"])


def purchases_of(staff: Staff, customer_id: str, page: Page) -> int:
    """How many purchases the customer has on their page."""
    text = page.context.request.get(f"{staff.server.url}/customers/{customer_id}").text()
    return int(text.count('class="purchase-row"'))
