"""Making, changing and finding customers."""

from typing import Any

import pytest

from callcrm.base.errors import NotFound, Refused
from callcrm.customers import customers
from tests.shop import ANA, BEN, NOON, OURS, Shop, at


def names(shop: Shop, **query: Any) -> list[str]:
    return [customer.name for customer in shop.do(customers.find, region="US", **query)]


def phones(shop: Shop, customer_id: str) -> list[str]:
    return shop.do(customers.phones_of, [customer_id])[customer_id]


def test_numbers_are_kept_in_the_order_given_and_once(shop: Shop) -> None:
    ana = shop.customer("Ana", "(202) 555-0124", ANA, "+1 202 555 0124")
    assert phones(shop, ana) == [BEN, ANA]


def test_a_number_may_belong_to_several(shop: Shop) -> None:
    assert [phones(shop, shop.customer(name, ANA)) for name in ("Ana", "Ben")] == [[ANA], [ANA]]


def test_a_customer_has_a_name_that_fits(shop: Shop) -> None:
    for name in ("", "  ", "\0\x01", "x" * 201):
        with pytest.raises(Refused) as refusal:
            shop.customer(name)
        assert refusal.value.field == "name"


def test_what_cannot_be_rung_is_no_customer_s_number(shop: Shop) -> None:
    for phone in ("", "anonymous", "12345", "client:mia", "+266696687", "nobody"):
        with pytest.raises(Refused) as refusal:
            shop.customer("Ana", ANA, phone)
        assert refusal.value.field == "phones"


@pytest.mark.parametrize(
    ("field", "value"), [("language", "Klingon"), ("tier", "x" * 17), ("owner_id", "nobody")]
)
def test_a_malformed_field_is_refused_by_name(shop: Shop, field: str, value: str) -> None:
    with pytest.raises(Refused) as refusal:
        shop.customer("Ana", **{field: value})
    assert refusal.value.field == field.removesuffix("_id")


def test_a_tier_turns_no_text_behind_it(shop: Shop) -> None:
    ana = shop.customer("Ana", tier="\u202edlog\nx")
    assert shop.do(customers.get, ana).tier == "\u202edlog x\u202c"


def test_the_longest_ligatures_fit_the_search_column(shop: Shop) -> None:
    for letters in ("ﷺ" * 200, "ﷺ" + "ａ" * 199, "㌖" * 200):
        ana = shop.customer(letters)
        assert 0 < len(shop.do(customers.get, ana).search_text) <= customers.LONGEST_SEARCH


def test_what_is_left_out_of_a_change_stays(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA, language="fa", tier="gold")
    changed = shop.change(ana, name="Ana Ortiz")
    assert (changed.name, changed.language, changed.tier, phones(shop, ana)) == (
        "Ana Ortiz",
        "fa",
        "gold",
        [ANA],
    )


def test_new_numbers_take_the_place_of_the_old(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA)
    shop.change(ana, phones=[BEN])
    assert phones(shop, ana) == [BEN]


def test_a_new_name_is_found_and_the_old_no_longer(shop: Shop) -> None:
    shop.change(shop.customer("Ana"), name="Zoë")
    assert (names(shop, q="zoe"), names(shop, q="ana")) == (["Zoë"], [])


@pytest.mark.parametrize("verb", ["get", "update"])
def test_who_does_not_exist_is_not_names(shop: Shop, verb: str) -> None:
    with pytest.raises(NotFound):
        shop.change("nobody", name="Ana") if verb == "update" else shop.do(customers.get, "nobody")


def test_a_customer_is_found_by_their_number_however_it_is_spelt(shop: Shop) -> None:
    shop.customer("Ana", BEN, ANA)
    shop.customer("Ben", BEN)
    spellings = ["+12025550123", "(202) 555-0123", "202/555/0123 x12", "٢٠٢٥٥٥٠١٢٣"]
    assert [names(shop, phone=spelling) for spelling in spellings] == [["Ana"]] * len(spellings)


def test_what_is_no_number_finds_nobody(shop: Shop) -> None:
    shop.customer("Ana", ANA)
    spellings = ["", "anonymous", "nonsense", "555"]
    assert [names(shop, phone=spelling) for spelling in spellings] == [[]] * len(spellings)


def test_words_and_digits_find_a_customer(shop: Shop) -> None:
    shop.customer("علي رضايي (Ali)", ANA)
    shop.customer("Somebody else", OURS)
    queries = ["علی", "علي", "رضایی علی", "ALI", "0123", "202 555 0123", "2025550123", "۰۱۲۳", "0202 5550123"]
    assert [names(shop, q=query) for query in queries] == [["علي رضايي (Ali)"]] * len(queries)


def test_nothing_but_what_was_asked_for_is_names(shop: Shop) -> None:
    shop.customer("Ana", ANA)
    shop.customer("Ben", BEN)
    queries = ["%", "_", "Ana Ben", "9999", "\\"]
    assert [names(shop, q=query) for query in queries] == [[]] * len(queries)


def test_asking_for_no_word_asks_for_nothing(shop: Shop) -> None:
    shop.customer("Ana")
    queries = ["", " ", "\u0640"]
    assert [names(shop, q=query) for query in queries] == [["Ana"]] * len(queries)


def test_pages_go_on_where_the_last_one_ended(shop: Shop) -> None:
    names = [shop.customer(f"Person {number}") and f"Person {number}" for number in range(5)]
    seen: list[str] = []
    after = None
    while page := shop.do(customers.find, region="US", after=after, limit=2):
        seen += [customer.name for customer in page]
        after = (page[-1].created_at, page[-1].id)
    assert sorted(seen) == names


def test_the_newest_comes_first(shop: Shop) -> None:
    for minute in (0, 2, 1):
        shop.do(customers.create, {"name": f"Person {minute}"}, region="US", own=(), now=at(minute))
    assert names(shop) == ["Person 2", "Person 1", "Person 0"]


def test_a_customer_carries_when_they_were_made_and_changed(shop: Shop) -> None:
    changed = shop.change(shop.customer("Ana"), tier="gold")
    assert (changed.created_at, changed.updated_at) == (NOON, at(1))
