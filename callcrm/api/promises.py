"""What we owe callers."""

from typing import Literal

from pydantic import Field
from sqlmodel import Session

from callcrm import models
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Body
from callcrm.crm.promises import promises
from callcrm.crm.promises.objects import Promise, objects
from callcrm.models import PromiseState
from callcrm.views.objects import shapes

endpoints = Endpoints()


class PromiseQuery(PageQuery):
    """What promises can be asked for by."""

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
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut(rows, query.limit, _cursor)
        return shapes.Listing[Promise](items=objects(session, page), next=following)

    return await context.read(verb)


def _cursor(row: models.Promise) -> Cursor:
    return Cursor(row.created_at, row.id)


class PromisePatch(Body):
    """How a promise was closed."""

    state: Literal[PromiseState.KEPT, PromiseState.DROPPED]


@endpoints.patch("/promises/{id}")
async def patch_promise(context: ApiContext, body: PromisePatch) -> Promise:
    """A promise, closed as kept or dropped."""

    def verb(session: Session) -> Promise:
        row = promises.close(session, context.id, body.state, by=context.actor, now=context.now)
        return objects(session, [row])[0]

    return await context.write(verb)
