"""Promises: the worklist, by due time, and what can be done with each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.agents import users
from callcrm.base.errors import Conflict
from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.promises import promises, worklist
from callcrm.models import Promise, PromiseState, User
from callcrm.views.promises import PromiseRow, rows
from callcrm.web import error_pages
from callcrm.web.desk import click_to_call
from callcrm.web.editing import BothChanged, Editing
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


class DecidedMeanwhile(Conflict):
    """Somebody else has decided otherwise about a promise than the page showed."""


async def promises_page(page: Page) -> Response:
    """The promises of the owner and state in the URL."""
    query, paging = page.request.query_params, page_request(page.request.query_params)
    state, whose = _state_filter(query.get("state")), _owner_filter(page)
    owner = {"mine": page.user.user_id, worklist.NOBODY: worklist.NOBODY}.get(whose)

    def verb(session: Session) -> PromisesPage:
        listed = worklist.worklist(
            session,
            reader=page.user.user_id,
            state=state,
            owner=owner,
            key=paging.key,
            back=paging.back,
            limit=PAGE_SIZE + 1,
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
    count = await page.read(partial(_late, page=page))
    return page.respond("promises/_late.html", count=count)


def _late(session: Session, page: Page) -> int:
    reader = page.user.user_id
    owner = reader if page.user.takes_calls else None
    return worklist.count_late(session, page.now, owner=owner, reader=reader)


async def show(page: Page) -> Response:
    """One promise as a row."""
    if not page.request.headers.get("hx-request"):
        return page.redirect("/promises?whose=all")
    return await _row(page, partial(promises.get, promise_id=page.id, reader=page.user.user_id))


async def edit(page: Page) -> Response:
    """The form for another owner or due time."""
    return await arrange_form(page)


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    form = await page.form()
    return await arrange_form(page, 200, form, Editing.of_form(form))


async def arrange_form(
    page: Page, status: int = 200, form: FormData | None = None, editing: Editing | None = None
) -> Response:
    """The form, as a page or a part; with what was typed in `form`, if it was sent before."""

    def verb(session: Session) -> tuple[PromiseRow, Sequence[User]]:
        return rows(session, [promises.get(session, page.id, page.user.user_id)])[0], users.list_active_users(
            session
        )

    row, staff = await page.read(verb)
    part = page.request.headers.get("hx-request")
    stored = stored_fields(row.promise)
    typed = {name: str(form.get(name, "")) if form else "" for name in ("owner", "due", "day", "at")}
    return page.respond(
        "promises/_edit.html" if part else "promises/edit.html",
        status,
        row=row,
        typed=typed if form else {**typed, "owner": stored["owner"]},
        sent_due=_due(page, form) if form else None,
        editing=editing or Editing(str(row.promise.version), stored),
        staff=[(user.id, user.name) for user in staff],
        hours=due_times.choices(page.locale, page.now),
        days=due_times.days(page.locale, page.now),
    )


def stored_fields(promise: Promise) -> dict[str, str]:
    """The fields of the form as they are stored."""
    return {"owner": promise.owner_id or "", "due": promise.due_at.isoformat()}


async def arrange(page: Page) -> Response:
    """Sets the promise's owner and due time."""
    form, by = await page.form(), page.user.user_id
    editing, due = Editing.of_form(form), _due(page, form)

    def verb(session: Session) -> Promise:
        promise = promises.lock(session, page.id, by)
        stored = stored_fields(promise)
        sent_due = due.isoformat() if due else editing.base.get("due", stored["due"])
        sent = {"owner": str(form.get("owner", "")), "due": sent_due}
        saved = editing.merge(sent, stored, str(promise.version))
        at = datetime.fromisoformat(saved["due"])
        return promises.arrange(session, page.id, owner_id=saved["owner"] or None, due_at=at, by=by)

    try:
        return await _row(page, verb)
    except BothChanged as both:
        return await arrange_form(page, 409, form, both.editing)


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
    return await _moved(page, verb, state, message, undo=True)


async def reopen(page: Page) -> Response:
    """Undoes the closing by hand."""
    verb = partial(promises.reopen, promise_id=page.id, by=page.user.user_id, now=page.now)
    return await _moved(page, verb, PromiseState.OPEN, page.locale._("Open again."))


async def _moved(
    page: Page, verb: Callable[[Session], Promise], state: PromiseState, message: str, undo: bool = False
) -> Response:
    """The row after the verb; as it is now, if the promise is no more in the state that the page showed."""
    seen = str((await page.form()).get("state", ""))

    def unless_moved(session: Session) -> Promise:
        promise = promises.lock(session, page.id, page.user.user_id)
        if seen not in ("", promise.state) and promise.state != state:
            raise _decided_meanwhile(promise.state)
        decided = promise.state == state and promise.decided_by is not None
        return promise if decided else verb(session)

    try:
        return await _row(page, unless_moved, message, undo)
    except DecidedMeanwhile as fault:
        if not page.request.headers.get("hx-request"):
            raise
        text = error_pages.error_text(page.locale, fault)
        return await _row(
            page, partial(promises.get, promise_id=page.id, reader=page.user.user_id), text, status=409
        )


def _decided_meanwhile(state: str) -> DecidedMeanwhile:
    match PromiseState(state):
        case PromiseState.OPEN:
            return DecidedMeanwhile("Somebody else opened this again meanwhile. It stays open for now.")
        case PromiseState.KEPT:
            return DecidedMeanwhile("This was kept meanwhile. It stays so until you open it again.")
        case PromiseState.DROPPED:
            return DecidedMeanwhile("This was dropped meanwhile. It stays so until you open it again.")


async def _row(
    page: Page, verb: Callable[[Session], Promise], message: str = "", undo: bool = False, status: int = 200
) -> Response:
    """The promise's row after the verb, with a toast; without htmx, a redirect to the list."""

    def both(session: Session) -> tuple[PromiseRow, str, int]:
        promise = verb(session)
        mute = click_to_call.cannot_call(session, page.user, page.locale, page.now)
        return rows(session, [promise])[0], mute, _late(session, page)

    act = page.read if page.request.method == "GET" or status == 409 else page.write
    row, mute, count = await act(both)
    if page.request.method != "GET" and not page.request.headers.get("hx-request"):
        return page.redirect(f"/promises?whose=all&state={row.promise.state}")
    shown = {"row": row, "mute": mute, "count": count, "message": message, "undo": undo}
    return page.respond("promises/_row.html", status, **shown)


routes = [
    get("/promises", promises_page),
    get("/promises/late", overdue_count, keeps_session=False),
    get("/promises/{id}", show),
    get("/promises/{id}/edit", edit),
    post("/promises/{id}/arrange", arrange, refill=refill),
    post("/promises/{id}/kept", kept),
    post("/promises/{id}/drop", drop),
    post("/promises/{id}/open", reopen),
]
