"""Endpoints of promises."""

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm import models
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import create
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Moment, Prose
from callcrm.base.errors import Forbidden
from callcrm.calls import search
from callcrm.crm.promises import promises
from callcrm.crm.promises.objects import Promise, objects
from callcrm.models import PromiseState
from callcrm.views.objects import shapes

endpoints = Endpoints()


class PromiseQuery(PageQuery):
    """Filters of a list of promises."""

    state: PromiseState | None = None
    owner: str | None = Field(default=None, description="The id of whoever is to keep it.")
    customer: str | None = Field(default=None, description="A customer's id.")


@endpoints.get("/promises")
async def list_promises(context: ApiContext, query: PromiseQuery) -> shapes.Listing[Promise]:
    """What we owe callers, newest first."""

    def verb(session: Session) -> shapes.Listing[Promise]:
        rows = promises.find(
            session,
            state=query.state,
            owner=query.owner,
            customer=query.customer,
            reader=context.principal.user_id,
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, _cursor)
        return shapes.Listing[Promise](items=objects(session, page), next=following)

    return await context.read(verb)


def _cursor(row: models.Promise) -> Cursor:
    return Cursor(row.created_at, row.id)


@endpoints.get("/promises/{id}")
async def get_promise(context: ApiContext) -> Promise:
    """A promise."""

    def verb(session: Session) -> Promise:
        return objects(session, [promises.get(session, context.id, context.principal.user_id)])[0]

    return await context.read(verb)


class PromiseIn(Body):
    """Something promised to whoever a call is with."""

    what: Prose = Field(max_length=promises.LONGEST_TEXT, description="What was promised.")
    due_at: Moment = Field(description="When it is to be kept.")


@endpoints.post("/calls/{id}/promises", answers=Promise, status=201, idempotent=True)
async def add_promise(context: ApiContext, body: PromiseIn) -> Response:
    """A promise given on a call, to be kept by the token's user."""
    owner = context.principal.user_id
    if owner is None:
        raise Forbidden("A promise is kept by a person, and this token is no person's.")

    def verb(session: Session) -> Promise:
        call = search.call(session, context.id)
        row = promises.give_on_call(
            session, call, owner_id=owner, what=body.what, due_at=body.due_at, now=context.now
        )
        return objects(session, [row])[0]

    return await create(context, body, verb)


class PromisePatch(Body):
    """How a promise stands by a user's decision."""

    state: PromiseState


@endpoints.patch("/promises/{id}")
async def patch_promise(context: ApiContext, body: PromisePatch) -> Promise:
    """A promise, decided by hand: kept, dropped, or open again. No later call changes it."""

    def verb(session: Session) -> Promise:
        present = promises.lock(session, context.id, context.principal.user_id)
        context.check_version(present, lambda: objects(session, [present])[0])
        by, now = context.actor, context.now
        if body.state == PromiseState.OPEN:
            row = promises.reopen(session, context.id, by=by, now=now)
        else:
            row = promises.close(session, context.id, body.state, by=by, now=now)
        return objects(session, [row])[0]

    return await context.write(verb)
