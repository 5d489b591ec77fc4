"""Purchases by file: a row is a purchase, or one of its items where several have the shop's own id."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from callcrm.base.errors import Refused
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
from callcrm.crm.purchases import products, purchases, worth
from callcrm.crm.purchases.amounts import Amount, amount_in, currency_named
from callcrm.crm.purchases.objects import Payment
from callcrm.crm.purchases.purchases import NewItem, NewPurchase
from callcrm.crm.tiers import standing
from callcrm.models.conventions import table_of
from callcrm.models.crm.purchase import Purchase, PurchaseItem
from callcrm.store.batches.among import among
from callcrm.store.bulk import BulkLoad

PURCHASE, ITEM = table_of(Purchase), table_of(PurchaseItem)
FIELDS = (
    ImportField(
        "external_id",
        lambda locale: locale._("The shop’s own id"),
        "order;order id;order number;invoice;invoice number;receipt;id;شماره;فاکتور;"
        "شماره فاکتور;شماره سفارش;سفارش;کد سفارش",
    ),
    ImportField(
        "customer",
        lambda locale: locale._("Customer’s id"),
        "customer id;کد مشتری;شناسه مشتری",
    ),
    ImportField(
        "phone",
        lambda locale: locale._("Customer’s number"),
        "phones;telephone;mobile;cell;number;phone number;tel;customer phone;تلفن;موبایل;"
        "شماره تلفن;شماره موبایل;تلفن همراه;همراه",
    ),
    ImportField(
        "name",
        lambda locale: locale._("Customer’s name"),
        "customer name;client;buyer;full name;نام;نام مشتری;مشتری;خریدار",
    ),
    ImportField(
        "at",
        lambda locale: locale._("When it was bought"),
        "date;time;day;order date;purchase date;bought;created;created at;datetime;تاریخ;"
        "تاریخ خرید;زمان;روز;تاریخ فاکتور",
    ),
    ImportField(
        "total",
        lambda locale: locale._("Sum"),
        "amount;sum;order total;grand total;paid;price;مبلغ;جمع;مبلغ کل;جمع کل;قیمت",
    ),
    ImportField("currency", lambda locale: locale._("Currency"), "currency code;ارز;واحد;واحد پول"),
    ImportField(
        "payment",
        lambda locale: locale._("How it was paid"),
        "payment method;paid by;method;پرداخت;نحوه پرداخت;روش پرداخت;نوع پرداخت",
    ),
    ImportField(
        "product",
        lambda locale: locale._("Product"),
        "item;article;goods;product name;description;service;کالا;محصول;شرح;نام کالا;خدمت",
    ),
    ImportField("quantity", lambda locale: locale._("How many"), "qty;count;pieces;تعداد;مقدار"),
    ImportField(
        "item_total",
        lambda locale: locale._("Sum of the item"),
        "line total;item price;item amount;مبلغ کالا;جمع ردیف;مبلغ ردیف",
    ),
    ImportField("requested_at", lambda locale: locale._("Requested at"), "requested;تاریخ درخواست"),
    ImportField(
        "delivered_at",
        lambda locale: locale._("Delivered at"),
        "delivered;delivery date;تحویل;تاریخ تحویل",
    ),
)
PAYMENTS = cells.codes(
    cash="cash payment;نقد;نقدی",
    credit="on credit;on account;account;later;نسیه;اعتباری;قسطی;اقساط",
    card="credit card;debit card;debit;visa;mastercard;by card;کارت;کارتی;کارتخوان;pos;پوز",
    other="transfer;bank transfer;cheque;check;online;کارت به کارت;حواله;چک;سایر;آنلاین",
)
UNDONE_AT_A_TIME = 500


@dataclass(slots=True)
class PurchaseRow:
    """A row, read: `line` is its own sum, `total` that of its purchase, where the file has both."""

    number: int
    customer: CustomerRef
    external_id: str | None
    at: datetime
    line: Amount
    total: Amount | None
    payment: Payment
    item: NewItem | None
    requested_at: datetime | None
    delivered_at: datetime | None


def check(fields: Collection[str]) -> None:
    """Refused for a mapping that says not whose a purchase is, nor of how much."""
    if not {"customer", "phone"} & set(fields):
        raise Refused("Say which column has the customer’s number, or id.", field="mapping")
    if not {"total", "item_total"} & set(fields):
        raise Refused("Say which column has the sum.", field="mapping")


def read(row: FileRow, setting: Setting) -> PurchaseRow:
    """The row of a purchase; WrongCell for a cell that can't be what it is to be."""
    row_cells = row.cells
    currency = _currency(row_cells, setting)
    total = _money(row_cells, "total", currency)
    item_total = _money(row_cells, "item_total", currency)
    line = item_total or total
    if line is None:
        raise WrongCell("total", "The sum is missing.")
    if total is not None and total.amount < 1:
        raise WrongCell("total", "A purchase is of more than nothing.")
    if line.amount < 0:
        raise WrongCell("item_total", "An item costs nothing or more.")
    if total is not None and total.currency != line.currency:
        raise WrongCell("item_total", "All items of a purchase are in the currency of its total.")
    payment = (
        cells.one_of(row_cells["payment"], "payment", PAYMENTS) if "payment" in row_cells else Payment.OTHER
    )
    return PurchaseRow(
        number=row.number,
        customer=people.read(row_cells, setting),
        external_id=cells.text_of(row_cells.get("external_id", ""), "external_id", 100) or None,
        at=_moment(row_cells, "at", setting) or setting.now,
        line=line,
        total=None if item_total is None else total,
        payment=Payment(payment),
        item=_item(row_cells, line),
        requested_at=_moment(row_cells, "requested_at", setting),
        delivered_at=_moment(row_cells, "delivered_at", setting),
    )


def _currency(row_cells: Mapping[str, str], setting: Setting) -> str:
    if "currency" not in row_cells:
        return setting.currency
    try:
        return currency_named(row_cells["currency"])
    except ValueError:
        raise WrongCell("currency", "No currency of ISO 4217, such as USD.") from None


def _money(row_cells: Mapping[str, str], name: str, currency: str) -> Amount | None:
    if name not in row_cells:
        return None
    try:
        return amount_in(row_cells[name], currency)
    except ValueError:
        raise WrongCell(name, "Not an amount of money.") from None


def _moment(row_cells: Mapping[str, str], name: str, setting: Setting) -> datetime | None:
    if name not in row_cells:
        return None
    at = cells.moment_of(row_cells[name], name, setting.zone, setting.day_first)
    if at > setting.now + purchases.AHEAD:
        raise WrongCell(name, "This time is still to come.")
    if at < purchases.EARLIEST:
        raise WrongCell(name, "This time is too long ago.")
    return at


def _item(row_cells: Mapping[str, str], total: Amount) -> NewItem | None:
    if "product" not in row_cells:
        return None
    quantity = cells.number_of(row_cells.get("quantity", "1"), "quantity")
    if not 0 < quantity <= purchases.LARGEST_QUANTITY:
        raise WrongCell("quantity", "A quantity is more than nothing.")
    return NewItem(cells.text_of(row_cells["product"], "product", products.LONGEST), total, quantity)


# --- what a batch does ---------------------------------------------------------------------------------


@dataclass(slots=True)
class Draft:
    """A purchase of a batch: a new one, or one that earlier rows of the file brought, with further items."""

    first: PurchaseRow
    customer_id: str
    id: str | None = None
    position: int = 0
    currency: str = ""
    rows: list[PurchaseRow] = field(default_factory=list)


@dataclass(slots=True)
class Work:
    """The purchases of a batch, and the customers that have to be created for them."""

    drafts: list[Draft] = field(default_factory=list)
    new: dict[str, NewCustomer] = field(default_factory=dict)


def plan(session: Session, rows: Sequence[PurchaseRow], setting: Setting, seen: Seen) -> Plan:
    """What these rows do; purchases that were there before the import are skipped."""
    wanted, work = Plan(), Work()
    wanted.work = work
    present = _present_purchases(session, {row.external_id for row in rows if row.external_id}, setting)
    matches = people.find(session, [row.customer for row in rows], seen)
    drafts: dict[str, Draft] = {}
    for row in rows:
        key = row.external_id or f"\x00{row.number}"
        if key in present and present[key] is None:
            wanted.skipped += 1
            continue
        try:
            draft = drafts.get(key) or _draft(row, present.get(key), matches, work, setting)
            _check_row(draft, row)
        except WrongCell as fault:
            wanted.faults.append(Fault(row.number, fault.field, fault.message, fault.values))
            continue
        if key not in drafts:
            drafts[key] = draft
            work.drafts.append(draft)
            is_new = draft.id is None and key not in seen.of("purchases")
            wanted.created += is_new
        draft.rows.append(row)
        if seen.dry_run:
            seen.of("purchases")[key] = True
    people.remember(seen, work.new.values())
    return wanted


_COUNT = select(func.count()).where(ITEM.c.purchase_id == PURCHASE.c.id).scalar_subquery()
_PRESENT = (
    select(PURCHASE.c.external_id, PURCHASE.c.id, PURCHASE.c.customer_id, PURCHASE.c.currency)
    .add_columns(PURCHASE.c.import_id, _COUNT)
    .where(among(PURCHASE.c.external_id))
)


def _present_purchases(
    session: Session, external_ids: Collection[str], setting: Setting
) -> dict[str, tuple[str, str, str, int] | None]:
    """By external id: id, customer, currency and number of items of a purchase that this import brought; None
    for one that was there before.
    """
    if not external_ids:
        return {}
    rows = session.connection().execute(_PRESENT, {"keys": external_ids}).all()
    return {
        external_id: (purchase_id, customer, currency, items) if brought_by == setting.import_id else None
        for external_id, purchase_id, customer, currency, brought_by, items in rows
    }


def _draft(
    row: PurchaseRow,
    present: tuple[str, str, str, int] | None,
    matches: people.People,
    work: Work,
    setting: Setting,
) -> Draft:
    if present is not None:
        purchase_id, customer_id, currency, items = present
        return Draft(row, customer_id, purchase_id, items, currency)
    customer_id = people.customer_of(row.customer, matches, work.new, setting)
    return Draft(row, customer_id, currency=row.line.currency)


def _check_row(draft: Draft, row: PurchaseRow) -> None:
    if row.line.currency != draft.currency:
        raise WrongCell("currency", "All items of a purchase are in the currency of its total.")
    if draft.position + len(draft.rows) >= purchases.MOST_ITEMS:
        raise WrongCell("external_id", "A purchase has at most %(most)s items.", most=purchases.MOST_ITEMS)
    if draft.id is None and not draft.rows and not (row.total or row.line).amount:
        raise WrongCell("item_total", "A purchase is of more than nothing.")


def write(session: Session, wanted: Plan, setting: Setting, seen: Seen) -> None:
    """Does it: customers, purchases, items, worth and tiers, each kind in few statements."""
    work: Work = wanted.work
    people.create(session, list(work.new.values()), setting)
    touched = {draft.customer_id for draft in work.drafts}
    worth.lock(session, touched)
    rows, items, grown = [], [], []
    for draft in work.drafts:
        new = _new_purchase(draft)
        if draft.id is None:
            row = purchases.row_of(draft.customer_id, new, by=setting.by, now=setting.now)
            row["import_id"] = setting.import_id
            rows.append(row)
            draft.id = row["id"]
        else:
            grown.append((draft, new))
        items += purchases.item_rows(draft.id or "", new, draft.position)
    load = BulkLoad(session.connection())
    load.insert_values(PURCHASE.name, rows)
    load.insert_values(ITEM.name, items)
    _note_products(session, items, setting, seen)
    worth.add(session, rows)
    _grow(session, grown)
    standing.update(session, touched, setting.now)


def _new_purchase(draft: Draft) -> NewPurchase:
    """The purchase of these rows: its sum is that of the rows, where they have no sum of all."""
    first, items = draft.first, [row.item for row in draft.rows if row.item]
    amount = first.total.amount if first.total else sum(row.line.amount for row in draft.rows)
    return NewPurchase(
        total=Amount(amount, draft.currency),
        at=first.at,
        payment=first.payment,
        items=items,
        external_id=first.external_id,
        requested_at=first.requested_at,
        delivered_at=first.delivered_at,
    )


def _note_products(
    session: Session, items: Sequence[Mapping[str, Any]], setting: Setting, seen: Seen
) -> None:
    noted = seen.of("products")
    names = {item["product_key"]: item["product"] for item in items if item["product_key"] not in noted}
    if names:
        products.note(session, names.values(), setting.now)
        noted.update(dict.fromkeys(names, True))


_MORE = (
    update(PURCHASE)
    .where(PURCHASE.c.id == bindparam("row"))
    .values(amount=PURCHASE.c.amount + bindparam("more"))
)


def _grow(session: Session, grown: Sequence[tuple[Draft, NewPurchase]]) -> None:
    """Adds to purchases of earlier batches what further rows say, where the rows are summed up."""
    more = [{"row": draft.id, "more": new.total.amount} for draft, new in grown if draft.first.total is None]
    if more:
        session.connection().execute(_MORE, more)
        worth.recount(session, {draft.customer_id for draft, _ in grown})


def undo(session: Session, import_id: str, after: str, now: datetime) -> Undone:
    """Takes away some of the import's purchases, but for those that were edited, or of which something came
    back, since.
    """
    brought = (
        select(PURCHASE.c.id, PURCHASE.c.customer_id, PURCHASE.c.version)
        .where(PURCHASE.c.import_id == import_id, PURCHASE.c.id > after)
        .order_by(PURCHASE.c.id)
        .limit(UNDONE_AT_A_TIME)
        .with_for_update()
    )
    rows = session.connection().execute(brought).all()
    unedited = [row for row in rows if row.version == 1]
    customers = {row.customer_id for row in unedited}
    worth.lock(session, customers)
    purchases.remove(session, [row.id for row in unedited])
    worth.recount(session, customers)
    standing.update(session, customers, now)
    more = rows[-1].id if len(rows) == UNDONE_AT_A_TIME else None
    return Undone(len(unedited), len(rows) - len(unedited), more)


KIND = ImportKind(
    name="purchases",
    title=lambda locale: locale._("Purchases"),
    fields=FIELDS,
    check=check,
    read=read,
    plan=plan,
    write=write,
    undo=undo,
)
