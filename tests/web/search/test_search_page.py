"""The search of customers, numbers, calls and notes from the bar at the top."""

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
    """Writes customers and calls straight into the store."""
    return Shop(app.services.store)


def groups(html: str) -> dict[str, str]:
    """The text of each group of results, by its heading."""
    sections = re.findall(r'<section class="card" aria-labelledby="h-\w+">(.*?)</section>', html, re.DOTALL)
    return {
        page_text(re.findall(r"<h2[^>]*>(.*?)</h2>", section)[0]): page_text(section) for section in sections
    }


def find(client: PageClient, q: str) -> dict[str, str]:
    """The groups of results of this search."""
    response = client.search("/find", {"q": q})
    assert response.status_code == 200
    return groups(response.text)


def test_a_name_finds_the_customer_and_their_calls(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina Halloran", MINA)
    shop.customer("Tom Hart", TOM)
    shop.answered(MINA, -5, customer_id=mina, agent_id=ana.id)
    results = find(ana, "mina hal")
    assert set(results) == {"Customers", "Calls"}
    assert "Mina Halloran +1 202 555 0134 Called, Ana Lane answered" in results["Customers"].replace(
        "  ", " "
    )
    assert "Mina Halloran Called, Ana Lane answered 11:55" in results["Calls"]
    assert "Tom" not in results["Customers"]


@pytest.mark.parametrize("spelling", ["202 555 0177", "5550177", "۵۵۵۰۱۷۷", "+1 (202) 555-0177"])
def test_a_customer_can_be_made_of_an_unknown_number(ana: PageClient, shop: Shop, spelling: str) -> None:
    for minute in (-9, -5):
        shop.answered(STRANGER, minute)
    results = find(ana, spelling)
    assert "+1 202 555 0177 2 calls Make a customer 11:55" in results["Numbers without a name"]
    form = ana.post("/customers/new", {"numbers": STRANGER})
    assert "+1 202 555 0177</textarea>" in form.text


def test_a_customers_number_finds_the_customer(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina", MINA)
    shop.answered(MINA, -5, customer_id=mina)
    assert set(find(ana, "0134")) == {"Customers", "Calls"}


def test_a_note_is_found_by_all_of_its_words(ana: PageClient, shop: Shop) -> None:
    mina = shop.customer("Mina", MINA)
    call = shop.answered(MINA, -5, customer_id=mina)
    shop.note(call, "Asked about the grey duvet.", -4)
    results = find(ana, "DUVET grey")
    assert set(results) == {"Calls", "Notes"}
    assert "Mina Asked about the grey duvet. Mia 11:56" in results["Notes"]
    assert find(ana, "duvet blue") == {}


def test_arabic_letters_find_persian_ones(ana: PageClient, shop: Shop) -> None:
    shop.customer("مینا کیانی", MINA)
    assert set(find(ana, "مينا كياني")) == {"Customers"}


def test_a_search_without_results_says_so(ana: PageClient) -> None:
    response = ana.search("/find", {"q": "zebra"})
    assert "Nothing says this" in page_text(response.text)
    assert 'value="zebra"' in response.text


def test_an_empty_search_says_what_can_be_found(ana: PageClient) -> None:
    for response in (ana.get("/find"), ana.search("/find", {"q": "  "})):
        assert response.status_code == 200
        assert "What are you looking for?" in page_text(response.text)


def test_the_search_field_is_sent_by_post(ana: PageClient) -> None:
    page = ana.get_page("/customers")
    assert re.search(r'<search class="search">\s*<form action="/find" method="post">', page)
    assert 'aria-keyshortcuts="/"' in page


def test_the_search_words_are_escaped(ana: PageClient) -> None:
    page = ana.search("/find", {"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page


def test_a_search_takes_the_same_few_statements_however_much_is_found(
    app: RunningApp, ana: PageClient, shop: Shop
) -> None:
    ana.search("/find", {"q": "halloran"})
    for number in range(12):
        customer = shop.customer(f"Halloran {number}", f"+1202555{number:04}")
        shop.note(shop.answered(None, -number, customer_id=customer, agent_id=ana.id), "halloran again")
    find(ana, "halloran")  # takes in what is new
    with statements(app) as selects:
        find(ana, "halloran")
    assert len(selects) <= 22


@pytest.mark.parametrize(
    ("body", "q", "expected"),
    [
        ("short", "short", "short"),
        ("a " * 100 + "Needle" + " b" * 100, "needle", "needle"),
        ("x" * 300, "nothing", "x" * 90 + "…"),
    ],
)
def test_an_excerpt_contains_the_search_word(body: str, q: str, expected: str) -> None:
    text = excerpt(body, q)
    assert expected.casefold() in text.casefold()
    assert len(text) <= 182
