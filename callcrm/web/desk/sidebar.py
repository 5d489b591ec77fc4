"""The sidebar: the agent's state, waiting callers, due promises, today's figures."""

from datetime import datetime, time
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.agents import states
from callcrm.views.desk.agent_day import AgentStatus, Today, agent_status, today
from callcrm.views.desk.due_promises import DueList, due_promises, keep
from callcrm.web.page import Page
from callcrm.web.routes import get, post

SHOWN_AT_FIRST, SHOWN_MORE = 6, 12  # due promises


async def context(page: Page) -> dict[str, object]:
    """The context of the sidebar's templates, waiting callers aside."""
    limit = _limit(page)
    midnight = datetime.combine(page.locale.today(), time(), page.locale.zone)

    def verb(session: Session) -> tuple[AgentStatus | None, DueList, Today]:
        user_id = page.user.user_id
        return (
            agent_status(session, user_id, page.now),
            due_promises(session, user_id, page.now, limit),
            today(session, user_id, midnight),
        )

    status, due, day = await page.read(verb)
    return {"status": status, "due": due, "limit": limit, "more": limit + SHOWN_MORE, "today": day}


def _limit(page: Page) -> int:
    """How many due promises are shown: as many as the page asks for."""
    text = page.request.query_params.get("show", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else SHOWN_AT_FIRST
    return max(number, SHOWN_AT_FIRST)


async def _part(name: str, page: Page) -> Response:
    return page.respond(name, **await context(page))


async def state(page: Page) -> Response:
    """The agent's state, for htmx."""
    return await _part("desk/sidebar/_agent_state.html", page)


async def due_part(page: Page) -> Response:
    """The due promises, for htmx."""
    return await _part("desk/sidebar/_due.html", page)


async def today_part(page: Page) -> Response:
    """Today's figures, for htmx."""
    return await _part("desk/sidebar/_today.html", page)


async def choose_state(page: Page) -> Response:
    """Sets the agent's state: now, or after the call that has claimed them."""
    wanted = str((await page.form()).get("state"))
    verb = partial(states.set_state, agent_id=page.user.user_id, state=wanted, now=page.now)
    await page.write(verb)
    return await state(page) if page.request.headers.get("hx-request") else page.redirect("/desk")


async def keep_promise(page: Page) -> Response:
    """Closes a promise as kept, whether it is among those shown or not."""
    await page.write(partial(keep, promise_id=page.id, agent_id=page.user.user_id, now=page.now))
    return await due_part(page) if page.request.headers.get("hx-request") else page.redirect("/desk")


routes = [
    get("/desk/state", state, keeps_session=False),
    post("/desk/state", choose_state),
    get("/desk/due", due_part, keeps_session=False),
    get("/desk/today", today_part, keeps_session=False),
    post("/desk/due/{id}/kept", keep_promise),
]
