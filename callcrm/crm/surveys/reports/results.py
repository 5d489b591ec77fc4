"""Results of surveys: how many were asked, how many answered, their score, and the same by groups."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlmodel import Session, col

from callcrm.agents.principal import Principal
from callcrm.base.calendars import MONTHS_OF_A_YEAR, from_calendar, in_calendar, language_of_year
from callcrm.base.errors import Refused
from callcrm.crm.surveys.responses import ANSWERED, ResponseFilter, visible
from callcrm.models.crm.survey import SurveyKind, SurveyResponse

NPS_HAPPY, NPS_UNHAPPY = 9, 6
# What each answer adds to the mean: of nps 100 for those who recommend us, −100 for those who warn of us.
NPS_POINTS = case(
    (col(SurveyResponse.score) >= NPS_HAPPY, 100), (col(SurveyResponse.score) <= NPS_UNHAPPY, -100), else_=0
)
MOST_MONTHS = 600
# Lengths of talks in minutes, and what they are called by.
TALKS = ((1, "0-1"), (3, "1-3"), (10, "3-10"))
LONGER_TALK = "10-"
ASKED_AT = col(SurveyResponse.asked_at)


class GroupBy(StrEnum):
    """What results can be grouped by."""

    AGENT = "agent"
    QUEUE = "queue"
    CHANNEL = "channel"
    MENU = "menu"
    MONTH = "month"
    LANGUAGE = "language"
    TALK = "talk"
    TIER = "tier"


@dataclass(frozen=True, slots=True)
class Result:
    """Of those asked: how many, how many answered, and the sum of their points."""

    key: str
    asked: int
    answered: int
    points: float

    @property
    def rate(self) -> float | None:
        """The share that answered."""
        return self.answered / self.asked if self.asked else None

    @property
    def score(self) -> float | None:
        """The mean of the answers; of nps −100 to 100."""
        return self.points / self.answered if self.answered else None


def points(kind: str) -> Any:
    """The expression whose mean is the score."""
    return NPS_POINTS if kind == SurveyKind.NPS else col(SurveyResponse.score)


def total(session: Session, user: Principal, wanted: ResponseFilter) -> Result:
    """The result of all that fit the filter, which names one kind."""
    row = session.connection().execute(select(*_sums(wanted)).where(*_conditions(user, wanted))).one()
    return Result("", *_numbers(row))


def grouped(
    session: Session, user: Principal, wanted: ResponseFilter, by: GroupBy, zone: tzinfo, language: str = ""
) -> list[Result]:
    """The same by groups, in the order of their keys; those asked who belong to no group have the key "".

    Months are those of the calendar of `language`: `2026-05`, or `1405-03` in Persian.
    """
    key = _month(session, user, wanted, zone, language) if by == GroupBy.MONTH else KEYS[by]()
    label = key.label("group_key")
    statement = select(label, *_sums(wanted)).select_from(SurveyResponse)
    statement = statement.where(*_conditions(user, wanted)).group_by(label).order_by(label)
    rows = session.connection().execute(statement).all()
    return [Result(str(row[0]), *_numbers(row[1:])) for row in rows]


def in_group(by: GroupBy, key: str, zone: tzinfo) -> ColumnElement[bool]:
    """The condition for those asked who are in this group."""
    if by == GroupBy.MONTH:
        start, end = _month_named(key, zone)
        return and_(start <= ASKED_AT, end > ASKED_AT)
    return KEYS[by]() == key


def _month_named(name: str, zone: tzinfo) -> tuple[datetime, datetime]:
    try:
        year, month = (int(part) for part in name.split("-"))
        return _month_of(year, month, zone, language_of_year(year))
    except (ValueError, OverflowError):
        raise Refused("There is no such month.", field="key") from None


def _month_of(year: int, month: int, zone: tzinfo, language: str) -> tuple[datetime, datetime]:
    later, index = divmod(year * MONTHS_OF_A_YEAR + month, MONTHS_OF_A_YEAR)
    first, following = from_calendar(year, month, 1, language), from_calendar(later, index + 1, 1, language)
    return _start(first, zone), _start(following, zone)


def _start(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _conditions(user: Principal, wanted: ResponseFilter) -> Sequence[ColumnElement[bool]]:
    return [visible(user), *wanted.conditions()]


def _sums(wanted: ResponseFilter) -> Sequence[ColumnElement[Any]]:
    answered = func.coalesce(func.sum(case((ANSWERED, 1), else_=0)), 0)
    scored = case((ANSWERED, points(wanted.kind or "")), else_=0)
    return func.count(), answered, func.coalesce(func.sum(scored), 0)


def _numbers(row: Sequence[Any]) -> tuple[int, int, float]:
    return int(row[0]), int(row[1]), float(row[2])


def _talk() -> ColumnElement[Any]:
    seconds = col(SurveyResponse.talk_seconds)
    shorter = [(seconds < minutes * 60, name) for minutes, name in TALKS]
    return case((seconds.is_(None), ""), *shorter, else_=LONGER_TALK)


def _text(column: Any) -> Callable[[], ColumnElement[Any]]:
    return lambda: func.coalesce(col(column), "")


KEYS: Mapping[GroupBy, Callable[[], ColumnElement[Any]]] = {
    GroupBy.AGENT: _text(SurveyResponse.agent_id),
    GroupBy.QUEUE: _text(SurveyResponse.queue),
    GroupBy.CHANNEL: _text(SurveyResponse.channel),
    GroupBy.MENU: _text(SurveyResponse.menu),
    GroupBy.LANGUAGE: _text(SurveyResponse.language),
    GroupBy.TALK: _talk,
    GroupBy.TIER: _text(SurveyResponse.tier),
}


def _month(
    session: Session, user: Principal, wanted: ResponseFilter, zone: tzinfo, language: str
) -> ColumnElement[Any]:
    """The month in the business's zone; no engine knows its zone, so months are told by their ends."""
    ends = select(func.min(ASKED_AT), func.max(ASKED_AT)).where(*_conditions(user, wanted))
    first, last = session.exec(ends).one()  # type: ignore[call-overload]
    if first is None:
        return literal("")
    months = _months(first.astimezone(zone), last, zone, language)
    return case(*((end > ASKED_AT, name) for name, end in months), else_=months[-1][0])


def _months(first: datetime, last: datetime, zone: tzinfo, language: str) -> list[tuple[str, datetime]]:
    """Each month from the first moment's to the last's, with its end."""
    start = first
    months: list[tuple[str, datetime]] = []
    while start <= last and len(months) < MOST_MONTHS:
        day = in_calendar(start.date(), language)
        start = _month_of(day.year, day.month, zone, language)[1]
        months.append((f"{day.year:04}-{day.month:02}", start))
    return months
