"""Endpoints of messages and the files that came with them."""

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Moment
from callcrm.api.http.problems import Problem
from callcrm.edge.files.message_media import media_response
from callcrm.edge.ranges import Unsatisfiable
from callcrm.messages import answers, search
from callcrm.models import Direction, Message
from callcrm.views.objects import messages as objects
from callcrm.views.objects import shapes

endpoints = Endpoints()


class MessageQuery(PageQuery):
    """Filters of a list of messages."""

    customer: str | None = Field(default=None, description="A customer's id.")
    phone: str | None = Field(
        default=None,
        max_length=255,
        description="The other party: a number or several, in any spelling; a short code; a sender's name.",
    )
    direction: Direction | None = None
    channel: str | None = Field(default=None, max_length=16, description="sms or whatsapp.")
    status: str | None = Field(default=None, max_length=24, description="In the carrier's words.")
    since: Moment | None = Field(default=None, description="Came or was sent at or after this time.")
    until: Moment | None = Field(default=None, description="Came or was sent before this time.")
    q: str | None = Field(default=None, max_length=200, description="Words, names, or digits of a number.")
    unanswered: bool | None = Field(
        default=None, description="Incoming ones that nobody has answered; with false, all others."
    )


class MessagePatch(Body):
    """What can be changed of an incoming message; a field left out stays as it is."""

    answered: bool = Field(default=False, description="Whether somebody has answered it, in whatever way.")


@endpoints.get("/messages")
async def list_messages(context: ApiContext, query: MessageQuery) -> shapes.Listing[shapes.Message]:
    """Messages, newest first."""
    wanted = search.MessageQuery(**query.model_dump(exclude={"limit", "cursor"}))
    region = context.services.runtime.settings.default_region

    def verb(session: Session) -> shapes.Listing[shapes.Message]:
        rows = search.messages(session, wanted, region=region, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        return shapes.Listing[shapes.Message](items=objects.messages(session, page), next=following)

    return await context.read(verb)


def _cursor(row: Message) -> Cursor:
    return Cursor(row.created_at, row.id)


@endpoints.get("/messages/{id}")
async def get_message(context: ApiContext) -> shapes.MessageDetail:
    """A message with every form the carrier sent about it, by our id or the carrier's SID."""

    def verb(session: Session) -> shapes.MessageDetail:
        return objects.message_detail(session, search.message(session, context.id))

    return await context.read(verb)


@endpoints.patch("/messages/{id}")
async def patch_message(context: ApiContext, body: MessagePatch) -> shapes.MessageDetail:
    """An incoming message, marked as answered or as not; 404 for one of ours."""
    by = context.principal.user_id or context.principal.token_id

    def verb(session: Session) -> shapes.MessageDetail:
        row = search.message(session, context.id)
        if "answered" in body.model_fields_set:
            row = answers.set_answered(session, row.id, by=by, now=context.now, answered=body.answered)
        return objects.message_detail(session, row)

    return await context.write(verb)


@endpoints.get("/media/{id}", answers="*/*")
async def message_media(context: ApiContext) -> Response:
    """A file that came with a message, whole or a range of bytes."""
    try:
        return await media_response(context.request, context.services, context.id)
    except Unsatisfiable as fault:
        headers = {"Content-Range": str(fault)}
        raise Problem(416, "These bytes can't be had.", headers=headers) from None
