"""Customers: the list, the form, and one customer's whole history in words."""

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import Session, select

from callcrm.customers import identity
from callcrm.models import Call, Note, Recording
from callcrm.recordings.pending import NOTHING_RECORDED
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import NOON, Shop, at
from tests.web.support.page_client import PageClient, database_steps, do, page_text, sign_in, statements

MINA, TOM = "+12025550134", "+12025550135"
BUDGET = 24


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana Lane, who takes calls on an ordinary phone."""
    return sign_in(app, "Ana Lane", number="+12025550111")


class Known(Shop):
    """A shop that knows its callers by their numbers."""

    def call(self, phone: str | None = MINA, minute: float = 0, **fields: Any) -> str:
        """A call, with whoever's number it is."""
        known = self.store.read_now(lambda session: identity.resolve(session, phone, ()))
        return super().call(phone, minute, **{"customer_id": known, **fields})


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """What happened before, straight into the store."""
    return Known(app.services.store)


def titles(html: str) -> list[str]:
    """The lines of a history, from the top."""
    found = re.findall(r'<span class="title">(.*?)</span>\s*<time', html, re.DOTALL)
    return [page_text(match) for match in found]


def test_a_list_without_anybody_says_what_brings_customers(ana: PageClient) -> None:
    assert "No customers yet" in page_text(ana.see("/customers"))


def test_a_new_customer_is_made_of_numbers_in_any_spelling_and_digits(ana: PageClient) -> None:
    numbers = "(202) 555-0134\n+۱۲۰۲۵۵۵۰۱۶۲"
    made = ana.post("/customers", {"name": " Mina  Halloran ", "numbers": numbers, "tier": "gold"})
    assert made.status_code == 303
    page = ana.see(made.headers["location"])
    assert "<h1><bdi>Mina Halloran</bdi></h1>" in page
    assert re.findall(r'data-e164="(.*?)"', page)[-3:] == [MINA, MINA, "+12025550162"]
    assert "Gold" in page_text(page)


def test_a_customer_brings_their_earlier_calls_along(ana: PageClient, shop: Shop) -> None:
    shop.answered(MINA)
    made = ana.post("/customers", {"name": "Mina", "numbers": MINA})
    assert titles(ana.see(made.headers["location"])) == ["Called and got through"]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"name": " ", "numbers": MINA}, "A customer needs a name."),
        ({"name": "Mina", "numbers": f"{MINA}\nabc"}, "“abc” is no number that can be rung."),
        ({"name": "M" * 201, "numbers": ""}, "A name has 1 to 200 characters."),
        ({"name": "Mina", "numbers": "", "owner": "nobody"}, "There is no such user."),
    ],
)
def test_a_form_that_does_not_do_says_why_and_loses_nothing(
    ana: PageClient, given: dict[str, str], fault: str
) -> None:
    answer = ana.post("/customers", given)
    assert answer.status_code == 422
    assert fault in page_text(answer.text)
    assert answer.text.count('aria-invalid="true"') == 1
    for typed in (given["name"].strip(), *given["numbers"].splitlines()):
        assert typed in answer.text
    assert "No customers yet" in page_text(ana.see("/customers"))


def test_what_is_changed_in_place_is_on_the_page(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    assert MINA.replace("+1202", "+1 202 ")[:7] in ana.part(f"/customers/{customer}/edit")
    changes = {"name": "Mina Halloran", "numbers": f"{TOM}\n{MINA}", "owner": ana.id, "language": "fa"}
    answer = ana.post(f"/customers/{customer}", changes, **{"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == f"/customers/{customer}"
    page = page_text(ana.see(f"/customers/{customer}"))
    assert "Own agent Ana Lane" in page
    assert "Language Persian" in page
    assert page.index("+1 202 555 0135") < page.index("+1 202 555 0134")


def test_the_list_says_who_was_in_touch_last_and_how(ana: PageClient, shop: Shop) -> None:
    shop.customer("Tom", TOM)
    mina = shop.customer("Mina", MINA, tier="gold", language="en")
    shop.derive(shop.call(MINA, -30, wait_seconds=110, queued_at=at(-30)), "missed")
    page = page_text(ana.see("/customers"))
    assert "Tom +1 202 555 0135 Not in touch yet" in page
    assert "Mina Gold English +1 202 555 0134 Gave up in the queue after 1:50 11:30 1 promise" in page
    assert f'href="/customers/{mina}"' in ana.see("/customers")


def test_pages_of_the_list_lead_on_and_back(ana: PageClient, shop: Shop) -> None:
    for one in range(45):
        customer = shop.customer(f"Customer {one:02}", f"+1202555{one:04}")
        shop.answered(None, -one, customer_id=customer)
    first = ana.see("/customers")
    assert re.findall(r"Customer \d\d", first)[0] == "Customer 00"
    assert "Newer" not in first
    older = re.search(r'href="(/customers\?after=[^"]+)"', first)
    assert older
    second = ana.see(older[1])
    assert re.findall(r"Customer \d\d", second) == [f"Customer {number}" for number in range(40, 45)]
    assert "Older" not in second
    newer = re.search(r'href="(/customers\?before=[^"]+)"', second)
    assert newer
    assert re.findall(r"Customer \d\d", ana.see(newer[1])) == [
        f"Customer {number:02}" for number in range(40)
    ]


def test_a_search_stands_in_no_address(ana: PageClient, shop: Shop) -> None:
    shop.customer("Mina Halloran", MINA)
    shop.customer("Tom Halloran", TOM)
    found = ana.post("/customers/find", {"q": "555-0134"})
    assert found.status_code == 200
    assert "Mina Halloran" in found.text
    assert "Tom Halloran" not in found.text
    assert 'method="post" action="/customers/find"' in ana.see("/customers")
    assert "No customer has this name or number" in page_text(ana.post("/customers/find", {"q": "xyz"}).text)


def test_every_call_is_said_in_words(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    talked: dict[str, Any] = {"queue": "orders", "wait_seconds": 41, "talk_seconds": 317, "agent_id": ana.id}
    shop.answered(MINA, -60, **talked)
    shop.call(MINA, -120, queued_at=at(-120), wait_seconds=110, queue="orders")
    shop.call(MINA, -180, outcome="voicemail", wait_seconds=80)
    shop.call(MINA, -240, outcome="callback")
    shop.call(MINA, -300, direction="outbound", outcome="busy", agent_id=ana.id)
    shop.call(MINA, -360)
    page = ana.see(f"/customers/{customer}")
    assert titles(page) == [
        "Called about Orders, Ana Lane answered",
        "Gave up in the queue after 1:50",
        "Left a voicemail",
        "Asked to be rung back",
        "Ana Lane rang, the line was busy",
        "Hung up before anybody answered",
    ]
    assert "waited 0:41 talked 5:17" in page_text(page)


def test_a_live_call_says_so(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    live: dict[str, Any] = {"state": "in_progress", "outcome": None, "ended_at": None, "answered_at": at(-3)}
    shop.call(MINA, -4, agent_id=ana.id, **live)
    page = ana.see(f"/customers/{customer}")
    assert titles(page) == ["In call with Ana Lane"]
    assert "3:00 so far" in page_text(page)


def test_a_call_stands_for_its_notes_recordings_and_what_it_left_owed(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    missed = shop.call(MINA, -60, queued_at=at(-60), wait_seconds=60)
    shop.derive(missed, "missed")
    back = shop.answered(MINA, -47.5, direction="outbound", agent_id=ana.id)
    shop.derive(back, None)
    shop.note(back, "asked for Friday", -46)
    shop.recording(back, -47)
    page = ana.see(f"/customers/{customer}")
    assert titles(page) == ["Kept: Ana Lane rang back 12 minutes later", "Gave up in the queue after 1:00"]
    assert "rung back 12 minutes later" in page_text(page)
    assert "asked for Friday" in page
    assert "The recording is still at the carrier." in page_text(page)


def test_a_deleted_recording_and_an_empty_one_say_why(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    call = shop.answered(MINA, -10, agent_id=ana.id)
    for status, error in (("deleted", None), ("failed", NOTHING_RECORDED)):
        recording = shop.recording(call)
        do(ana.app, partial(_status, recording_id=recording, status=status, error=error))
    page = page_text(ana.see(f"/customers/{customer}"))
    assert "The recording was deleted." in page
    assert "The carrier recorded nothing." in page


def _status(session: Session, recording_id: str, status: str, error: str | None) -> None:
    row = session.get_one(Recording, recording_id)
    row.status, row.error = status, error


@pytest.mark.background
def test_chips_count_and_show_each_kind(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    call = shop.answered(MINA, -10, agent_id=ana.id)
    shop.note(call, "about the duvet")
    shop.recording(call)
    shop.derive(shop.call(MINA, -20, outcome="voicemail"), "voicemail")
    shop.message(MINA, -30, customer_id=customer)
    ana.post(f"/customers/{customer}/notes", {"body": "deaf on the left"})
    page = page_text(ana.see(f"/customers/{customer}"))
    assert "All 4 Calls 2 Notes 2 Recordings 1 Voicemails 1 Messages 1 Promises 1" in page
    lines = {kind: titles(ana.see(f"/customers/{customer}?show={kind}")) for kind in ("notes", "voicemails")}
    assert lines == {"notes": ["Ana Lane wrote", "Mia wrote"], "voicemails": ["Left a voicemail"]}
    assert titles(ana.see(f"/customers/{customer}?show=messages")) == ["Sent a text message"]
    assert len(titles(ana.see(f"/customers/{customer}?show=nonsense"))) == 4


def test_older_entries_come_once_and_their_day_is_said_once(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(70):
        shop.call(MINA, -number, agent_id=None, queued_at=at(0), wait_seconds=number + 1)
    page, seen = ana.see(f"/customers/{customer}"), []
    seen += titles(page)
    while older := re.search(r'data-hx-get="(/customers/[^"]+/history[^"]+)"', page):
        page = ana.part(older[1].replace("&amp;", "&"))
        seen += titles(page)
        assert '<h3 class="day"' not in page
    assert len(seen) == len(set(seen)) == 70


def test_the_newest_come_anew_as_far_as_they_are_shown(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(40):
        shop.call(MINA, -number // 2, queued_at=at(0), wait_seconds=number + 1)
    page = ana.see(f"/customers/{customer}")
    anew = re.search(r'id="newest" data-from="([^"]+)"', page)
    assert anew
    shop.call(MINA, 1, outcome="callback")
    again = ana.part(anew[1].replace("&amp;", "&"))
    assert titles(again) == ["Asked to be rung back", *titles(page)]
    assert "Older" not in again


def test_days_are_named(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for minute in (-5, -60 * 24, -60 * 72):
        shop.answered(MINA, minute)
    days = re.findall(r'<h3 class="day"[^>]*>(.*?)</h3>', ana.see(f"/customers/{customer}"))
    assert days == [
        "Today, Monday 5 January 2026",
        "Yesterday, Sunday 4 January 2026",
        "Friday 2 January 2026",
    ]


def test_a_shared_number_names_the_others(ana: PageClient, shop: Shop) -> None:
    mina, tom = shop.customer("Mina", MINA, TOM), shop.customer("Tom Halloran", MINA)
    page = ana.see(f"/customers/{mina}")
    assert "also Tom Halloran" in page_text(page)
    assert f'href="/customers/{tom}"' in page
    assert page_text(page).count("also") == 1


def test_promises_and_pinned_notes_stand_beside_the_history(
    ana: PageClient, shop: Shop, clock: SetClock
) -> None:
    customer = shop.customer("Mina", MINA)
    shop.derive(shop.call(MINA, -60), "missed")
    ana.post(f"/customers/{customer}/notes", {"body": "deaf on the left"})
    note = do(ana.app, lambda session: session.exec(select(Note.id)).one())
    ana.post(f"/notes/{note}/pin")
    page = page_text(ana.see(f"/customers/{customer}"))
    assert "Open promises Ring back: the call was missed Late since 11:31 Nobody’s yet" in page
    assert "Pinned deaf on the left Ana Lane" in page


def test_whoever_is_mostly_spoken_with_is_named(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(3):
        assert "Usually speaks with" not in ana.see(f"/customers/{customer}")
        shop.answered(MINA, -number, agent_id=ana.id)
    assert "Usually speaks with Ana Lane" in page_text(ana.see(f"/customers/{customer}"))


def test_a_call_can_be_made_by_whoever_can_be_rung(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    assert 'action="/ring"' in ana.see(f"/customers/{customer}")
    ben = sign_in(app, "Ben Hart")
    page = ben.see(f"/customers/{customer}")
    assert 'action="/ring"' not in page
    assert "Nothing of yours can be rung" in page
    sara = sign_in(app, "Sara Moss", "supervisor")
    assert "Only who takes calls can ring somebody from here." in sara.see(f"/customers/{customer}")
    assert sara.post("/ring", {"to": MINA}).status_code == 404


def test_ringing_says_what_the_carrier_said(ana: PageClient) -> None:
    assert ana.post("/ring", {"to": "abc"}).status_code == 422
    assert ana.post("/ring", {"to": MINA}).status_code == 503  # nobody listens at the tests' carrier


def test_there_is_no_page_of_nobody(ana: PageClient) -> None:
    for path in ("/customers/cus_x", "/customers/cus_x/history", "/customers/cus_x/edit"):
        assert ana.get(path).status_code == 404


def test_what_people_wrote_is_only_text(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("<b>Mina</b>", MINA)
    shop.note(shop.answered(MINA, -1), "<script>alert(1)</script>")
    shop.message(MINA, -2, customer_id=customer, body="<img src=x>")
    page = ana.see(f"/customers/{customer}")
    for tag in ("<b>Mina", "<script>alert", "<img"):
        assert tag not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_persian_reader_has_persian_digits_and_days(app: RunningApp, shop: Shop) -> None:
    nika = sign_in(app, "Nika", language="fa")
    customer = shop.customer("Mina", MINA)
    shop.answered(MINA, -5)
    page = nika.see(f"/customers/{customer}")
    assert '<html lang="fa" dir="rtl"' in page
    assert "دوشنبه ۱۵ دی ۱۴۰۴" in page
    assert "۱۱:۵۵" in page
    assert re.search(f'data-e164="[+]{MINA[1:]}">[^<]*۲۰۲[^<]*۵۵۵ ۰۱۳۴<', page)


def fill(shop: Shop, customer: str, agent: str, count: int) -> None:
    """Calls, each with a note, a recording and every tenth with a promise."""
    for number in range(count):
        call = shop.answered(MINA, -number, agent_id=agent, talk_seconds=number + 1)
        shop.note(call, f"note {number}", -number)
        shop.recording(call, -number)
        if number % 10 == 0:
            shop.derive(shop.call(MINA, -number - 0.5), "missed")


def test_a_page_costs_the_same_few_statements_however_much_is_on_it(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    customer = shop.customer("Mina", MINA)
    fill(shop, customer, ana.id, 3)
    ana.see(f"/customers/{customer}")
    with statements(app) as few:
        ana.see(f"/customers/{customer}")
    fill(shop, customer, ana.id, 50)
    with statements(app) as many:
        ana.see(f"/customers/{customer}")
    # Whether a recording may be heard is asked in steps; owners and keepers only if there are promises.
    assert len(many) <= len(few) + 2
    assert len(many) <= BUDGET


def test_the_list_costs_the_same_few_statements_however_long_it_is(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    shop.answered(MINA, customer_id=shop.customer("Mina", MINA))
    with statements(app) as few:
        ana.see("/customers")
    for number in range(50):
        shop.answered(None, -number, customer_id=shop.customer(f"C{number}", f"+1202555{number:04}"))
    with statements(app) as many:
        ana.see("/customers")
    assert len(many) <= len(few) <= 10


@pytest.mark.engine("sqlite")
def test_thousands_of_entries_are_shown_in_few_steps(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    customer, count = shop.customer("Mina", MINA), 2000
    do(app, partial(crowd, customer=customer, count=count))
    # For each entry there is: they are counted by kind; of the list itself there is a page.
    most = {f"/customers/{customer}": 46, f"/customers/{customer}?show=recordings": 60, "/customers": 1}
    steps = {path: database_steps(ana, path) for path in most}
    assert {path: taken for path, taken in steps.items() if taken > most[path] * count} == {}


def crowd(session: Session, customer: str, count: int) -> None:
    """So many calls of the customer, a note with every fourth."""
    known = {"direction": "inbound", "state": "ended", "outcome": "answered", "customer_id": customer}
    moments = [NOON - timedelta(minutes=one) for one in range(count)]
    calls = [
        {"id": f"c{one}", "carrier_sid": f"CA{one}", "started_at": when, "phone": MINA, **known}
        for one, when in enumerate(moments)
    ]
    notes = [
        {
            "id": f"n{one}",
            "call_id": f"c{one}",
            "customer_id": customer,
            "author": "Mia",
            "body": f"note {one}",
            "search_text": f"note {one}",
            "created_at": when,
        }
        for one, when in list(enumerate(moments))[::4]
    ]
    session.connection().execute(insert(Call), calls)
    session.connection().execute(insert(Note), notes)
