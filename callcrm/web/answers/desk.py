"""Answers beside a call: suggested as the note is typed, opened in place, and noted where none fits."""

from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.calls import search
from callcrm.crm.answers import answers, feedback, questions
from callcrm.crm.answers.suggestions import Situation, Suggestion, suggest
from callcrm.models.crm.answer import Answer
from callcrm.web.page import Page
from callcrm.web.routes import of_module, post

LONGEST_TYPED = 2000  # characters: the end of the note is what counts


async def suggestions(page: Page) -> Response:
    """Answers that fit the call and what is being typed; posted, since no address may have the words."""
    typed = str((await page.form()).get("words", ""))[-LONGEST_TYPED:]

    def load(session: Session) -> list[Suggestion]:
        call = search.call(session, page.id)
        return suggest(session, Situation.of(call, page.locale.language), typed)

    return page.respond(
        "answers/beside/_suggestions.html", suggestions=await page.read(load), call_id=page.id
    )


async def opened(page: Page) -> Response:
    """An answer's text beside the call, which counts as one use of it."""
    call = str((await page.form()).get("call", ""))

    def verb(session: Session) -> Answer:
        row = answers.get(session, page.id, page.user.principal)
        feedback.opened(session, row.id)
        return row

    return page.respond("answers/beside/_opened.html", answer=await page.write(verb), call_id=call)


async def note_question(page: Page) -> Response:
    """A question of the call that nothing answered."""
    text = str((await page.form()).get("question", ""))

    def verb(session: Session) -> int:
        call = search.call(session, page.id)
        row = questions.note(
            session,
            text,
            call=call,
            language=page.locale.language,
            user_id=page.user.user_id,
            now=page.now,
        )
        return len(questions.calls_of(session, row.question_key, 100))

    count = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/calls/{page.id}")
    return page.respond("answers/beside/_noted.html", count=count, call_id=page.id)


async def refill_question(page: Page) -> Response:
    """A page with the question as it was sent."""
    typed_question = str((await page.form()).get("question", ""))
    await page.read(partial(search.call, ref=page.id))
    return page.respond("answers/question.html", call_id=page.id, typed_question=typed_question)


routes = of_module(
    "answers",
    [
        post("/desk/answers/{id}", suggestions, keeps_session=False),
        post("/answers/{id}/opened", opened),
        post("/calls/{id}/questions", note_question, refill=refill_question),
    ],
)
