"""Questions that nothing in the bank answered: noted during calls, counted, and answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, delete, select, update

from callcrm.base.errors import NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import one_line
from callcrm.base.words import words
from callcrm.models import Call
from callcrm.models.crm.answer import OpenQuestion

LONGEST = 500
STILL_OPEN = col(OpenQuestion.settled_at).is_(None)


@dataclass(frozen=True, slots=True)
class Group:
    """A question that was asked `count` times, in one of its spellings."""

    key: str
    id: str
    question: str
    count: int
    last_at: datetime


def note(
    session: Session,
    question: str,
    *,
    call: Call | None,
    language: str,
    user_id: str | None,
    now: datetime,
    key: str | None = None,
) -> OpenQuestion:
    """A question noted, with this id if it has to have one; Refused for one that is empty or too long."""
    text = one_line(question) if len(question) <= LONGEST else ""
    folded = " ".join(words(text))[:LONGEST]
    if not folded:
        raise Refused("A question has 1 to %(most)s characters.", field="question", most=LONGEST)
    row = OpenQuestion(
        id=key or new_id("que", now),
        question=text,
        question_key=folded,
        language=(call.language if call else None) or language,
        queue=call.queue if call else None,
        call_id=call.id if call else None,
        customer_id=call.customer_id if call else None,
        asked_by=user_id,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


def groups(session: Session, limit: int) -> list[Group]:
    """The open questions, those asked most first."""
    counted = (
        select(OpenQuestion.question_key, func.count(), func.max(OpenQuestion.at), func.max(OpenQuestion.id))
        .where(STILL_OPEN)
        .group_by(col(OpenQuestion.question_key))
        .order_by(func.count().desc(), func.max(OpenQuestion.at).desc())
        .limit(limit)
    )
    groups = session.exec(counted).all()
    newest = [key for _key, _count, _at, key in groups]
    texts = session.exec(select(OpenQuestion).where(col(OpenQuestion.id).in_(newest))).all() if newest else ()
    by_id = {row.id: row.question for row in texts}
    return [Group(key, newest_id, by_id[newest_id], count, at) for key, count, at, newest_id in groups]


def get(session: Session, question_id: str) -> OpenQuestion:
    """The question of this id; NotFound."""
    row = session.get(OpenQuestion, question_id)
    if row is None:
        raise NotFound("There is no such question.")
    return row


def calls_of(session: Session, key: str, limit: int) -> Sequence[OpenQuestion]:
    """The open questions of a key, newest first."""
    same = select(OpenQuestion).where(STILL_OPEN, col(OpenQuestion.question_key) == key)
    return session.exec(same.order_by(col(OpenQuestion.at).desc()).limit(limit)).all()


def settle(session: Session, key: str, *, answer_id: str | None, by: str | None, now: datetime) -> int:
    """Closes all open questions of a key, answered by `answer_id` or laid aside; how many they were."""
    values = {"settled_at": now, "settled_by": by, "answer_id": answer_id}
    same = (STILL_OPEN, col(OpenQuestion.question_key) == key)
    return session.exec(update(OpenQuestion).where(*same).values(**values)).rowcount


def erase(session: Session, customer_id: str) -> int:
    """Deletes the questions that a customer asked; how many they were."""
    of_customer = col(OpenQuestion.customer_id) == customer_id
    return session.exec(delete(OpenQuestion).where(of_customer)).rowcount
