"""What we owe callers."""

from typing import Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm import models
from callcrm.api.http.context import Ask, answer
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Body
from callcrm.crm.promises import promises
from callcrm.crm.promises.objects import Promise, objects
from callcrm.models import PromiseState
from callcrm.views.objects import shapes


class PromiseQuery(PageQuery):
    """What promises can be asked for by."""

    state: PromiseState | None = None
    owner: str | None = Field(default=None, description="The id of whoever is to keep it.")
    customer: str | None = Field(default=None, description="A customer's id.")


class PromisePatch(Body):
    """How a promise was closed."""

    state: Literal[PromiseState.KEPT, PromiseState.DROPPED]


async def list_promises(ask: Ask) -> Response:
    """Promises, newest first."""
    said = ask.query(PromiseQuery)

    def verb(session: Session) -> shapes.Listing[Promise]:
        rows = promises.find(
            session,
            state=said.state,
            owner=said.owner,
            customer=said.customer,
            after=said.after,
            limit=said.limit + 1,
        )
        page, following = cut(rows, said.limit, _cursor)
        return shapes.Listing[Promise](items=objects(session, page), next=following)

    return answer(await ask.read(verb))


def _cursor(row: models.Promise) -> Cursor:
    return Cursor(row.created_at, row.id)


async def patch_promise(ask: Ask) -> Response:
    """The promise, closed for good."""
    promise_id, said = ask.id, await ask.body(PromisePatch)
    who = ask.who.user_id or ask.who.token_id

    def verb(session: Session) -> Promise:
        row = promises.close(session, promise_id, said.state, by=who, now=ask.now)
        return objects(session, [row])[0]

    return answer(await ask.write(verb))
