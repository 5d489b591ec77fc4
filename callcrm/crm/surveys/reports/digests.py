"""The weekly digest: a page for each user and week, made once the week is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound
from callcrm.base.ids import derived_id
from callcrm.calls.runtime import CallRuntime
from callcrm.crm.surveys import responses
from callcrm.crm.surveys.reports import results
from callcrm.crm.surveys.reports.results import GroupBy, Result
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.models import Role, User
from callcrm.models.crm.survey import SurveyDigest, SurveyKind, SurveyResponse
from callcrm.store.upsert import insert_if_absent

EVERY_SECONDS = 900.0  # how soon after a week's end its digests are there
KEPT = 26  # weeks on the list
COMMENTS = 20
GROUPED_BY = (GroupBy.QUEUE, GroupBy.AGENT)


def week_before(now: datetime, zone: tzinfo) -> tuple[str, datetime, datetime]:
    """The last week that is over, Monday to Sunday in this zone: its name, its beginning and its end."""
    today = now.astimezone(zone)
    end = (today - timedelta(days=today.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - timedelta(days=7)
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02d}", start, end


def make_due(session: Session, runtime: CallRuntime, now: datetime) -> int:
    """A duty: the digests of the last week that is over, of everybody it concerns, made once. Returns how
    many were made.
    """
    zone = runtime.settings.zone
    week, since, until = week_before(now, zone)
    if session.exec(select(SurveyDigest.id).where(SurveyDigest.week == week).limit(1)).first():
        return 0
    asked_at = col(SurveyResponse.asked_at)
    period = (asked_at >= since, asked_at < until)
    if not session.exec(select(func.count()).select_from(SurveyResponse).where(*period)).one():
        return 0
    agents = set(session.exec(select(SurveyResponse.agent_id).where(*period).distinct()))
    users = session.exec(select(User).where(col(User.disabled_at).is_(None))).all()
    concerned = [user for user in users if user.role != Role.AGENT or user.id in agents]
    for user in concerned:
        figures = _figures(session, user, since, until, zone)
        _insert(session, user.id, week, figures, now)
    return len(concerned)


def _insert(session: Session, user_id: str, week: str, figures: Any, now: datetime) -> None:
    key = derived_id("dig", user_id, week)
    values = {"user_id": user_id, "week": week, "figures": figures, "created_at": now, "seen_at": None}
    insert_if_absent(session, SurveyDigest, "id", id=key, **values)


def _figures(session: Session, user: User, since: datetime, until: datetime, zone: tzinfo) -> Any:
    """What the page shows, as JSON: by kind totals and groups, the ids of comments, the period."""
    reader = Principal(user.id, user.role, "", user.name)
    kinds: dict[str, Any] = {}
    for kind in SurveyKind:
        wanted = ResponseFilter(kind=kind, since=since, until=until)
        total = results.total(session, reader, wanted)
        groups = {by: results.grouped(session, reader, wanted, by, zone) for by in GROUPED_BY}
        if total.asked:
            rows = {str(by): [_json(row) for row in group] for by, group in groups.items()}
            kinds[str(kind)] = {"total": _json(total), **rows}
    period = ResponseFilter(since=since, until=until)
    with_comment = responses.find(session, reader, period, col(SurveyResponse.comment) != "", limit=COMMENTS)
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "kinds": kinds,
        "comments": [row.id for row in with_comment],
    }


def _json(result: Result) -> dict[str, Any]:
    return {name: getattr(result, name) for name in ("key", "asked", "answered", "points")}


def page(session: Session, user_id: str) -> Sequence[SurveyDigest]:
    """A user's digests, the newest first."""
    own = select(SurveyDigest).where(SurveyDigest.user_id == user_id)
    return session.exec(own.order_by(col(SurveyDigest.week).desc()).limit(KEPT)).all()


def count_unseen(session: Session, user_id: str) -> int:
    """How many of a user's digests they have not opened."""
    unseen = (SurveyDigest.user_id == user_id, col(SurveyDigest.seen_at).is_(None))
    return session.exec(select(func.count()).select_from(SurveyDigest).where(*unseen)).one()


def get(session: Session, user_id: str, digest_id: str) -> SurveyDigest:
    """A digest of the user's own; NotFound."""
    row = session.get(SurveyDigest, digest_id)
    if row is None or row.user_id != user_id:
        raise NotFound("There is no such digest.")
    return row


def see(session: Session, user_id: str, digest_id: str, now: datetime) -> SurveyDigest:
    """The user's digest, which they have now seen."""
    row = get(session, user_id, digest_id)
    row.seen_at = row.seen_at or now
    session.add(row)
    session.flush()
    return row
