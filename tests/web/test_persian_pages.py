"""Every page there is, as a Persian reader gets it: right to left, in Persian words and Persian digits."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlmodel import Session, select

from callcrm.demo.sample_data import seed
from callcrm.demo.sample_data.audio_clips import write_clips
from callcrm.demo.sample_data.call_plan import AudioClips
from callcrm.models import Agent, Call, Customer, Message, Note, Pop, Promise, Recording, User
from tests.running_app import RunningApp
from tests.web.support.ringing import Incoming
from tests.web.support.shown import Reader, read, without
from tests.web.support.table import PLACE, ways
from tests.web.support.visitor import Visitor, do, visit

# Not read by people: streams, scripts' answers, sound, and what is drawn for developers.
UNREAD = {
    "/desk/events",
    "/desk/changes",
    "/desk/softphone",
    "/recordings/{id}",
    "/parts",
    "/parts/desk/{state}",
}
MINA = "مینا نمونه‌پور"
LATIN = re.compile(r"[A-Za-z]{2,}")
DIGITS = re.compile("[0-9]")
# The product, languages' own names, keys, settings, places and browsers are called the same everywhere.
NAMES = re.compile(
    r"callcrm( doctor( --print-fallback)?)?|English|\bF\d\b|Etc/UTC|UTC|en(, fa)?|POST|CALLCRM_\w+(=\w+)?"
    r"|https?://\S+|\S+@\S+"
)
GREGORIAN = re.compile(r"^\d{4}-\d\d-\d\d$")


@pytest.fixture
def town(app: RunningApp, tmp_path: Path) -> RunningApp:
    """The house with half a year behind it."""
    folder, now = tmp_path / "sounds", app.services.clock.now()
    clips = AudioClips(write_clips(folder, Random(1), (21,), 2), write_clips(folder, Random(1), (9,), 1))
    do(app, partial(seed.fill_store, runtime=app.services.runtime, clips=clips, now=now, seed=1))
    return app


def sit(app: RunningApp, name: str, role: str = "agent") -> Visitor:
    """Somebody Persian of ours, free if they take calls."""
    agent = role == "agent"
    number = "+12025550101" if agent else None
    visitor = visit(app, f"The {role}", role, number=number, language="fa", available=agent)

    def rename(session: Session) -> None:
        session.get_one(User, visitor.id).name = name

    do(app, rename)
    return visitor


def samples(session: Session) -> dict[str, list[str]]:
    """Paths to ids: a call of each outcome, a promise of each state, and one or two of the rest."""
    calls = {(call.outcome, call.direction): call.id for call in session.exec(select(Call))}
    owed = {(row.state, row.kind): row.id for row in session.exec(select(Promise))}
    popped = session.exec(select(Pop.call_id)).first()
    return {
        "/calls/": [*calls.values(), popped or ""],
        "/desk/card/": list(calls.values())[:2],
        "/desk/calls/": list(calls.values())[:1],
        "/customers/": [row.id for row in session.exec(select(Customer).limit(3))],
        "/notes/": [row.id for row in session.exec(select(Note).limit(1))],
        "/promises/": list(owed.values()),
        "/recordings/": [row.id for row in session.exec(select(Recording).limit(2))],
        "/settings/users/": [row.id for row in session.exec(select(User).limit(2))],
    }


def written(session: Session) -> list[str]:
    """What people are called and wrote: it stays as it is."""
    lines = [text for text in session.exec(select(Note.body)) for text in (text, *text.splitlines())]
    messages = [text for text in session.exec(select(Message.body)) if text]
    owed = [text for text in session.exec(select(Promise.what)) if text]
    names = [*session.exec(select(Customer.name)), *session.exec(select(User.name))]
    skills = [skill for able in session.exec(select(Agent.skills)) for skill in able]
    return [*lines, *messages, *owed, *names, *skills, *(name.split()[0] for name in names)]


def paths(app: RunningApp, ids: dict[str, list[str]]) -> Iterator[str]:
    """Every page of the desk that can be asked for, with ids of things there are."""
    for way in ways(app.asgi.routes):
        if way.method != "GET" or not way.rule or way.path in UNREAD:
            continue
        if not PLACE.search(way.path):
            yield way.path
        for prefix, known in ids.items():
            if way.path.startswith(prefix) and PLACE.search(way.path):
                yield from (PLACE.sub(one, way.path, count=1) for one in known if "{key}" not in way.path)


def faults(path: str, page: Reader, data: list[str]) -> Iterator[tuple[str, str, str]]:
    """What of a page is not as Persian readers read."""
    for one, text in without(data, page.shown):
        if GREGORIAN.match(one.text) and one.where.endswith("@title"):
            continue
        text = NAMES.sub(" ", text)
        if DIGITS.search(text) and not one.ltr:
            yield path, one.where, one.text
        if LATIN.search(text) and not one.ltr:
            yield path, one.where, one.text


def look(visitor: Visitor, wanted: list[str], data: list[str]) -> tuple[int, list[tuple[str, str, str]]]:
    """How many of these pages this one may see, and what is wrong with them."""
    seen = 0
    wrong: list[tuple[str, str, str]] = []
    for path in wanted:
        answer = visitor.get(path)
        if answer.status_code in (303, 403, 404) or "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status_code == 200, (path, answer.status_code)
        page = read(answer.text)
        if page.root:
            assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl"), path
        seen += 1
        wrong += faults(path, page, data)
    return seen, wrong


def test_every_page_is_in_persian(town: RunningApp) -> None:
    staff = [sit(town, "سارا نیک‌آزمون"), sit(town, "امید فرضیان", "admin")]
    ids = town.services.store.read_now(samples)
    data = town.services.store.read_now(written)
    wanted = list(paths(town, ids))
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
    call = Incoming(town).comes()
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
    page = read(app.client.get("/login?lang=fa").text)
    assert (page.root["lang"], page.root["dir"]) == ("fa", "rtl")
    assert list(faults("/login", page, [])) == []
