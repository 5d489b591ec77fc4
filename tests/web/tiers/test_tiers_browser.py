"""The click path of a supervisor who changes the tiers, in both languages, by mouse and by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from sqlmodel import Session, update

from callcrm.agents import users
from callcrm.business import settings
from callcrm.models import Customer
from callcrm.store.store import Store
from tests import axe
from tests.browser import NARROW, Staff, staff_at
from tests.crm.tiers.conftest import purchase
from tests.server_thread import ThreadedServer
from tests.shop import NOON, Shop

pytestmark = [pytest.mark.timeout(240), pytest.mark.one_engine]
PATH = "/settings/tiers"
WORDS = {
    "en": ("1 customer: from no tier to Best", "Best: 3 purchases in all"),
    "fa": ("۱ مشتری: از بی‌سطح به Best", "Best: روی‌هم ۳ خرید"),
}


@pytest.fixture(scope="module")
def customer(staff: Staff) -> str:
    """Mina, who has bought three times, long ago."""
    store: Store = staff.server.services.store  # type: ignore[attr-defined]
    mina = str(Shop(store).customer("Mina", "+12025550134"))
    staff.do(lambda session: session.add_all(purchase(mina, NOON.replace(year=2020)) for _ in range(3)))
    return mina


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    server = ThreadedServer(tmp_path_factory.mktemp("tiers"))
    server.start()
    with staff_at(server) as staff:
        yield staff
    server.stop()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_supervisor_previews_and_saves(staff: Staff, customer: str, language: str) -> None:
    email = staff.hire(f"Grace{language}", "supervisor")

    def begin(session: Session) -> None:
        users.user_by_email(session, email).language = language
        settings.put(session, "tiers", None, by=None, now=NOON)
        session.exec(update(Customer).values(tier=None))

    staff.do(begin)
    page = staff.open_page(email, bypass_csp=True)
    page.goto(f"{staff.server.url}{PATH}")
    assert axe.violations(page) == []
    page.get_by_role("button", name=("Add a tier", "افزودنِ سطح")[language == "fa"]).click()
    new = page.locator("#tier-new-1")
    expect(new).to_be_visible()
    page.locator("[id='new-1.name']").fill("Best")
    page.locator("[id='new-1.purchases']").fill("3")
    for _ in range(3):
        page.locator("#up-new-1").focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    expect(page.locator("fieldset.tier-card").first).to_have_id("tier-new-1")
    page.locator("button[value=preview]").click()
    moves = page.locator("[aria-labelledby=h-moves]")
    expect(moves).to_contain_text(WORDS[language][0])
    assert axe.violations(page) == []
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("button[value=save]").click()
    expect(page.locator("#tier-best")).to_be_visible()
    page.goto(f"{staff.server.url}/customers/{customer}")
    expect(page.locator("[aria-labelledby=h-tier]")).to_contain_text(WORDS[language][1])
    assert axe.violations(page) == []
    assert staff.page_errors == []
