"""The rail: an agent's own state, who waits, what is due, and what today came to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial

from sqlalchemy import or_
from sqlmodel import Session, col, func, select
from starlette.responses import Response

from callcrm.agents import states
from callcrm.agents.profile import reachable
from callcrm.base.errors import NotFound
from callcrm.crm.promises import promises
from callcrm.models import Agent, Call, Customer, Promise, PromiseState, User
from callcrm.routing.priority import is_waiting
from callcrm.routing.selection import serves
from callcrm.web.page import Page
from callcrm.web.routes import get, post

DUE_WITHIN = timedelta(hours=12)
MOST_DUE = 6


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in a queue; `phone` is None of one who shows no number."""

    call_id: str
    name: str | None
    tier: str | None
    phone: str | None
    queue: str
    language: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """The agent's own state, and the ways they are rung: softphone, phone, the first one first."""

    agent: Agent
    ways: list[str]
    number: str | None

    @property
    def busy(self) -> bool:
        """Whether a call has them, so that what they choose comes after it."""
        return self.agent.state in states.CLAIMED


@dataclass(frozen=True, slots=True)
class DuePromise:
    """Something owed soon, or too late."""

    promise: Promise
    customer: Customer | None


@dataclass(frozen=True, slots=True)
class Today:
    """What the agent's day came to so far."""

    calls: int
    seconds: int


def waiting(session: Session, now: datetime, queues: Collection[str] | None = None) -> list[Waiting]:
    """Everybody who waits (in these queues), longest first."""
    arrived = func.coalesce(col(Call.queued_at), col(Call.started_at)).label("arrived")
    statement = (
        select(Call, Customer, arrived)
        .join(Customer, col(Customer.id) == col(Call.customer_id), isouter=True)
        .where(is_waiting(now))
        .order_by(arrived, col(Call.id))
    )
    if queues is not None:
        statement = statement.where(col(Call.queue).in_(queues))
    return [_waiting(*row) for row in session.exec(statement)]


def _waiting(call: Call, customer: Customer | None, since: datetime) -> Waiting:
    name, tier = (customer.name, customer.tier) if customer else (None, None)
    return Waiting(call.id, name, tier, call.phone, call.queue or "", call.language, since)


def agent_status(session: Session, agent_id: str, now: datetime) -> AgentStatus | None:
    """The agent as they are; None for somebody who takes no calls."""
    agent, user = session.get(Agent, agent_id), session.get(User, agent_id)
    if agent is None or user is None:
        return None
    return AgentStatus(agent, reachable(agent, user, now), user.number)


def due(session: Session, agent_id: str, now: datetime) -> list[DuePromise]:
    """What is owed by this agent, or by nobody in the queues they serve, until half a day from now."""
    agent = session.get(Agent, agent_id)
    queues = agent.queues if agent else []
    statement = (
        select(Promise, Customer, Call.queue)
        .join(Customer, col(Customer.id) == col(Promise.customer_id), isouter=True)
        .join(Call, col(Call.id) == col(Promise.call_id), isouter=True)
        .where(Promise.state == PromiseState.OPEN, col(Promise.due_at) < now + DUE_WITHIN)
        .where(or_(col(Promise.owner_id) == agent_id, col(Promise.owner_id).is_(None)))
        .order_by(col(Promise.due_at), col(Promise.id))
    )
    rows = session.exec(statement.limit(10 * MOST_DUE)).all()
    return [
        DuePromise(promise, customer)
        for promise, customer, queue in rows
        if promise.owner_id or not queue or serves(queues, queue)
    ][:MOST_DUE]


def today(session: Session, agent_id: str, midnight: datetime) -> Today:
    """The agent's calls since then, and how long they spoke."""
    statement = select(func.count(), func.coalesce(func.sum(col(Call.talk_seconds)), 0)).where(
        col(Call.agent_id) == agent_id, col(Call.started_at) >= midnight
    )
    calls, seconds = session.exec(statement).one()
    return Today(calls, int(seconds or 0))


async def context(page: Page) -> dict[str, object]:
    """What the rail's templates are handed, but for who waits."""
    midnight = datetime.combine(page.locale.today(), time(), page.locale.zone)

    def verb(session: Session) -> tuple[AgentStatus | None, Sequence[DuePromise], Today]:
        who = page.user.user_id
        return (
            agent_status(session, who, page.now),
            due(session, who, page.now),
            today(session, who, midnight),
        )

    own, owed, day = await page.read(verb)
    return {"mine": own, "due": owed, "today": day}


async def _shown(name: str, page: Page) -> Response:
    return page.show(name, **await context(page))


async def state(page: Page) -> Response:
    """The agent's own state."""
    return await _shown("desk/_agent_state.html", page)


async def due_part(page: Page) -> Response:
    """What is due."""
    return await _shown("desk/_due.html", page)


async def today_part(page: Page) -> Response:
    """What today came to."""
    return await _shown("desk/_today.html", page)


async def choose_state(page: Page) -> Response:
    """The state the agent chose: now, or after the call that has them."""
    wanted = str((await page.form()).get("state"))
    verb = partial(states.set_state, agent_id=page.user.user_id, state=wanted, now=page.now)
    await page.write(verb)
    return await state(page) if page.request.headers.get("hx-request") else page.go("/desk")


async def keep(page: Page) -> Response:
    """The promise was kept: somebody did what was owed."""

    def verb(session: Session) -> None:
        if page.id not in {one.promise.id for one in due(session, page.user.user_id, page.now)}:
            raise NotFound("There is no such promise.")
        promises.close(session, page.id, PromiseState.KEPT, by=page.user.user_id, now=page.now)

    await page.write(verb)
    return await due_part(page) if page.request.headers.get("hx-request") else page.go("/desk")


routes = [
    get("/desk/state", state, acts=False),
    post("/desk/state", choose_state),
    get("/desk/due", due_part, acts=False),
    get("/desk/today", today_part, acts=False),
    post("/desk/due/{id}/kept", keep),
]
