"""Contacts written down on pages: with a customer, beside a call, and changed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from callcrm.crm import erasure, export, merge
from callcrm.crm.seams import SEAMS
from tests.clocks import SetClock
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import PageClient, do, page_text, sign_in

PHONE = "+12025550134"
HX = {"HX-Request": "true"}


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    return sign_in(app, "Ana")


@pytest.fixture
def mina(app: RunningApp) -> str:
    return str(app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]}).json()["id"])


def test_a_contact_on_the_customers_page(app: RunningApp, ana: PageClient, mina: str) -> None:
    assert f"/contacts/new?customer={mina}" in ana.get_page(f"/customers/{mina}")
    form = ana.get_part(f"/contacts/new?customer={mina}")
    assert "autofocus" in form
    fields = {"kind": "letter", "direction": "inbound", "body": "Asks for <an invoice>.", "slot": "slot"}
    logged = ana.post(f"/customers/{mina}/contacts", fields, **HX)
    assert "Written down: They wrote a letter." in page_text(logged.text)
    history = page_text(ana.get_page(f"/customers/{mina}?show=contact"))
    assert "They wrote a letter" in history
    assert "Asks for &lt;an invoice&gt;." in history
    assert "They wrote a letter" in page_text(ana.search("/find", {"q": "invoice"}).text)
    assert "Mina Halloran" in page_text(ana.get_page("/contacts"))


def test_another_time_and_what_is_wrong_with_it(app: RunningApp, ana: PageClient, mina: str) -> None:
    path = f"/customers/{mina}/contacts"
    fields = {"kind": "visit", "direction": "inbound", "slot": "slot"}
    for wrong in (
        {"day": "yesterday"},
        {"day": "2026-01-02", "time": "25:00"},
        {"day": "2099-01-01"},
        {"kind": "x"},
    ):
        refused = ana.post(path, fields | wrong, **HX)
        assert refused.status_code == 422, wrong
        assert "<form" in refused.text
    assert ana.post(path, fields | {"day": "۱۴۰۴/۱۰/۱۲", "time": "۱۰:۳۰"}).status_code == 303
    (row,) = app.get("/contacts")["items"]
    assert row["at"].startswith("2026-01-02T")


def test_beside_a_call_it_is_with_whoever_calls(app: RunningApp, ana: PageClient, mina: str) -> None:
    app.rings("CA1", PHONE)
    app.rings("CA2", "+12025550188")
    known, unknown = (app.get(f"/calls/{sid}")["id"] for sid in ("CA1", "CA2"))
    assert f"/customers/{mina}/contacts" in ana.get_part(f"/contacts/new?call={known}")
    assert "Say first who is calling" in page_text(ana.get_part(f"/contacts/new?call={unknown}"))


def test_it_keeps_a_promise(app: RunningApp, ana: PageClient, mina: str, clock: SetClock) -> None:
    app.rings("CA1", PHONE)
    call = app.get("/calls/CA1")["id"]
    due = {"what": "Send the list", "due": "tomorrow", "day": "", "at": ""}
    ana.post(f"/calls/{call}/promises", due)
    clock.advance(60)
    form = ana.get_part(f"/contacts/new?customer={mina}")
    assert "This kept our promise: Send the list" in page_text(form)
    (promise,) = app.get("/promises", state="open")["items"]
    fields = {"kind": "email", "direction": "outbound", "keeps": promise["id"], "slot": "slot"}
    assert "The promise is kept." in page_text(ana.post(f"/customers/{mina}/contacts", fields, **HX).text)
    assert app.get("/promises", state="open")["items"] == []


def test_one_is_changed_and_two_choose(app: RunningApp, ana: PageClient, mina: str) -> None:
    made = app.send("POST", f"/customers/{mina}/contacts", {"kind": "visit", "body": "A"}).json()
    path = f"/contacts/{made['id']}"
    assert "A</textarea>" in ana.get_page(path)
    fields = {"kind": "email", "direction": "inbound", "body": "B", "day": "", "time": ""}
    assert ana.post(path, fields).status_code == 303
    assert app.get(path)["kind"] == "email"
    stale = {"version": "1", "base": '{"body": "A", "kind": "visit"}'}
    assert ana.post(path, fields | stale | {"body": "C"}).status_code == 409


def test_it_is_merged_erased_measured_and_exported(
    app: RunningApp, ana: PageClient, mina: str, clock: SetClock
) -> None:
    app.send("POST", f"/customers/{mina}/contacts", {"kind": "visit", "body": "A"})
    other = str(app.send("POST", "/customers", {"name": "Mina H.", "phones": []}).json()["id"])
    do(app, lambda session: merge.move(session, SEAMS, mina, other))
    (row,) = app.get("/contacts", customer=other)["items"]
    lines = do(app, lambda session: list(export.lines(session, SEAMS.exports["contact"])))
    assert row["id"] in lines[1]
    since, until = clock.now() - timedelta(days=1), clock.now() + timedelta(days=1)
    measure = SEAMS.measures["contacts_by_hand"]
    assert len(do(app, lambda session: session.execute(measure.numerator(since, until)).all())) == 1
    assert do(app, lambda session: erasure.erase(session, SEAMS, other))["contact"] == 1
    assert app.get("/contacts")["items"] == []
