"""The list of calls: figures, views, filters and paging; words to search for stand in no URL."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session

from callcrm.customers import customers
from callcrm.models import Call, Customer, Leg, Note, Promise, Recording, User
from tests.running import LINE
from tests.running_app import RunningApp
from tests.web.support.call_builders import CALLER, NOON
from tests.web.support.page_client import (
    PageClient,
    database_steps,
    do,
    page_text,
    sign_in,
    statements,
    tags_on_one_line,
)

ROW = re.compile(r'<tr data-call="(\w+)"')


def a_call(number: int, *, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """A call so many minutes before noon, as a row."""
    values = {
        "id": f"call_{number}",
        "carrier_sid": f"CA{number}",
        "direction": "inbound",
        "state": "ended",
        "outcome": "answered",
        "phone": CALLER,
        "started_at": NOON - timedelta(minutes=minutes),
        "queue": "sales",
        "language": "en",
        "wait_seconds": 10,
        "talk_seconds": 60,
    }
    return {**values, **more}


def keep(app: RunningApp, *rows: dict[str, Any], others: tuple[Any, ...] = ()) -> None:
    """These calls in the store, and what hangs on them."""

    def verb(session: Session) -> None:
        for row in rows:
            session.add(Call(**row))
        session.flush()
        for other in others:
            session.add(other)
            session.flush()

    do(app, verb)


def shown(html: str) -> list[str]:
    """The calls of the list, in its order."""
    return [match.removeprefix("call_") for match in ROW.findall(html)]


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """A supervisor at the list."""
    return sign_in(app, "Grace", "supervisor")


def test_today_is_shown_newest_first_with_figures_that_lead_to_their_calls(
    app: RunningApp, grace: PageClient
) -> None:
    keep(
        app,
        a_call(1, minutes=30),
        a_call(2, minutes=20, outcome="abandoned", wait_seconds=146),
        a_call(3, minutes=10, outcome="voicemail"),
        a_call(4, minutes=5, direction="outbound", outcome="no_answer"),
        a_call(5, minutes=24 * 60),
    )
    html = grace.see("/calls")
    assert shown(html) == ["4", "3", "2", "1"]
    said = page_text(html)
    for text in ("4 calls", "1 answered", "1 gave up", "1 voicemail", "0 promises late", "Lost today 2"):
        assert text in said, text
    for path, found in (
        ("answered", ["1"]),
        ("abandoned", ["2"]),
        ("voicemail", ["3"]),
        ("lost", ["3", "2"]),
    ):
        assert f'href="/calls?outcome={path}"' in html
        assert shown(grace.see(f"/calls?outcome={path}")) == found
    assert shown(grace.see("/calls?waited=long")) == ["2"]


def test_an_agent_sees_the_list_too(app: RunningApp) -> None:
    keep(app, a_call(1))
    assert shown(sign_in(app, "Ana").see("/calls")) == ["1"]


@pytest.fixture
def mixed(app: RunningApp) -> None:
    """Calls that differ in everything one can ask for."""

    def people(session: Session) -> None:
        session.add(User(id="sara", email="s@example.test", name="Sara", role="agent", created_at=NOON))
        for name, tier in (("Mina", "gold"), ("Theo", None)):
            row: dict[str, Any] = {
                "id": name.lower(),
                "name": name,
                "search_text": name.lower(),
                "tier": tier,
            }
            session.add(Customer(**row, created_at=NOON, updated_at=NOON))

    do(app, people)
    recording = Recording(
        id="rec_2", call_id="call_2", carrier_sid="RE2", kind="call", status="pending", created_at=NOON
    )
    keep(
        app,
        a_call(1, minutes=1, agent_id="sara", customer_id="mina"),
        a_call(2, minutes=2, queue="support", customer_id="theo"),
        a_call(3, minutes=3, language="fa", direction="outbound"),
        others=(recording,),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agent=sara", ["1"]),
        ("queue=support", ["2"]),
        ("direction=outbound", ["3"]),
        ("language=fa", ["3"]),
        ("recorded=yes", ["2"]),
        ("recorded=no", ["1", "3"]),
        ("tier=gold", ["1"]),
        ("agent=sara&queue=support", []),
        ("outcome=nonsense&direction=sideways&recorded=maybe&when=never", ["1", "2", "3"]),
    ],
)
@pytest.mark.usefixtures("mixed")
def test_filters_stand_in_the_url(grace: PageClient, query: str, found: list[str]) -> None:
    assert shown(grace.see(f"/calls?{query}")) == found


@pytest.mark.usefixtures("mixed")
def test_a_filter_that_was_chosen_is_still_chosen_on_the_page(grace: PageClient) -> None:
    html = grace.see("/calls?queue=support&recorded=yes")
    assert '<option value="support" selected>' in html
    assert '<option value="yes" selected>' in html
    assert re.search(r'<details class="more" open>', html)
    assert "No call is like that" in page_text(grace.see("/calls?queue=support&language=fa"))


@pytest.mark.parametrize("text", ["1405/13/01", "tomorrow", "2026-02-30", "0000-01-01", "9999-99-99"])
def test_what_is_no_day_is_said_at_the_field_and_shows_nothing_else(
    app: RunningApp, grace: PageClient, text: str
) -> None:
    keep(app, a_call(1))
    html = grace.see(f"/calls?when=between&first={text}")
    assert "Write a day as 2026-01-05." in page_text(html)
    assert 'aria-invalid="true"' in html
    assert shown(html) == []


def test_days_are_written_back_as_the_reader_counts_them(app: RunningApp) -> None:
    leila = sign_in(app, "Leila", "supervisor", language="fa")
    html = leila.see("/calls?when=between&first=1404-10-15&last=2026-01-05")
    assert re.findall(r'id="f-(first|last)" name="\w+" value="([^"]*)"', html) == [
        ("first", "۱۴۰۴/۱۰/۱۵"),
        ("last", "۱۴۰۴/۱۰/۱۵"),
    ]


def test_words_are_searched_by_a_form_and_never_stand_in_a_url(app: RunningApp, grace: PageClient) -> None:
    note = Note(id="n", call_id="call_1", author="Ana", body="Duvet", search_text="duvet", created_at=NOON)
    keep(app, a_call(1), a_call(2, minutes=1, phone="+12025550178"), others=(note,))
    assert shown(grace.post("/calls/find", {"q": "duvet"}).text) == ["1"]
    for number in ("+1 202 555 0178", "0178", "۰۱۷۸"):
        html = grace.post("/calls/find", {"q": number}).text
        assert shown(html) == ["2"], number
        links = re.findall(r'(?:href|action|data-hx-get)="([^"]*)"', html)
        assert not [link for link in links if "0178" in link]
    assert "No call is like that" in page_text(grace.post("/calls/find", {"q": "nobody at all"}).text)
    assert grace.post("/calls/find", {"q": " ", "queue": "sales"}).headers["location"] == "/calls?queue=sales"
    assert shown(grace.see("/calls?q=duvet")) == ["1", "2"]  # a URL searches for nothing


def test_a_search_turns_its_pages_by_form(app: RunningApp, grace: PageClient) -> None:
    keep(app, *(a_call(n, minutes=n) for n in range(60)))
    html = tags_on_one_line(grace.post("/calls/find", {"q": "0134", "queue": "sales"}).text)
    assert len(shown(html)) == 50
    cursor = re.search(r'name="after" value="([^"]+)"', html)
    assert cursor is not None
    assert 'type="hidden" name="queue" value="sales"' in html
    more = grace.post("/calls/find", {"q": "0134", "queue": "sales", "after": cursor[1]}).text
    assert shown(more) == [str(n) for n in range(50, 60)]


def link(html: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return found[1].replace("&amp;", "&") if found else ""


def test_pages_turn_both_ways_and_stay_as_they_are_when_calls_come_in(
    app: RunningApp, grace: PageClient
) -> None:
    keep(app, *(a_call(n, minutes=n) for n in range(120)))
    first = grace.see("/calls")
    assert shown(first) == [str(n) for n in range(50)]
    assert link(first, "prev") == ""
    second = grace.see(link(first, "next"))
    keep(app, *(a_call(n, minutes=-n) for n in range(200, 210)))
    assert shown(grace.see(link(first, "next"))) == shown(second) == [str(n) for n in range(50, 100)]
    third = grace.see(link(second, "next"))
    assert shown(third) == [str(n) for n in range(100, 120)]
    assert link(third, "next") == ""
    assert shown(grace.see(link(third, "prev"))) == shown(second)
    assert shown(grace.see(link(second, "prev"))) == shown(first)


def test_calls_of_the_same_moment_are_neither_lost_nor_shown_twice(
    app: RunningApp, grace: PageClient
) -> None:
    keep(app, *(a_call(n) for n in range(120)))
    seen: list[str] = []
    path = "/calls"
    while path:
        html = grace.see(path)
        seen += shown(html)
        path = link(html, "next")
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_what_is_new_is_announced_and_nothing_moves(app: RunningApp, grace: PageClient) -> None:
    keep(app, a_call(1, minutes=5), a_call(2, minutes=6, queue="support"))
    html = grace.see("/calls?queue=sales")
    news = re.search(r'data-hx-get="(/calls/news\?[^"]+)"', html)
    assert news is not None
    ask = news[1].replace("&amp;", "&")
    assert page_text(grace.part(ask)) == ""
    keep(app, a_call(3, minutes=1), a_call(4, minutes=2), a_call(5, minutes=3, queue="support"))
    answer = grace.part(ask)
    assert page_text(answer) == "2 new calls"
    assert 'href="/calls?queue=sales"' in answer


def test_a_row_is_drawn_anew_by_itself(app: RunningApp, grace: PageClient) -> None:
    keep(app, a_call(1, state="in_progress", outcome=None, talk_seconds=None))
    part = grace.part("/calls/call_1/row")
    assert shown(part) == ["1"]
    assert "In call" in page_text(part)
    assert grace.get("/calls/call_none/row").status_code == 404


def test_a_row_tells_who_what_was_noted_and_what_is_owed(app: RunningApp, grace: PageClient) -> None:
    def mina(session: Session) -> None:
        given: customers.Changes = {"name": "<b>Mina</b>", "phones": [CALLER], "tier": "gold"}
        customers.create(session, given, region="US", own={LINE}, now=NOON)

    def sharers(session: Session) -> None:
        for name in ("Pia", "Ugo"):
            both: customers.Changes = {"name": name, "phones": ["+12025550187"]}
            customers.create(session, both, region="US", own={LINE}, now=NOON)

    do(app, sharers)
    keep(
        app,
        a_call(1, outcome="abandoned", disposition="complaint_taken"),
        a_call(2, minutes=1, phone="+12025550187"),
        a_call(3, minutes=2, phone=None),
        others=(
            Note(id="n", call_id="call_1", author="Ana", body="x" * 999, search_text="", created_at=NOON),
            Promise(
                id="p", kind="missed", call_id="call_1", due_at=NOON + timedelta(minutes=30), created_at=NOON
            ),
        ),
    )
    do(app, mina)
    said = page_text(html := grace.see("/calls"))
    assert "&lt;b&gt;Mina&lt;/b&gt;" in html
    assert "Gold" in said
    assert "Owed by 12:30 · Complaint taken · " + "x" * 160 in said
    assert "x" * 161 not in said
    assert "Which of 2?" in said
    assert "Number withheld" in said


def test_who_may_hear_gets_a_button_and_nobody_else(app: RunningApp, grace: PageClient) -> None:
    ana = sign_in(app, "Ana")
    about: dict[str, Any] = {"kind": "call", "status": "stored", "created_at": NOON, "peaks": [[1] * 600] * 2}
    recordings = [
        Recording(id=f"rec_{n}", call_id=f"call_{n}", carrier_sid=f"RE{n}", **about) for n in (1, 2)
    ]
    mine = Leg(carrier_sid="CX", call_id="call_1", agent_id=ana.id, answered_at=NOON)
    keep(app, a_call(1), a_call(2, minutes=1), others=(*recordings, mine))
    hear = re.compile(r'data-hear="(\w+)"')
    assert hear.findall(grace.see("/calls")) == ["rec_1", "rec_2"]
    assert hear.findall(ana.see("/calls")) == ["rec_1"]
    assert "data-player" in ana.part("/recordings/rec_1/line")


def test_chosen_calls_are_said_to_have_ended_so(app: RunningApp, grace: PageClient) -> None:
    keep(app, a_call(1), a_call(2, minutes=1), a_call(3, minutes=2))
    fields = {"call": ["call_1", "call_3"], "disposition": "wrong_number", "back": "/calls?when=week"}
    assert grace.post("/calls/ended", fields).headers["location"] == "/calls?when=week"
    assert page_text(grace.see("/calls")).count("Wrong number") == 2 + 1  # and in the list to choose from
    assert grace.post("/calls/ended", {**fields, "back": "//elsewhere"}).headers["location"] == "/"
    assert grace.post("/calls/ended", {**fields, "disposition": "nonsense"}).status_code == 422


def test_an_empty_day_says_what_would_be_here(grace: PageClient) -> None:
    said = page_text(grace.see("/calls"))
    assert "No calls yet today" in said
    assert "No calls in this time" in page_text(grace.see("/calls?when=all"))


def many(app: RunningApp, count: int, *, notes: bool = True) -> None:
    """So many calls, a minute apart, each with a note, a promise and a recording."""
    ids = range(count)
    calls = [a_call(n, minutes=n, phone=f"+1202555{n % 9000 + 1000}") for n in ids]
    hanging: dict[type[Any], list[dict[str, Any]]] = {
        Note: [
            {"id": f"n{n}", "call_id": f"call_{n}", "author": "A", "body": "b", "search_text": "b"}
            for n in ids
        ],
        Recording: [
            {
                "id": f"r{n}",
                "call_id": f"call_{n}",
                "carrier_sid": f"RE{n}",
                "kind": "call",
                "status": "stored",
            }
            for n in ids
        ],
    }

    def verb(session: Session) -> None:
        connection = session.connection()
        connection.execute(insert(Call), calls)
        for model, rows in hanging.items():
            if notes:
                connection.execute(insert(model), [{**row, "created_at": NOON} for row in rows])

    do(app, verb)


def test_a_full_page_costs_as_much_as_a_short_one(app: RunningApp, grace: PageClient) -> None:
    ana = sign_in(app, "Ana")
    keep(app, a_call(100_000))
    few = [_cost(app, one) for one in (grace, ana)]
    many(app, 60)
    assert [_cost(app, one) for one in (grace, ana)] == pytest.approx(few, abs=2)
    assert max(few) <= 14


def _cost(app: RunningApp, who: PageClient) -> int:
    with statements(app) as seen:
        who.see("/calls")
    return len(seen)


@pytest.mark.engine("sqlite")
def test_thousands_of_calls_are_listed_and_counted_in_few_steps(app: RunningApp, grace: PageClient) -> None:
    count = 3000
    many(app, count)
    steps = {path: database_steps(grace, path) for path in MOST_STEPS}
    assert {path: taken for path, taken in steps.items() if taken > MOST_STEPS[path] * count} == {}


# For each call there is, listed or not: all are counted, a page is listed.
MOST_STEPS = {
    "/calls": 14,
    "/calls?when=all": 54,
    "/calls?when=all&outcome=voicemail": 57,
    "/calls?when=thirty&recorded=yes": 57,
}
