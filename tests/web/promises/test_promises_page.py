"""What we owe, worked off on its page."""

import re
from typing import Any

import pytest

from callcrm.models import Promise
from tests.clocks import SetClock
from tests.running_app import RunningApp
from tests.shop import Shop, at
from tests.web.support.page_client import PageClient, page_text, sign_in, statements

MINA = "+12025550134"
HX: dict[str, Any] = {"HX-Request": "true"}


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana Lane, who takes calls on an ordinary phone."""
    return sign_in(app, "Ana Lane", number="+12025550111")


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """What happened before, straight into the store."""
    return Shop(app.services.store)


def owe(shop: Shop, name: str, minutes: float, owner: str | None = None, **more: object) -> str:
    """A promise due so many minutes after noon; its id."""
    known: dict[str, Any] = {"kind": "promised", "what": name, "owner_id": owner, "due_at": at(minutes)}
    return shop.add(Promise(id=f"prm_{name}", **{**known, "created_at": at(-90), **more})).id


def rows(html: str) -> list[str]:
    """The promises on a page, from the top."""
    return [page_text(match) for match in re.findall(r'<p class="promise-text"[^>]*>(.*?)</p>', html)]


def state(shop: Shop, promise_id: str) -> str:
    """How a promise stands."""
    return shop.get(Promise, promise_id).state


def test_late_ones_come_first_and_say_since_when(ana: PageClient, shop: Shop) -> None:
    for name, minutes in (("tomorrow", 1440), ("late", -20), ("soon", 25)):
        owe(shop, name, minutes, ana.id)
    page = ana.see("/promises")
    assert rows(page) == ["late", "soon", "tomorrow"]
    for said in ("Late since 11:40", "Due 12:25", "Due Tue 6 Jan, 12:00"):
        assert said in page_text(page)


def test_mine_nobody_s_and_all_are_apart_with_their_numbers(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    ben = sign_in(app, "Ben Hart")
    owe(shop, "mine", 1, ana.id)
    owe(shop, "ben's", 2, ben.id)
    owe(shop, "nobody's", 3)
    page = ana.see("/promises")
    assert "Mine 1 Nobody’s 1 All 3" in page_text(page)
    assert rows(page) == ["mine"]
    assert rows(ana.see("/promises?whose=nobody")) == ["nobody&#39;s"]
    assert rows(ana.see("/promises?whose=all")) == ["mine", "ben&#39;s", "nobody&#39;s"]
    supervisor = sign_in(app, "Sara", "supervisor")
    assert len(rows(supervisor.see("/promises"))) == 3


def test_one_that_is_kept_says_so_in_its_place_and_can_be_undone(ana: PageClient, shop: Shop) -> None:
    promise = owe(shop, "late", -20, ana.id)
    done = ana.post(f"/promises/{promise}/kept", **HX)
    assert "Kept 12:00" in page_text(done.text)
    assert 'data-hx-target="#toasts"' in done.text
    assert f'data-hx-post="/promises/{promise}/open"' in done.text
    assert state(shop, promise) == "kept"
    assert rows(ana.see("/promises")) == []
    assert rows(ana.see("/promises?state=kept")) == ["late"]
    back = ana.post(f"/promises/{promise}/open", **HX)
    assert "Late since 11:40" in page_text(back.text)
    assert state(shop, promise) == "open"


def test_one_that_is_dropped_is_found_among_the_dropped(ana: PageClient, shop: Shop) -> None:
    promise = owe(shop, "coat", 20, ana.id)
    gone = ana.post(f"/promises/{promise}/drop")
    assert (gone.status_code, gone.headers["location"]) == (303, "/promises?whose=all&state=dropped")
    assert rows(ana.see("/promises?state=dropped")) == ["coat"]
    assert shop.get(Promise, promise).closed_by == ana.id


def test_another_owner_and_another_hour_are_put_down(app: RunningApp, ana: PageClient, shop: Shop) -> None:
    ben = sign_in(app, "Ben Hart")
    promise = owe(shop, "coat", 20, ana.id)
    form = ana.part(f"/promises/{promise}/edit")
    assert f'value="{ana.id}" selected' in form
    given = {"owner": ben.id, "due": "day", "day": "2026-01-07", "at": "۰۹:۳۰"}
    row = ana.post(f"/promises/{promise}/arrange", given, **HX)
    assert "Due Wed 7 Jan, 09:30" in page_text(row.text)
    assert "Ben Hart" in row.text
    kept = shop.get(Promise, promise)
    assert (kept.owner_id, kept.arranged_by) == (ben.id, ana.id)


def test_an_owner_can_be_taken_away_and_the_hour_left(ana: PageClient, shop: Shop) -> None:
    promise = owe(shop, "coat", 20, ana.id)
    ana.post(f"/promises/{promise}/arrange", {"owner": "", "due": ""})
    kept = shop.get(Promise, promise)
    assert (kept.owner_id, kept.due_at) == (None, at(20))


def test_an_hour_that_has_passed_is_refused_in_place(ana: PageClient, shop: Shop) -> None:
    promise = owe(shop, "coat", 20, ana.id)
    given = {"owner": ana.id, "due": "day", "day": "2026-01-04", "at": "09:30"}
    answer = ana.post(f"/promises/{promise}/arrange", given, **HX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert shop.get(Promise, promise).due_at == at(20)


def test_what_arose_by_itself_says_how_and_leads_to_its_call(ana: PageClient, shop: Shop) -> None:
    customer = shop.customer("Mina", MINA)
    call = shop.call(MINA, -60, outcome="voicemail", customer_id=customer)
    shop.derive(call, "voicemail", MINA)
    page = ana.see("/promises?whose=nobody")
    assert rows(page) == ["Listen and ring back: a voicemail was left"]
    assert f'href="/calls/{call}"' in page
    assert f'href="/customers/{customer}"' in page
    assert f'name="to" value="{MINA}"' in page


def test_who_can_t_be_rung_is_told_why_there_is_no_ringing_back(app: RunningApp, shop: Shop) -> None:
    ben = sign_in(app, "Ben Hart")
    owe(shop, "coat", 20, ben.id, phone=MINA)
    page = ben.see("/promises")
    assert "Ring back" not in page_text(page)
    assert "Nothing of yours can be rung" in page


def test_the_bar_counts_what_is_late_of_one_s_own_and_nobody_s(
    app: RunningApp, ana: PageClient, shop: Shop, clock: SetClock
) -> None:
    ben = sign_in(app, "Ben Hart")
    for name, minutes, owner in (("a", -5, ana.id), ("b", -5, None), ("c", -5, ben.id), ("d", 5, ana.id)):
        owe(shop, name, minutes, owner)
    assert page_text(ana.part("/promises/late")) == "2 late"
    clock.advance(600)
    assert page_text(ana.part("/promises/late")) == "3 late"
    assert page_text(sign_in(app, "Sara", "supervisor").part("/promises/late")) == "4 late"
    assert 'data-hx-get="/promises/late"' in ana.see("/promises")
    for promise in ("prm_a", "prm_b", "prm_d"):
        done = ana.post(f"/promises/{promise}/kept", **HX).text
    nothing = '<hx-partial data-hx-target="#late" data-hx-swap="innerHTML"></hx-partial>'
    assert nothing in done.replace("\n", "")
    assert page_text(ana.part("/promises/late")) == ""


def test_pages_of_promises_lead_on_and_back(ana: PageClient, shop: Shop) -> None:
    for one in range(45):
        owe(shop, f"p{one:02}", one, ana.id)
    first = ana.see("/promises")
    later = re.search(r'href="([^"]+)" rel="next"', first)
    assert later
    second = ana.see(later[1].replace("&amp;", "&"))
    assert rows(second) == [f"p{number}" for number in range(40, 45)]
    sooner = re.search(r'href="([^"]+)" rel="prev"', second)
    assert sooner
    assert (
        rows(ana.see(sooner[1].replace("&amp;", "&")))
        == rows(first)
        == [f"p{number:02}" for number in range(40)]
    )


def test_there_is_nothing_to_keep_of_a_promise_that_is_none(ana: PageClient) -> None:
    for path in ("kept", "drop", "open", "arrange"):
        assert ana.post(f"/promises/prm_x/{path}").status_code == 404


def test_nothing_owed_says_what_would_be(ana: PageClient) -> None:
    assert "Nothing is owed here" in ana.see("/promises")
    assert "None yet" in ana.see("/promises?state=kept")


def test_a_long_list_costs_no_more_statements_than_a_short_one(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    customer = shop.customer("Mina", MINA)
    owe(shop, "one", 1, ana.id, customer_id=customer)
    with statements(app) as few:
        ana.see("/promises")
    for number in range(39):
        other = shop.customer(f"C{number}", f"+1202555{number:04}")
        owe(shop, f"p{number}", number, ana.id, customer_id=other)
    with statements(app) as many:
        ana.see("/promises")
    assert len(many) == len(few) <= 8


def test_promises_in_persian(app: RunningApp, shop: Shop) -> None:
    nika = sign_in(app, "Nika", language="fa")
    owe(shop, "coat", 1440, nika.id)
    page = nika.see("/promises")
    assert "۱۶ دی" in page
