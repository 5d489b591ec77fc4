"""The page of promises: listing, keeping, dropping and rearranging them."""

import re
from typing import Any

import pytest

from callcrm.models import Promise
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.support.page_client import PageClient, page_text, sign_in, statements

pytestmark = pytest.mark.one_engine

MINA = "+12025550134"
HX: dict[str, Any] = {"HX-Request": "true"}


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana Lane, who takes calls on an ordinary phone."""
    return sign_in(app, "Ana Lane", number="+12025550111")


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """Writes customers, calls and promises straight into the store."""
    return Shop(app.services.store)


def add_promise(shop: Shop, name: str, minutes: float, owner: str | None = None, **more: object) -> str:
    """Adds a promise due so many minutes after noon; its id."""
    columns: dict[str, Any] = {"kind": "promised", "what": name, "owner_id": owner, "due_at": at(minutes)}
    return shop.add(Promise(id=f"prm_{name}", **{**columns, "created_at": at(-90), **more})).id


def promise_texts(html: str) -> list[str]:
    """The texts of the promises on a page, from the top."""
    return [page_text(match) for match in re.findall(r'<p class="promise-text"[^>]*>(.*?)</p>', html)]


def state_of(shop: Shop, promise_id: str) -> str:
    """The state of a promise."""
    return shop.get(Promise, promise_id).state


def test_late_promises_come_first_and_say_since_when(ana: PageClient, shop: Shop) -> None:
    for name, minutes in (("tomorrow", 1440), ("late", -20), ("soon", 25)):
        add_promise(shop, name, minutes, ana.id)
    page = ana.get_page("/promises")
    assert promise_texts(page) == ["late", "soon", "tomorrow"]
    for text in ("Late since 11:40", "Due 12:25", "Due Tue 6 Jan, 12:00"):
        assert text in page_text(page)


def test_own_unowned_and_all_promises_are_listed_apart_with_their_counts(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    ben = sign_in(app, "Ben Hart")
    add_promise(shop, "mine", 1, ana.id)
    add_promise(shop, "ben's", 2, ben.id)
    add_promise(shop, "nobody's", 3)
    page = ana.get_page("/promises")
    assert "Mine 1 Nobody’s 1 All 3" in page_text(page)
    assert promise_texts(page) == ["mine"]
    assert promise_texts(ana.get_page("/promises?whose=nobody")) == ["nobody&#39;s"]
    assert promise_texts(ana.get_page("/promises?whose=all")) == ["mine", "ben&#39;s", "nobody&#39;s"]
    supervisor = sign_in(app, "Sara", "supervisor")
    assert len(promise_texts(supervisor.get_page("/promises"))) == 3


def test_a_kept_promise_is_shown_in_place_and_can_be_reopened(ana: PageClient, shop: Shop) -> None:
    promise = add_promise(shop, "late", -20, ana.id)
    response = ana.post(f"/promises/{promise}/kept", **HX)
    assert "Kept 12:00" in page_text(response.text)
    assert 'data-hx-target="#toasts"' in response.text
    assert f'data-hx-post="/promises/{promise}/open"' in response.text
    assert state_of(shop, promise) == "kept"
    assert promise_texts(ana.get_page("/promises")) == []
    assert promise_texts(ana.get_page("/promises?state=kept")) == ["late"]
    reopened = ana.post(f"/promises/{promise}/open", **HX)
    assert "Late since 11:40" in page_text(reopened.text)
    assert state_of(shop, promise) == "open"


def test_a_dropped_promise_is_listed_among_the_dropped(ana: PageClient, shop: Shop) -> None:
    promise = add_promise(shop, "coat", 20, ana.id)
    response = ana.post(f"/promises/{promise}/drop")
    assert (response.status_code, response.headers["location"]) == (303, "/promises?whose=all&state=dropped")
    assert promise_texts(ana.get_page("/promises?state=dropped")) == ["coat"]
    assert shop.get(Promise, promise).decided_by == ana.id


def test_a_promise_gets_another_owner_and_time(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    ben = sign_in(app, "Ben Hart")
    promise = add_promise(shop, "coat", 20, ana.id)
    form = ana.get_part(f"/promises/{promise}/edit")
    assert f'value="{ana.id}" selected' in form
    fields = {"owner": ben.id, "due": "day", "day": "2026-01-07", "at": "۰۹:۳۰"}
    response = ana.post(f"/promises/{promise}/arrange", fields, **HX)
    assert "Due Wed 7 Jan, 09:30" in page_text(response.text)
    assert "Ben Hart" in response.text
    row = shop.get(Promise, promise)
    assert (row.owner_id, row.arranged_by) == (ben.id, ana.id)


def test_a_promise_can_lose_its_owner_and_keep_its_time(ana: PageClient, shop: Shop) -> None:
    promise = add_promise(shop, "coat", 20, ana.id)
    ana.post(f"/promises/{promise}/arrange", {"owner": "", "due": ""})
    row = shop.get(Promise, promise)
    assert (row.owner_id, row.due_at) == (None, at(20))


def test_a_time_in_the_past_is_refused_in_place(ana: PageClient, shop: Shop) -> None:
    promise = add_promise(shop, "coat", 20, ana.id)
    form = {"owner": ana.id, "due": "day", "day": "2026-01-04", "at": "09:30"}
    response = ana.post(f"/promises/{promise}/arrange", form, **HX)
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert shop.get(Promise, promise).due_at == at(20)


def test_a_promise_of_a_call_says_why_and_links_to_it(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    call = shop.call(MINA, -60, outcome="voicemail", customer_id=customer)
    shop.derive(call, "voicemail", MINA)
    page = ana.get_page("/promises?whose=nobody")
    assert promise_texts(page) == ["Listen and ring back: a voicemail was left"]
    assert f'href="/calls/{call}"' in page
    assert f'href="/customers/{customer}"' in page
    assert f'name="to" value="{MINA}"' in page


def test_an_agent_without_a_phone_is_told_why_there_is_no_ringing_back(app: RunningApp, shop: Shop) -> None:
    ben = sign_in(app, "Ben Hart")
    add_promise(shop, "coat", 20, ben.id, phone=MINA)
    page = ben.get_page("/promises")
    assert "Ring back" not in page_text(page)
    assert "Nothing of yours can be rung" in page


def test_the_bar_counts_ones_own_and_unowned_late_promises(
    app: RunningApp, ana: PageClient, shop: Shop, clock: SetClock
) -> None:
    ben = sign_in(app, "Ben Hart")
    for name, minutes, owner in (("a", -5, ana.id), ("b", -5, None), ("c", -5, ben.id), ("d", 5, ana.id)):
        add_promise(shop, name, minutes, owner)
    assert page_text(ana.get_part("/promises/late")) == "2 late"
    clock.advance(600)
    assert page_text(ana.get_part("/promises/late")) == "3 late"
    assert page_text(sign_in(app, "Sara", "supervisor").get_part("/promises/late")) == "4 late"
    assert 'data-hx-get="/promises/late"' in ana.get_page("/promises")
    for promise in ("prm_a", "prm_b", "prm_d"):
        html = ana.post(f"/promises/{promise}/kept", **HX).text
    empty_count = '<hx-partial data-hx-target="#late" data-hx-swap="innerHTML"></hx-partial>'
    assert empty_count in html.replace("\n", "")
    assert page_text(ana.get_part("/promises/late")) == ""


def test_pages_of_promises_link_to_the_next_and_the_previous(ana: PageClient, shop: Shop) -> None:
    for number in range(45):
        add_promise(shop, f"p{number:02}", number, ana.id)
    first = ana.get_page("/promises")
    later = re.search(r'href="([^"]+)" rel="next"', first)
    assert later
    second = ana.get_page(later[1].replace("&amp;", "&"))
    assert promise_texts(second) == [f"p{number}" for number in range(40, 45)]
    sooner = re.search(r'href="([^"]+)" rel="prev"', second)
    assert sooner
    assert (
        promise_texts(ana.get_page(sooner[1].replace("&amp;", "&")))
        == promise_texts(first)
        == [f"p{number:02}" for number in range(40)]
    )


def test_an_unknown_promise_is_404(ana: PageClient) -> None:
    for path in ("kept", "drop", "open", "arrange"):
        assert ana.post(f"/promises/prm_x/{path}").status_code == 404


def test_an_empty_list_of_promises_says_so(ana: PageClient) -> None:
    assert "Nothing is owed here" in ana.get_page("/promises")
    assert "None yet" in ana.get_page("/promises?state=kept")


def test_a_long_list_takes_no_more_statements_than_a_short_one(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    customer = shop.customer("Mina", MINA)
    add_promise(shop, "one", 1, ana.id, customer_id=customer)
    with statements(app) as before:
        ana.get_page("/promises")
    for number in range(39):
        customer_id = shop.customer(f"C{number}", f"+1202555{number:04}")
        add_promise(shop, f"p{number}", number, ana.id, customer_id=customer_id)
    with statements(app) as after:
        ana.get_page("/promises")
    assert len(after) == len(before) <= 9


def test_promises_in_persian(app: RunningApp, shop: Shop) -> None:
    nika = sign_in(app, "Nika", language="fa")
    add_promise(shop, "coat", 1440, nika.id)
    page = nika.get_page("/promises")
    assert "۱۶ دی" in page
