"""Customers by file: who is known by id, or by name and number, is brought up to date; others are created."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, exists, or_, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from callcrm.base.errors import Refused
from callcrm.base.ids import new_id
from callcrm.base.text import fold_text
from callcrm.crm.import_kind import (
    Fault,
    FileRow,
    ImportField,
    ImportKind,
    Plan,
    Seen,
    Setting,
    Undone,
    WrongCell,
)
from callcrm.crm.imports import cells, people
from callcrm.crm.imports.people import CustomerRef, NewCustomer
from callcrm.customers import customers, linked_tables
from callcrm.customers.customers import Changes
from callcrm.customers.identity import BY_NUMBER
from callcrm.models import Call, Customer, CustomerPhone
from callcrm.models.conventions import table_of
from callcrm.models.crm.file_import import ImportedRow
from callcrm.models.versions import with_version

CALL, CUSTOMER = table_of(Call), table_of(Customer)
PHONE, IMPORTED = table_of(CustomerPhone), table_of(ImportedRow)
UNDONE_AT_A_TIME = 100
ANY = "any language"
Unnumbered = dict[tuple[str, str | None], str]  # by name and language, and by name and ANY
FIELDS = (
    ImportField("id", lambda locale: locale._("Customer’s id"), "customer id;customer;کد مشتری;شناسه"),
    ImportField(
        "name",
        lambda locale: locale._("Name"),
        "customer name;client;full name;contact;company;نام;نام مشتری;مشتری;نام و نام خانوادگی",
    ),
    ImportField(
        "phones",
        lambda locale: locale._("Numbers"),
        "phone;telephone;mobile;cell;number;numbers;phone number;tel;تلفن;موبایل;شماره;"
        "شماره تلفن;شماره موبایل;تلفن همراه;همراه",
    ),
    ImportField("language", lambda locale: locale._("Language"), "lang;locale;speaks;زبان"),
)
LANGUAGES = cells.codes(
    en="english;انگلیسی",
    fa="persian;farsi;فارسی",
    ar="arabic;عربی",
    de="german;deutsch;آلمانی",
    es="spanish;español;اسپانیایی",
    fr="french;français;فرانسوی",
    tr="turkish;türkçe;ترکی",
)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row, read."""

    number: int
    customer: CustomerRef
    language: str | None


@dataclass(slots=True)
class Work:
    """The customers to create, and what to change of others, by id."""

    new: dict[str, NewCustomer] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)


def check(fields: Collection[str]) -> None:
    """Refused for a mapping without names."""
    if not {"name", "id"} & set(fields):
        raise Refused("Say which column has the customer’s name.", field="mapping")


def read(row: FileRow, setting: Setting) -> CustomerRow:
    """The row of a customer; WrongCell for a cell that can't be what it is to be."""
    customer = people.read(row.cells, setting)
    if not customer.id and not customer.name:
        raise WrongCell("name", "The name is missing.")
    language = row.cells.get("language", "").strip()
    if language and not customers.LANGUAGE.fullmatch(language):
        language = cells.one_of(language, "language", LANGUAGES)
    return CustomerRow(row.number, customer, language or None)


def plan(session: Session, rows: Sequence[CustomerRow], setting: Setting, seen: Seen) -> Plan:
    """What these rows do. A number alone makes nobody the same: households share theirs. Without a number
    the name does, of customers who were there before this import: so the same file brings nobody twice.
    """
    wanted, work = Plan(), Work()
    wanted.work = work
    matches = people.find(session, [row.customer for row in rows], seen)
    unnumbered = _unnumbered(session, rows, setting)
    present = _present(session, {*matches.all_ids, *unnumbered.values()})
    for row in rows:
        try:
            customer_id = _matching_id(row, matches, unnumbered)
        except WrongCell as fault:
            wanted.faults.append(Fault(row.number, fault.field, fault.message, fault.values))
            continue
        if customer_id is None:
            _create(row, matches, work, setting)
            wanted.created += 1
            continue
        stored = present.get(customer_id)
        changes = _changes(row, stored) if stored else {}
        if changes and stored is not None:
            stored.take(changes)
            work.changes.setdefault(customer_id, {}).update(changes)
            wanted.changed += 1
        else:
            wanted.skipped += 1
    people.remember(seen, work.new.values())
    return wanted


def _unnumbered(session: Session, rows: Sequence[CustomerRow], setting: Setting) -> Unnumbered:
    """Customers without a number, as far as rows without one have their names."""
    names = {row.customer.name for row in rows if not row.customer.phones and not row.customer.id}
    if not names:
        return {}
    phones = exists().where(PHONE.c.customer_id == CUSTOMER.c.id)
    of_this_import = exists().where(
        IMPORTED.c.import_id == setting.import_id, IMPORTED.c.subject_id == CUSTOMER.c.id
    )
    stored = select(CUSTOMER).where(CUSTOMER.c.name.in_(names), ~phones, ~of_this_import)
    by_name: Unnumbered = {}
    for customer in session.connection().execute(stored):
        by_name[customer.name, customer.language] = by_name[customer.name, ANY] = customer.id
    return by_name


def _matching_id(row: CustomerRow, matches: people.People, unnumbered: Unnumbered) -> str | None:
    if row.customer.id:
        if row.customer.id not in matches.ids:
            raise WrongCell("id", "There is no customer with this id.")
        return row.customer.id
    if not row.customer.phones:
        name = row.customer.name
        return unnumbered.get((name, row.language)) or unnumbered.get((name, ANY))
    name = fold_text(row.customer.name)
    for phone in row.customer.phones:
        for customer_id, other in matches.by_phone.get(phone, {}).items():
            if other == name:
                return customer_id
    return None


def _create(row: CustomerRow, matches: people.People, work: Work, setting: Setting) -> None:
    new = NewCustomer(new_id("cus", setting.now), row.customer.name, row.customer.phones, row.language)
    work.new[new.id] = new
    for phone in new.phones:
        matches.by_phone[phone][new.id] = fold_text(new.name)


@dataclass(slots=True)
class Stored:
    """A customer as they are, or will be after the rows before."""

    name: str
    language: str | None
    phones: list[str]

    def take(self, changes: Changes) -> None:
        """Becomes what these changes make of it."""
        self.name = changes.get("name", self.name)
        self.language = changes.get("language", self.language)
        self.phones = list(changes.get("phones", self.phones))


def _present(session: Session, ids: Collection[str]) -> dict[str, Stored]:
    if not ids:
        return {}
    stored = session.exec(select_rows(Customer).where(col(Customer.id).in_(ids))).all()
    phones = customers.phones_of(session, [row.id for row in stored])
    return {row.id: Stored(row.name, row.language, phones[row.id]) for row in stored}


def _changes(row: CustomerRow, stored: Stored) -> Changes:
    changes: Changes = {}
    if row.customer.name and row.customer.id and row.customer.name != stored.name:
        changes["name"] = row.customer.name
    if row.language and row.language != stored.language:
        changes["language"] = row.language
    more = [phone for phone in row.customer.phones if phone not in stored.phones]
    if more:
        changes["phones"] = [*stored.phones, *more]
    return changes


def write(session: Session, wanted: Plan, setting: Setting, _seen: Seen) -> None:
    """Does it: who is new in few statements, who is changed one by one."""
    work: Work = wanted.work
    people.create(session, list(work.new.values()), setting)
    for customer_id, changes in work.changes.items():
        before = _before(session, customer_id)
        customers.update(
            session, customer_id, changes, region=setting.region, own=setting.own, now=setting.now
        )
        row = session.get(ImportedRow, (setting.import_id, customer_id))
        if row is None:
            session.add(ImportedRow(**people.imported(customer_id, setting, before)))
        else:
            row.at = setting.now
        session.flush()


def _before(session: Session, customer_id: str) -> dict[str, Any]:
    row = customers.get(session, customer_id)
    phones = customers.phones_of(session, [customer_id])[customer_id]
    return {"name": row.name, "language": row.language, "phones": phones}


# --- undo ----------------------------------------------------------------------------------------------


def undo(session: Session, import_id: str, after: str, now: datetime) -> Undone:
    """Takes away some of the customers whom an import created, and turns back those it changed; those who
    were edited since, or of whom more is known by now, stay.
    """
    brought = (
        select_rows(ImportedRow)
        .where(ImportedRow.import_id == import_id, col(ImportedRow.subject_id) > after)
        .order_by(col(ImportedRow.subject_id))
        .limit(UNDONE_AT_A_TIME)
    )
    rows = session.exec(brought).all()
    untouched = _untouched(session, rows)
    created = {row.subject_id for row in untouched if row.before is None}
    left = _known_more_of(session, created)
    _forget(session, created - left)
    for row in untouched:
        if row.before is not None:
            changes = cast("Changes", row.before)
            customers.update(session, row.subject_id, changes, region="ZZ", own=(), now=now)
    session.flush()
    taken = len(untouched) - len(left)
    more = rows[-1].subject_id if len(rows) == UNDONE_AT_A_TIME else None
    return Undone(taken, len(rows) - taken, more)


def _untouched(session: Session, rows: Sequence[ImportedRow]) -> list[ImportedRow]:
    """Those whose customer nobody has edited since, locked until the commit."""
    theirs = select_rows(Customer).where(col(Customer.id).in_([row.subject_id for row in rows]))
    locked = session.exec(theirs.order_by(col(Customer.id)).with_for_update()).all()
    edited_at = {customer.id: customer.updated_at for customer in locked}
    return [row for row in rows if edited_at.get(row.subject_id) == row.at]


def _known_more_of(session: Session, ids: Collection[str]) -> set[str]:
    """Those of these customers of whom there is anything that did not come by itself with their numbers."""
    written = [
        select(CALL.c.customer_id).where(
            CALL.c.customer_id.in_(ids),
            or_(CALL.c.identified_by.is_(None), CALL.c.identified_by != BY_NUMBER),
        ),
        *(
            select(table.c.customer_id).where(table.c.customer_id.in_(ids), *_by_hand(table))
            for table in linked_tables.by_customer()
            if "id" in table.c and table is not CALL
        ),
    ]
    connection = session.connection()
    return {str(key) for rows in written for key in connection.execute(rows.distinct()).scalars()}


def _by_hand(table: Table) -> list[ColumnElement[bool]]:
    """The condition for rows that are of a customer alone: neither a call nor a number brought them."""
    if not table.c.customer_id.nullable:
        return []
    return [table.c[name].is_(None) for name in ("call_id", "phone") if name in table.c]


def _forget(session: Session, ids: Collection[str]) -> None:
    """Deletes customers; calls and messages from their numbers are nobody's again."""
    connection = session.connection()
    for table in linked_tables.by_customer():
        theirs = table.c.customer_id.in_(ids)
        if not table.c.customer_id.nullable:
            connection.execute(delete(table).where(theirs))
            continue
        values: dict[str, Any] = {"customer_id": None}
        if table is CALL:
            values = with_version(Call, values | {"identified_by": None})
        connection.execute(update(table).where(theirs).values(values))
    for customer_id in ids:
        session.expunge(session.get_one(Customer, customer_id))
    connection.execute(delete(CUSTOMER).where(CUSTOMER.c.id.in_(ids)))


KIND = ImportKind(
    name="customers",
    title=lambda locale: locale._("Customers"),
    fields=FIELDS,
    check=check,
    read=read,
    plan=plan,
    write=write,
    undo=undo,
)
