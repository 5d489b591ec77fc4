"""Endpoints of agents: their state, queues, skills and languages."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from sqlmodel import Session

from callcrm.agents import profile, roster
from callcrm.api.http.auth import has_role
from callcrm.api.http.context import ApiContext
from callcrm.api.http.endpoints import Endpoints
from callcrm.api.http.paging import Cursor, PageQuery, cut_page
from callcrm.api.http.parse import Body, Language, Line
from callcrm.base.errors import Forbidden
from callcrm.calls import stuck_agents
from callcrm.models import Agent, Role, User
from callcrm.views.objects import render, shapes

endpoints = Endpoints()


@endpoints.get("/agents")
async def list_agents(context: ApiContext, query: PageQuery) -> shapes.Listing[shapes.Agent]:
    """Agents, newest first."""

    def verb(session: Session) -> shapes.Listing[shapes.Agent]:
        rows = roster.list_agents(session, after=query.after, limit=query.limit + 1)
        page, following = cut_page(rows, query.limit, _cursor)
        items = [render.agent(agent, user, context.now) for agent, user in page]
        return shapes.Listing[shapes.Agent](items=items, next=following)

    return await context.read(verb)


@endpoints.get("/agents/{id}")
async def get_agent(context: ApiContext) -> shapes.Agent:
    """An agent."""
    return await context.read(lambda session: _object(context, session))


def _cursor(row: tuple[Agent, User]) -> Cursor:
    return Cursor(row[1].created_at, row[1].id)


Name = Annotated[Line, StringConstraints(max_length=profile.LONGEST_ENTRY)]


class AgentIn(Body):
    """What an agent can do; a field left out stays as it is, `queues` null is every queue."""

    queues: list[Name] | None = Field(default=None, max_length=profile.MAX_ENTRIES)
    skills: list[Name] = Field(default=[], max_length=profile.MAX_ENTRIES)
    languages: list[Language] = Field(default=[], max_length=profile.MAX_ENTRIES)


@endpoints.patch("/agents/{id}", role=Role.SUPERVISOR)
async def patch_agent(context: ApiContext, body: AgentIn) -> shapes.Agent:
    """An agent's queues, skills and languages, changed."""

    def verb(session: Session) -> shapes.Agent:
        _check_version(context, session)
        profile.update_profile(session, context.id, body.model_dump(exclude_unset=True))
        return _object(context, session)

    return await context.write(verb)


class StateIn(Body):
    """The state to set; while a call has claimed the agent, it is set for afterwards.

    A call that is over, or that the carrier does not know, claims nobody: the state is set at once. So it is
    where the carrier cannot be reached and a supervisor sets it.
    """

    state: Literal["available", "break", "offline"]


@endpoints.put("/agents/{id}/state", body=StateIn)
async def put_agent_state(context: ApiContext) -> shapes.Agent:
    """An agent's state, chosen by themselves or a supervisor."""
    by, is_supervisor = context.principal.user_id, has_role(context.principal, Role.SUPERVISOR)
    if context.id != by and not is_supervisor:
        raise Forbidden("An agent's state is theirs, or a supervisor's, to choose.")
    body = await context.body(StateIn)
    stuck = await stuck_agents.look_up(context.services, context.id, trusted=is_supervisor)

    def verb(session: Session) -> shapes.Agent:
        _check_version(context, session)
        runtime = context.services.runtime
        stuck_agents.apply_state(session, runtime, stuck, context.id, body.state, now=context.now, by=by)
        return _object(context, session)

    return await context.write(verb)


def _check_version(context: ApiContext, session: Session) -> None:
    agent, user = roster.lock_agent(session, context.id)
    context.check_version(agent, lambda: render.agent(agent, user, context.now))


def _object(context: ApiContext, session: Session) -> shapes.Agent:
    agent, user = roster.get_agent(session, context.id)
    session.refresh(agent)
    return render.agent(agent, user, context.now)
