"""Settings of the business: read and written whole, one writer after the other."""

from concurrent.futures import ThreadPoolExecutor

from sqlmodel import Session

from callcrm.business import modules, settings
from tests.shop import NOON, Shop


def test_a_setting_has_no_value_until_somebody_changes_it(shop: Shop) -> None:
    assert shop.do(settings.get, "tiers") == settings.Stored(None, 1)
    assert shop.do(settings.put, "tiers", [{"code": "gold"}], by="sara", now=NOON).version == 2
    assert shop.do(settings.get, "tiers") == settings.Stored([{"code": "gold"}], 2)


def test_the_same_value_again_is_no_new_version(shop: Shop) -> None:
    versions = [shop.do(settings.put, "subjects", [1], by=None, now=NOON).version for _ in range(2)]
    assert versions == [2, 2]


def test_nothing_is_lost_between_two_who_change_it_at_once(shop: Shop) -> None:
    """Each reads under the lock what it then writes."""

    def add_own(session: Session, number: int) -> None:
        before = settings.lock(session, "numbers", NOON).value or []
        settings.put(session, "numbers", [*before, number], by=None, now=NOON)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: shop.do(add_own, number), range(12)))
    assert sorted(shop.do(settings.get, "numbers").value) == list(range(12))


def test_modules_are_on_until_they_are_switched_off(shop: Shop) -> None:
    assert shop.do(modules.off) == frozenset()
    assert shop.do(modules.switch_off, ["loyalty", "answers"], by="ada", now=NOON) == {"loyalty", "answers"}
    assert shop.do(modules.switch_off, ["answers"], by="ada", now=NOON) == {"answers"}
    assert shop.do(modules.off) == {"answers"}
