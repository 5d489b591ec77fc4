"""How answers join the desk, the search and everything read of nouns."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from callcrm.base.text import bidi_isolate
from callcrm.crm.answers import answers, questions
from callcrm.crm.noun import Export, Hit, Module, Noun, Reader, SearchKind
from callcrm.i18n.line import Line
from callcrm.models.crm.answer import Answer, AnswerFeedback, AnswerLink, AnswerText, OpenQuestion

COLUMNS = (
    *("id", "question", "body", "language", "queue", "state", "helped", "did_not_help", "used"),
    *("created_by", "created_at", "updated_at"),
)


def find(session: Session, reader: Reader, q: str, limit: int) -> Sequence[Hit]:
    """Answers that have every one of these words, newest first."""
    rows = answers.find(session, reader.user, q=q, limit=limit)
    return [
        Hit(_line(reader, row), f"/answers/{row.id}", matched=row.body, at=row.created_at) for row in rows
    ]


def _line(reader: Reader, row: Answer) -> Line:
    return Line(reader.locale._("Answer: %(question)s", question=bidi_isolate(row.question)), "note")


ANSWERS = Noun(
    name="answer",
    module=Module(
        name="answers",
        title=lambda locale: locale._("Answers"),
        uses=lambda locale: locale._(
            "Answers are suggested beside the call as the note is typed, and found by the search."
        ),
    ),
    tables=(Answer, AnswerText, AnswerLink, AnswerFeedback, OpenQuestion),
    # pages=(NounPage("/answers", lambda locale: locale._("Answers")),),
    search=SearchKind(name="answer", title=lambda locale: locale._("Answers"), find=find),
    export=Export(
        columns=COLUMNS,
        rows=lambda session: session.exec(select(Answer).order_by(col(Answer.created_at), col(Answer.id))),
        row=lambda answer: {name: getattr(answer, name) for name in COLUMNS},
    ),
    erase=questions.erase,
)
