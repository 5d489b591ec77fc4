"""How answers join the desk, the search and everything read of nouns."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from callcrm.base.text import bidi_isolate
from callcrm.crm.answers import listing, questions, sample
from callcrm.crm.answers.form_fields import FORM_FIELDS
from callcrm.crm.answers.suggestions import Situation, Suggestion, suggest
from callcrm.crm.noun import CallPart, Hit, Module, Noun, NounPage, Reader, SearchKind
from callcrm.crm.tables import export_of
from callcrm.i18n.line import Line
from callcrm.models import Call
from callcrm.models.crm.answer import Answer, AnswerFeedback, AnswerLink, AnswerText, OpenQuestion

COLUMNS = (
    *("id", "question", "body", "language", "queue", "state", "helped", "did_not_help", "used"),
    *("created_by", "created_at", "updated_at"),
)


def find(session: Session, reader: Reader, q: str, limit: int) -> Sequence[Hit]:
    """Answers that have every one of these words, newest first."""
    rows = listing.find(session, reader.user, q=q, limit=limit)
    return [
        Hit(_line(reader, row), f"/answers/{row.id}", matched=row.body, at=row.created_at) for row in rows
    ]


def _line(reader: Reader, row: Answer) -> Line:
    return Line(reader.locale._("Answer: %(question)s", question=bidi_isolate(row.question)), "note")


@dataclass(frozen=True, slots=True)
class Beside:
    """What is shown beside a call: answers that may fit."""

    call_id: str
    suggestions: Sequence[Suggestion]


def beside_call(session: Session, reader: Reader, call: Call) -> Beside:
    """The answers that fit the caller's way to us, before anything is typed."""
    return Beside(call.id, suggest(session, Situation.of(call, reader.locale.language), ""))


ANSWERS = Noun(
    name="answer",
    form_fields=FORM_FIELDS,
    module=Module(
        name="answers",
        title=lambda locale: locale._("Answers"),
        uses=lambda locale: locale._(
            "Answers are suggested beside the call as the note is typed, and found by the search."
        ),
    ),
    tables=(Answer, AnswerText, AnswerLink, AnswerFeedback, OpenQuestion),
    beside_call=CallPart("answers/beside/_beside_call.html", beside_call),
    pages=(NounPage("/answers", lambda locale: locale._("Answers")),),
    search=SearchKind(name="answer", title=lambda locale: locale._("Answers"), find=find),
    export=export_of(Answer, Answer.created_at, COLUMNS),
    erase=questions.erase,
    sample_end=sample.invent,
)
