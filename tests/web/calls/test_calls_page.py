"""The list of calls: counts, filters, paging and search, whose words never stand in a URL."""

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

pytestmark = pytest.mark.one_engine

ROW = re.compile(r'<tr data-call="(\w+)"')


def call_row(number: int, *, minutes: float = 0, **more: Any) -> dict[str, Any]:
    """The columns of a call so many minutes before noon; `more` overrides them."""
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


def store_calls(app: RunningApp, *rows: dict[str, Any], related: tuple[Any, ...] = ()) -> None:
    """Writes these calls into the store, and then the rows that refer to them."""

    def verb(session: Session) -> None:
        for row in rows:
            session.add(Call(**row))
        session.flush()
        for row in related:
            session.add(row)
            session.flush()

    do(app, verb)


def call_numbers(html: str) -> list[str]:
    """The numbers of the calls in the list, in its order."""
    return [match.removeprefix("call_") for match in ROW.findall(html)]


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """A supervisor."""
    return sign_in(app, "Grace", "supervisor")


def test_todays_calls_are_newest_first_with_counts_that_link_to_them(
    app: RunningApp, grace: PageClient
) -> None:
    store_calls(
        app,
        call_row(1, minutes=30),
        call_row(2, minutes=20, outcome="abandoned", wait_seconds=146),
        call_row(3, minutes=10, outcome="voicemail"),
        call_row(4, minutes=5, direction="outbound", outcome="no_answer"),
        call_row(5, minutes=24 * 60),
    )
    html = grace.get_page("/calls")
    assert call_numbers(html) == ["4", "3", "2", "1"]
    text = page_text(html)
    for count in ("4 calls", "1 answered", "1 gave up", "1 voicemail", "0 promises late", "Lost today 2"):
        assert count in text, count
    for outcome, numbers in (
        ("answered", ["1"]),
        ("abandoned", ["2"]),
        ("voicemail", ["3"]),
        ("lost", ["3", "2"]),
    ):
        assert f'href="/calls?outcome={outcome}"' in html
        assert call_numbers(grace.get_page(f"/calls?outcome={outcome}")) == numbers
    assert call_numbers(grace.get_page("/calls?waited=long")) == ["2"]


def test_an_agent_sees_the_list_too(app: RunningApp) -> None:
    store_calls(app, call_row(1))
    assert call_numbers(sign_in(app, "Ana").get_page("/calls")) == ["1"]


@pytest.fixture
def varied_calls(app: RunningApp) -> None:
    """Three calls that differ in everything the list filters by."""

    def add_people(session: Session) -> None:
        session.add(User(id="sara", email="s@example.test", name="Sara", role="agent", created_at=NOON))
        for name, tier in (("Mina", "gold"), ("Theo", None)):
            row: dict[str, Any] = {
                "id": name.lower(),
                "name": name,
                "search_text": name.lower(),
                "tier": tier,
            }
            session.add(Customer(**row, created_at=NOON, updated_at=NOON))

    do(app, add_people)
    recording = Recording(
        id="rec_2", call_id="call_2", carrier_sid="RE2", kind="call", status="pending", created_at=NOON
    )
    store_calls(
        app,
        call_row(1, minutes=1, agent_id="sara", customer_id="mina"),
        call_row(2, minutes=2, queue="support", customer_id="theo"),
        call_row(3, minutes=3, language="fa", direction="outbound"),
        related=(recording,),
    )


@pytest.mark.parametrize(
    ("query", "numbers"),
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
@pytest.mark.usefixtures("varied_calls")
def test_each_filter_of_the_url_selects_its_calls(grace: PageClient, query: str, numbers: list[str]) -> None:
    assert call_numbers(grace.get_page(f"/calls?{query}")) == numbers


@pytest.mark.usefixtures("varied_calls")
def test_a_filter_that_was_chosen_is_still_chosen_on_the_page(grace: PageClient) -> None:
    html = grace.get_page("/calls?queue=support&recorded=yes")
    assert '<option value="support" selected>' in html
    assert '<option value="yes" selected>' in html
    assert re.search(r'<details class="more" open>', html)
    assert "No call is like that" in page_text(grace.get_page("/calls?queue=support&language=fa"))


@pytest.mark.parametrize("text", ["1405/13/01", "tomorrow", "2026-02-30", "0000-01-01", "9999-99-99"])
def test_a_malformed_day_is_refused_at_its_field(app: RunningApp, grace: PageClient, text: str) -> None:
    store_calls(app, call_row(1))
    html = grace.get_page(f"/calls?when=between&first={text}")
    assert "Write a day as 2026-01-05." in page_text(html)
    assert 'aria-invalid="true"' in html
    assert call_numbers(html) == []


def test_days_are_shown_in_the_calendar_of_the_readers_language(app: RunningApp) -> None:
    leila = sign_in(app, "Leila", "supervisor", language="fa")
    html = leila.get_page("/calls?when=between&first=1404-10-15&last=2026-01-05")
    assert re.findall(r'id="f-(first|last)" name="\w+" value="([^"]*)"', html) == [
        ("first", "۱۴۰۴/۱۰/۱۵"),
        ("last", "۱۴۰۴/۱۰/۱۵"),
    ]


def test_words_are_searched_by_a_form_and_never_stand_in_a_url(app: RunningApp, grace: PageClient) -> None:
    note = Note(id="n", call_id="call_1", author="Ana", body="Duvet", search_text="duvet", created_at=NOON)
    store_calls(app, call_row(1), call_row(2, minutes=1, phone="+12025550178"), related=(note,))
    assert call_numbers(grace.search("/calls/find", {"q": "duvet"}).text) == ["1"]
    for number in ("+1 202 555 0178", "0178", "۰۱۷۸"):
        html = grace.search("/calls/find", {"q": number}).text
        assert call_numbers(html) == ["2"], number
        links = re.findall(r'(?:href|action|data-hx-get)="([^"]*)"', html)
        assert not [page_link for page_link in links if "0178" in page_link]
    assert "No call is like that" in page_text(grace.search("/calls/find", {"q": "nobody at all"}).text)
    assert grace.post("/calls/find", {"q": " ", "queue": "sales"}).headers["location"] == "/calls?queue=sales"
    assert call_numbers(grace.get_page("/calls?q=duvet")) == ["1", "2"]  # a URL searches for nothing


def test_pages_of_a_search_are_turned_by_form(app: RunningApp, grace: PageClient) -> None:
    store_calls(app, *(call_row(n, minutes=n) for n in range(60)))
    html = tags_on_one_line(grace.search("/calls/find", {"q": "0134", "queue": "sales"}).text)
    assert len(call_numbers(html)) == 50
    cursor = re.search(r'name="after" value="([^"]+)"', html)
    assert cursor is not None
    assert 'type="hidden" name="queue" value="sales"' in html
    more = grace.search("/calls/find", {"q": "0134", "queue": "sales", "after": cursor[1]}).text
    assert call_numbers(more) == [str(n) for n in range(50, 60)]


def page_link(html: str, rel: str) -> str:
    """The address of the link of this relation (`next`, `prev`); empty without one."""
    match = re.search(rf'rel="{rel}" href="([^"]+)"', html)
    return match[1].replace("&amp;", "&") if match else ""


def test_pages_stay_the_same_both_ways_when_calls_come_in(app: RunningApp, grace: PageClient) -> None:
    store_calls(app, *(call_row(n, minutes=n) for n in range(120)))
    first = grace.get_page("/calls")
    assert call_numbers(first) == [str(n) for n in range(50)]
    assert page_link(first, "prev") == ""
    second = grace.get_page(page_link(first, "next"))
    store_calls(app, *(call_row(n, minutes=-n) for n in range(200, 210)))
    assert (
        call_numbers(grace.get_page(page_link(first, "next")))
        == call_numbers(second)
        == [str(n) for n in range(50, 100)]
    )
    third = grace.get_page(page_link(second, "next"))
    assert call_numbers(third) == [str(n) for n in range(100, 120)]
    assert page_link(third, "next") == ""
    assert call_numbers(grace.get_page(page_link(third, "prev"))) == call_numbers(second)
    assert call_numbers(grace.get_page(page_link(second, "prev"))) == call_numbers(first)


def test_calls_of_the_same_moment_are_neither_lost_nor_shown_twice(
    app: RunningApp, grace: PageClient
) -> None:
    store_calls(app, *(call_row(n) for n in range(120)))
    numbers: list[str] = []
    path = "/calls"
    while path:
        html = grace.get_page(path)
        numbers += call_numbers(html)
        path = page_link(html, "next")
    assert len(numbers) == 120
    assert len(set(numbers)) == 120


def test_new_calls_are_announced_as_a_link(app: RunningApp, grace: PageClient) -> None:
    store_calls(app, call_row(1, minutes=5), call_row(2, minutes=6, queue="support"))
    html = grace.get_page("/calls?queue=sales")
    news = re.search(r'data-hx-get="(/calls/news\?[^"]+)"', html)
    assert news is not None
    path = news[1].replace("&amp;", "&")
    assert page_text(grace.get_part(path)) == ""
    store_calls(app, call_row(3, minutes=1), call_row(4, minutes=2), call_row(5, minutes=3, queue="support"))
    part = grace.get_part(path)
    assert page_text(part) == "2 new calls"
    assert 'href="/calls?queue=sales"' in part


def test_one_row_is_rendered_by_itself(app: RunningApp, grace: PageClient) -> None:
    store_calls(app, call_row(1, state="in_progress", outcome=None, talk_seconds=None))
    part = grace.get_part("/calls/call_1/row")
    assert call_numbers(part) == ["1"]
    assert "In call" in page_text(part)
    assert grace.get("/calls/call_none/row").status_code == 404


def test_a_row_shows_the_customer_the_note_and_the_open_promise(app: RunningApp, grace: PageClient) -> None:
    def add_mina(session: Session) -> None:
        fields: customers.Changes = {"name": "<b>Mina</b>", "phones": [CALLER], "tier": "gold"}
        customers.create(session, fields, region="US", own={LINE}, now=NOON)

    def add_shared(session: Session) -> None:
        for name in ("Pia", "Ugo"):
            fields: customers.Changes = {"name": name, "phones": ["+12025550187"]}
            customers.create(session, fields, region="US", own={LINE}, now=NOON)

    do(app, add_shared)
    store_calls(
        app,
        call_row(1, outcome="abandoned", disposition="complaint_taken"),
        call_row(2, minutes=1, phone="+12025550187"),
        call_row(3, minutes=2, phone=None),
        related=(
            Note(id="n", call_id="call_1", author="Ana", body="x" * 999, search_text="", created_at=NOON),
            Promise(
                id="p", kind="missed", call_id="call_1", due_at=NOON + timedelta(minutes=30), created_at=NOON
            ),
        ),
    )
    do(app, add_mina)
    text = page_text(html := grace.get_page("/calls"))
    assert "&lt;b&gt;Mina&lt;/b&gt;" in html
    assert "Gold" in text
    assert "Owed by 12:30 · Complaint taken " + "x" * 160 in text
    assert "x" * 161 not in text
    assert "Which of 2?" in text
    assert "Number withheld" in text


def test_only_who_may_hear_a_recording_gets_its_button(app: RunningApp, grace: PageClient) -> None:
    ana = sign_in(app, "Ana")
    columns: dict[str, Any] = {
        "kind": "call",
        "status": "stored",
        "created_at": NOON,
        "peaks": [[1] * 600] * 2,
    }
    recordings = [
        Recording(id=f"rec_{n}", call_id=f"call_{n}", carrier_sid=f"RE{n}", **columns) for n in (1, 2)
    ]
    own_leg = Leg(carrier_sid="CX", call_id="call_1", agent_id=ana.id, answered_at=NOON)
    store_calls(app, call_row(1), call_row(2, minutes=1), related=(*recordings, own_leg))
    button = re.compile(r'data-hear="(\w+)"')
    assert button.findall(grace.get_page("/calls")) == ["rec_1", "rec_2"]
    assert button.findall(ana.get_page("/calls")) == ["rec_1"]
    assert "data-player" in ana.get_part("/recordings/rec_1/line")


def test_chosen_calls_get_the_disposition(app: RunningApp, grace: PageClient) -> None:
    store_calls(app, call_row(1), call_row(2, minutes=1), call_row(3, minutes=2))
    fields = {"call": ["call_1", "call_3"], "disposition": "wrong_number", "back": "/calls?when=week"}
    assert grace.post("/calls/ended", fields).headers["location"] == "/calls?when=week"
    # Once more in the list of dispositions to choose from.
    assert page_text(grace.get_page("/calls")).count("Wrong number") == 2 + 1
    assert grace.post("/calls/ended", {**fields, "back": "//elsewhere"}).headers["location"] == "/"
    assert grace.post("/calls/ended", {**fields, "disposition": "nonsense"}).status_code == 422


def test_an_empty_list_says_so(grace: PageClient) -> None:
    text = page_text(grace.get_page("/calls"))
    assert "No calls yet today" in text
    assert "No calls in this time" in page_text(grace.get_page("/calls?when=all"))


def store_many_calls(app: RunningApp, count: int, *, notes: bool = True) -> None:
    """Writes so many calls, a minute apart, each with a note and a recording unless `notes` is false."""
    ids = range(count)
    calls = [call_row(n, minutes=n, phone=f"+1202555{n % 9000 + 1000}") for n in ids]
    related: dict[type[Any], list[dict[str, Any]]] = {
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
        for model, rows in related.items():
            if notes:
                connection.execute(insert(model), [{**row, "created_at": NOON} for row in rows])

    do(app, verb)


def test_a_full_page_takes_as_many_statements_as_a_short_one(app: RunningApp, grace: PageClient) -> None:
    ana = sign_in(app, "Ana")
    store_calls(app, call_row(100_000))
    short = [_statement_count(app, client) for client in (grace, ana)]
    store_many_calls(app, 60)
    assert [_statement_count(app, client) for client in (grace, ana)] == pytest.approx(short, abs=2)
    assert max(short) <= 18


def _statement_count(app: RunningApp, client: PageClient) -> int:
    with statements(app) as selects:
        client.get_page("/calls")
    return len(selects)


@pytest.mark.engine("sqlite")
def test_thousands_of_calls_are_listed_and_counted_in_few_steps(app: RunningApp, grace: PageClient) -> None:
    count = 3000
    store_many_calls(app, count)
    steps = {path: database_steps(grace, path) for path in MOST_STEPS}
    assert {path: taken for path, taken in steps.items() if taken > MOST_STEPS[path] * count} == {}


# Steps for each call in the store: all of them are counted, one page of them is listed.
MOST_STEPS = {
    "/calls": 14,
    "/calls?when=all": 54,
    "/calls?when=all&outcome=voicemail": 62,  # and the end of a stretch is looked for
    "/calls?when=thirty&recorded=yes": 57,
}
