"""Answers that exist for a user: searched, those used most, and those that wait for a supervisor."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.models.crm.answer import Answer, AnswerState
from callcrm.store.search import lookup, query


def visible(user: Principal) -> ColumnElement[bool]:
    """The condition for answers that exist for this user: published ones, their own, to supervisors all."""
    if user.supervises:
        return true()
    published = col(Answer.state) == AnswerState.PUBLISHED
    return published if user.user_id is None else or_(published, col(Answer.created_by) == user.user_id)


def find(
    session: Session,
    user: Principal,
    *,
    q: str | None = None,
    language: str | None = None,
    queue: str | None = None,
    states: Collection[str] = (),
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> Sequence[Answer]:
    """At most `limit` answers that have all these words and exist for this user, newest first."""
    statement = select(Answer).where(visible(user))
    if language is not None:
        statement = statement.where(Answer.language == language)
    if queue is not None:
        statement = statement.where(Answer.queue == queue)
    if states:
        statement = statement.where(col(Answer.state).in_(states))
    columns, words = (Answer.created_at, Answer.id), query.filter_of(q, "")
    return lookup.page(session, "answer", words, statement, columns, after=after, limit=limit)


def most_used(session: Session, user: Principal, limit: int) -> Sequence[Answer]:
    """Published answers, those opened most beside calls first."""
    published = select(Answer).where(Answer.state == AnswerState.PUBLISHED, visible(user))
    return session.exec(published.order_by(col(Answer.used).desc(), col(Answer.id).desc()).limit(limit)).all()


def waiting(session: Session, user: Principal, limit: int) -> Sequence[Answer]:
    """What waits for a supervisor, oldest first: new answers, and published ones with a change; of an agent
    their own.
    """
    waits = or_(col(Answer.state) == AnswerState.PROPOSED, col(Answer.proposed_number).is_not(None))
    statement = select(Answer).where(waits)
    if not user.supervises:
        own = or_(
            (col(Answer.created_by) == user.user_id) & (col(Answer.state) == AnswerState.PROPOSED),
            col(Answer.proposed_by) == user.user_id,
        )
        statement = statement.where(own)
    return session.exec(statement.order_by(col(Answer.updated_at), col(Answer.id)).limit(limit)).all()
