"""How often each field was filled in of late: a count over a sample of each table, so that it stays cheap.

Of the last 90 days, the newest SAMPLE rows are looked at, by the index of their time: customers by when they
were last in touch. Small tables without such an index are read whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    String,
    and_,
    cast,
    func,
    select,
    true,
)
from sqlmodel import Session, SQLModel
from sqlmodel.sql.sqltypes import AutoString

from callcrm.crm.fields import Field, FieldTable
from callcrm.models import CustomerTouch
from callcrm.models.conventions import table_of
from callcrm.models.crm.complaint import Complaint

LATELY, SAMPLE = timedelta(days=90), 2000
TOUCH, COMPLAINT = table_of(CustomerTouch), table_of(Complaint)
HIDING = ("staff_id", "hidden_from")  # who a row does not exist for


@dataclass(frozen=True, slots=True)
class FieldUsage:
    """A field, and in how many of the rows that were looked at it was filled in."""

    table: FieldTable
    field: Field
    filled: int
    rows: int

    @property
    def name(self) -> str:
        """TABLE.COLUMN."""
        return f"{self.table.name}.{self.field.column}"

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there was no row."""
        return self.filled / self.rows if self.rows else None

    @property
    def unused(self) -> bool:
        """Whether nobody filled it in, though there was occasion to."""
        return self.field.optional and self.rows > 0 and self.filled == 0


def usage(
    session: Session, tables: Iterable[FieldTable], now: datetime, reader: str | None = None
) -> Sequence[FieldUsage]:
    """The fields of these tables, in their order, of rows that this user may know of. What is never empty is
    asked of nobody.
    """
    return [use for table in tables for use in _of_table(session, table, now - LATELY, reader)]


def _of_table(session: Session, table: FieldTable, since: datetime, reader: str | None) -> list[FieldUsage]:
    counts = session.execute(statement(table, since, reader)).one()
    rows, filled = counts[0], dict(zip(_optional(table), counts[1:], strict=True))
    return [FieldUsage(table, field, filled.get(field.column, rows) or 0, rows) for field in table.fields]


def _optional(table: FieldTable) -> list[str]:
    return [field.column for field in table.fields if field.optional]


def statement(table: FieldTable, since: datetime, reader: str | None = None) -> Select[Any]:
    """How many rows of the sample there are, and in how many each optional field is filled in."""
    source = SQLModel.metadata.tables[table.name]
    columns = [source.c[name] for name in _optional(table)] or [next(iter(source.primary_key))]
    sample = select(*columns)
    if table.touched:
        sample = sample.join(TOUCH, TOUCH.c.customer_id == source.c.id)
    at = TOUCH.c.at if table.touched else source.c[table.at]
    newest = sample.where(at > since, _visible(source, reader)).order_by(at.desc()).limit(SAMPLE).subquery()
    filled: list[ColumnElement[Any]] = [
        func.count().filter(_is_filled(newest.c[name])) for name in _optional(table)
    ]
    counted: Select[Any] = select(func.count(), *filled).select_from(newest)
    return counted


def _visible(source: FromClause, reader: str | None) -> ColumnElement[bool]:
    """The condition for rows that exist for this user: about nobody who reads, and of nothing that is."""
    if reader is None:
        return true()
    for column in HIDING:
        if column in source.c:
            return source.c[column].is_distinct_from(reader)
    if "complaint_id" in source.c:
        return source.c.complaint_id.not_in(select(COMPLAINT.c.id).where(COMPLAINT.c.staff_id == reader))
    return true()


def _is_filled(column: Any) -> ColumnElement[bool]:
    present: ColumnElement[bool] = column.is_not(None)
    if isinstance(column.type, Boolean):
        return and_(present, column.is_(True))
    if isinstance(column.type, JSON):
        return and_(present, cast(column, String).not_in(("[]", "{}", "null", '""')))
    return and_(present, column != "") if isinstance(column.type, String | AutoString) else present
