"""Customers with a past fault of ours are suggested for a reward, until somebody has dealt with it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from callcrm.agents.principal import Principal
from callcrm.business import modules
from callcrm.crm.loyalty import faults
from callcrm.crm.noun import Reader
from callcrm.i18n.locale import Locale
from callcrm.models import Promise
from callcrm.models.crm.complaint import Complaint
from callcrm.models.crm.loyalty import GoodwillState
from tests.shop import NOON, Shop

DUE = NOON - timedelta(days=2)


def reader(user: str = "mia", now: datetime = NOON) -> Reader:
    """An agent who reads English."""
    locale = Locale("en", NOON.tzinfo, "US", lambda: now)  # type: ignore[arg-type]
    return Reader(Principal(user, "agent", "tok", user), locale, now)


@pytest.fixture
def ana(shop: Shop) -> str:
    """A customer."""
    return shop.customer("Ana")


def promise(shop: Shop, customer: str, name: str = "prm_1", **fields: Any) -> None:
    """A promise that was due two days ago."""
    values: dict[str, Any] = {"kind": "promised", "what": "Send the list", "due_at": DUE, **fields}
    shop.add(Promise(id=name, customer_id=customer, created_at=DUE, **values))


def fault_of(shop: Shop, customer: str, user: str = "mia") -> str | None:
    """What we did wrong, as this user reads it."""
    fault = shop.do(faults.of_customer, reader(user), customer)
    return fault.text.replace("\u2068", "").replace("\u2069", "") if fault else None


def test_a_promise_that_is_late_or_was_kept_late_is_one(shop: Shop, ana: str) -> None:
    assert fault_of(shop, ana) is None
    promise(shop, ana)
    assert fault_of(shop, ana) == "We promised it by Sat 3 Jan, 12:00, and it is not kept yet: Send the list"
    promise(shop, ana, "prm_2", state="kept", due_at=NOON - timedelta(days=1), closed_at=NOON)
    assert fault_of(shop, ana) == "We kept a promise 24 h 0 min late (Sun 4 Jan, 12:00): Send the list"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "kept", "closed_at": DUE},
        {"state": "dropped", "closed_at": NOON},
        {"kind": "missed"},
        {"due_at": NOON - timedelta(days=91)},
        {"due_at": NOON + timedelta(days=1)},
        {"part_of": "prm_0"},
        {"hidden_from": "mia"},
    ],
)
def test_others_are_none(shop: Shop, ana: str, fields: dict[str, Any]) -> None:
    promise(shop, ana, **fields)
    assert fault_of(shop, ana) is None
    assert shop.do(faults.newest, reader(), 10) == []


def complaint(shop: Shop, customer: str, **fields: Any) -> None:
    """A complaint that was closed with an apology."""
    values: dict[str, Any] = {"stage": "closed", "offer": "apology", "closed_at": DUE, **fields}
    shop.add(
        Complaint(
            id="cmp_1",
            customer_id=customer,
            about="service",
            body="Late.",
            search_text="",
            opened_at=DUE,
            due_at=DUE,
            created_at=DUE,
            **values,
        )
    )


def test_an_apology_is_one_but_not_for_whom_it_is_about(shop: Shop, ana: str) -> None:
    shop.agent("omar")
    complaint(shop, ana, staff_id="omar")
    assert fault_of(shop, ana) == "We apologised on Sat 3 Jan: Late."
    assert fault_of(shop, ana, "omar") is None
    shop.do(modules.switch_off, ["complaints"], by=None, now=NOON)
    assert fault_of(shop, ana) is None


@pytest.mark.parametrize(
    "fields", [{"stage": "offered", "closed_at": None}, {"offer": "refund"}, {"offer": None}]
)
def test_other_complaints_are_none(shop: Shop, ana: str, fields: dict[str, Any]) -> None:
    complaint(shop, ana, **fields)
    assert fault_of(shop, ana) is None


@pytest.mark.parametrize("state", GoodwillState)
def test_what_was_dealt_with_is_over_and_a_new_fault_is_new(
    shop: Shop, ana: str, state: GoodwillState
) -> None:
    promise(shop, ana)
    complaint(shop, ana)
    shop.do(faults.deal_with, ana, state, "a mug", by="mia", now=NOON)
    assert fault_of(shop, ana) is None
    assert shop.do(faults.newest, reader(), 10) == []
    promise(shop, ana, "prm_2", due_at=NOON + timedelta(hours=1))
    later = reader(now=NOON + timedelta(days=1))
    assert shop.do(faults.of_customer, later, ana) is not None


def test_each_customer_is_listed_once_the_latest_fault_first(shop: Shop, ana: str) -> None:
    ben = shop.customer("Ben")
    promise(shop, ana)
    promise(shop, ana, "prm_2", due_at=DUE - timedelta(days=1))
    promise(shop, ben, "prm_3", due_at=DUE + timedelta(hours=1))
    assert [fault.customer_id for fault in shop.do(faults.newest, reader(), 10)] == [ben, ana]
    assert len(shop.do(faults.newest, reader(), 1)) == 1
