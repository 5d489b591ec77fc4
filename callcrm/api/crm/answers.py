"""Endpoints of answers."""

from typing import Annotated

from pydantic import Field, StringConstraints
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Code, Ident, Language, Prose, Text
from callcrm.base.errors import NotFound, Refused
from callcrm.calls import search
from callcrm.crm.answers import answers, feedback, listing
from callcrm.crm.answers.objects import LINK_FIELDS, Answer, as_proposed, objects
from callcrm.models import Call
from callcrm.models.crm.answer import Answer as Row
from callcrm.models.crm.answer import AnswerState
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("answers")
Question = Annotated[Prose, StringConstraints(max_length=answers.LONGEST_QUESTION)]
Words = Annotated[Prose, StringConstraints(max_length=answers.LONGEST_ANSWER)]
Codes = Annotated[list[Code], Field(max_length=answers.MOST_LINKS)]


class AnswerQuery(PageQuery):
    """What answers can be asked for by."""

    q: str | None = Field(default=None, max_length=400, description="Words of question and answer.")
    language: str | None = None
    queue: str | None = None
    state: AnswerState | None = None


@endpoints.get("/answers")
async def list_answers(context: ApiContext, query: AnswerQuery) -> Listing[Answer]:
    """Answers, newest first: to agents the published ones and their own, to supervisors all."""
    user = context.principal

    def verb(session: Session) -> Listing[Answer]:
        rows = listing.find(
            session,
            user,
            q=query.q,
            language=query.language,
            queue=query.queue,
            states=[query.state] if query.state else (),
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, _cursor)
        return Listing[Answer](items=objects(session, user, page), next=following)

    return await context.read(verb)


def _cursor(row: Row) -> Cursor:
    return Cursor(row.created_at, row.id)


@endpoints.get("/answers/{id}")
async def get_answer(context: ApiContext) -> Answer:
    """An answer, as it is published if it is."""
    user = context.principal
    return await context.read(
        lambda session: objects(session, user, [answers.get(session, context.id, user)])[0]
    )


class Linked(Body):
    """Where an answer belongs."""

    menus: Codes = Field(default_factory=list, description="Nodes of flows.")
    dispositions: Codes = Field(default_factory=list)
    subjects: Codes = Field(default_factory=list)

    @property
    def links(self) -> dict[str, list[str]]:
        """The links as verbs take them, of the fields that were sent."""
        sent = self.model_dump(include=set(LINK_FIELDS), exclude_unset=True)
        return {str(LINK_FIELDS[name]): codes for name, codes in sent.items()}


class AnswerIn(Linked):
    """A new answer."""

    question: Question
    answer: Words
    language: Language | None = Field(default=None, description="The reader's, if it is not said.")
    queue: Text | None = Field(default=None, max_length=64, description="The queue it belongs to, if one.")
    state: AnswerState | None = Field(default=None, description="`published` is for supervisors to say.")


@endpoints.post("/answers", answers=Answer, status=201, idempotent=True)
async def add_answer(context: ApiContext, body: AnswerIn) -> Response:
    """An answer. Where its state is not said: published if a supervisor sends it, else proposed."""
    user = context.principal
    fields: answers.Fields = {
        "question": body.question,
        "body": body.answer,
        "language": body.language or context.reader.locale.language,
        "queue": body.queue,
        "links": body.links,
    }

    def verb(session: Session) -> Answer:
        row = answers.create(session, fields, user, context.now, state=body.state)
        return objects(session, user, [row])[0]

    return await create(context, body, verb)


class AnswerPatch(Linked):
    """What is to be changed of an answer; a field left out stays as it is."""

    question: Question = ""
    answer: Words = ""
    language: Language = ""
    queue: Text | None = Field(default=None, max_length=64)
    state: AnswerState = Field(default=AnswerState.PROPOSED, description="To be set by supervisors.")

    def fields(self, row: Row) -> answers.Fields:
        """The fields that were sent."""
        sent = self.model_fields_set
        fields: answers.Fields = {}
        if "question" in sent:
            fields["question"] = self.question
        if "answer" in sent:
            fields["body"] = self.answer
        if "language" in sent:
            fields["language"] = self.language
        if "queue" in sent:
            fields["queue"] = self.queue
        if self.links:
            fields["links"] = {**row.links, **self.links}
        return fields


@endpoints.patch("/answers/{id}")
async def patch_answer(context: ApiContext, body: AnswerPatch) -> Answer:
    """An answer, changed. An agent's change of a published one waits for a supervisor."""
    user, now = context.principal, context.now

    def verb(session: Session) -> Answer:
        row = answers.lock(session, context.id, user)
        context.check_version(row, lambda: objects(session, user, [row])[0])
        state = body.state if "state" in body.model_fields_set else None
        if state == AnswerState.PUBLISHED:
            answers.publish(session, row, user, now)
        elif state == AnswerState.PROPOSED and row.state != AnswerState.PROPOSED:
            answers.withdraw(session, row, user, now)
        answers.change(session, row, body.fields(row), user, now)
        if state is None and not user.supervises:
            return as_proposed(session, user, row)
        return objects(session, user, [row])[0]

    return await context.write(verb)


class FeedbackIn(Body):
    """Whether an answer helped."""

    helped: bool
    call: Ident | None = Field(default=None, description="The call it was for.")


@endpoints.post("/answers/{id}/feedback", answers=Answer, status=201, idempotent=True)
async def add_feedback(context: ApiContext, body: FeedbackIn) -> Response:
    """Whether the answer helped on a call; said again of that call, it counts in the place of the first."""
    user = context.principal

    def verb(session: Session) -> Answer:
        row = answers.lock(session, context.id, user)
        call = _call(session, body.call) if body.call else None
        feedback.say(
            session,
            row,
            helped=body.helped,
            call_id=call.id if call else None,
            user_id=user.user_id,
            now=context.now,
        )
        return objects(session, user, [row])[0]

    return await create(context, body, verb)


def _call(session: Session, ref: str) -> Call:
    try:
        return search.call(session, ref)
    except NotFound:
        raise Refused("There is no such call.", field="call") from None
