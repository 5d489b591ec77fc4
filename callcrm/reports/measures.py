"""Measures over a period, and the rows behind them: the figure counts exactly those rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session

from callcrm.agents.principal import Principal
from callcrm.crm.noun import Measure
from callcrm.models import Role

NOBODY = Principal(None, Role.ADMIN, "", "")  # the business itself, from whom nothing is hidden


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure in a period: a count, a share of `denominator`, or a mean of a sum over so many rows."""

    measure: Measure
    numerator: float
    denominator: int | None

    @property
    def value(self) -> float | None:
        """The count, the share (0 to 1) or the mean; None where there is nothing to divide by."""
        if self.denominator is None:
            return float(self.numerator)
        return self.numerator / self.denominator if self.denominator else None


def figure(
    session: Session, measure: Measure, since: datetime, until: datetime, user: Principal = NOBODY
) -> Figure:
    """The measure's figure for `since` <= time < `until`, of what this user may know of."""
    visible = measure.visible(user)
    numerator = measure.numerator(since, until).where(visible)
    if measure.summed is not None:
        return Figure(measure, *_sum(session, numerator, measure.summed))
    denominator = measure.denominator
    return Figure(
        measure,
        _count(session, numerator),
        _count(session, denominator(since, until).where(visible)) if denominator else None,
    )


def rows(
    session: Session, measure: Measure, since: datetime, until: datetime, user: Principal = NOBODY
) -> Sequence[Any]:
    """The rows that the figure's numerator counts for this user."""
    statement = measure.numerator(since, until).where(measure.visible(user))
    return session.execute(statement).scalars().all()


def _sum(session: Session, statement: Any, summed: Any) -> tuple[float, int]:
    """The sum over the rows, and how many there are."""
    totals = statement.with_only_columns(func.coalesce(func.sum(summed), 0), func.count())
    total, count = session.execute(totals).one()
    return float(total), int(count)


def _count(session: Session, statement: Any) -> int:
    counted = select(func.count()).select_from(statement.subquery())
    return int(session.execute(counted).scalar_one())
