"""Where the focus is after an action, by keyboard: on what became of it, not at the top of the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, select

from callcrm.agents import sessions, users
from callcrm.models import Customer, Job, Promise
from tests.browser import NARROW, WIDE, Staff, staff_at
from tests.quick_passwords import PASSWORD
from tests.server_thread import ThreadedServer
from tests.shop import Shop, at
from tests.web.support.carrier_line import CarrierLine

pytestmark = pytest.mark.timeout(240)
EMAIL = "ada@example.test"


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staff]:
    """The users of one server at their browsers."""
    server = ThreadedServer(tmp_path_factory.mktemp("focus"))
    server.start()
    line, shop = CarrierLine(server), Shop(server.services.store)
    shop.customer("Mina", "+12025550134")
    for number in range(2):
        shop.add(Promise(id=f"prm_{number}", kind="promised", what="Ring.", due_at=at(60), created_at=at(0)))
    shop.add(Job(kind="send_message", dedupe_key="x", payload={}, run_at=at(0), dead_at=at(0)))
    for number, sender in enumerate(("+12025550134", "74663")):
        fields = {"From": sender, "To": "+12025550100", "Body": "Hello", "NumMedia": "0"}
        line.post("/webhooks/twilio/message", {"MessageSid": f"SM{number}", **fields})
    with staff_at(server) as staff:
        yield staff
    server.stop()


@pytest.fixture(scope="module")
def signed_in(staff: Staff) -> Page:
    """The page of an administrator."""
    assert staff.hire("Ada", "admin") == EMAIL
    return staff.open_page(EMAIL)


@pytest.fixture
def ada(signed_in: Page, staff: Staff) -> Page:
    signed_in.goto(f"{staff.server.url}/customers")
    return signed_in


def press(page: Page, selector: str) -> None:
    """Focuses a control and presses Enter."""
    page.locator(selector).first.focus()
    page.keyboard.press("Enter")


def test_an_answered_message_keeps_the_focus(ada: Page, staff: Staff) -> None:
    ada.goto(f"{staff.server.url}/messages")
    row = ada.locator(".message-row").nth(1)
    identity = row.get_attribute("id")
    press(ada, f"#{identity} form[action$='/answered'] button")
    again = ada.locator(f"#{identity} form[action$='/unanswered'] button")
    expect(again).to_be_focused()
    press(ada, f"#{identity} form[action$='/unanswered'] button")
    expect(ada.locator(f"#{identity} form[action$='/answered'] button")).to_be_focused()


def test_a_promise_keeps_the_focus_through_change_cancel_and_kept(ada: Page, staff: Staff) -> None:
    ada.goto(f"{staff.server.url}/promises?whose=all")
    press(ada, "#prm_0 .row-actions a")
    expect(ada.locator("#prm_0-owner")).to_be_focused()
    press(ada, "#prm_0 form a")
    expect(ada.locator("#prm_0 .row-actions button").first).to_be_focused()
    press(ada, "#prm_0 form[action$='/drop'] button")
    expect(ada.locator("#prm_0 form[action$='/open'] button")).to_be_focused()


def test_what_two_changed_is_where_the_focus_goes(ada: Page, staff: Staff) -> None:
    customer = str(staff.do(lambda session: session.exec(select(Customer.id)).first()))
    ada.goto(f"{staff.server.url}/customers/{customer}/edit")

    def rename(session: Session) -> None:
        row = session.get_one(Customer, customer)
        row.name = "Mina H."

    staff.do(rename)
    ada.fill("#name", "Mina Halloran")
    press(ada, "#about button.main")
    expect(ada.locator("#about .fault")).to_be_focused()


def test_a_refused_password_is_where_the_focus_goes(ada: Page, staff: Staff) -> None:
    ada.goto(f"{staff.server.url}/settings/tokens")
    ada.fill("#name", "Wallboard")
    ada.fill("#confirm", "not the one at all")
    press(ada, "form:has(#name) button.main")
    expect(ada.locator("#confirm")).to_be_focused()
    ada.fill("#confirm", PASSWORD)
    press(ada, "form:has(#name) button.main")
    expect(ada.locator(".link-box")).to_be_focused()
    ada.goto(f"{staff.server.url}/settings/tokens")
    press(ada, "form[action$='/revoke'] button")
    expect(ada.locator(".done-box")).to_be_focused()
    ada.set_viewport_size(NARROW)  # type: ignore[arg-type]
    # Where a row has no columns, a date says what it is of.
    expect(ada.locator("tr .label").first).to_be_visible()
    ada.set_viewport_size(WIDE)  # type: ignore[arg-type]


def test_what_was_taken_down_is_where_the_focus_goes(ada: Page, staff: Staff) -> None:
    customer = str(staff.do(lambda session: session.exec(select(Customer.id)).first()))
    path = f"{staff.server.url}/customers/{customer}"
    for noun, field, button in (
        ("complaints", "body", "button.main"),
        ("feedback", "body", "button[name=kind]"),
        ("conduct/incidents", "body", "button[name=kind]"),
    ):
        ada.goto(f"{staff.server.url}/{noun}/new?customer={customer}")
        form = f"form[action='/{noun}/new']"
        for name in ("product", "other"):
            if ada.locator(f"{form} input[type=text][name={name}], {form} input.input[name={name}]").count():
                ada.fill(f"{form} input.input[name={name}]", "Coat")
        ada.fill(f"{form} [name={field}]", "The zip broke.")
        press(ada, f"{form} {button}")
        expect(ada.locator("[role=status] [data-landing]")).to_be_focused()
    ada.goto(path)
    press(ada, "a[href^='/contacts/new']")
    press(ada, "#contact-slot form button.main")
    expect(ada.locator("#contact-slot [data-landing]")).to_be_focused()


def test_a_copied_token_is_said_to_be_copied(ada: Page, staff: Staff) -> None:
    ada.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ada.goto(f"{staff.server.url}/settings/numbers")
    press(ada, "button[data-copy]")
    expect(ada.locator(".copy [role=status]").first).to_have_text("Copied")


def test_a_form_that_came_back_says_so_where_the_focus_is(staff: Staff, ada: Page) -> None:
    page = staff.open_page(EMAIL)
    page.goto(f"{staff.server.url}/customers/new")
    page.fill("#name", "Typed")
    staff.do(lambda session: sessions.end_all_sessions(session, users.user_by_email(session, EMAIL).id))
    press(page, "#about button.main")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#banners [data-landing]")).to_be_focused()
    expect(page.locator("#name")).to_have_value("Typed")


@pytest.mark.parametrize("path", ["/settings/dead-letters", "/calls?when=thirty"])
def test_the_chosen_tab_is_in_sight_on_a_phone(staff: Staff, ada: Page, path: str) -> None:
    page = staff.open_page(EMAIL, viewport=NARROW)
    page.goto(staff.server.url + path)
    expect(page.locator("#dead-letters")).to_contain_text("1")
    # What is only read aloud makes no page wider either.
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    for current in page.locator("nav [aria-current]").all():
        # A pixel of its height may lie below the line under all tabs.
        expect(current).to_be_in_viewport(ratio=0.95)
