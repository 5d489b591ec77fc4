"""The texts an answer had: listed, compared word by word, and rolled back to."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from sqlmodel import Session, col, select

from callcrm.agents.principal import Principal
from callcrm.base.errors import NotFound
from callcrm.crm.answers import answers
from callcrm.models.crm.answer import Answer, AnswerText

WORD = re.compile(r"\s+|[^\s]+")
MOST = 200


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a comparison: what stayed, came or went (`kind` "same", "new", "old")."""

    kind: str
    text: str


def texts(session: Session, answer_id: str) -> Sequence[AnswerText]:
    """The texts of an answer, newest first."""
    of_answer = select(AnswerText).where(AnswerText.answer_id == answer_id)
    return session.exec(of_answer.order_by(col(AnswerText.number).desc()).limit(MOST)).all()


def text(session: Session, answer_id: str, number: int) -> AnswerText:
    """One of the texts; NotFound."""
    row = session.get(AnswerText, (answer_id, number))
    if row is None:
        raise NotFound("There is no such version.")
    return row


def compare(before: str, after: str) -> list[Piece]:
    """What became of one text in another, word by word."""
    old, new = WORD.findall(before), WORD.findall(after)
    pieces: list[Piece] = []
    for tag, start, end, into, until in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(old[start:end])))
            continue
        if end > start:
            pieces.append(Piece("old", "".join(old[start:end])))
        if until > into:
            pieces.append(Piece("new", "".join(new[into:until])))
    return pieces


def roll_back(session: Session, answer: Answer, number: int, user: Principal, now: datetime) -> Answer:
    """The answer, which is locked, with an earlier text: as a new one, so that nothing is lost."""
    earlier = text(session, answer.id, number)
    fields: answers.Fields = {
        "question": earlier.question,
        "body": earlier.body,
        "language": earlier.language,
        "queue": earlier.queue,
        "links": earlier.links,
    }
    return answers.change(session, answer, fields, user, now)
