"""What customers say of products: a matrix, its themes, and each theme with what becomes of it."""

from collections.abc import Callable
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.crm.feedback import telling, texts, themes
from callcrm.models import Role
from callcrm.models.crm.feedback import FeedbackKind, FeedbackTheme, ThemeState
from callcrm.views import feedback as views
from callcrm.web.desk import click_to_call
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def index(page: Page) -> Response:
    """The matrix, and the themes of the product, kind and state in the URL."""
    query = page.request.query_params
    product, kind, state = query.get("product"), query.get("kind"), query.get("state")
    kind = kind if kind in set(FeedbackKind) else None
    state = state if state in set(ThemeState) else None
    shown = await page.read(partial(views.overview_page, product=product, kind=kind, state=state))
    return page.respond(
        "feedback/feedback.html",
        shown=shown,
        product=product if shown.chosen else None,
        kind=kind,
        state=state,
        **_words(page),
    )


def _words(page: Page) -> dict[str, object]:
    return {"kinds": texts.kinds(page.locale), "states": texts.states(page.locale)}


async def theme(page: Page) -> Response:
    """A theme: what was said, and what becomes of it."""
    return await _theme(page, lambda session: themes.get(session, page.id))


async def _theme(
    page: Page, verb: Callable[[Session], object], message: str = "", undo: dict[str, str] | None = None
) -> Response:
    """The theme's page after the verb; for htmx what of it changes, with a toast."""

    def both(session: Session) -> views.ThemePage:
        verb(session)
        return views.theme_page(session, page.id)

    changes, part = page.request.method != "GET", page.request.headers.get("hx-request")
    shown = await (page.write if changes else page.read)(both)
    if changes and not part:
        return page.redirect(f"/feedback/{shown.theme.id}")
    name = "feedback/_theme.html" if part else "feedback/theme.html"
    cannot_call = partial(click_to_call.cannot_call, user=page.user, locale=page.locale, now=page.now)
    return page.respond(
        name,
        shown=shown,
        typed=shown.theme.text,
        message=message,
        undo=undo,
        mute=await page.read(cannot_call),
        **_words(page),
    )


async def refill(page: Page) -> Response:
    """The page with the name as it was typed."""
    shown = await page.read(partial(views.theme_page, theme_id=page.id))
    typed = str((await page.form()).get("text", ""))
    return page.respond("feedback/theme.html", shown=shown, typed=typed, mute="", **_words(page))


async def decide(page: Page) -> Response:
    """Another state of the theme, decided by whoever is signed in."""
    form = await page.form()
    state = _state(str(form.get("state", "")))
    before = str(form.get("was", ""))
    verb = partial(_change, theme_id=page.id, state=state, by=page.user.user_id, now=page.now)
    name = texts.states(page.locale)[state]
    undo = {"state": before} if before in set(ThemeState) and before != state else None
    return await _theme(page, verb, page.locale._("Now: %(state)s.", state=name), undo)


def _state(value: str) -> ThemeState:
    if value not in set(ThemeState):
        raise Refused("There is no such state.", field="state")
    return ThemeState(value)


def _change(session: Session, theme_id: str, **changes: object) -> FeedbackTheme:
    return themes.change(session, themes.lock(session, theme_id), **changes)  # type: ignore[arg-type]


async def rename(page: Page) -> Response:
    """Another name for the theme."""
    text = str((await page.form()).get("text", ""))
    verb = partial(_change, theme_id=page.id, text=text, by=page.user.user_id, now=page.now)
    return await _theme(page, verb, page.locale._("Renamed."))


async def merge(page: Page) -> Response:
    """Another theme of the same product and kind becomes part of this one."""
    other = str((await page.form()).get("with", ""))

    def verb(session: Session) -> FeedbackTheme:
        return themes.merge(session, themes.lock(session, page.id), other)

    return await _theme(page, verb, page.locale._("Joined."))


async def record_told(page: Page) -> Response:
    """A customer was told that it is done."""
    customer, by, now = await _customer(page), page.user.user_id, page.now
    verb = partial(telling.record_told, theme_id=page.id, customer_id=customer, by=by, now=now)
    return await _theme(page, verb, page.locale._("Told."), {"customer": customer})


async def take_back_told(page: Page) -> Response:
    """Takes back that a customer was told."""
    verb = partial(telling.take_back_told, theme_id=page.id, customer_id=await _customer(page))
    return await _theme(page, verb, page.locale._("Not told yet."))


async def promise(page: Page) -> Response:
    """A promise to tell a customer."""
    customer, by, now, locale = await _customer(page), page.user.user_id, page.now, page.locale

    def verb(session: Session) -> None:
        row = themes.get(session, page.id)
        what = locale._("Tell them: %(product)s, %(theme)s is done", product=row.product, theme=row.text)
        telling.promise(session, row.id, customer, what=what, by=by, now=now)

    return await _theme(page, verb, locale._("Promised. It is among your promises."))


async def _customer(page: Page) -> str:
    return str((await page.form()).get("customer", ""))


routes = of_module(
    "feedback",
    [
        get("/feedback", index),
        get("/feedback/{id}", theme),
        post("/feedback/{id}/state", decide),
        post("/feedback/{id}/name", rename, refill=refill),
        post("/feedback/{id}/merge", merge, role=Role.SUPERVISOR),
        post("/feedback/{id}/told", record_told),
        post("/feedback/{id}/not-told", take_back_told),
        post("/feedback/{id}/promise", promise),
    ],
)
