"""The pages of customers: the list, the form, and one customer's history."""

import re
from functools import partial
from typing import Any

import pytest
from sqlmodel import Session, select

from callcrm.models import Note, Recording
from callcrm.recordings.pending import NOTHING_RECORDED
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.support.page_client import PageClient, do, page_text, sign_in

pytestmark = pytest.mark.one_engine

MINA, TOM = "+12025550134", "+12025550135"


def titles(html: str) -> list[str]:
    """The titles of a history's entries, from the top."""
    matches = re.findall(r'<span class="title">(.*?)</span>\s*<time', html, re.DOTALL)
    return [page_text(match) for match in matches]


def test_an_empty_list_of_customers_says_so(ana: PageClient) -> None:
    assert "No customers yet" in page_text(ana.get_page("/customers"))


@pytest.mark.parametrize("between", [", ", " ", "", " / "])
def test_two_numbers_pasted_into_one_line_are_two(app: RunningApp, ana: PageClient, between: str) -> None:
    numbers = f"tel:{MINA}{between}+1\u2011202\u2011555\u20110162"
    response = ana.post("/customers", {"name": "Mina", "numbers": numbers})
    made = app.get(f"/customers/{response.headers['location'].rpartition('/')[2]}")
    assert made["phones"] == [MINA, "+12025550162"]


def test_a_new_customers_numbers_are_accepted_in_any_spelling_and_digits(ana: PageClient) -> None:
    numbers = "(202) 555-0134\n+۱۲۰۲۵۵۵۰۱۶۲"
    response = ana.post("/customers", {"name": " Mina  Halloran ", "numbers": numbers, "tier": "gold"})
    assert response.status_code == 303
    page = ana.get_page(response.headers["location"])
    assert "<h1><bdi>Mina Halloran</bdi></h1>" in page
    assert re.findall(r'data-e164="(.*?)"', page)[-3:] == [MINA, MINA, "+12025550162"]
    assert "Gold" in page_text(page)


def test_a_new_customer_gets_their_earlier_calls(ana: PageClient, shop: Shop) -> None:
    shop.answered(MINA)
    response = ana.post("/customers", {"name": "Mina", "numbers": MINA})
    assert titles(ana.get_page(response.headers["location"])) == ["Called and got through"]


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"name": " ", "numbers": MINA}, "A customer needs a name."),
        ({"name": "Mina", "numbers": f"{MINA}\nabc"}, "“abc” is no number that can be rung."),
        ({"name": "M" * 201, "numbers": ""}, "A name has 1 to 200 characters."),
        ({"name": "Mina", "numbers": "", "owner": "nobody"}, "There is no such user."),
    ],
)
def test_a_refused_form_says_why_and_keeps_what_was_typed(
    ana: PageClient, form: dict[str, str], fault: str
) -> None:
    response = ana.post("/customers", form)
    assert response.status_code == 422
    assert fault in page_text(response.text)
    assert response.text.count('aria-invalid="true"') == 1
    for value in (form["name"].strip(), *form["numbers"].splitlines()):
        assert value in response.text
    assert "No customers yet" in page_text(ana.get_page("/customers"))


def test_changes_made_in_place_are_on_the_page(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    assert MINA.replace("+1202", "+1 202 ")[:7] in ana.get_part(f"/customers/{customer}/edit")
    changes = {"name": "Mina Halloran", "numbers": f"{TOM}\n{MINA}", "owner": ana.id, "language": "fa"}
    response = ana.post(f"/customers/{customer}", changes, **{"HX-Request": "true"})
    assert response.headers["hx-redirect"] == f"/customers/{customer}"
    page = page_text(ana.get_page(f"/customers/{customer}"))
    assert "Own agent Ana Lane" in page
    assert "Language Persian" in page
    assert page.index("+1 202 555 0135") < page.index("+1 202 555 0134")


def test_the_list_shows_each_customers_last_contact(ana: PageClient, shop: Shop) -> None:
    shop.customer("Tom", TOM)
    mina = shop.customer("Mina", MINA, tier="gold", language="en")
    shop.derive(shop.call(MINA, -30, wait_seconds=110, queued_at=at(-30)), "missed")
    page = page_text(ana.get_page("/customers"))
    assert "Tom +1 202 555 0135 Not in touch yet" in page
    assert "Mina Gold English +1 202 555 0134 Gave up in the queue after 1:50 11:30 1 promise" in page
    assert f'href="/customers/{mina}"' in ana.get_page("/customers")


def test_pages_of_customers_link_to_the_next_and_the_previous(ana: PageClient, shop: Shop) -> None:
    for number in range(45):
        customer = shop.customer(f"Customer {number:02}", f"+1202555{number:04}")
        shop.answered(None, -number, customer_id=customer)
    first = ana.get_page("/customers")
    assert re.findall(r"Customer \d\d", first)[0] == "Customer 00"
    assert "Newer" not in first
    older = re.search(r'href="(/customers\?after=[^"]+)"', first)
    assert older
    second = ana.get_page(older[1])
    assert re.findall(r"Customer \d\d", second) == [f"Customer {number}" for number in range(40, 45)]
    assert "Older" not in second
    newer = re.search(r'href="(/customers\?before=[^"]+)"', second)
    assert newer
    assert re.findall(r"Customer \d\d", ana.get_page(newer[1])) == [
        f"Customer {number:02}" for number in range(40)
    ]


def test_customers_are_searched_by_post(ana: PageClient, shop: Shop) -> None:
    shop.customer("Mina Halloran", MINA)
    shop.customer("Tom Halloran", TOM)
    response = ana.search("/customers/find", {"q": "555-0134"})
    assert response.status_code == 200
    assert "Mina Halloran" in response.text
    assert "Tom Halloran" not in response.text
    assert 'method="post" action="/customers/find"' in ana.get_page("/customers")
    assert "No customer has this name or number" in page_text(
        ana.search("/customers/find", {"q": "xyz"}).text
    )


def test_each_outcome_of_a_call_has_its_title(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    columns: dict[str, Any] = {"queue": "orders", "wait_seconds": 41, "talk_seconds": 317, "agent_id": ana.id}
    shop.answered(MINA, -60, **columns)
    shop.call(MINA, -120, queued_at=at(-120), wait_seconds=110, queue="orders")
    shop.call(MINA, -180, outcome="voicemail", wait_seconds=80)
    shop.call(MINA, -240, outcome="callback")
    shop.call(MINA, -300, direction="outbound", outcome="busy", agent_id=ana.id)
    shop.call(MINA, -360)
    page = ana.get_page(f"/customers/{customer}")
    assert titles(page) == [
        "Called about Orders, Ana Lane answered",
        "Gave up in the queue after 1:50",
        "Left a voicemail",
        "Asked to be rung back",
        "Ana Lane rang, the line was busy",
        "Hung up before anybody answered",
    ]
    assert "waited 0:41 talked 5:17" in page_text(page)


def test_a_live_call_is_shown_as_live(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    columns: dict[str, Any] = {
        "state": "in_progress",
        "outcome": None,
        "ended_at": None,
        "answered_at": at(-3),
    }
    shop.call(MINA, -4, agent_id=ana.id, **columns)
    page = ana.get_page(f"/customers/{customer}")
    assert titles(page) == ["In call with Ana Lane"]
    assert "3:00 so far" in page_text(page)


def test_a_calls_notes_recording_and_promise_are_shown_with_the_call(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    missed = shop.call(MINA, -60, queued_at=at(-60), wait_seconds=60)
    shop.derive(missed, "missed")
    call_back = shop.answered(
        MINA, -47.5, direction="outbound", agent_id=ana.id, disposition="question_answered"
    )
    shop.derive(call_back, None)
    shop.note(call_back, "asked for Friday", -46)
    shop.recording(call_back, -47)
    page = ana.get_page(f"/customers/{customer}")
    assert titles(page) == ["Kept: Ana Lane rang back 12 minutes later", "Gave up in the queue after 1:00"]
    assert "rung back 12 minutes later" in page_text(page)
    assert "asked for Friday" in page
    assert "The recording is still at the carrier." in page_text(page)


def test_a_deleted_recording_and_an_empty_one_say_why(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    call = shop.answered(MINA, -10, agent_id=ana.id)
    for status, error in (("deleted", None), ("failed", NOTHING_RECORDED)):
        recording = shop.recording(call)
        do(ana.app, partial(_set_status, recording_id=recording, status=status, error=error))
    page = page_text(ana.get_page(f"/customers/{customer}"))
    assert "The recording was deleted." in page
    assert "The carrier recorded nothing." in page


def _set_status(session: Session, recording_id: str, status: str, error: str | None) -> None:
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
    page = page_text(ana.get_page(f"/customers/{customer}"))
    assert "All 4 Calls 2 Notes 2 Recordings 1 Voicemails 1 Messages 1 Promises 1" in page
    lines = {
        kind: titles(ana.get_page(f"/customers/{customer}?show={kind}")) for kind in ("notes", "voicemails")
    }
    assert lines == {"notes": ["Ana Lane wrote", "Mia wrote"], "voicemails": ["Left a voicemail"]}
    assert titles(ana.get_page(f"/customers/{customer}?show=messages")) == ["Sent a text message"]
    assert len(titles(ana.get_page(f"/customers/{customer}?show=nonsense"))) == 4


def test_older_entries_and_their_day_are_shown_once(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(70):
        shop.call(MINA, -number, agent_id=None, queued_at=at(0), wait_seconds=number + 1)
    page, lines = ana.get_page(f"/customers/{customer}"), []
    lines += titles(page)
    while older := re.search(r'data-hx-get="(/customers/[^"]+/history[^"]+)"', page):
        page = ana.get_part(older[1].replace("&amp;", "&"))
        lines += titles(page)
        assert '<h3 class="day"' not in page
    assert len(lines) == len(set(lines)) == 70


def test_a_refresh_shows_the_new_entry_and_all_shown_before(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(40):
        shop.call(MINA, -number // 2, queued_at=at(0), wait_seconds=number + 1)
    page = ana.get_page(f"/customers/{customer}")
    newest = re.search(r'id="newest" data-from="([^"]+)"', page)
    assert newest
    shop.call(MINA, 1, outcome="callback")
    refreshed = ana.get_part(newest[1].replace("&amp;", "&"))
    assert titles(refreshed) == ["Asked to be rung back", *titles(page)]
    assert "Older" not in refreshed


def test_each_day_of_the_history_has_its_heading(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for minute in (-5, -60 * 24, -60 * 72):
        shop.answered(MINA, minute)
    days = re.findall(r'<h3 class="day"[^>]*>(.*?)</h3>', ana.get_page(f"/customers/{customer}"))
    assert days == [
        "Today, Monday 5 January 2026",
        "Yesterday, Sunday 4 January 2026",
        "Friday 2 January 2026",
    ]


def test_a_shared_number_names_its_other_customers(ana: PageClient, shop: Shop) -> None:
    mina, tom = shop.customer("Mina", MINA, TOM), shop.customer("Tom Halloran", MINA)
    page = ana.get_page(f"/customers/{mina}")
    assert "also Tom Halloran" in page_text(page)
    assert f'href="/customers/{tom}"' in page
    assert page_text(page).count("also") == 1


def test_open_promises_and_pinned_notes_are_beside_the_history(
    ana: PageClient, shop: Shop, clock: SetClock
) -> None:
    customer = shop.customer("Mina", MINA)
    shop.derive(shop.call(MINA, -60), "missed")
    ana.post(f"/customers/{customer}/notes", {"body": "deaf on the left"})
    note = do(ana.app, lambda session: session.exec(select(Note.id)).one())
    ana.post(f"/notes/{note}/pin")
    page = page_text(ana.get_page(f"/customers/{customer}"))
    assert "Open promises Ring back: the call was missed Late since 11:31 Nobody’s yet" in page
    assert "Pinned deaf on the left Ana Lane" in page


def test_the_agent_of_most_calls_is_named(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    for number in range(3):
        assert "Usually speaks with" not in ana.get_page(f"/customers/{customer}")
        shop.answered(MINA, -number, agent_id=ana.id)
    assert "Usually speaks with Ana Lane" in page_text(ana.get_page(f"/customers/{customer}"))


def test_only_an_agent_with_a_phone_can_call_a_customer(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    assert 'action="/ring"' in ana.get_page(f"/customers/{customer}")
    ben = sign_in(app, "Ben Hart")
    page = ben.get_page(f"/customers/{customer}")
    assert 'action="/ring"' not in page
    assert "Nothing of yours can be rung" in page
    sara = sign_in(app, "Sara Moss", "supervisor")
    assert "Only who takes calls can ring somebody from here." in sara.get_page(f"/customers/{customer}")
    assert sara.post("/ring", {"to": MINA}).status_code == 404


def test_a_call_that_cannot_be_placed_is_refused(ana: PageClient) -> None:
    assert ana.post("/ring", {"to": "abc"}).status_code == 422
    assert ana.post("/ring", {"to": MINA}).status_code == 503  # nobody listens at the tests' carrier


def test_an_unknown_customer_is_404(ana: PageClient) -> None:
    for path in ("/customers/cus_x", "/customers/cus_x/history", "/customers/cus_x/edit"):
        assert ana.get(path).status_code == 404


def test_names_notes_and_messages_are_escaped(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("<b>Mina</b>", MINA)
    shop.note(shop.answered(MINA, -1), "<script>alert(1)</script>")
    shop.message(MINA, -2, customer_id=customer, body="<img src=x>")
    page = ana.get_page(f"/customers/{customer}")
    for tag in ("<b>Mina", "<script>alert", "<img"):
        assert tag not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_persian_reader_has_persian_digits_and_days(app: RunningApp, shop: Shop) -> None:
    nika = sign_in(app, "Nika", language="fa")
    customer = shop.customer("Mina", MINA)
    shop.answered(MINA, -5)
    page = nika.get_page(f"/customers/{customer}")
    assert '<html lang="fa" dir="rtl"' in page
    assert "دوشنبه ۱۵ دی ۱۴۰۴" in page
    assert "۱۱:۵۵" in page
    assert re.search(f'data-e164="[+]{MINA[1:]}">[^<]*۲۰۲[^<]*۵۵۵ ۰۱۳۴<', page)
