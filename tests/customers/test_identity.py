"""Whose number it is (I12, I13)."""

from collections.abc import Callable
from typing import Any

import pytest

from callcrm.base.phones import to_e164
from callcrm.customers import identity
from tests.shop import ANA, BEN, OURS, Shop


def test_a_number_of_one_customer_is_certain(shop: Shop) -> None:
    ana = shop.customer("Ana", ANA)
    assert shop.do(identity.resolve, ANA, {OURS}) == ana


def test_a_number_of_nobody_is_nobody(shop: Shop) -> None:
    shop.customer("Ana", ANA)
    assert shop.do(identity.resolve, BEN, {OURS}) is None


@pytest.mark.parametrize("several", [2, 3, 20])
def test_a_shared_number_is_certain_for_none(shop: Shop, several: int) -> None:
    for number in range(several):
        shop.customer(f"Person {number}", ANA)
    assert shop.do(identity.resolve, ANA, ()) is None


@pytest.mark.parametrize("several", [2, 3, 20])
def test_a_shared_number_has_all_who_share_it_as_candidates(shop: Shop, several: int) -> None:
    ids = {shop.customer(f"Person {number}", ANA) for number in range(several)}
    assert {customer.id for customer in shop.do(identity.candidates, ANA)} == ids


def test_our_own_number_never_matches(shop: Shop) -> None:
    shop.customer("Whoever saved our number", OURS)
    assert shop.do(identity.resolve, OURS, {OURS}) is None


@pytest.mark.parametrize(
    "raw", [None, "", "anonymous", "+266696687", "client:mia", "sip:x@example.com", "911"]
)
def test_a_caller_without_a_number_is_nobody(shop: Shop, raw: str | None) -> None:
    shop.customer("Ana", ANA)
    assert shop.do(identity.resolve, to_e164(raw, "US"), ()) is None


def test_who_was_chosen_for_a_call_from_the_number_is_likeliest(shop: Shop) -> None:
    first, second, third = (shop.customer(name, ANA) for name in ("Ana", "Ben", "Cleo"))
    shop.assign(shop.call(minute=1), second)
    shop.assign(shop.call(minute=2), third)
    assert [customer.id for customer in shop.do(identity.candidates, ANA)] == [third, second, first]


def test_a_match_by_number_alone_is_no_evidence(shop: Shop) -> None:
    first = shop.customer("Ana", ANA)
    second = shop.customer("Ben", ANA)
    shop.call(customer_id=second, identified_by=identity.BY_NUMBER)
    assert [customer.id for customer in shop.do(identity.candidates, ANA)] == [first, second]


def test_whose_main_number_it_is_comes_before_whose_second_it_is(shop: Shop) -> None:
    second = shop.customer("Ana", BEN, ANA)
    first = shop.customer("Ben", ANA)
    assert [customer.id for customer in shop.do(identity.candidates, ANA)] == [first, second]


def test_many_numbers_have_their_candidates_in_one_statement(
    shop: Shop, statements: Callable[[], Any]
) -> None:
    ana, ben = shop.customer("Ana", ANA), shop.customer("Ben", BEN)
    with statements() as seen:
        by_number = shop.do(identity.candidates_of, [ANA, BEN, OURS])
    ids = {number: [customer.id for customer in sharers] for number, sharers in by_number.items()}
    assert ids == {ANA: [ana], BEN: [ben]}
    assert len(seen) == 1


def test_looking_a_caller_up_is_one_statement(shop: Shop, statements: Callable[[], Any]) -> None:
    shop.customer("Ana", ANA)
    with statements() as seen:
        shop.do(identity.resolve, ANA, {OURS})
    assert len(seen) == 1
