"""Settings of agents: the queues they serve, their skills and languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import profile, roster, users
from callcrm.agents.users import UserRow
from callcrm.base.errors import Conflict, NotFound, Refused
from callcrm.calls import stuck_agents
from callcrm.edge.status import status_of
from callcrm.models import Agent, AgentState, Role
from callcrm.routing.queue_status import queue_statuses
from callcrm.web import error_pages
from callcrm.web.editing import Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, post
from callcrm.web.session.signed_out import text_of
from callcrm.web.settings.user_form import split

LISTS = ("queues", "skills", "languages")
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
    return page.respond(
        "settings/queues/queues.html", agents=rows, queues=listed, editings=_editings(page, rows)
    )


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


async def refill(page: Page) -> Response:
    """The page with one agent's row as it was sent."""
    form = await page.form()
    rows, listed = await page.read(partial(_all, page=page))
    editings = _editings(page, rows)
    for row in rows:
        if row.user.id == page.id and row.agent:
            sent = _sent_fields(form, row.agent, list(page.services.runtime.flows.queues))
            editings[page.id] = Editing.of_form(form)
            row.agent.queues = None if sent["every"] else sent["queues"].split("\n")
            row.agent.skills, row.agent.languages = split(sent["skills"]), split(sent["languages"])
    unsaved = page.locale._("Not saved yet. Change or confirm it.")
    return page.respond(
        "settings/queues/queues.html",
        agents=rows,
        queues=listed,
        editings=editings,
        unsaved={page.id: unsaved},
    )


async def update_agent(page: Page) -> Response:
    """Saves one agent's row; a value that is refused is shown again with the reason."""
    form, fault = await page.form(), None
    every_queue = list(page.services.runtime.flows.queues)

    def verb(session: Session) -> None:
        agent, _ = roster.lock_agent(session, page.id)
        sent = _sent_fields(form, agent, every_queue)
        stored = stored_fields(agent, every_queue)
        saved = Editing.of_form(form).merge(sent, stored, str(agent.version), LISTS)
        lists = {name: split(saved[name]) for name in ("skills", "languages")}
        queues = None if saved["every"] else [name for name in saved["queues"].split("\n") if name]
        profile.update_profile(session, page.id, {**lists, "queues": queues})

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
        wrong=getattr(fault, "field", None),
        saved=not fault,
        editings=_editings(page, [row]),
    )


async def free_agent(page: Page) -> Response:
    """Takes an agent out of a call that is over, or of which the carrier cannot tell; they are available."""
    stuck = await stuck_agents.look_up(page.services, page.id, trusted=True)
    if stuck is None:
        raise Conflict("The carrier says that this call goes on; whom it holds is free once it is over.")

    def verb(session: Session) -> None:
        state, by = AgentState.AVAILABLE, page.user.user_id
        runtime = page.services.runtime
        stuck_agents.apply_state(session, runtime, stuck, page.id, state, now=page.now, by=by)

    await page.write(verb)
    return page.redirect("/settings/queues")


def _editings(page: Page, rows: Sequence[UserRow]) -> dict[str, Editing]:
    """By agent: the version that their row shows."""
    every_queue = list(page.services.runtime.flows.queues)
    agents = (row.agent for row in rows if row.agent)
    return {agent.id: Editing(str(agent.version), stored_fields(agent, every_queue)) for agent in agents}


def stored_fields(agent: Agent, every_queue: list[str]) -> dict[str, str]:
    """The fields of an agent's row as they are stored."""
    return {
        "every": "on" if agent.queues is None else "",
        "queues": "\n".join(every_queue if agent.queues is None else agent.queues),
        "skills": "\n".join(agent.skills),
        "languages": "\n".join(agent.languages),
    }


def _sent_fields(form: FormData, agent: Agent, every_queue: list[str]) -> dict[str, str]:
    every, chosen = text_of(form, "every"), "\n".join(str(queue) for queue in form.getlist("queue"))
    was_every = Editing.of_form(form).base.get("every", stored_fields(agent, every_queue)["every"])
    if was_every and not chosen:
        chosen = "\n".join(every_queue)  # their boxes send nothing; no more every queue is all there are now
    lists = {name: "\n".join(split(text_of(form, name))) for name in ("skills", "languages")}
    return {"every": "on" if every == "on" else "", "queues": chosen, **lists}


routes = [
    get("/settings/queues", queues, role=Role.SUPERVISOR),
    post("/settings/queues/{id}", update_agent, role=Role.SUPERVISOR, refill=refill),
    post("/settings/queues/{id}/free", free_agent, role=Role.SUPERVISOR),
]
