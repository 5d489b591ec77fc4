"""Whether answers help, and how often they are opened."""

from datetime import datetime

from sqlmodel import Session, col, select, update

from callcrm.base.ids import new_id
from callcrm.models.crm.answer import Answer, AnswerFeedback


def say(
    session: Session,
    answer: Answer,
    *,
    helped: bool,
    call_id: str | None,
    user_id: str | None,
    now: datetime,
) -> Answer:
    """The answer, which is locked, with whether it helped on a call. Who has said so of the call before has
    changed their mind.
    """
    before = _before(session, answer.id, call_id, user_id)
    if before is None:
        key = new_id("fbk", now)
        before = AnswerFeedback(
            id=key, answer_id=answer.id, call_id=call_id, user_id=user_id, helped=helped, at=now
        )
        _count(answer, helped, 1)
    elif before.helped != helped:
        _count(answer, before.helped, -1)
        _count(answer, helped, 1)
        before.helped, before.at = helped, now
    session.add(before)
    session.add(answer)
    session.flush()
    return answer


def _count(answer: Answer, helped: bool, more: int) -> None:
    if helped:
        answer.helped += more
    else:
        answer.did_not_help += more


def _before(
    session: Session, answer_id: str, call_id: str | None, user_id: str | None
) -> AnswerFeedback | None:
    if call_id is None or user_id is None:
        return None
    same = (
        col(AnswerFeedback.answer_id) == answer_id,
        col(AnswerFeedback.call_id) == call_id,
        col(AnswerFeedback.user_id) == user_id,
    )
    return session.exec(select(AnswerFeedback).where(*same)).first()


def opened(session: Session, answer_id: str) -> None:
    """Count an answer as opened once more."""
    session.exec(update(Answer).where(col(Answer.id) == answer_id).values(used=Answer.used + 1))
