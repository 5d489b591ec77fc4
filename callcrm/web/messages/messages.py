"""Messages: those nobody has answered, all of them, those with one party, and the files that came along."""

from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.edge.files.message_media import media_response
from callcrm.edge.ranges import Unsatisfiable
from callcrm.messages import answers, search
from callcrm.models import Message
from callcrm.views.messages import MessageRow, rows
from callcrm.web.page import Page
from callcrm.web.routes import get, post

PAGE_SIZE = 40
UNANSWERED, ALL = "unanswered", "all"


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """A page of messages; `about` is the one whose party's messages are listed, if it is one's alone."""

    list_page: ListPage[MessageRow]
    about: MessageRow | None = None


async def messages_page(page: Page) -> Response:
    """The unanswered messages, or all."""
    query = page.request.query_params
    show = ALL if query.get("show") == ALL else UNANSWERED
    wanted = search.MessageQuery()
    if show == UNANSWERED:  # and those that were answered on this page, where one may open them again
        listed = query.getlist("shown")[: 2 * PAGE_SIZE]
        wanted = search.MessageQuery(unanswered=True, shown=listed, user=page.user.user_id)
    shown = await page.read(lambda session: MessagesPage(_listed(session, page, wanted)))
    return _respond(page, shown, show, f"/messages?show={show}&")


async def of_party(page: Page) -> Response:
    """All messages with whom this one is with."""

    def verb(session: Session) -> MessagesPage:
        about = search.message(session, page.id)
        wanted = search.MessageQuery(phone=about.party)
        return MessagesPage(_listed(session, page, wanted), rows(session, [about])[0])

    shown = await page.read(verb)
    return _respond(page, shown, "", f"/messages/{page.id}?")


def _respond(page: Page, shown: MessagesPage, show: str, path: str) -> Response:
    """The page; for htmx its list alone."""
    part = page.request.headers.get("hx-request")
    newest = page_request(page.request.query_params).key is None
    return page.respond(
        "messages/_list.html" if part else "messages/messages.html",
        shown=shown,
        show=show,
        path=path,
        newest=newest,
    )


async def unanswered_count(page: Page) -> Response:
    """How many messages nobody has answered, for the navigation's badge."""
    count = await page.read(answers.count_waiting)
    return page.respond("messages/_unanswered.html", count=count, most=answers.MOST_COUNTED)


def _listed(session: Session, page: Page, wanted: search.MessageQuery) -> ListPage[MessageRow]:
    paging, region = page_request(page.request.query_params), page.services.settings.default_region
    matching = search.messages(
        session, wanted, region=region, after=paging.key, back=paging.back, limit=PAGE_SIZE + 1
    )
    listing = list_page(matching, PAGE_SIZE, paging, lambda row: Cursor(row.created_at, row.id))
    return ListPage(rows(session, listing.rows), listing.before, listing.after)


async def answered(page: Page) -> Response:
    """Marks an incoming message as answered."""
    return await _mark(page, answered=True)


async def not_answered(page: Page) -> Response:
    """Marks an incoming message as not answered after all."""
    return await _mark(page, answered=False)


async def _mark(page: Page, *, answered: bool) -> Response:
    """The message's row after it, for htmx; else a redirect to the list."""

    def verb(session: Session) -> MessageRow:
        by, now = page.user.user_id, page.now
        message: Message = answers.set_answered(session, page.id, by=by, now=now, answered=answered)
        return rows(session, [message])[0]

    row = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect("/messages")
    return page.respond("messages/_row.html", row=row)


async def media(page: Page) -> Response:
    """A file that came with a message, whole or a byte range."""
    try:
        answer = await media_response(page.request, page.services, page.id)
    except Unsatisfiable as fault:
        return Response(status_code=416, headers={"Content-Range": str(fault)})
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


routes = [
    get("/messages", messages_page),
    get("/messages/unanswered", unanswered_count, keeps_session=False),
    get("/messages/{id}", of_party),
    post("/messages/{id}/answered", answered),
    post("/messages/{id}/unanswered", not_answered),
    get("/media/{id}", media),
]
