"""The customer that a row of a file belongs to: found by id, number, or name and number; else a new one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlmodel import Session, select

from callcrm.base.ids import new_id
from callcrm.base.phones import spelt_numbers
from callcrm.base.text import fold_text
from callcrm.base.words import name_search_text
from callcrm.business.decided import tiers_in_force
from callcrm.crm.import_kind import Seen, Setting, WrongCell
from callcrm.crm.imports.cells import text_of
from callcrm.customers import customers, linking
from callcrm.models import Customer, CustomerPhone
from callcrm.models.conventions import table_of
from callcrm.models.crm.file_import import ImportedRow
from callcrm.store.batches.among import among
from callcrm.store.bulk import BulkLoad

CUSTOMER, PHONE, IMPORTED = table_of(Customer), table_of(CustomerPhone), table_of(ImportedRow)
KIND = "customer"


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """What a row says of its customer."""

    id: str
    name: str
    phones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be created."""

    id: str
    name: str
    phones: tuple[str, ...]
    language: str | None = None


@dataclass(slots=True)
class People:
    """The customers of some rows: by number, who has it, with their folded names; and the ids there are."""

    by_phone: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    ids: set[str] = field(default_factory=set)

    @property
    def all_ids(self) -> set[str]:
        """The ids of all of them."""
        return {key for holders in self.by_phone.values() for key in holders} | self.ids


def read(cells: Any, setting: Setting) -> CustomerRef:
    """What the cells of a row say of its customer; WrongCell for a phone that is none."""
    name = text_of(cells.get("name", ""), "name", customers.LONGEST_NAME)
    numbers = _numbers(cells.get("phones", "") or cells.get("phone", ""), setting.region)
    if numbers is None:
        raise WrongCell("phones" if "phones" in cells else "phone", "No number that can be rung.")
    if not setting.own.isdisjoint(numbers):
        numbers = tuple(number for number in numbers if number not in setting.own)
    return CustomerRef(cells.get("customer", cells.get("id", "")).strip(), name, numbers)


@lru_cache(maxsize=4096)  # rows of one customer follow one another
def _numbers(cell: str, region: str) -> tuple[str, ...] | None:
    """The numbers in a cell; None where one of them is none that can be rung."""
    numbers: dict[str, str] = {}
    for text in cell.split(";"):
        if text.strip():
            spelt = spelt_numbers(text, region)
            if not spelt:
                return None
            numbers |= spelt
    return tuple(numbers)


_HOLDERS = (
    select(PHONE.c.e164, CUSTOMER.c.id, CUSTOMER.c.name)
    .join_from(PHONE, CUSTOMER, CUSTOMER.c.id == PHONE.c.customer_id)
    .where(among(PHONE.c.e164))
)
_STORED = select(CUSTOMER.c.id).where(among(CUSTOMER.c.id))


def find(session: Session, rows: Sequence[CustomerRef], seen: Seen) -> People:
    """The customers whom these rows may be of, with those whom a dry run would have created."""
    people, phones = People(), {phone for row in rows for phone in row.phones}
    for phone in phones & seen.of("customers").keys():
        people.by_phone[phone] |= seen.of("customers")[phone]
    if phones:
        for e164, customer_id, name in session.connection().execute(_HOLDERS, {"keys": phones}).all():
            people.by_phone[e164][customer_id] = fold_text(name)
    ids = {row.id for row in rows if row.id}
    if ids:
        people.ids = set(session.connection().execute(_STORED, {"keys": ids}).scalars())
    return people


def customer_of(row: CustomerRef, people: People, new: dict[str, NewCustomer], setting: Setting) -> str:
    """The id of the customer whose the row is: there already, or among the `new`, which grow by theirs if
    nobody has its number. WrongCell where it can't be told.
    """
    if row.id:
        if row.id not in people.ids:
            raise WrongCell("customer", "There is no customer with this id.")
        return row.id
    if not row.phones:
        raise WrongCell("phone", "Neither a number nor an id says whose this is.")
    for phone in row.phones:
        holders = people.by_phone.get(phone, {})
        if len(holders) == 1:
            return next(iter(holders))
        if holders:
            return _by_name(row.name, holders)
    created = NewCustomer(new_id("cus", setting.now), row.name or row.phones[0], row.phones)
    new[created.id] = created
    for phone in row.phones:
        people.by_phone[phone][created.id] = fold_text(created.name)
    return created.id


def _by_name(name: str, holders: dict[str, str]) -> str:
    folded = fold_text(name)
    named = [customer_id for customer_id, other in holders.items() if folded and other == folded]
    if len(named) != 1:
        raise WrongCell("phone", "Several customers have this number, and none or more of them this name.")
    return named[0]


def create(session: Session, new: Sequence[NewCustomer], setting: Setting) -> None:
    """Creates these customers, with the earlier calls from their numbers, as brought by this import."""
    if not new:
        return
    load = BulkLoad(session.connection())
    tier = tiers_in_force(session).code_of_everybody
    load.insert_values(CUSTOMER.name, [_customer(row, tier, setting) for row in new])
    phones = [
        {"customer_id": row.id, "e164": phone, "raw": phone, "position": place}
        for row in new
        for place, phone in enumerate(row.phones)
    ]
    load.insert_values(PHONE.name, phones)
    load.insert_values(IMPORTED.name, [imported(row.id, setting) for row in new])
    numbers = {phone for row in new for phone in row.phones}
    traced = linking.with_traces(session, numbers) if numbers else set()
    for row in new:
        if traced.intersection(row.phones):
            linking.link(session, row.id, setting.own, setting.now)


def _customer(row: NewCustomer, tier: str | None, setting: Setting) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "search_text": name_search_text(row.name, customers.LONGEST_SEARCH),
        "language": row.language,
        "tier": tier,
        "created_at": setting.now,
        "updated_at": setting.now,
    }


def imported(customer_id: str, setting: Setting, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """What an import keeps of a customer whom it created, or changed."""
    return {
        "import_id": setting.import_id,
        "subject_id": customer_id,
        "kind": KIND,
        "at": setting.now,
        "before": before,
    }


def remember(seen: Seen, new: Iterable[NewCustomer]) -> None:
    """Remembers whom a dry run would have created."""
    if seen.dry_run:
        holders = seen.of("customers")
        for row in new:
            for phone in row.phones:
                holders.setdefault(phone, {})[row.id] = fold_text(row.name)
