"""Subjects in a browser, in both languages: a tree made by keyboard, a call given one, its figure."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from callcrm.crm.subjects import subjects
from tests.browser import Staff
from tests.clocks import CLOCK
from tests.web.support.at_work import LANGUAGES, add_customer, at_work, fits, workplace
from tests.web.support.carrier_line import CarrierLine

pytestmark = [pytest.mark.timeout(180), pytest.mark.one_engine]
WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "number": "+12025550135",
        "desk": "+12025550171",
        "names": ("Orders", "Late", "Bills"),
        "deeper": "Alt+ArrowRight",
        "back": "Alt+ArrowLeft",
        "one": "1",
    },
    "fa": {
        "number": "+12025550136",
        "desk": "+12025550172",
        "names": ("سفارش", "دیرکرد", "صورت‌حساب"),
        "deeper": "Alt+ArrowLeft",
        "back": "Alt+ArrowRight",
        "one": "۱",
    },
}


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of a server, at their browsers."""
    with workplace(tmp_path_factory.mktemp("subjects")) as staff:
        yield staff


@LANGUAGES
def test_a_subject_is_made_chosen_and_counted(staff: Staff, language: str) -> None:
    words = WORDS[language]
    orders, late, bills = words["names"]
    staff.do(lambda session: subjects.put(session, [], by=None, now=CLOCK.now()) and None)
    add_customer(staff, f"Rosa Quill {language}", words["number"])
    page = at_work(staff, "Grace", "supervisor", language)
    page.goto(f"{staff.server.url}/settings/subjects")
    page.locator("#tree input[name=name]").first.focus()
    for keys, name in (("", orders), (words["deeper"], late), (words["back"], bills)):
        if keys:
            page.keyboard.press("Enter")
            page.keyboard.press(keys)
        page.keyboard.type(name)
    fits(page)
    page.locator(".tree-form .btn.main").click()
    expect(page.locator(".done-box")).to_be_visible()
    rows = page.locator("#tree > li")
    names = [row.locator("input[name=name]").input_value() for row in rows.all()]
    assert names == [orders, late, bills]
    assert [row.get_attribute("data-level") for row in rows.all()] == ["1", "2", "1"]

    desk = at_work(staff, "Ana", "agent", language, number=words["desk"])
    call = CarrierLine(staff.server).ring(words["number"])
    call.pick_up()
    about = desk.locator("select[data-decides=subject]")
    with desk.expect_response(lambda answer: answer.request.method in ("POST", "PUT", "PATCH")):
        about.select_option(index=2)
    fits(desk)
    call.hang_up()

    page.goto(f"{staff.server.url}/subjects")
    figures = page.locator("table.by-month tr", has_text=orders).or_(page.locator("tr", has_text=late))
    expect(figures.locator("a")).to_have_text([words["one"]] * 2)  # of all orders, and of what is late
    fits(page)
    figures.locator("a").last.click()
    expect(page.locator("h1")).to_contain_text(late)
    behind = page.locator("[aria-labelledby=h-calls] a.item")
    expect(behind).to_contain_text(f"Rosa Quill {language}")
    fits(page)
    behind.click()
    expect(page.locator(".page-head")).to_contain_text(late)
