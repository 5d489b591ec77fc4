"""Subjects: the tree among the settings, on calls, and month by month in both calendars."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from callcrm.agents import users
from callcrm.crm.subjects import figures, subjects
from callcrm.models import Call, Customer
from callcrm.models.crm.contact import Contact
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

TREE = [
    {"code": "orders", "name": "Orders", "children": [{"code": "late", "name": "Late", "children": []}]},
    {"code": "bills", "name": "Bills", "children": []},
]
# Days on either side of the borders of months in both calendars, and what they are of.
CALLS = (
    ("2025-12-21T23:59:00", "late"),  # 30 Azar
    ("2025-12-22T00:01:00", "late"),  # 1 Dey
    ("2025-12-31T23:59:00", "orders"),
    ("2026-01-01T00:01:00", "orders"),
    ("2026-01-03T10:00:00", "bills"),
)


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def grace(app: RunningApp) -> PageClient:
    """Grace, who supervises."""
    return sign_in(app, "Grace", "supervisor")


def fill(app: RunningApp) -> None:
    zone = app.services.settings.zone

    def verb(session: Session) -> None:
        at = datetime(2025, 1, 1, tzinfo=UTC)
        session.add(Customer(id="cus_1", name="Mina", search_text="mina", created_at=at, updated_at=at))
        session.flush()
        for number, (day, code) in enumerate(CALLS):
            when = datetime.fromisoformat(day).replace(tzinfo=zone).astimezone(UTC)
            session.add(
                Call(
                    id=f"call_{number}",
                    carrier_sid=f"CA{number}",
                    direction="inbound",
                    state="ended",
                    outcome="answered",
                    subject=code,
                    started_at=when,
                )
            )
        when = datetime(2026, 1, 2, 12, tzinfo=UTC)
        session.add(
            Contact(
                id="con_1",
                customer_id="cus_1",
                kind="letter",
                direction="inbound",
                subject="bills",
                at=when,
                created_at=when,
            )
        )

    app.send("PUT", "/subjects", TREE)
    do(app, verb)


def speak(app: RunningApp, email: str, language: str) -> None:
    def verb(session: Session) -> None:
        users.user_by_email(session, email).language = language

    do(app, verb)


def counts(app: RunningApp, language: str, months: int) -> dict[str, list[int]]:
    locale = app.services.locales[language]
    columns = figures.months(locale, months)
    rows = do(app, lambda session: figures.table(session, subjects.tree(session), columns))
    return {row.code: list(row.counts) for row in rows}


def test_requests_are_counted_in_the_months_of_the_reader(app: RunningApp, grace: PageClient) -> None:
    fill(app)
    page = page_text(grace.get_page("/subjects?months=3"))
    assert "November December January 2026 so far Change" in page
    assert "Orders 0 3 1 3 more Late 0 2 0 2 more Bills 0 0 2 the same" in page
    speak(app, "grace@example.test", "fa")
    page = page_text(grace.get_page("/subjects?months=3"))
    assert "آبان آذر دی" in page
    assert "Orders ۰ ۱ ۳" in page
    assert "Late ۰ ۱ ۱" in page


def test_each_figure_opens_to_its_calls_and_contacts(app: RunningApp, grace: PageClient) -> None:
    fill(app)
    page = grace.get_page("/subjects?months=3")
    assert "/subjects/orders?month=2025-12-01" in page
    behind = grace.get_page("/subjects/orders?month=2025-12-01")
    assert behind.count('href="/calls/call_') == 3
    listed = behind.split("/calls?when=")[1].split('"')[0].replace("&amp;", "&")
    assert grace.get_page(f"/calls?when={listed}").count('href="/calls/call_') >= 3
    bills = page_text(grace.get_page("/subjects/bills?month=2026-01-01"))
    assert "They wrote a letter" in bills
    assert "Mina" in bills


def test_the_tree_is_made_renamed_and_thinned(app: RunningApp, grace: PageClient) -> None:
    rows = {"name": ["Orders", "Late", "قیمت", ""], "level": ["1", "2", "1", "1"], "code": ["", "", "", ""]}
    assert grace.post("/settings/subjects", rows).status_code == 303
    tree = app.get("/subjects")
    assert (tree[0]["code"], tree[0]["name"]) == ("orders", "Orders")
    assert tree[0]["children"][0]["code"] == "late"
    assert tree[1]["name"] == "قیمت"
    app.rings("CA1", "+12025550134")
    call = app.get("/calls/CA1")["id"]
    grace.post(f"/calls/{call}/subject", {"subject": "late"})
    assert app.get("/calls/CA1")["subject"] == "late"
    renamed = {"name": ["Sales", "Delays"], "level": ["1", "2"], "code": ["orders", "late"]}
    grace.post("/settings/subjects", renamed)
    assert "Sales › Delays" in page_text(grace.get_page(f"/calls/{call}"))
    grace.post("/settings/subjects", {"name": ["Sales"], "level": ["1"], "code": ["orders"]})
    assert "Sales › Delays" in page_text(grace.get_page(f"/calls/{call}"))
    assert grace.post(f"/calls/{call}/subject", {"subject": "nothing"}).status_code == 422


def test_two_who_change_the_tree_at_once_choose(app: RunningApp, grace: PageClient) -> None:
    app.send("PUT", "/subjects", TREE)
    stale = {"version": "1", "base": '{"tree": "[]"}'}
    both = grace.post("/settings/subjects", {"name": "Mine", "level": "1", "code": "", **stale})
    assert both.status_code == 409
    assert "– Late" in both.text
    assert "Mine" in both.text


def test_the_subject_of_a_call_is_chosen_by_one_of_two(app: RunningApp, grace: PageClient) -> None:
    app.send("PUT", "/subjects", TREE)
    app.rings("CA1", "+12025550134")
    call = app.get("/calls/CA1")["id"]
    grace.post(f"/calls/{call}/subject", {"subject": "late"})
    stale = {"version": "seen", "base": '{"subject": ""}', "subject": "bills"}
    both = grace.post(f"/calls/{call}/subject", stale, **{"HX-Request": "true"})
    assert both.status_code == 409
    assert both.json()["stored"] == "late"
    assert "“Bills”" in both.json()["message"]
