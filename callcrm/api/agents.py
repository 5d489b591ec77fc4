"""Agents: who there is, what they are doing, what they can do."""

from typing import Literal

from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import profile, roster, states
from callcrm.api.http.auth import ranks
from callcrm.api.http.context import Ask, answer
from callcrm.api.http.paging import Cursor, PageQuery, cut
from callcrm.api.http.parse import Body, Language, Line
from callcrm.base.errors import Forbidden
from callcrm.models import Agent, Role, User
from callcrm.views.objects import render, shapes


class StateIn(Body):
    """The state an agent chooses; while a call holds them, it comes after the call."""

    state: Literal["available", "break", "offline"]


class AgentIn(Body):
    """What an agent can do; a field left out stays as it is, `queues` null is every queue."""

    queues: list[Line] | None = Field(default=None, max_length=50)
    skills: list[Line] = Field(default=[], max_length=50)
    languages: list[Language] = Field(default=[], max_length=50)


async def list_agents(ask: Ask) -> Response:
    """Agents, newest first."""
    said = ask.query(PageQuery)

    def verb(session: Session) -> shapes.Listing[shapes.Agent]:
        rows = roster.list_agents(session, after=said.after, limit=said.limit + 1)
        page, following = cut(rows, said.limit, _cursor)
        items = [render.agent(one, user, ask.now) for one, user in page]
        return shapes.Listing[shapes.Agent](items=items, next=following)

    return answer(await ask.read(verb))


def _cursor(row: tuple[Agent, User]) -> Cursor:
    return Cursor(row[1].created_at, row[1].id)


async def put_agent_state(ask: Ask) -> Response:
    """The agent, in the state they chose or will be in after their call."""
    agent_id = ask.id
    if agent_id != ask.who.user_id and not ranks(ask.who, Role.SUPERVISOR):
        raise Forbidden("An agent's state is theirs, or a supervisor's, to choose.")
    said = await ask.body(StateIn)

    def verb(session: Session) -> shapes.Agent:
        roster.get_agent(session, agent_id)
        states.set_state(session, agent_id, said.state, ask.now, by=ask.who.user_id)
        return _shape(ask, session, agent_id)

    return answer(await ask.write(verb))


async def patch_agent(ask: Ask) -> Response:
    """The agent with what was changed."""
    agent_id, said = ask.id, await ask.body(AgentIn)

    def verb(session: Session) -> shapes.Agent:
        profile.update_profile(session, agent_id, said.model_dump(exclude_unset=True))
        return _shape(ask, session, agent_id)

    return answer(await ask.write(verb))


def _shape(ask: Ask, session: Session, agent_id: str) -> shapes.Agent:
    agent, user = roster.get_agent(session, agent_id)
    session.refresh(agent)
    return render.agent(agent, user, ask.now)
