"""Tiers, read and written whole by programs."""

from pydantic import RootModel
from sqlmodel import Session

from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.base.objects import WholeList
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tier, Tiers
from callcrm.crm.tiers import preview, tiers
from callcrm.crm.tiers.preview import Preview
from callcrm.models import Role

endpoints = Endpoints("tiers")


class TiersIn(RootModel[list[Tier]]):
    """All tiers, as they are to be."""


def _object(context: ApiContext, current: Tiers) -> WholeList[Tier]:
    return WholeList[Tier].of(tiers.shown(context.reader.locale, current), current.version)


@endpoints.get("/tiers")
async def list_tiers(context: ApiContext) -> WholeList[Tier]:
    """The tiers, the best first: whose they are, and what they get."""
    return await context.read(lambda session: _object(context, business_tiers.get(session)))


@endpoints.put("/tiers", role=Role.SUPERVISOR)
async def put_tiers(context: ApiContext, body: TiersIn) -> WholeList[Tier]:
    """The tiers, all of them replaced by these. Customers are put into theirs soon after."""

    def verb(session: Session) -> WholeList[Tier]:
        present = tiers.lock(session, context.now)
        context.preconditions.check(present.version, lambda: _object(context, present))
        return _object(context, tiers.replace(session, body.root, by=context.actor, now=context.now))

    return await context.write(verb)


@endpoints.post("/tiers/preview", role=Role.SUPERVISOR)
async def preview_tiers(context: ApiContext, body: TiersIn) -> Preview:
    """How many customers these tiers would move from which tier to which. Nothing is changed."""
    return await preview.preview(context.services.store, tiers.checked(body.root), context.now)
