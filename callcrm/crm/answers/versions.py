"""The texts an answer had: listed, compared word by word, and rolled back to."""

import re
from collections import Counter
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
MOST_COST = 8_000_000  # steps of a comparison, about a second at the worst
LINE = re.compile(r".*\n|.+")


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


def is_shown(text: AnswerText, user: Principal) -> bool:
    """Whether a text exists for this user: to an agent what was published once, and their own."""
    return user.supervises or text.published_at is not None or text.written_by == user.user_id


def compare(before: str, after: str) -> list[Piece]:
    """What became of one text in another: word by word; of long texts that differ much line by line, else as
    a whole.
    """
    for pieces in (WORD, LINE):
        old, new = pieces.findall(before), pieces.findall(after)
        start = _alike(old, new)
        end = _alike(old[start:][::-1], new[start:][::-1])
        old_middle, new_middle = old[start : len(old) - end], new[start : len(new) - end]
        if _cost(old_middle, new_middle) <= MOST_COST:
            middle = _compared(old_middle, new_middle)
            return _joined(old[:start], middle, old[len(old) - end :])
    return _compared([before], [after])


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """How many pieces both begin with."""
    return next(
        (at for at, (piece, other) in enumerate(zip(old, new, strict=False)) if piece != other),
        min(len(old), len(new)),
    )


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    """What a comparison takes at the worst: for each piece that is in both, all pairs that are equal."""
    in_new = Counter(new)
    return sum(in_new[piece] for piece in old) * min(len(old), len(new))


def _joined(start: Sequence[str], middle: Sequence[Piece], end: Sequence[str]) -> list[Piece]:
    same = [Piece("same", "".join(part)) for part in (start, end)]
    joined: list[Piece] = []
    for piece in (same[0], *middle, same[1]):
        if piece.text and joined and joined[-1].kind == piece.kind == "same":
            joined[-1] = Piece("same", joined[-1].text + piece.text)
        elif piece.text:
            joined.append(piece)
    return joined


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Piece]:
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
    if not is_shown(earlier, user):
        raise NotFound("There is no such version.")
    fields: answers.Fields = {
        "question": earlier.question,
        "body": earlier.body,
        "language": earlier.language,
        "queue": earlier.queue,
        "links": earlier.links,
    }
    return answers.change(session, answer, fields, user, now)
