"""How purchases join customers, history, search, measures, export, merge and erasure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, delete, select

from callcrm.crm.fields import FieldTable, always, may
from callcrm.crm.fields import translated as _
from callcrm.crm.noun import (
    CustomerField,
    Hit,
    Module,
    Noun,
    NounPage,
    Part,
    Reader,
    SearchKind,
)
from callcrm.crm.purchases import export, history, importing, measures, parts, sample, worth
from callcrm.crm.tiers import standing
from callcrm.i18n.line import Line
from callcrm.models import Customer
from callcrm.models.crm.purchase import (
    CustomerWorth,
    Product,
    Purchase,
    PurchaseItem,
    PurchaseReturn,
)
from callcrm.store.search import lookup, query


def linked(session: Session, customer_id: str, now: datetime) -> None:
    """After a merge, or its undo: what the customer is worth by the purchases that are theirs now."""
    if session.get(Customer, customer_id) is None:
        return
    worth.lock(session, [customer_id])
    worth.recount(session, [customer_id])
    standing.update(session, [customer_id], now)


def worth_field(session: Session, _reader: Reader, customer_ids: Sequence[str]) -> Mapping[str, object]:
    """The field `worth` of the API's Customer."""
    return worth.worth_of(session, customer_ids)


def find(session: Session, _reader: Reader, q: str, limit: int) -> list[Hit]:
    """Products whose name has all these words, the latest known first."""
    rows = lookup.page(
        session,
        "product",
        query.parse(q, ""),
        select(Product),
        (Product.created_at, Product.id),
        after=None,
        limit=limit,
    )
    return [Hit(Line(row.name, "bag"), f"/purchases?bought={row.id}", at=None) for row in rows]


def erase(session: Session, customer_id: str) -> int:
    """Deletes the customer's purchases, what came back of them, and their worth; returns how many rows."""
    theirs = select(Purchase.id).where(Purchase.customer_id == customer_id)
    removed = 0
    for model in (PurchaseItem, PurchaseReturn):
        removed += session.exec(delete(model).where(col(model.purchase_id).in_(theirs))).rowcount
    removed += session.exec(delete(Purchase).where(col(Purchase.customer_id) == customer_id)).rowcount
    session.exec(delete(CustomerWorth).where(col(CustomerWorth.customer_id) == customer_id))
    return removed


def count_worth(session: Session, _now: datetime) -> None:
    """Counts what the customers of a sample are worth."""
    worth.count_all(session)


FORM_FIELDS = (
    FieldTable(
        "purchase",
        _("Purchases"),
        _("The customer’s page, tiers, loyalty, and figures of sales."),
        (
            may("external_id", _("The shop’s own number")),
            always("at", _("Day")),
            always("amount", _("For how much")),
            always("currency", _("Currency")),
            always("payment", _("Paid")),
            may("requested_at", _("When it was ordered")),
            may("delivered_at", _("When it was delivered")),
        ),
        at="at",
    ),
    FieldTable(
        "purchase_item",
        _("What was bought"),
        _("The customer’s page, offers of every so many, complaints and feedback by product."),
        (
            always("product", _("Product")),
            always("quantity", _("How many")),
            always("amount", _("For how much")),
        ),
        at="at",
    ),
    FieldTable(
        "purchase_return",
        _("What came back"),
        _("The customer’s page, tiers, and the rate of returns."),
        (
            always("at", _("Day")),
            always("amount", _("For how much")),
            always("currency", _("Currency")),
            may("reason", _("Why it came back"), hideable=True),
        ),
        at="at",
    ),
)

PURCHASES = Noun(
    name="purchase",
    form_fields=FORM_FIELDS,
    module=Module(
        "purchases",
        lambda locale: locale._("Purchases"),
        lambda locale: locale._(
            "The customer’s page, the card beside a call and the lists of purchases show them; tiers and "
            "loyalty are reckoned from them."
        ),
    ),
    tables=(Purchase, PurchaseItem, PurchaseReturn, CustomerWorth),
    history=history.HISTORY,
    linked=linked,
    pop=Part("purchases/_beside_call.html", parts.beside_a_call),
    customer_page=Part("purchases/_of_customer.html", parts.on_the_page),
    customer_fields=(CustomerField("worth", worth_field),),
    pages=(NounPage("/purchases", lambda locale: locale._("Purchases")),),
    measures=measures.MEASURES,
    search=SearchKind(name="product", title=lambda locale: locale._("Products"), find=find),
    export=export.EXPORT,
    exports={"return": export.EXPORT_OF_RETURNS},
    imports=(importing.KIND,),
    erase=erase,
    sample=sample.sample,
    sample_end=count_worth,
)
