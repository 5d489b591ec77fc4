"""Purchases and returns on a customer's timeline."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.crm.noun import HistoryEntry, HistoryKind, Reader, source
from callcrm.crm.purchases import objects
from callcrm.crm.purchases.objects import Payment, items_of, money
from callcrm.i18n.line import Line
from callcrm.i18n.locale import Locale
from callcrm.models.crm.purchase import Purchase, PurchaseItem, PurchaseReturn

COMMAS = {"fa": "، "}
MOST_NAMED = 3  # products in a line


def payment(locale: Locale, code: str) -> str:
    """How it was paid, in words."""
    return {
        Payment.CASH: locale._("Cash"),
        Payment.CREDIT: locale._("On credit"),
        Payment.CARD: locale._("By card"),
    }.get(Payment(code), locale._("Otherwise"))


def items_text(locale: Locale, items: Sequence[PurchaseItem]) -> str:
    """What was bought, in a few words: each with how many of it, if it is not one."""
    named = [_item_text(locale, item) for item in items[:MOST_NAMED]]
    more = len(items) - len(named)
    joined = COMMAS.get(locale.language, ", ").join(named)
    if more:
        return locale.ngettext("%(things)s and one more", "%(things)s and %(n)s more", more, things=joined)
    return joined


def _item_text(locale: Locale, item: PurchaseItem) -> str:
    if item.quantity == 1:
        return bidi_isolate(item.product)
    return f"{locale.number(item.quantity)} × {bidi_isolate(item.product)}"


def purchase_line(locale: Locale, purchase: Purchase, items: Sequence[PurchaseItem]) -> Line:
    """A purchase in a line."""
    sum_ = locale.money(money(purchase.amount, purchase.currency))
    if not items:
        return Line(locale._("Bought for %(sum)s", sum=sum_), "bag")
    return Line(locale._("Bought %(things)s for %(sum)s", things=items_text(locale, items), sum=sum_), "bag")


def return_line(locale: Locale, row: PurchaseReturn) -> Line:
    """A return in a line."""
    return Line(
        locale._("Came back: %(sum)s", sum=locale.money(money(row.amount, row.currency))), "returned", "wait"
    )


def purchase_entries(session: Session, reader: Reader, rows: Sequence[Purchase]) -> list[HistoryEntry]:
    """Purchases on the timeline, with what was bought."""
    items, locale = items_of(session, [row.id for row in rows]), reader.locale
    return [
        HistoryEntry(
            line=purchase_line(locale, row, items.get(row.id, ())),
            facts=[payment(locale, row.payment), *_came_back(locale, row)],
        )
        for row in rows
    ]


def _came_back(locale: Locale, row: Purchase) -> list[str]:
    if not row.returned:
        return []
    if row.returned == row.amount:
        return [locale._("all of it came back")]
    return [locale._("%(sum)s came back", sum=locale.money(money(row.returned, row.currency)))]


def return_entries(session: Session, reader: Reader, rows: Sequence[PurchaseReturn]) -> list[HistoryEntry]:
    """Returns on the timeline, with what was bought and why it came back."""
    ids = [row.purchase_id for row in rows]
    items, locale = items_of(session, ids), reader.locale
    bought = select(Purchase).where(col(Purchase.id).in_(ids))
    purchases = {row.id: row for row in session.exec(bought)}
    return [
        HistoryEntry(
            line=return_line(locale, row),
            facts=[purchase_line(locale, purchases[row.purchase_id], items.get(row.purchase_id, ())).title],
            quote=row.reason,
        )
        for row in rows
    ]


HISTORY = (
    HistoryKind(
        name="purchase",
        title=lambda locale: locale._("Purchases"),
        source=source(Purchase, Purchase.at),
        objects=objects.purchases,
        entries=purchase_entries,
    ),
    HistoryKind(
        name="return",
        title=lambda locale: locale._("Returns"),
        source=source(PurchaseReturn, PurchaseReturn.at),
        objects=objects.returns,
        entries=return_entries,
    ),
)
