"""Ask us: a question from anybody, which becomes a promise in somebody's list within a second."""

from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callcrm.base.errors import CallcrmError
from callcrm.crm.forms import questions, submissions
from callcrm.web.forms.visitor import MAX_BODY, SECONDS, Visitor

FORM = "ask"
LIMITS: dict[str, object] = {"longest": questions.LONGEST_QUESTION, "longest_name": submissions.LONGEST_NAME}
log = structlog.get_logger()


async def form(request: Request) -> Response:
    """The form."""
    visitor = Visitor.of(request)
    try:
        await visitor.admit("forms")
    except CallcrmError as fault:
        return visitor.failed("forms/ask.html", fault, None, **LIMITS)
    return visitor.respond("forms/ask.html", **LIMITS)


async def ask(request: Request) -> Response:
    """Takes the question, and says what becomes of it."""
    visitor = Visitor.of(request)
    typed = await visitor.typed()
    try:
        await visitor.admit("forms")
        sent = visitor.submission(FORM, typed, longest=questions.LONGEST_QUESTION, needs_phone=True)
        services, now = visitor.web.services, visitor.web.services.clock.now()
        make = questions.asker(services.runtime, sent, visitor.language, now)
        take = partial(submissions.take, submission=sent, make=make, now=now)
        await services.store.write(take, deadline=SECONDS, lock=f"form {sent.site_key}")
    except CallcrmError as fault:
        return visitor.failed("forms/ask.html", fault, typed, **LIMITS)
    log.info("a question came from outside")
    return visitor.respond("forms/asked.html", phone=sent.phone)


routes = [
    Route("/ask", form, methods=["GET"]),
    Route("/ask", ask, methods=["POST"], max_body_size=MAX_BODY),
]
