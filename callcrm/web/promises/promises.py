"""Promises: the worklist, by due time, and what can be done with each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import users
from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.promises import promises, worklist
from callcrm.models import Promise, PromiseState, User
from callcrm.views.promises import PromiseRow, rows
from callcrm.web.desk import click_to_call
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import get, post

PAGE_SIZE = 40
WHOSE = ("mine", worklist.NOBODY, "all")


@dataclass(frozen=True, slots=True)
class PromisesPage:
    """A page of promises; `mute` says why the user can't place calls, "" if they can."""

    list_page: ListPage[PromiseRow]
    tally: Mapping[str, int]
    mute: str


async def promises_page(page: Page) -> Response:
    """The promises of the owner and state in the URL."""
    query, paging = page.request.query_params, page_request(page.request.query_params)
    state, whose = _state_filter(query.get("state")), _owner_filter(page)
    owner = {"mine": page.user.user_id, worklist.NOBODY: worklist.NOBODY}.get(whose)

    def verb(session: Session) -> PromisesPage:
        listed = worklist.worklist(
            session, state=state, owner=owner, key=paging.key, back=paging.back, limit=PAGE_SIZE + 1
        )
        listing = list_page(listed, PAGE_SIZE, paging, _cursor)
        return PromisesPage(
            ListPage(rows(session, listing.rows), listing.before, listing.after),
            worklist.tally(session, page.user.user_id),
            click_to_call.cannot_call(session, page.user, page.locale, page.now),
        )

    return page.respond("promises/promises.html", shown=await page.read(verb), state=state, whose=whose)


def _cursor(row: Promise) -> Cursor:
    return Cursor(row.due_at if row.state == PromiseState.OPEN else row.closed_at or row.due_at, row.id)


def _state_filter(value: str | None) -> PromiseState:
    return PromiseState(value) if value in set(PromiseState) else PromiseState.OPEN


def _owner_filter(page: Page) -> str:
    value = page.request.query_params.get("whose", "")
    return value if value in WHOSE else ("mine" if page.user.takes_calls else "all")


async def overdue_count(page: Page) -> Response:
    """How many promises are overdue, for the navigation's badge: the agent's own and nobody's."""
    owner = page.user.user_id if page.user.takes_calls else None
    count = await page.read(partial(worklist.count_late, now=page.now, owner=owner))
    return page.respond("promises/_late.html", count=count)


async def show(page: Page) -> Response:
    """One promise as a row."""
    if not page.request.headers.get("hx-request"):
        return page.redirect("/promises?whose=all")
    return await _row(page, partial(promises.get, promise_id=page.id))


async def edit(page: Page) -> Response:
    """The form for another owner or due time."""
    if not page.request.headers.get("hx-request"):
        return page.redirect("/promises?whose=all")

    def verb(session: Session) -> tuple[PromiseRow, Sequence[User]]:
        return rows(session, [promises.get(session, page.id)])[0], users.list_active_users(session)

    row, staff = await page.read(verb)
    return page.respond(
        "promises/_edit.html",
        row=row,
        staff=[(user.id, user.name) for user in staff],
        hours=due_times.choices(page.locale, page.now),
        days=due_times.days(page.locale, page.now),
    )


async def arrange(page: Page) -> Response:
    """Sets the promise's owner and due time."""
    form, by = await page.form(), page.user.user_id
    owner = str(form.get("owner", "")) or None

    def verb(session: Session) -> Promise:
        at = _due(page, form) or promises.get(session, page.id).due_at
        return promises.arrange(session, page.id, owner_id=owner, due_at=at, by=by)

    return await _row(page, verb)


def _due(page: Page, form: FormData) -> datetime | None:
    """The due time that was chosen; None to keep it."""
    choice, day, at = (str(form.get(name, "")) for name in ("due", "day", "at"))
    return due_times.due_at(page.locale, choice, day, at, page.now) if choice else None


async def kept(page: Page) -> Response:
    """Closes the promise as kept."""
    return await _close(page, PromiseState.KEPT, page.locale._("Kept."))


async def drop(page: Page) -> Response:
    """Closes the promise as dropped."""
    return await _close(page, PromiseState.DROPPED, page.locale._("Dropped."))


async def _close(page: Page, state: PromiseState, message: str) -> Response:
    verb = partial(promises.close, promise_id=page.id, state=state, by=page.user.user_id, now=page.now)
    return await _row(page, verb, message, undo=True)


async def reopen(page: Page) -> Response:
    """Undoes the closing by hand."""
    verb = partial(promises.reopen, promise_id=page.id, by=page.user.user_id, now=page.now)
    return await _row(page, verb, page.locale._("Open again."))


async def _row(
    page: Page, verb: Callable[[Session], Promise], message: str = "", undo: bool = False
) -> Response:
    """The promise's row after the verb, with a toast; without htmx, a redirect to the list."""

    def both(session: Session) -> tuple[PromiseRow, str, int]:
        promise = verb(session)
        owner = page.user.user_id if page.user.takes_calls else None
        mute = click_to_call.cannot_call(session, page.user, page.locale, page.now)
        return rows(session, [promise])[0], mute, worklist.count_late(session, page.now, owner=owner)

    act = page.read if page.request.method == "GET" else page.write
    row, mute, count = await act(both)
    if page.request.method != "GET" and not page.request.headers.get("hx-request"):
        return page.redirect(f"/promises?whose=all&state={row.promise.state}")
    return page.respond("promises/_row.html", row=row, mute=mute, count=count, message=message, undo=undo)


routes = [
    get("/promises", promises_page),
    get("/promises/late", overdue_count, keeps_session=False),
    get("/promises/{id}", show),
    get("/promises/{id}/edit", edit),
    post("/promises/{id}/arrange", arrange),
    post("/promises/{id}/kept", kept),
    post("/promises/{id}/drop", drop),
    post("/promises/{id}/open", reopen),
]
