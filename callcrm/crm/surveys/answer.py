"""An answer, once it comes: kept, and followed up by a supervisor where it is bad."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.base.errors import Refused
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.promises import promises
from callcrm.ivr.flows.hours import ALWAYS, DAY, Hours
from callcrm.models import Promise, PromiseState, Role, User
from callcrm.models.crm.survey import BAD_UP_TO, HAPPY_FROM, SCALES, SurveyKind, SurveyResponse
from callcrm.models.versions import locked

ABOUT = "survey"
EVENING = 18 * 60  # minutes since midnight: a promise is due by then, also where work goes on all night
DAYS_AHEAD = 30  # in which a business opens again
LONGEST_COMMENT = 2000


def is_mark(kind: str, score: int) -> bool:
    """Whether this is a mark of that kind of question."""
    lowest, highest = SCALES[SurveyKind(kind)]
    return lowest <= score <= highest


def is_bad(row: SurveyResponse) -> bool:
    """Whether somebody should ask what went wrong."""
    return row.score is not None and row.score <= BAD_UP_TO[SurveyKind(row.kind)]


def is_happy(row: SurveyResponse) -> bool:
    """Whether the customer is glad of us."""
    return row.score is not None and row.score >= HAPPY_FROM[SurveyKind(row.kind)]


def lock(session: Session, response_id: str) -> SurveyResponse | None:
    """The row as it is now, locked until the commit; None if there is none."""
    return locked(session, SurveyResponse, response_id)


def record(session: Session, runtime: CallRuntime, row: SurveyResponse, score: int, now: datetime) -> bool:
    """Keeps the answer in a locked row, and promises a call where it is bad. The first answer stands: False,
    and no change, for a later one. Refused for what is no mark.
    """
    if not is_mark(row.kind, score):
        raise Refused("This is no mark of the scale.", field="score")
    if row.answered_at is not None:
        return False
    row.score, row.answered_at = score, now
    session.add(row)
    session.flush()
    follow_up(session, runtime, row, now)
    return True


def follow_up(session: Session, runtime: CallRuntime, row: SurveyResponse, now: datetime) -> None:
    """For a bad mark: a promise for a supervisor, once, due on the next business day."""
    if not is_bad(row) or promise_about(session, row.id) is not None:
        return
    promises.give(
        session,
        customer_id=row.customer_id,
        phone=row.phone,
        owner_id=_supervisor(session, besides=row.agent_id),
        due_at=next_business_day(_hours(runtime), now),
        now=now,
        about=(ABOUT, row.id),
    )


def promise_about(session: Session, response_id: str) -> Promise | None:
    """The promise that a bad mark led to."""
    about = (Promise.about_id == response_id, Promise.about_kind == ABOUT)
    return session.exec(select(Promise).where(*about)).first()


def _supervisor(session: Session, *, besides: str | None) -> str | None:
    """The supervisor, else the administrator, with the fewest open promises; None where there is none but
    the one who had the call.
    """
    open_promises = (
        select(Promise.owner_id, func.count().label("count"))
        .where(Promise.state == PromiseState.OPEN)
        .group_by(col(Promise.owner_id))
        .subquery()
    )
    supervising = (col(User.role).in_((Role.SUPERVISOR, Role.ADMIN)), col(User.disabled_at).is_(None))
    ranked = (
        select(User.id)
        .outerjoin(open_promises, open_promises.c.owner_id == User.id)
        .where(*supervising, User.id != (besides or ""))
        .order_by(User.role.desc(), func.coalesce(open_promises.c.count, 0), User.id)  # type: ignore[attr-defined]
    )
    return session.exec(ranked.limit(1)).first()


def _hours(runtime: CallRuntime) -> Hours:
    numbers = runtime.settings.numbers
    flow = runtime.flows.for_number(numbers[0] if numbers else None)
    return flow.hours if flow else ALWAYS


def next_business_day(hours: Hours, now: datetime) -> datetime:
    """The end of the next day on which the business is open, in its zone, at 18:00 at the latest."""
    today = now.astimezone(hours.zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(1, DAYS_AHEAD + 1)]
    day = next((day for day in days if _periods(hours, day)), days[0])
    periods = _periods(hours, day) or ((0, DAY),)
    first, last = periods[0][0], periods[-1][1]
    minute = min(last, max(EVENING, first + 60), DAY - 1)
    return datetime.combine(day, time(minute // 60, minute % 60), hours.zone).astimezone(now.tzinfo)


def _periods(hours: Hours, day: date) -> tuple[tuple[int, int], ...]:
    return () if day in hours.holidays else hours.week[day.weekday()]
