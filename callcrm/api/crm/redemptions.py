"""Endpoints of redemptions: taken, decided about, listed."""

from collections.abc import Callable
from functools import partial

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import as_response, created, idempotent
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Ident, Text
from callcrm.api.http.problems import Problem
from callcrm.crm.loyalty import redemptions
from callcrm.crm.loyalty.objects import Redemption
from callcrm.crm.loyalty.objects import redemptions as objects
from callcrm.crm.loyalty.parameters import MOST_POINTS
from callcrm.crm.loyalty.redemptions import Actor
from callcrm.models import Role
from callcrm.models.crm.loyalty import Redemption as RedemptionRow
from callcrm.models.crm.loyalty import RedemptionState
from callcrm.store.idempotency import StoredResponse
from callcrm.views.objects.shapes import Listing

endpoints = Endpoints("loyalty")
WAITS_FOR_APPROVAL = "This programme needs a supervisor’s approval. They have been asked."


def _actor(context: ApiContext) -> Actor:
    zone = context.services.runtime.settings.zone
    return Actor(context.actor, context.principal.supervises, context.now, zone)


class RedemptionIn(Body):
    """A reward to be taken."""

    programme: Ident = Field(description="A programme's id.")
    note: Text | None = None
    points: int | None = Field(
        default=None, ge=1, le=MOST_POINTS, description="How many points; without it as many as there are."
    )
    call: Ident | None = Field(default=None, description="The id of the call that it is asked for in.")


@endpoints.post("/customers/{id}/redemptions", answers=Redemption, status=201, idempotent=True)
async def redeem(context: ApiContext, body: RedemptionIn) -> Response:
    """A reward, taken. 409 `nothing-to-redeem`; 409 `needs-approval` once a supervisor has been asked."""
    request = idempotent(context, body)

    def verb(session: Session) -> StoredResponse:
        if stored := request.begin(session):
            return stored
        row = redemptions.redeem(
            session,
            context.id,
            body.programme,
            _actor(context),
            note=body.note or "",
            points=body.points,
            call_id=body.call,
        )
        return request.finish(session, _response(context, session, row))

    return as_response(await context.write(verb))


def _response(context: ApiContext, session: Session, row: RedemptionRow) -> StoredResponse:
    """201 for what was redeemed; a refusal that keeps the wish on record for what was asked for."""
    if row.state == RedemptionState.REDEEMED:
        return created(objects(session, [row])[0], prefix=context.prefix)
    return StoredResponse(409, Problem(409, WAITS_FOR_APPROVAL, code=redemptions.NEEDS_APPROVAL).to_json())


class RedemptionQuery(PageQuery):
    """Filters of a list of redemptions."""

    customer: str | None = Field(default=None, description="A customer's id.")
    programme: str | None = Field(default=None, description="A programme's id.")
    state: RedemptionState | None = None


@endpoints.get("/redemptions")
async def list_redemptions(context: ApiContext, query: RedemptionQuery) -> Listing[Redemption]:
    """Rewards taken and asked for, newest first."""

    def verb(session: Session) -> Listing[Redemption]:
        rows = redemptions.find(
            session,
            customer=query.customer,
            programme=query.programme,
            state=query.state,
            after=query.after,
            limit=query.limit + 1,
        )
        page, following = cut_page(rows, query.limit, lambda row: Cursor(row.created_at, row.id))
        return Listing[Redemption](items=objects(session, page), next=following)

    return await context.read(verb)


@endpoints.get("/redemptions/{id}")
async def get_redemption(context: ApiContext) -> Redemption:
    """A reward taken or asked for."""
    return await context.read(lambda session: objects(session, [redemptions.get(session, context.id)])[0])


class Reason(Body):
    """Why a supervisor decides so."""

    reason: Text | None = Field(default=None, description="Must be there to undo.")


@endpoints.post("/redemptions/{id}/approve", role=Role.SUPERVISOR)
async def approve(context: ApiContext) -> Redemption:
    """What an agent asked for, given."""
    return await _decided(context, redemptions.approve)


@endpoints.post("/redemptions/{id}/refuse", role=Role.SUPERVISOR)
async def refuse(context: ApiContext, body: Reason) -> Redemption:
    """What an agent asked for, refused."""
    return await _decided(context, partial(redemptions.refuse, reason=body.reason or ""))


@endpoints.post("/redemptions/{id}/undo", role=Role.SUPERVISOR)
async def undo(context: ApiContext, body: Reason) -> Redemption:
    """What was redeemed, taken back: it spends nothing any more."""
    return await _decided(context, partial(redemptions.undo, reason=body.reason or ""))


async def _decided(context: ApiContext, decision: Callable[..., RedemptionRow]) -> Redemption:
    def verb(session: Session) -> Redemption:
        present = redemptions.lock(session, context.id)
        context.check_version(present, lambda: objects(session, [present])[0])
        return objects(session, [decision(session, context.id, actor=_actor(context))])[0]

    return await context.write(verb)
