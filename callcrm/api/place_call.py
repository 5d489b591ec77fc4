"""Placing calls: one request is at most one call, however often it is sent."""

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.api.http import problems
from callcrm.api.http.auth import ranks
from callcrm.api.http.context import Ask, to_json
from callcrm.api.http.idempotency import Given, Once, once
from callcrm.api.http.parse import Body, Ident, Line
from callcrm.base.errors import CallcrmError, Forbidden
from callcrm.calls import search
from callcrm.calls.outgoing import click_to_call
from callcrm.carrier.errors import CarrierUnknown
from callcrm.models import Role
from callcrm.views.objects import render


class CallIn(Body):
    """A call to be placed."""

    to: Line = Field(description="The number to ring, in any spelling.")
    agent: Ident = Field(description="The agent who is rung first.")


async def place_call(ask: Ask) -> Response:
    """The call that rings the agent, and the customer once they answer."""
    said = await ask.body(CallIn)
    if said.agent != ask.who.user_id and not ranks(ask.who, Role.SUPERVISOR):
        raise Forbidden("An agent's phone is theirs, or a supervisor's, to have rung.")
    this = once(ask, said)
    given = await ask.write(this.begin) or await _placed(ask, said, this)
    return given.response()


async def _placed(ask: Ask, said: CallIn, this: Once) -> Given:
    """The answer, kept for repetitions; what certainly rings nobody may be asked for again."""
    try:
        call_id = await click_to_call.place(ask.services, to=said.to, agent_id=said.agent, by=ask.who.user_id)
    except CarrierUnknown as fault:
        unknown = problems.of(fault)
        return await ask.write(lambda session: this.end(session, Given(unknown.status, unknown.to_json())))
    except CallcrmError:
        await ask.write(this.take_back)
        raise

    def verb(session: Session) -> Given:
        told = to_json(render.call(session, search.call(session, call_id)))
        return this.end(session, Given(201, told))

    return await ask.write(verb)
