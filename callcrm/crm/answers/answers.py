"""Answers: proposed, published, changed and found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import Conflict, Forbidden, NotFound, Refused
from callcrm.base.ids import new_id
from callcrm.base.text import clean, one_line
from callcrm.base.words import search_text
from callcrm.models.crm.answer import Answer, AnswerLink, AnswerState, AnswerText, LinkKind
from callcrm.models.versions import locked

LONGEST_QUESTION, LONGEST_ANSWER = 500, 20_000
MOST_LINKS = 30
TEXT = ("question", "body", "language", "queue", "links")

Links = Mapping[str, Sequence[str]]


class Fields(TypedDict, total=False):
    """What an answer says, and where it belongs; a field left out stays."""

    question: str
    body: str
    language: str
    queue: str | None
    links: Links


def get(session: Session, answer_id: str, user: Principal) -> Answer:
    """The answer of this id; NotFound."""
    return _existing(session.get(Answer, answer_id), user)


def lock(session: Session, answer_id: str, user: Principal) -> Answer:
    """The answer as it is now, locked until the commit; NotFound."""
    return _existing(locked(session, Answer, answer_id), user)


def _existing(row: Answer | None, user: Principal) -> Answer:
    is_author = row is not None and user.user_id is not None and row.created_by == user.user_id
    if row is None or not (user.supervises or is_author or row.state == AnswerState.PUBLISHED):
        raise NotFound("There is no such answer.")
    return row


def create(
    session: Session,
    fields: Fields,
    user: Principal,
    now: datetime,
    key: str | None = None,
    state: AnswerState | None = None,
) -> Answer:
    """A new answer, with this id if it has to have one. Where no state is wished for, a supervisor's is
    published, an agent's proposed; Forbidden to an agent who would publish it.
    """
    if state == AnswerState.PUBLISHED:
        _supervises(user)
    values = _checked(fields)
    state = state or (AnswerState.PUBLISHED if user.supervises else AnswerState.PROPOSED)
    answer = Answer(
        id=key or new_id("ans", now),
        state=state,
        **{"queue": None, "links": {}, **values},
        search_text=_search_text(values["question"], values["body"]),
        created_by=user.user_id,
        created_at=now,
        updated_at=now,
    )
    session.add(answer)
    session.flush()
    published = state == AnswerState.PUBLISHED
    _keep_text(session, answer.id, 1, answer.model_dump(include=set(TEXT)), user, now, published=published)
    _link(session, answer)
    return answer


def change(session: Session, answer: Answer, fields: Fields, user: Principal, now: datetime) -> Answer:
    """The answer, which is locked, with another text.

    An agent's change of a published one waits for a supervisor, as `proposed_number`; until then it is shown
    as it was. Conflict where somebody else's change waits already.
    """
    waits = answer.state == AnswerState.PUBLISHED and not user.supervises
    if waits and answer.proposed_number is not None and answer.proposed_by != user.user_id:
        raise Conflict("Somebody else’s change of this answer waits for a supervisor. Have it decided first.")
    before = pending(session, answer) if waits else None
    base = (before or answer).model_dump(include=set(TEXT))
    values = {**base, **_checked(fields)}
    if values == base:
        return answer
    number = _next_number(session, answer.id)
    published = answer.state == AnswerState.PUBLISHED and not waits
    _keep_text(session, answer.id, number, values, user, now, published=published)
    if waits:
        answer.proposed_number, answer.proposed_by = number, user.user_id
        answer.updated_at = now
        return _saved(session, answer)
    return _show(session, answer, number, values, now)


def publish(session: Session, answer: Answer, user: Principal, now: datetime) -> Answer:
    """The answer, which is locked, with what was proposed of it shown to everybody; Forbidden to agents."""
    _supervises(user)
    number = answer.proposed_number or answer.text_number
    text = session.get_one(AnswerText, (answer.id, number))
    if text.published_at is None:
        text.published_at, text.published_by = now, user.user_id
        session.add(text)
    answer.state = AnswerState.PUBLISHED
    answer.proposed_number = answer.proposed_by = None
    return _show(session, answer, number, text.model_dump(include=set(TEXT)), now)


def withdraw(session: Session, answer: Answer, user: Principal, now: datetime) -> Answer:
    """The answer, which is locked, shown to supervisors and its author alone; Forbidden to agents."""
    _supervises(user)
    answer.state, answer.updated_at = AnswerState.PROPOSED, now
    return _saved(session, answer)


def decline(session: Session, answer: Answer, user: Principal, now: datetime) -> Answer:
    """The answer, which is locked, without the change that waited; its text is kept among the versions."""
    _supervises(user)
    answer.proposed_number = answer.proposed_by = None
    answer.updated_at = now
    return _saved(session, answer)


def _supervises(user: Principal) -> None:
    if not user.supervises:
        raise Forbidden("A supervisor decides what is published.")


def _show(session: Session, answer: Answer, number: int, values: Mapping[str, Any], now: datetime) -> Answer:
    for name, value in values.items():
        setattr(answer, name, value)
    answer.text_number, answer.updated_at = number, now
    answer.search_text = _search_text(answer.question, answer.body)
    _link(session, answer)
    return _saved(session, answer)


def _saved(session: Session, answer: Answer) -> Answer:
    session.add(answer)
    session.flush()
    return answer


def pending(session: Session, answer: Answer) -> AnswerText | None:
    """The text that waits to take the place of the one shown."""
    if answer.proposed_number is None:
        return None
    return session.get(AnswerText, (answer.id, answer.proposed_number))


def _next_number(session: Session, answer_id: str) -> int:
    numbers = select(func.max(AnswerText.number)).where(AnswerText.answer_id == answer_id)
    return (session.exec(numbers).one() or 0) + 1


def _keep_text(
    session: Session,
    answer_id: str,
    number: int,
    values: Mapping[str, Any],
    user: Principal,
    now: datetime,
    *,
    published: bool,
) -> None:
    text = AnswerText(answer_id=answer_id, number=number, **values, written_by=user.user_id, written_at=now)
    if published:
        text.published_by, text.published_at = user.user_id, now
    session.add(text)
    session.flush()


def _link(session: Session, answer: Answer) -> None:
    session.exec(delete(AnswerLink).where(col(AnswerLink.answer_id) == answer.id))
    for kind, codes in answer.links.items():
        session.add_all(AnswerLink(answer_id=answer.id, kind=kind, code=code) for code in codes)
    session.flush()


def _search_text(question: str, body: str) -> str:
    return search_text(f"{question}\n{body}")


def _checked(fields: Fields) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if "question" in fields:
        question = one_line(fields["question"]) if len(fields["question"]) <= LONGEST_QUESTION else ""
        if not question:
            raise Refused("A question has 1 to %(most)s characters.", field="question", most=LONGEST_QUESTION)
        values["question"] = question
    if "body" in fields:
        body = clean(fields["body"]).strip()
        if not 0 < len(body) <= LONGEST_ANSWER:
            raise Refused("An answer has 1 to %(most)s characters.", field="answer", most=LONGEST_ANSWER)
        values["body"] = body
    if "language" in fields:
        values["language"] = fields["language"]
    if "queue" in fields:
        values["queue"] = fields["queue"] or None
    if "links" in fields:
        values["links"] = _links(fields["links"])
    return values


def _links(links: Links) -> dict[str, list[str]]:
    kept = {kind: sorted(set(links.get(kind, ()))) for kind in LinkKind}
    if sum(map(len, kept.values())) > MOST_LINKS:
        raise Refused("At most %(most)s menus, endings and subjects.", field="links", most=MOST_LINKS)
    return {str(kind): codes for kind, codes in kept.items() if codes}
