"""Settings of agents: the queues they serve, their skills and languages."""

from dataclasses import dataclass
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import profile, users
from callcrm.agents.users import UserRow
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.calls import stuck_agents
from callcrm.edge.status import status_of
from callcrm.models import Agent, AgentState, Role
from callcrm.routing.queue_status import queue_statuses
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.signed_out import text_of
from callcrm.web.settings.users import split

AT_WORK = (AgentState.AVAILABLE, AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is now: waiting callers, agents available and agents signed on.

    `ring_seconds` is None if no flow leads to it any more.
    """

    name: str
    ring_seconds: int | None
    waiting: int
    available: int
    here: int


async def queues(page: Page) -> Response:
    """The page: agents by queues."""
    rows, listed = await page.read(partial(_all, page=page))
    return page.respond("settings/queues/queues.html", agents=rows, queues=listed)


def _all(session: Session, page: Page) -> tuple[list[UserRow], list[Queue]]:
    agents = [
        user for user in users.list_users(session, page.now) if user.agent and not user.user.disabled_at
    ]
    return agents, _queues(session, page)


def _queues(session: Session, page: Page) -> list[Queue]:
    flows = page.services.runtime.flows
    rings = {name: flow.ring_seconds(name) for flow in flows.flows.values() for name in flow.queues}
    return [
        Queue(
            status.name,
            rings.get(status.name),
            status.waiting,
            status.agents[AgentState.AVAILABLE],
            sum(status.agents[state] for state in AT_WORK),
        )
        for status in queue_statuses(session, page.now, flows.queues)
    ]


async def update_agent(page: Page) -> Response:
    """Saves one agent's row; a value that is refused is shown again with the reason."""
    form, fault = await page.form(), None
    chosen = [str(queue) for queue in form.getlist("queue")]
    changes: dict[str, object] = {name: split(text_of(form, name)) for name in ("skills", "languages")}

    def verb(session: Session) -> None:
        before = session.get(Agent, page.id)
        if before and before.queues is None and not chosen:
            chosen.extend(page.services.runtime.flows.queues)  # no more every queue, but all there are now
        every = text_of(form, "every") == "on"
        profile.update_profile(session, page.id, {**changes, "queues": None if every else chosen})

    try:
        await page.write(verb)
    except Refused as refused:
        fault = refused
    if not page.request.headers.get("hx-request"):
        if fault:
            raise fault
        return page.redirect("/settings/queues")
    agents, listed = await page.read(partial(_all, page=page))
    row = next((agent for agent in agents if agent.user.id == page.id), None)
    if row is None:
        raise NotFound("there is no such agent", field="agent")
    problem = error_pages.error_text(page.locale, fault) if fault else ""
    status = status_of(fault) if fault else 200
    return page.respond(
        "settings/queues/_agent_row.html",
        status,
        row=row,
        queues=listed,
        problem=problem,
        saved=not fault,
    )


async def free_agent(page: Page) -> Response:
    """Takes an agent out of a call that is over, or of which the carrier cannot tell; they are available."""
    stuck = await stuck_agents.look_up(page.services, page.id, trusted=True)
    if stuck is None:
        raise Conflict("The carrier says that this call goes on; whom it holds is free once it is over.")

    def verb(session: Session) -> None:
        state, by = AgentState.AVAILABLE, page.user.user_id
        stuck_agents.free(session, page.services.runtime, stuck, page.id, state, now=page.now, by=by)

    await page.write(verb)
    return page.redirect("/settings/queues")


routes = [
    get("/settings/queues", queues, role=Role.SUPERVISOR),
    post("/settings/queues/{id}", update_agent, role=Role.SUPERVISOR),
    post("/settings/queues/{id}/free", free_agent, role=Role.SUPERVISOR),
]
