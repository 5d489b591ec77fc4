"""Finding customers, numbers, calls and notes from the bar at the top."""

import re

import pytest

from callcrm.views.search import excerpt
from tests.running_app import RunningApp
from tests.shop import Shop
from tests.web.support.page_client import PageClient, page_text, sign_in, statements

MINA, TOM, STRANGER = "+12025550134", "+12025550135", "+12025550177"


@pytest.fixture
def ana(app: RunningApp) -> PageClient:
    """Ana Lane, who takes calls."""
    return sign_in(app, "Ana Lane")


@pytest.fixture
def shop(app: RunningApp) -> Shop:
    """What happened before, straight into the store."""
    return Shop(app.services.store)


def groups(html: str) -> dict[str, str]:
    """What was found, by its heading."""
    found = re.findall(r'<section class="card" aria-labelledby="h-\w+">(.*?)</section>', html, re.DOTALL)
    return {page_text(re.findall(r"<h2[^>]*>(.*?)</h2>", row)[0]): page_text(row) for row in found}


def find(visitor: PageClient, q: str) -> dict[str, str]:
    """What is found for these words."""
    answer = visitor.post("/find", {"q": q})
    assert answer.status_code == 200
    return groups(answer.text)


def test_a_name_finds_the_customer_and_their_calls(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina Halloran", MINA)
    shop.customer("Tom Hart", TOM)
    shop.answered(MINA, -5, customer_id=mina, agent_id=ana.id)
    found = find(ana, "mina hal")
    assert set(found) == {"Customers", "Calls"}
    assert "Mina Halloran +1 202 555 0134 Called, Ana Lane answered" in found["Customers"].replace("  ", " ")
    assert "Mina Halloran Called, Ana Lane answered 11:55" in found["Calls"]
    assert "Tom" not in found["Customers"]


@pytest.mark.parametrize("spelt", ["202 555 0177", "5550177", "۵۵۵۰۱۷۷", "+1 (202) 555-0177"])
def test_a_number_nobody_has_a_name_for_can_be_given_one(ana: PageClient, shop: Shop, spelt: str) -> None:
    for minute in (-9, -5):
        shop.answered(STRANGER, minute)
    found = find(ana, spelt)
    assert "+1 202 555 0177 2 calls Make a customer 11:55" in found["Numbers without a name"]
    form = ana.post("/customers/new", {"numbers": STRANGER})
    assert "+1 202 555 0177</textarea>" in form.text


def test_a_number_with_a_name_is_the_customer_s(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina", MINA)
    shop.answered(MINA, -5, customer_id=mina)
    assert set(find(ana, "0134")) == {"Customers", "Calls"}


def test_words_of_a_note_find_it(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina", MINA)
    call = shop.answered(MINA, -5, customer_id=mina)
    shop.note(call, "Asked about the grey duvet.", -4)
    found = find(ana, "DUVET grey")
    assert set(found) == {"Calls", "Notes"}
    assert "Mina Asked about the grey duvet. Mia 11:56" in found["Notes"]
    assert find(ana, "duvet blue") == {}


def test_persian_letters_find_each_other(ana: PageClient, shop: Shop) -> None:
    shop.customer("مینا کیانی", MINA)
    assert set(find(ana, "مينا كياني")) == {"Customers"}


def test_nothing_found_says_what_was_looked_through(ana: PageClient) -> None:
    answer = ana.post("/find", {"q": "zebra"})
    assert "Nothing says this" in page_text(answer.text)
    assert 'value="zebra"' in answer.text


def test_nothing_asked_says_what_can_be(ana: PageClient) -> None:
    for answer in (ana.get("/find"), ana.post("/find", {"q": "  "})):
        assert answer.status_code == 200
        assert "What are you looking for?" in page_text(answer.text)


def test_every_page_has_the_field_and_sends_it_where_no_address_shows_it(ana: PageClient) -> None:
    page = ana.see("/customers")
    assert re.search(r'<search class="search">\s*<form action="/find" method="post">', page)
    assert 'aria-keyshortcuts="/"' in page


def test_what_was_searched_for_is_only_text(ana: PageClient) -> None:
    page = ana.post("/find", {"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_finding_costs_the_same_few_statements_however_much_is_found(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    ana.post("/find", {"q": "halloran"})
    for number in range(12):
        customer = shop.customer(f"Halloran {number}", f"+1202555{number:04}")
        shop.note(shop.answered(None, -number, customer_id=customer, agent_id=ana.id), "halloran again")
    with statements(app) as seen:
        find(ana, "halloran")
    assert len(seen) <= 13


@pytest.mark.parametrize(
    ("body", "q", "shown"),
    [
        ("short", "short", "short"),
        ("a " * 100 + "Needle" + " b" * 100, "needle", "needle"),
        ("x" * 300, "nothing", "x" * 90 + "…"),
    ],
)
def test_an_excerpt_holds_what_was_found(body: str, q: str, shown: str) -> None:
    found = excerpt(body, q)
    assert shown.casefold() in found.casefold()
    assert len(found) <= 182
