"""Pages for whoever reads them in Persian, or has them read aloud: words, digits, names and languages."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import Session

from callcrm.agents import passwords
from callcrm.base.errors import CallcrmError, Forbidden, Refused, RefusedByRule, TooLarge
from callcrm.i18n.locale import Locale
from callcrm.jobs.handlers import handlers
from callcrm.models import Job, Promise, Role
from callcrm.notes import notes
from callcrm.views.calls.outcomes import outcome_name
from callcrm.web import error_pages
from tests.running import LINE
from tests.running_app import RunningApp
from tests.shop import NOON, Shop, at
from tests.web.editing.conftest import fields_of
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.login_client import LoginClient, add_user
from tests.web.support.page_client import PageClient, do, page_text, sign_in, tags_on_one_line

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"
FA = Locale("fa", ZoneInfo("UTC"), "US", lambda: datetime.now(UTC))
ROW_BUTTON = re.compile(r"<(?:button|a) class=\"btn[^>]*>.*?</(?:button|a)>", re.DOTALL)
LABEL = re.compile(r'aria-label="([^"]+)"')
HX: dict[str, Any] = {"HX-Request": "true"}


@pytest.fixture
def sara(app: RunningApp) -> PageClient:
    return sign_in(app, "Sara", "admin", language="fa")


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    return sign_in(app, "Grace", "admin")


def write(app: RunningApp, sid: str, sender: str, body: str) -> None:
    fields = {"MessageSid": sid, "From": sender, "To": LINE, "Body": body, "NumMedia": "0"}
    assert app.post("/webhooks/twilio/message", fields).status_code == 204


def test_a_call_that_failed_is_said_to_have_failed() -> None:
    assert outcome_name(FA, "failed") == "ناموفق"


def test_a_short_code_is_written_in_the_digits_of_the_page(app: RunningApp, sara: PageClient) -> None:
    write(app, "SM1", "74663", "hello")
    call = IncomingCall(app, caller="70070").through_menus()
    call.hang_up()
    for path, shown in (
        ("/messages", "۷۴۶۶۳"),
        ("/calls", "۷۰۰۷۰"),
        (f"/calls/{call.id}", "۷۰۰۷۰"),
    ):
        text = page_text(sara.get_page(path))
        assert shown in text, path
        assert not re.search("74663|70070", text), path
    assert 'data-address="70070"' in sara.get_page("/calls")  # what is copied can be dialled
    results = page_text(sara.search("/find", {"q": "hello"}).text)
    assert "۷۴۶۶۳" in results


def test_an_address_too_long_for_its_line_goes_on_behind_its_sign(app: RunningApp, sara: PageClient) -> None:
    call = IncomingCall(app, caller="sip:alice@pbx.example.com").through_menus()
    call.hang_up()
    for path in ("/calls", f"/calls/{call.id}"):
        assert "sip:alice@<wbr>pbx.example.com</bdi>" in sara.get_page(path), path


def test_a_message_that_was_found_names_its_number_as_numbers_are_written(
    app: RunningApp, sara: PageClient
) -> None:
    write(app, "SM1", "+12025550177", "hello")
    assert "(۲۰۲) ۵۵۵ ۰۱۷۷" in page_text(sara.search("/find", {"q": "hello"}).text)


def names_of_buttons(html: str) -> list[str]:
    """What is heard of the buttons and the links that look like one."""
    buttons = ROW_BUTTON.findall(html)
    return [label[1] if (label := LABEL.search(part)) else page_text(part) for part in buttons]


def test_no_two_buttons_of_the_list_of_promises_are_called_alike(app: RunningApp, sara: PageClient) -> None:
    shop = Shop(app.services.store)
    for number, what in enumerate(("Ring.", "Send the parcel.")):
        promise = Promise(id=f"prm_{number}", kind="promised", what=what, due_at=at(60), created_at=at(0))
        shop.add(promise)
    names = names_of_buttons(sara.get_page("/promises?whose=all").split('class="promise-list"')[1])
    assert len(names) == 6
    assert len(set(names)) == 6, names


def test_no_two_buttons_of_the_list_of_messages_are_called_alike(app: RunningApp, sara: PageClient) -> None:
    Shop(app.services.store).customer("Mina Halloran", MINA)
    for number, sender in enumerate((MINA, "74663", "+12025550177")):
        write(app, f"SM{number}", sender, "hello")
    names = names_of_buttons(sara.get_page("/messages").split('class="message-list"')[1])
    assert len(names) == 6
    assert len(set(names)) == 6, names


def test_what_is_written_in_another_language_says_in_which(
    app: RunningApp, sara: PageClient, grace: PageClient
) -> None:
    shop = Shop(app.services.store)
    shop.customer("Mina Halloran", MINA)
    call = shop.answered(MINA)
    shop.note(call, "Wants the blue one.")
    shop.note(call, "پالتوی آبی را می‌خواهد.")
    write(app, "SM1", MINA, "Is my coat ready?")
    write(app, "SM2", MINA, "پالتویم آماده است؟")
    for path in ("/messages", f"/calls/{call}"):
        persian, english = tags_on_one_line(sara.get_page(path)), tags_on_one_line(grace.get_page(path))
        assert re.search(r'lang="en"[^>]*>(Is my coat|Wants the blue)', persian), path
        assert re.search(r'lang="fa"[^>]*>پالتو', english), path
        assert not re.search(r'lang="fa"[^>]*>پالتو', persian), path
        assert not re.search(r'lang="en"[^>]*>(Is my coat|Wants the blue)', english), path


def test_every_kind_of_background_work_has_a_name(app: RunningApp, sara: PageClient) -> None:
    kinds = list(handlers(app.services))

    def verb(session: Session) -> None:
        for kind in kinds:
            columns: dict[str, Any] = {
                "payload": {},
                "run_at": NOON,
                "dead_at": NOON,
                "last_error": "x.Broken",
            }
            session.add(Job(kind=kind, dedupe_key=kind, **columns))

    do(app, verb)
    text = page_text(sara.get_page("/settings/dead-letters"))
    assert [kind for kind in kinds if kind in text] == []
    assert len(kinds) > 3


def test_both_versions_of_a_number_are_written_alike(
    app: RunningApp, sara: PageClient, grace: PageClient
) -> None:
    customer = Shop(app.services.store).customer("Mina", MINA)
    path = f"/customers/{customer}"
    opened = fields_of(sara.get_page(f"{path}/edit"), path)
    grace.post(path, fields_of(grace.get_page(f"{path}/edit"), path) | {"numbers": "+12025550162"})
    both = page_text(sara.post(path, opened | {"numbers": "+12025550163"}).text)
    assert "(۲۰۲) ۵۵۵ ۰۱۶۲" in both
    assert "(۲۰۲) ۵۵۵ ۰۱۶۳" in both


def test_another_language_can_be_chosen_on_what_a_form_answered(
    app: RunningApp, sara: PageClient, grace: PageClient
) -> None:
    shop = Shop(app.services.store)
    call = shop.answered(MINA)
    for path in (
        "/settings/dead-letters/retry",
        f"/calls/{call}/disposition",
        f"/settings/users/{sara.id}/link",
        "/customers/new",
        "/resume",
        f"/messages/{shop.message()}/answered",
    ):
        chosen = grace.post("/me/language", {"language": "en", "back": path})
        response = grace.get(chosen.headers["location"])
        while response.status_code == 303:
            response = grace.get(response.headers["location"])
        assert response.status_code == 200, (path, chosen.headers["location"])


def test_trying_again_leads_to_a_page_one_can_load_again(app: RunningApp, sara: PageClient) -> None:
    response = sara.post("/settings/dead-letters/retry")
    assert response.status_code == 303
    assert "۰ ثبت شد، ۰ ماند" in page_text(sara.get_page(response.headers["location"]))


@pytest.mark.parametrize(
    "fault",
    [
        Forbidden("This page is for the role %(role)s and above.", role=Role.SUPERVISOR),
        Refused("%(what)s is a list of texts", what="skills"),
        TooLarge("A note can have at most %(most)s characters.", most=notes.LONGEST),
        RefusedByRule("Calls to %(country)s are not allowed (CALLCRM_CALL_COUNTRIES)", code="", country="IR"),
        RefusedByRule(
            "Dial %(number)s on a telephone: calls placed from here do not tell where you are",
            code="",
            number="911",
        ),
        RefusedByRule(
            "No more calls today: what they cost in 24 hours has reached %(most)s (CALLCRM_SPEND_PER_DAY)",
            code="",
            most=Decimal("25.50"),
        ),
    ],
    ids=lambda fault: next(iter(fault.values)),
)
def test_what_stands_in_an_error_is_written_in_the_language_too(fault: CallcrmError) -> None:
    assert not re.search("[A-Za-z0-9]", re.sub("CALLCRM_[A-Z_]+", "", error_pages.error_text(FA, fault)))


def test_a_page_one_may_not_see_says_whose_it_is(app: RunningApp) -> None:
    omar = sign_in(app, "Omar", "agent", language="fa")
    assert "این صفحه برای نقش سرپرست و بالاتر است." in page_text(omar.get("/settings/users").text)


def test_what_is_wrong_in_a_row_of_queues_is_tied_to_its_field(app: RunningApp, grace: PageClient) -> None:
    mia = sign_in(app, "Mia").id
    fields = {"every": "on", "skills": "", "languages": "??"}
    row = tags_on_one_line(grace.post(f"/settings/queues/{mia}", fields, **HX).text)
    assert re.search(rf'name="languages"[^>]* aria-invalid="true"[^>]* aria-describedby="{mia}-fault"', row)
    assert f'id="{mia}-fault"' in row
    assert 'name="skills"' in row
    assert row.count("aria-invalid") == 1


def test_a_password_that_is_refused_is_linked_with_why(app: RunningApp, sara: PageClient) -> None:
    email, _ = add_user(app, "omar", "agent")
    browser = LoginClient(app)
    pages = [browser.sign_in(email, "not the one at all").text]
    pages += [sara.post("/me/password", {"old": "no", "new": "another one at all"}).text]
    pages += [sara.post("/me/password", {"old": "correct horse battery", "new": "short"}).text]
    now = app.services.clock.now()
    link = do(app, lambda session: passwords.create_link(session, sara.id, now))
    path = f"/set-password/{link}"
    pages += [browser.post(path, {"csrf": browser.form_token(path), "password": "short"}).text]
    for page in pages:
        tags = re.findall(r"<input [^>]*aria-invalid=\"true\"[^>]*>", tags_on_one_line(page))
        assert tags
        for tag in tags:
            described = re.search(r'aria-describedby="([^"]+)"', tag)
            assert described, tag
            assert any(f'id="{name}"' in page for name in described[1].split() if "fault" in name), tag
