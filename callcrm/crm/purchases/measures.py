"""What purchases say of a period: how many came back, which calls were followed by one, and how long it took
from the request to the delivery.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Float, Select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col, exists, select

from callcrm.crm.noun import Measure
from callcrm.models import Call, Outcome
from callcrm.models.crm.purchase import Purchase


class day_after(FunctionElement[Any]):  # noqa: N801  # read as a function of SQL
    """24 hours after a moment."""

    type = DateTime(timezone=True)
    inherit_cache = True
    name = "day_after"


@compiles(day_after, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # As SQLAlchemy writes a moment, which is compared as text.
    return f"strftime('%Y-%m-%d %H:%M:%f000', {compiler.process(element.clauses, **options)}, '+1 day')"


@compiles(day_after)
def _elsewhere(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} + interval '1 day')"


class seconds_between(FunctionElement[Any]):  # noqa: N801  # read as a function of SQL
    """The seconds from one moment to another."""

    type = Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(seconds_between, "sqlite")
def _days_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    # Of days as SQLite counts them, only the milliseconds are sure.
    return f"(round((julianday({end}) - julianday({start})) * 86400000) / 1000)"


@compiles(seconds_between)
def _interval_elsewhere(element: Any, compiler: Any, **options: Any) -> str:
    start, end = (compiler.process(clause, **options) for clause in element.clauses)
    return f"extract(epoch FROM {end} - {start})"


def purchases(since: datetime, until: datetime) -> Select[Any]:
    """Purchases of a period."""
    return select(Purchase).where(col(Purchase.at) >= since, col(Purchase.at) < until)


def purchases_with_returns(since: datetime, until: datetime) -> Select[Any]:
    """Those of them of which something came back, then or later."""
    return purchases(since, until).where(col(Purchase.returned) > 0)


def calls_of_customers(since: datetime, until: datetime) -> Select[Any]:
    """Answered calls of customers we know."""
    period = (col(Call.started_at) >= since, col(Call.started_at) < until)
    answered = (col(Call.outcome) == Outcome.ANSWERED, col(Call.customer_id).is_not(None))
    return select(Call).where(*period, *answered)


def calls_that_sold(since: datetime, until: datetime) -> Select[Any]:
    """Those of them whose customer bought within a day."""
    bought = exists().where(
        col(Purchase.customer_id) == col(Call.customer_id),
        col(Purchase.at) >= col(Call.started_at),
        col(Purchase.at) < day_after(col(Call.started_at)),
    )
    return calls_of_customers(since, until).where(bought)


def delivered(since: datetime, until: datetime) -> Select[Any]:
    """Purchases that were delivered in a period, of which it is known when they were asked for."""
    period = (col(Purchase.delivered_at) >= since, col(Purchase.delivered_at) < until)
    return select(Purchase).where(*period, col(Purchase.requested_at).is_not(None))


MEASURES = (
    Measure(
        key="sales_rate",
        name=lambda locale: locale._("calls that sold"),
        numerator=calls_that_sold,
        denominator=calls_of_customers,
    ),
    Measure(
        key="return_rate",
        name=lambda locale: locale._("purchases with returns"),
        numerator=purchases_with_returns,
        denominator=purchases,
    ),
    Measure(
        key="request_to_delivery_time",
        name=lambda locale: locale._("seconds from request to delivery"),
        numerator=delivered,
        summed=seconds_between(col(Purchase.requested_at), col(Purchase.delivered_at)),
    ),
)
