"""What nouns join seams with: rows of a period of a table, for measures, and all of them, for exports."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlmodel import Session, SQLModel, col, select

from callcrm.agents.principal import Principal
from callcrm.crm.noun import Export


def in_period(model: type[SQLModel], at: Any) -> Callable[[datetime, datetime], Select[Any]]:
    """The rows of a period, from `since` on and before `until`, by this time of theirs."""
    return lambda since, until: select(model).where(col(at) >= since, col(at) < until)


def export_of(
    model: Any, at: Any, columns: tuple[str, ...], shows: Callable[[Principal, Any], bool] | None = None
) -> Export:
    """All rows of a table with an `id`, the oldest first by this time, as these columns of theirs."""

    def rows(session: Session) -> Any:
        return session.exec(select(model).order_by(col(at), col(model.id)))

    def row(record: Any) -> Mapping[str, object]:
        return {name: getattr(record, name) for name in columns}

    if shows is None:
        return Export(columns=columns, rows=rows, row=row)
    return Export(columns=columns, rows=rows, row=row, shows=shows)
