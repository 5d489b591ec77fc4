"""Every page there is, as a Persian reader gets it: right to left, in Persian words and Persian digits."""

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from sqlmodel import Session, select

from callcrm.models import Agent, Customer, Message, Note, Promise, User
from tests.running_app import RunningApp
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, sign_in
from tests.web.support.page_texts import PageParser, parse_page, without_data
from tests.web.support.tour import page_paths, sample_ids

# Drawn for developers, so in English alone.
FOR_DEVELOPERS = "/parts"
MINA = "مینا نمونه‌پور"
LATIN = re.compile(r"[A-Za-z]{2,}")
DIGITS = re.compile("[0-9]")
# The product, languages' own names, keys, settings, places and browsers are called the same everywhere.
NAMES = re.compile(
    r"callcrm( doctor( --print-fallback)?)?|English|\bF\d\b|Etc/UTC|UTC|en(, fa)?|POST|CALLCRM_\w+(=\w+)?"
    r"|https?://\S+|\S+@\S+"
)
GREGORIAN = re.compile(r"^\d{4}-\d\d-\d\d$")


def sit(app: RunningApp, name: str, role: str = "agent") -> PageClient:
    """Somebody Persian of ours, free if they take calls."""
    agent = role == "agent"
    number = "+12025550101" if agent else None
    visitor = sign_in(app, f"The {role}", role, number=number, language="fa", available=agent)

    def rename(session: Session) -> None:
        session.get_one(User, visitor.id).name = name

    do(app, rename)
    return visitor


def written(session: Session) -> list[str]:
    """What people are called and wrote: it stays as it is."""
    lines = [text for text in session.exec(select(Note.body)) for text in (text, *text.splitlines())]
    messages = [text for text in session.exec(select(Message.body)) if text]
    owed = [text for text in session.exec(select(Promise.what)) if text]
    names = [*session.exec(select(Customer.name)), *session.exec(select(User.name))]
    skills = [skill for able in session.exec(select(Agent.skills)) for skill in able]
    return [*lines, *messages, *owed, *names, *skills, *(name.split()[0] for name in names)]


def faults(path: str, page: PageParser, data: list[str]) -> Iterator[tuple[str, str, str]]:
    """What of a page is not as Persian readers read."""
    for one, text in without_data(data, page.shown):
        if GREGORIAN.match(one.text) and one.where.endswith("@title"):
            continue
        text = NAMES.sub(" ", text)
        if DIGITS.search(text) and not one.ltr:
            yield path, one.where, one.text
        if LATIN.search(text) and not one.ltr:
            yield path, one.where, one.text


def look(visitor: PageClient, wanted: list[str], data: list[str]) -> tuple[int, list[tuple[str, str, str]]]:
    """How many of these pages this one may see, and what is wrong with them."""
    seen = 0
    wrong: list[tuple[str, str, str]] = []
    for path in wanted:
        answer = visitor.get(path)
        if answer.status_code in (303, 403, 404) or "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status_code == 200, (path, answer.status_code)
        page = parse_page(answer.text)
        if page.root:
            assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl"), path
        seen += 1
        wrong += faults(path, page, data)
    return seen, wrong


def test_every_page_is_in_persian(town: RunningApp) -> None:
    staff = [sit(town, "سارا نیک‌آزمون"), sit(town, "امید فرضیان", "admin")]
    ids = town.services.store.read_now(sample_ids)
    data = town.services.store.read_now(written)
    wanted = [path for path in page_paths(town, ids) if not path.startswith(FOR_DEVELOPERS)]
    for someone in staff:
        seen, wrong = look(someone, wanted, data)
        assert wrong == []
        assert seen > 40, seen


def test_a_call_goes_by_in_persian(town: RunningApp) -> None:
    sara = sit(town, "سارا نیک‌آزمون")
    data = town.services.store.read_now(written)
    parts = [
        "/desk",
        "/desk/call-panel",
        "/desk/state",
        "/desk/notes-panel",
        "/desk/waiting",
        "/desk/due",
        "/calls",
    ]
    call = IncomingCall(town).comes()
    moves: list[Callable[[], None]] = [call.rings, call.picked_up, partial(call.leg_ends, 20), call.ends]
    for move in moves:
        move()
        seen, wrong = look(sara, parts, data)
        assert (seen, wrong) == (len(parts), [])


@pytest.mark.parametrize("digits", ["5550134", "۵۵۵۰۱۳۴", "٥٥٥٠١٣٤", "۵۵۵ ۰۱۳۴"])
def test_a_number_is_found_in_whatever_digits_it_is_written(app: RunningApp, digits: str) -> None:
    mina = {"name": MINA, "phones": ["+12025550134"]}
    assert app.send("POST", "/customers", mina).status_code == 201
    sara = sit(app, "سارا نیک‌آزمون")
    for path in ("/find", "/customers/find"):
        answer = sara.post(path, {"q": digits})
        found = answer.text if answer.status_code == 200 else sara.see(answer.headers["location"])
        assert MINA in found, path


@pytest.mark.parametrize("name", ["نمونه‌پور", "نمونه پور", "مينا"])
def test_a_name_is_found_however_its_letters_are_typed(app: RunningApp, name: str) -> None:
    assert app.send("POST", "/customers", {"name": MINA}).status_code == 201
    sara = sit(app, "سارا نیک‌آزمون")
    assert MINA in sara.post("/find", {"q": name}).text


def test_the_door_speaks_persian_to_whoever_asks(app: RunningApp) -> None:
    page = parse_page(app.client.get("/login?lang=fa").text)
    assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl")
    assert list(faults("/login", page, [])) == []
