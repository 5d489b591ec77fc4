"""The endpoint that places calls: a request places at most one, however often it is sent."""

from typing import Annotated

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http import problems
from callcrm.api.http.auth import has_role
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.idempotency import as_response, created, idempotent
from callcrm.api.http.parse import Body, Ident, Line, Text
from callcrm.base.errors import CallcrmError, Forbidden
from callcrm.calls import search
from callcrm.calls.outgoing import click_to_call
from callcrm.carrier.errors import CarrierUnknown
from callcrm.models import Role
from callcrm.store.idempotency import IdempotentRequest, StoredResponse
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


class CallIn(Body):
    """A call to be placed."""

    to: Line = Field(description="The number to ring, in any spelling.")
    agent: Ident = Field(description="The agent who is rung first.")
    override: Annotated[Text, Field(max_length=500)] = Field(
        default="", description="A supervisor's reason to ring a customer whom another agent is to deal with."
    )


@endpoints.post("/calls", answers=shapes.Call, status=201, idempotent=True)
async def place_call(context: ApiContext, body: CallIn) -> Response:
    """A call that rings the agent, then the customer."""
    if body.agent != context.principal.user_id and not has_role(context.principal, Role.SUPERVISOR):
        raise Forbidden("An agent's phone is theirs, or a supervisor's, to have rung.")
    if body.override and not has_role(context.principal, Role.SUPERVISOR):
        raise Forbidden("What is forbidden by rule is a supervisor's to open.")
    request = idempotent(context, body)
    stored = await context.write(request.begin) or await _place(context, body, request)
    return as_response(stored)


async def _place(context: ApiContext, body: CallIn, request: IdempotentRequest) -> StoredResponse:
    """The response, stored for repetitions; not stored where certainly nobody was rung, so it can be tried
    again.
    """
    try:
        call_id = await click_to_call.place(
            context.services,
            to=body.to,
            agent_id=body.agent,
            by=context.principal.user_id,
            override=body.override.strip(),
        )
    except CarrierUnknown as fault:
        unknown = problems.problem_of(fault)
        response = StoredResponse(unknown.status, unknown.to_json())
        return await context.write(lambda session: request.finish(session, response))
    except CallcrmError:
        await context.write(request.abandon)
        raise

    def verb(session: Session) -> StoredResponse:
        call = render.call(session, search.call(session, call_id))
        return request.finish(session, created(call, prefix=context.prefix))

    return await context.write(verb)
