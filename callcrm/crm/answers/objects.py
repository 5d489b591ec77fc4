"""Answers as objects of the API."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.objects import Named, Shape, Time, VersionedShape
from callcrm.crm.references import named
from callcrm.models import User
from callcrm.models.crm import answer
from callcrm.models.crm.answer import AnswerState, AnswerText, LinkKind

LINK_FIELDS = {
    "menus": LinkKind.MENU,
    "dispositions": LinkKind.DISPOSITION,
    "subjects": LinkKind.SUBJECT,
}
COLUMNS = {"id", "question", "language", "queue", "version", "helped", "did_not_help", "used", "created_at"}


class Proposal(Shape):
    """A change of a published answer that waits for a supervisor."""

    question: str
    answer: str
    language: str
    queue: str | None
    author: Named | None
    at: Time


class Answer(VersionedShape):
    """A question and what we say to it."""

    id: str
    question: str
    answer: str
    language: str
    queue: str | None
    state: AnswerState
    version: int = Field(description="Grows with each edit; the ETag is this number in quotes.")
    helped: int
    did_not_help: int
    used: int = Field(description="How often it was opened beside a call.")
    menus: list[str] = Field(description="Nodes of flows that callers with this question come through.")
    dispositions: list[str]
    subjects: list[str]
    author: Named | None
    created_at: Time
    proposal: Proposal | None = Field(description="For its author, and for supervisors.")


def objects(session: Session, user: Principal, rows: Sequence[answer.Answer]) -> list[Answer]:
    """The answers as objects, in their order, as this user may know them."""
    texts = _pending(session, [row for row in rows if user.supervises or row.proposed_by == user.user_id])
    people = {row.created_by for row in rows} | {text.written_by for text in texts.values()}
    names = named(session, User, {key for key in people if key})
    return [_object(row, names, texts.get(row.id)) for row in rows]


def _object(row: answer.Answer, names: Mapping[str, Named], text: AnswerText | None) -> Answer:
    return Answer(
        **row.model_dump(include=COLUMNS),
        **linked(row.links),
        answer=row.body,
        state=AnswerState(row.state),
        author=names.get(row.created_by or ""),
        proposal=_proposal(text, names) if text else None,
    )


def _proposal(text: AnswerText, names: Mapping[str, Named]) -> Proposal:
    return Proposal(
        question=text.question,
        answer=text.body,
        language=text.language,
        queue=text.queue,
        author=names.get(text.written_by or ""),
        at=text.written_at,
    )


def linked(links: Mapping[str, Any]) -> dict[str, Any]:
    """The links of an answer by the fields of the API."""
    return {field: list(links.get(kind, ())) for field, kind in LINK_FIELDS.items()}


def as_proposed(session: Session, user: Principal, row: answer.Answer) -> Answer:
    """The answer with the change that waits, if one does, in the place of what is published."""
    published = objects(session, user, [row])[0]
    text = _pending(session, [row]).get(row.id) if published.proposal else None
    if text is None:
        return published
    fields = {
        "question": text.question,
        "answer": text.body,
        "language": text.language,
        "queue": text.queue,
        "state": AnswerState.PROPOSED,
        **linked(text.links),
    }
    return published.model_copy(update=fields)


def _pending(session: Session, rows: Sequence[answer.Answer]) -> dict[str, AnswerText]:
    numbers = {row.id: row.proposed_number for row in rows if row.proposed_number is not None}
    if not numbers:
        return {}
    texts = session.exec(select(AnswerText).where(col(AnswerText.answer_id).in_(numbers))).all()
    return {text.answer_id: text for text in texts if numbers[text.answer_id] == text.number}
