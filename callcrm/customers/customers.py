"""Customers: created, changed, found. New numbers bring earlier calls along."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlmodel import Session, col, delete, select

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.phones import spelt_numbers, wanted_numbers
from callcrm.base.text import clean, one_line
from callcrm.base.words import name_search_text
from callcrm.business.decided import tiers_in_force
from callcrm.customers import linking
from callcrm.models import Customer, CustomerPhone, User
from callcrm.models.crm.tier import TierStanding
from callcrm.models.versions import locked
from callcrm.store.search import lookup, query

LONGEST_NAME = 200
LONGEST_SEARCH = 400
LONGEST_RAW = 64
LONGEST_TIER = 16
MOST_PHONES = 50
MOST_SPELLINGS = 4 * MOST_PHONES
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class Changes(TypedDict, total=False):
    """What may be changed; a field left out stays."""

    name: str
    phones: Sequence[str]
    language: str | None
    tier: str | None  # set by hand; None: as the rules have it
    owner_id: str | None


def create(
    session: Session, fields: Changes, *, region: str, own: Collection[str], now: datetime
) -> Customer:
    """Creates a customer, and gives them earlier calls from their numbers that have no customer."""
    values = _checked(session, {"name": "", **fields})
    if not values.get("tier_by_hand"):
        values["tier"] = tiers_in_force(session).code_of_everybody
    customer = Customer(id=new_id("cus", now), created_at=now, updated_at=now, **values)
    session.add(customer)
    session.flush()
    _renumber(session, customer.id, _spelt(fields.get("phones", ()), region), own, now)
    return customer


def update(
    session: Session, customer_id: str, changes: Changes, *, region: str, own: Collection[str], now: datetime
) -> Customer:
    """Changes the customer; new numbers bring earlier calls that have no customer."""
    customer = lock(session, customer_id)
    numbers = _spelt(changes.get("phones", ()), region)
    if "phones" in changes and list(numbers) != phones_of(session, [customer_id])[customer_id]:
        customer.version = Customer.version + 1
    for name, value in _checked(session, changes).items():
        setattr(customer, name, value)
    if "tier" in changes and not customer.tier_by_hand:
        customer.tier = _tier_by_rules(session, customer_id)
    customer.updated_at = now
    session.flush()
    if "phones" in changes:
        _renumber(session, customer.id, numbers, own, now)
    return customer


def get(session: Session, customer_id: str) -> Customer:
    """The customer with this id; NotFound."""
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def lock(session: Session, customer_id: str) -> Customer:
    """The customer as they are now, locked until the commit; NotFound."""
    customer = locked(session, Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    return customer


def find(
    session: Session,
    *,
    phone: str | None = None,
    q: str | None = None,
    region: str,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Customer]:
    """At most `limit` customers, newest first, who have this number, and these words in name or numbers."""
    statement, columns = select(Customer), (Customer.created_at, Customer.id)
    if phone is not None:
        holders = select(CustomerPhone.customer_id).where(
            col(CustomerPhone.e164).in_(wanted_numbers(phone, region))
        )
        statement = statement.where(col(Customer.id).in_(holders))
    words = query.filter_of(q, region)
    return lookup.page(session, "customer", words, statement, columns, after=after, limit=limit)


def phones_of(session: Session, ids: Collection[str]) -> dict[str, list[str]]:
    """By customer: their numbers (E.164), the main one first."""
    numbers: dict[str, list[str]] = {key: [] for key in ids}
    held = select(CustomerPhone).where(col(CustomerPhone.customer_id).in_(numbers))
    ordered = held.order_by(col(CustomerPhone.position), col(CustomerPhone.e164))
    for phone in session.exec(ordered).all() if numbers else ():
        numbers[phone.customer_id].append(phone.e164)
    return numbers


def _checked(session: Session, changes: Changes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = _name(changes["name"])
        values["search_text"] = name_search_text(values["name"], LONGEST_SEARCH)
    if "language" in changes:
        values["language"] = _language(changes["language"])
    if "tier" in changes:
        values["tier"] = _tier(changes["tier"])
        values["tier_by_hand"] = values["tier"] is not None
    if "owner_id" in changes:
        values["owner_id"] = _owner(session, changes["owner_id"])
    return values


def _name(text: str) -> str:
    name = one_line(text) if len(text) <= LONGEST_NAME else ""
    if not name or len(name) > LONGEST_NAME:
        raise Refused("A name has 1 to %(most)s characters.", field="name", most=LONGEST_NAME)
    return name


def _language(code: str | None) -> str | None:
    if code is not None and not LANGUAGE.fullmatch(code):
        raise Refused("A language is a code such as en or fa.", field="language")
    return code


def _tier(text: str | None) -> str | None:
    text = text or ""
    tier = one_line(text) if len(text) <= LONGEST_TIER else text
    if len(tier) > LONGEST_TIER:
        raise Refused("A tier has at most %(most)s characters.", field="tier", most=LONGEST_TIER)
    return tier or None


def _tier_by_rules(session: Session, customer_id: str) -> str | None:
    """The tier of a customer for whom none is set by hand."""
    rules = tiers_in_force(session)
    standing = session.get(TierStanding, customer_id) if rules.items else None
    return standing.tier if standing else rules.code_of_everybody


def _owner(session: Session, user_id: str | None) -> str | None:
    if user_id is not None and session.get(User, user_id) is None:
        raise Refused("There is no such user.", field="owner")
    return user_id


def _spelt(raws: Collection[str], region: str) -> dict[str, str]:
    """By E.164: each number as it was written; spellings of the same number count once."""
    if len(raws) > MOST_SPELLINGS:
        raise Refused("A customer has at most %(most)s phones.", field="phones", most=MOST_PHONES)
    numbers: dict[str, str] = {}
    for raw in raws:
        spelt = spelt_numbers(raw, region)
        if not spelt:
            raise Refused("One of the phones is no number that can be rung.", field="phones")
        for key, text in spelt.items():
            numbers.setdefault(key, clean(text).strip()[:LONGEST_RAW])
    if len(numbers) > MOST_PHONES:
        raise Refused("A customer has at most %(most)s phones.", field="phones", most=MOST_PHONES)
    return numbers


def _renumber(
    session: Session, customer_id: str, numbers: dict[str, str], own: Collection[str], now: datetime
) -> None:
    session.exec(delete(CustomerPhone).where(col(CustomerPhone.customer_id) == customer_id))
    session.add_all(
        CustomerPhone(customer_id=customer_id, e164=e164, raw=raw, position=position)
        for position, (e164, raw) in enumerate(numbers.items())
    )
    session.flush()
    linking.link(session, customer_id, own, now)
