"""Every page as a Persian reader gets it: right to left, in Persian words and Persian digits."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlmodel import Session, select

from callcrm.crm.subjects.subjects import tree
from callcrm.models import Agent, Customer, Message, Note, Promise, Token, User
from callcrm.models.crm.answer import Answer, AnswerText, OpenQuestion
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.conduct import ConductStep, Incident
from callcrm.models.crm.contact import Contact
from callcrm.models.crm.feedback import Feedback, FeedbackTheme
from callcrm.models.crm.loyalty import Goodwill, Programme, Redemption
from callcrm.models.crm.purchase import Purchase, PurchaseItem, PurchaseReturn
from callcrm.models.crm.survey import SurveyResponse
from tests.running_app import RunningApp
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, sign_in
from tests.web.support.page_texts import PageParser, parse_page, without_data
from tests.web.support.tour import page_paths, sample_ids

pytestmark = pytest.mark.one_engine

# Made for developers, so in English alone.
DEVELOPER_PAGES = "/parts"
MINA = "مینا نمونه‌پور"
LATIN = re.compile(r"[A-Za-z]{2,}")
DIGITS = re.compile("[0-9]")
# The same in every language: the product, languages' own names, keys, settings, time zones, addresses.
NAMES = re.compile(
    r"callcrm( doctor( --print-fallback)?)?|English|\bF\d\b|Etc/UTC|UTC|en(, fa)?|POST|CALLCRM_\w+(=\w+)?"
    r"|CSV|https?://\S+|\S+@\S+"
)
# What the people of a business write of its customers, products and rewards, in whichever language they do.
WRITTEN = (
    *(Answer.question, Answer.body, AnswerText.question, AnswerText.body, OpenQuestion.question),
    *(Complaint.body, Complaint.product, Complaint.resolution, Complaint.lesson),
    *(Incident.body, ConductStep.reason, ConductStep.text, ConductStep.lifted_reason, Contact.body),
    *(Feedback.body, Feedback.product, FeedbackTheme.text, FeedbackTheme.product),
    *(Programme.name, Redemption.note, Redemption.reason, Goodwill.note),
    *(PurchaseItem.product, PurchaseReturn.reason, SurveyResponse.comment, Purchase.external_id),
)
SENTENCES = re.compile(r"(?<=[.!?؟])\s+")
GREGORIAN = re.compile(r"^\d{4}-\d\d-\d\d$")


def sign_in_persian(app: RunningApp, name: str, role: str = "agent") -> PageClient:
    """A client of a new user who has chosen Persian; an agent is available."""
    agent = role == "agent"
    number = "+12025550101" if agent else None
    client = sign_in(app, f"The {role}", role, number=number, language="fa", available=agent)

    def rename(session: Session) -> None:
        session.get_one(User, client.id).name = name

    do(app, rename)
    return client


def user_texts(session: Session) -> list[str]:
    """Names, and what people wrote: none of it is translated."""
    lines = [text for text in session.exec(select(Note.body)) for text in (text, *text.splitlines())]
    messages = [text for text in session.exec(select(Message.body)) if text]
    promises = [text for text in session.exec(select(Promise.what)) if text]
    names = [name for named in (Customer, User, Token) for name in session.exec(select(named.name))]
    skills = [skill for agent_skills in session.exec(select(Agent.skills)) for skill in agent_skills]
    columns = [text for column in WRITTEN for text in session.exec(select(column)) if text]
    # An answer's versions are compared by their sentences.
    written = [part for text in columns for part in (text, *text.splitlines(), *SENTENCES.split(text))]
    paths = tree(session).names.values()
    subjects = [name for path in paths for name in (path, *path.split(" › "))]
    others = [*messages, *promises, *skills, *written, *subjects]
    return [*lines, *others, *names, *(name.split()[0] for name in names)]


def faults(path: str, page: PageParser, data: list[str]) -> Iterator[tuple[str, str, str]]:
    """Path, location and text of whatever a page shows in Latin letters or digits."""
    for page_text, text in without_data(data, page.texts):
        if GREGORIAN.match(page_text.text) and page_text.location.endswith("@title"):
            continue
        text = NAMES.sub(" ", text)
        if DIGITS.search(text) and not page_text.ltr:
            yield path, page_text.location, page_text.text
        if LATIN.search(text) and not page_text.ltr:
            yield path, page_text.location, page_text.text


def check_pages(
    client: PageClient, paths: list[str], data: list[str]
) -> tuple[int, list[tuple[str, str, str]]]:
    """How many of these pages the client may see, and their faults."""
    count = 0
    all_faults: list[tuple[str, str, str]] = []
    for path in paths:
        response = client.get(path)
        if response.status_code in (303, 403, 404) or "text/html" not in response.headers.get(
            "content-type", ""
        ):
            continue
        assert response.status_code == 200, (path, response.status_code)
        page = parse_page(response.text)
        if page.root:
            assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl"), path
        count += 1
        all_faults += faults(path, page, data)
    return count, all_faults


def test_every_page_is_in_persian(stocked_app: RunningApp) -> None:
    staff = [
        sign_in_persian(stocked_app, "سارا نیک‌آزمون"),
        sign_in_persian(stocked_app, "امید فرضیان", "admin"),
    ]
    ids = stocked_app.services.store.read_now(sample_ids)
    # What the business calls its menus, too.
    menus = {name for flow in stocked_app.services.runtime.flows.flows.values() for name in flow.menus}
    data = [*stocked_app.services.store.read_now(user_texts), *(name.capitalize() for name in menus)]
    paths = [path for path in page_paths(stocked_app, ids) if not path.startswith(DEVELOPER_PAGES)]
    for client in staff:
        count, all_faults = check_pages(client, paths, data)
        assert all_faults == [], "\n".join(map(str, all_faults[:60]))
        assert count > 40, count


def test_the_desk_is_in_persian_throughout_a_call(stocked_app: RunningApp) -> None:
    sara = sign_in_persian(stocked_app, "سارا نیک‌آزمون")
    data = stocked_app.services.store.read_now(user_texts)
    parts = [
        "/desk",
        "/desk/call-panel",
        "/desk/state",
        "/desk/notes-panel",
        "/desk/waiting",
        "/desk/due",
        "/calls",
    ]
    call = IncomingCall(stocked_app).through_menus()
    steps: list[Callable[[], None]] = [call.ring, call.pick_up, partial(call.end_leg, 20), call.hang_up]
    for step in steps:
        step()
        count, all_faults = check_pages(sara, parts, data)
        assert (count, all_faults) == (len(parts), [])


@pytest.mark.parametrize("digits", ["5550134", "۵۵۵۰۱۳۴", "٥٥٥٠١٣٤", "۵۵۵ ۰۱۳۴"])
def test_a_number_is_found_in_any_digits(app: RunningApp, digits: str) -> None:
    mina = {"name": MINA, "phones": ["+12025550134"]}
    assert app.send("POST", "/customers", mina).status_code == 201
    sara = sign_in_persian(app, "سارا نیک‌آزمون")
    for path in ("/find", "/customers/find"):
        response = sara.post(path, {"q": digits})
        html = response.text if response.status_code == 200 else sara.get_page(response.headers["location"])
        assert MINA in html, path


@pytest.mark.parametrize("name", ["نمونه‌پور", "نمونه پور", "مينا"])
def test_a_name_is_found_in_any_spelling_of_its_letters(app: RunningApp, name: str) -> None:
    assert app.send("POST", "/customers", {"name": MINA}).status_code == 201
    sara = sign_in_persian(app, "سارا نیک‌آزمون")
    assert MINA in sara.search("/find", {"q": name}).text


def test_the_login_page_is_in_persian_on_request(app: RunningApp) -> None:
    page = parse_page(app.client.get("/login?lang=fa").text)
    assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl")
    assert list(faults("/login", page, [])) == []
