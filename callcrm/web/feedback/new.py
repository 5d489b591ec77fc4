"""Feedback taken down in two clicks: the first brings the form, the second is the kind."""

from collections.abc import Callable, Mapping
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.crm.feedback import feedback, texts
from callcrm.models import Call, Customer
from callcrm.models.crm.feedback import Feedback, FeedbackKind
from callcrm.views import feedback as views
from callcrm.views.feedback import NewFeedback, Taken
from callcrm.web.call_forms import call_and_customer, typed_fields
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

NEW_THEME = "new"
FIELDS = ("call", "customer", "product", "other", "body")


async def form(page: Page) -> Response:
    """The form, beside a call or by itself; as a part for htmx."""
    return await _form(page, page.request.query_params, {})


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    typed = typed_fields(await page.form(), FIELDS)
    return await _form(page, typed, typed)


async def _form(page: Page, about: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    def verb(session: Session) -> tuple[Call | None, Customer | None, NewFeedback]:
        call, customer = call_and_customer(session, about)
        start = views.new_feedback(session, call, customer.id if customer else None, page.user.user_id)
        return call, customer, start

    call, customer, start = await page.read(verb)
    return page.respond(
        "feedback/_new.html" if page.request.headers.get("hx-request") else "feedback/new.html",
        call=call,
        customer=customer,
        start=start,
        typed=typed,
        kinds=texts.kinds(page.locale),
    )


async def take_down(page: Page) -> Response:
    """Takes it down, and shows under which theme."""
    sent = await page.form()
    typed = typed_fields(sent, FIELDS)
    fields = feedback.Fields(
        product=typed["other"].strip() or typed["product"],
        kind=_kind(str(sent.get("kind", ""))),
        body=typed["body"],
        customer_id=typed["customer"] or None,
        call_id=typed["call"] or None,
    )
    record = partial(feedback.record, fields=fields, by=page.user.user_id, now=page.now)
    return await _taken(page, lambda session: views.taken(session, record(session)))


def _kind(value: str) -> FeedbackKind:
    if value not in set(FeedbackKind):
        raise Refused("Choose what they said of it.", field="kind")
    return FeedbackKind(value)


async def put_under(page: Page) -> Response:
    """Puts it under another theme than was chosen for it."""
    chosen = str((await page.form()).get("theme", ""))
    theme = None if chosen == NEW_THEME else chosen
    by, now = page.user.user_id, page.now

    def verb(session: Session) -> Taken:
        row: Feedback = feedback.put_under(session, page.id, theme, by=by, now=now)
        return views.taken(session, row)

    return await _taken(page, verb)


async def _taken(page: Page, verb: Callable[[Session], Taken]) -> Response:
    taken = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/feedback/{taken.theme.id}")
    return page.respond("feedback/_taken.html", taken=taken, kinds=texts.kinds(page.locale))


routes = of_module(
    "feedback",
    [
        get("/feedback/new", form),
        post("/feedback/new", take_down, refill=refill),
        post("/feedback/{id}/theme", put_under),
    ],
)
