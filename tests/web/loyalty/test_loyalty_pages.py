"""Loyalty on the pages: what is said on the pop, redeeming, approval, amends, the settings of programmes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from callcrm.business import modules
from callcrm.models import Promise
from tests.clocks import CLOCK, SetClock
from tests.crm.loyalty.shopping import purchase
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.incoming_call import IncomingCall
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine
PHONE = "+12025550134"
HTMX = {"HX-Request": "true"}
TENTH = {"name": "Every tenth free", "kind": "every_nth", "parameters": {"n": 10}}


@pytest.fixture
def app(database_url: str, tmp_path: Path, clock: SetClock) -> Iterator[RunningApp]:
    """A running app."""
    with open_app(settings_for(database_url, tmp_path / "data"), clock) as app:
        yield app


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana, an agent, who is available."""
    return sign_in(app, "Ana", number="+12025550101", available=True)


@pytest.fixture
def sara(app: RunningApp) -> PageClient:
    """Sara, who supervises."""
    return sign_in(app, "Sara", "supervisor")


@pytest.fixture
def mina(app: RunningApp) -> str:
    """A customer who rings."""
    response = app.send("POST", "/customers", {"name": "Mina Halloran", "phones": [PHONE]})
    return str(response.json()["id"])


def make(app: RunningApp, programme: dict[str, Any]) -> str:
    """The id of a new programme."""
    return str(app.send("POST", "/programmes", programme).json()["id"])


def buy(app: RunningApp, customer: str, times: int) -> None:
    """The customer buys so often."""
    yesterday = app.services.clock.now() - timedelta(days=1)

    def verb(session: Session) -> None:
        session.add_all([purchase(customer, at=yesterday) for _ in range(times)])

    do(app, verb)


def pop(ana: PageClient, app: RunningApp) -> str:
    """What stands on the card of a new call, which rings at Ana's."""
    call = IncomingCall(app).through_menus()
    text = ana.get_part(f"/desk/card/{call.id}")
    call.hang_up()
    return text


def test_the_sentence_about_the_tenth_is_on_the_ninth_call_s_pop(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    make(app, TENTH)
    buy(app, mina, 7)
    assert "Every tenth" not in pop(ana, app)
    buy(app, mina, 1)
    assert "Today is the ninth: the next one is on us." in page_text(pop(ana, app))


def test_a_free_one_is_redeemed_in_two_clicks_from_the_pop(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    tenth = make(app, TENTH)
    buy(app, mina, 9)
    call = IncomingCall(app).through_menus()
    call.ring()
    card = ana.get_part(f"/desk/card/{call.id}")
    assert "The next one is free: today is the tenth." in page_text(card)
    assert "9 of 10" in page_text(card)
    path = f"/customers/{mina}/redeem"
    query = f"?programme={tenth}&call={call.id}"
    assert f'href="{path}{query.replace("&", "&amp;")}"' in card
    form = ana.get_part(path + query)
    assert f'name="call" value="{call.id}"' in form
    fields = {"programme": tenth, "call": call.id, "note": "For the coat"}
    answer = ana.post(path, fields, **HTMX)
    assert "It is theirs: tell them." in page_text(answer.text)
    assert "Every tenth" not in page_text(ana.get_part(f"/desk/card/{call.id}"))
    (row,) = app.get("/redemptions")["items"]
    assert (row["by"]["name"], row["call"], row["note"]) == ("Ana", call.id, "For the coat")
    again = ana.post(path, fields, **HTMX)
    assert (again.status_code, "There is nothing to redeem yet." in again.text) == (409, True)


def test_without_scripts_it_is_a_page_of_its_own(app: RunningApp, ana: PageClient, mina: str) -> None:
    tenth = make(app, TENTH)
    buy(app, mina, 9)
    assert "Mina Halloran" in page_text(ana.get_page(f"/customers/{mina}/redeem?programme={tenth}"))
    sent = ana.post(f"/customers/{mina}/redeem", {"programme": tenth})
    assert sent.headers["location"] == f"/customers/{mina}?show=redemption"
    assert "Reward redeemed: Every tenth free" in page_text(ana.get_page(sent.headers["location"]))
    assert ana.get(f"/customers/{mina}/redeem?programme=prg_gone").status_code == 404


def test_points_are_said_with_their_worth_and_typed_in_any_digits(
    app: RunningApp, ana: PageClient, mina: str
) -> None:
    money = {"currency": "USD"}
    parameters = {"per": {"amount": 100, **money}, "points": 1, "worth": {"amount": 5, **money}}
    points = make(app, {"name": "Points", "kind": "points", "parameters": parameters})
    buy(app, mina, 9)
    assert "There are 90 points for you, worth $4.50." in page_text(pop(ana, app))
    path = f"/customers/{mina}/redeem"
    assert "digits" in ana.post(path, {"programme": points, "points": "many"}, **HTMX).text
    ana.post(path, {"programme": points, "points": "۴۰"}, **HTMX)
    assert "There are 50 points for you, worth $2.50." in page_text(ana.get_page(f"/customers/{mina}"))


def test_what_needs_approval_waits_until_a_supervisor_says_yes(
    app: RunningApp, ana: PageClient, sara: PageClient, mina: str
) -> None:
    tenth = make(app, {**TENTH, "parameters": {"n": 2, "needs_approval": True}})
    buy(app, mina, 1)
    assert "Ask a supervisor" in ana.get_page(f"/customers/{mina}")
    asked = ana.post(f"/customers/{mina}/redeem", {"programme": tenth}, **HTMX)
    assert "Waits for approval" in page_text(asked.text)
    (row,) = app.get("/redemptions")["items"]
    assert "Waits for a supervisor" in page_text(ana.get_page(f"/customers/{mina}"))
    waiting = ana.get_part("/loyalty/waiting")
    assert "Mina Halloran" in waiting
    assert f"/redemptions/{row['id']}/approve" not in waiting
    assert f"/redemptions/{row['id']}/approve" in sara.get_part("/loyalty/waiting")
    asks = "Ana asks for a reward for Mina Halloran: Every tenth free."
    assert asks in page_text(sara.get_part("/loyalty/notice"))
    assert page_text(sara.get_part("/loyalty/count")) == "1 waits for approval"
    assert page_text(ana.get_part("/loyalty/count")) == ""
    assert ana.post(f"/redemptions/{row['id']}/approve").status_code == 403
    done = sara.post(f"/redemptions/{row['id']}/approve", {}, **HTMX)
    assert "Approved." in page_text(done.text)
    assert "Approved by Sara." in page_text(ana.get_part(f"/redemptions/{row['id']}"))
    assert "Nothing waits" in page_text(sara.get_part("/loyalty/waiting"))
    assert sara.post(f"/redemptions/{row['id']}/refuse", {}, **HTMX).status_code == 409


def test_a_supervisor_refuses_and_takes_back(
    app: RunningApp, ana: PageClient, sara: PageClient, mina: str
) -> None:
    tenth = make(app, {**TENTH, "parameters": {"n": 2, "needs_approval": True}})
    buy(app, mina, 1)
    ana.post(f"/customers/{mina}/redeem", {"programme": tenth})
    (row,) = app.get("/redemptions")["items"]
    sara.post(f"/redemptions/{row['id']}/refuse", {"reason": "Not this week."})
    assert "Sara : Not this week." in page_text(ana.get_part(f"/redemptions/{row['id']}"))
    sara.post(f"/customers/{mina}/redeem", {"programme": tenth})
    given = next(row for row in app.get("/redemptions")["items"] if row["state"] == "redeemed")
    path = f"/redemptions/{given['id']}/undo"
    assert sara.post(path, {}, **HTMX).status_code == 422
    assert sara.post(path, {"reason": "Wrong customer."}).status_code == 303
    listed = page_text(sara.get_page("/loyalty"))
    assert "Taken back" in listed
    assert "Sara : Wrong customer." in listed


def test_whom_we_owe_something_is_suggested_until_it_is_made_good(
    app: RunningApp, ana: PageClient, sara: PageClient, mina: str
) -> None:
    due = app.services.clock.now() - timedelta(hours=5)
    late = Promise(id="prm_1", kind="promised", customer_id=mina, what="Ring", due_at=due, created_at=due)
    do(app, lambda session: session.add(late))
    assert "and it is not kept yet: Ring" in page_text(pop(ana, app))
    assert "Mina Halloran" in page_text(sara.get_page("/loyalty")).partition("Suggested")[2]
    path = f"/customers/{mina}/goodwill"
    assert ana.post(path, {"state": "nothing"}).status_code == 422
    assert "something was given" in ana.post(path, {"state": "used", "note": "A mug"}, **HTMX).text
    assert "We owe nobody anything" in page_text(sara.get_page("/loyalty"))
    assert "not kept yet" not in page_text(ana.get_page(f"/customers/{mina}"))


FIELDS: dict[str, dict[str, str]] = {
    "every_nth": {"n": "۱۰", "product": "Café", "per_customer": "3", "most_worth": "$40"},
    "percent": {"percent": "7.5", "payment": "cash", "tier": "gold", "years": "2"},
    "fixed": {"amount": "5"},
    "gift": {"gift": "a mug", "n": "4"},
    "points": {"per": "10", "points": "1", "worth": "0.50", "needs_approval": "on"},
}


@pytest.mark.parametrize("kind", FIELDS)
def test_a_programme_is_made_and_changed_by_its_form(app: RunningApp, sara: PageClient, kind: str) -> None:
    sara.get_page(f"/settings/programmes/new?kind={kind}")
    fields = {"kind": kind, "name": "Ours", **FIELDS[kind]}
    example = page_text(sara.post("/settings/programmes/examples", fields, **HTMX).text)
    assert "“" in example
    assert sara.post("/settings/programmes", fields).headers["location"] == "/settings/programmes?done=made"
    (made,) = app.get("/programmes")["items"]
    assert (made["kind"], made["active"]) == (kind, True)
    path = f"/settings/programmes/{made['id']}"
    form = sara.get_page(path)
    assert "Ours" in form
    stored = {**fields, "name": "Theirs"}
    assert sara.post(path, stored).status_code == 303
    (changed,) = app.get("/programmes")["items"]
    assert (changed["name"], changed["active"]) == ("Theirs", False)
    assert changed["parameters"] == made["parameters"]
    assert "Programmes" in page_text(sara.get_page("/settings/users"))


@pytest.mark.parametrize(
    ("kind", "fields", "fault"),
    [
        ("every_nth", {"name": "x"}, "Say with which purchase"),
        ("every_nth", {"name": "x", "n": "1"}, "From 2 to 1,000."),
        ("every_nth", {"name": "x", "n": "ten"}, "Write a number."),
        ("percent", {"name": "x", "percent": "200"}, "More than 0 and not more than 100."),
        ("points", {"name": "x", "per": "much", "points": "1", "worth": "1"}, "Write an amount of money"),
        ("gift", {"name": "x", "gift": "a mug"}, "Say with which purchase, or after how many years."),
        ("fixed", {"name": "", "amount": "5"}, "Give the programme a short name."),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    sara: PageClient, kind: str, fields: dict[str, str], fault: str
) -> None:
    answer = sara.post("/settings/programmes", {"kind": kind, **fields})
    assert (answer.status_code, fault in page_text(answer.text)) == (422, True)


def test_two_who_change_one_programme_both_keep_what_they_changed(app: RunningApp, sara: PageClient) -> None:
    made = make(app, TENTH)
    path, older = (
        f"/settings/programmes/{made}",
        {"version": "1", "base": '{"name": "Every tenth free", "n": "10"}'},
    )
    fields = {"name": "Every tenth free", "n": "10", "active": "on"}
    assert sara.post(path, {**older, **fields, "n": "8"}).status_code == 303
    both = sara.post(path, {**older, **fields, "n": "9"})
    assert (both.status_code, "Stored meanwhile" in both.text) == (409, True)
    assert app.get(f"/programmes/{made}")["parameters"]["n"] == 8


def test_what_is_switched_off_is_nowhere(
    app: RunningApp, ana: PageClient, sara: PageClient, mina: str
) -> None:
    make(app, {**TENTH, "parameters": {"n": 2}})
    buy(app, mina, 1)
    do(app, lambda session: modules.switch_off(session, ["loyalty"], by=None, now=CLOCK.now()))
    assert "Every tenth" not in pop(ana, app)
    assert sara.get("/loyalty").status_code == sara.get("/settings/programmes").status_code == 404
    assert "Loyalty" not in page_text(ana.get_page(f"/customers/{mina}"))
