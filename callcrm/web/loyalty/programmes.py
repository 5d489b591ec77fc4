"""Settings of loyalty programmes: listed, made, changed, each with the sentences it makes."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import NotFound, Refused
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tiers
from callcrm.crm.loyalty import parameters, programmes
from callcrm.crm.loyalty.parameters import EveryNth, Gift, Parameters, Points
from callcrm.crm.loyalty.sentences import example
from callcrm.crm.purchases import currencies
from callcrm.crm.tiers import tiers as tier_verbs
from callcrm.edge.status import status_of
from callcrm.i18n import labels
from callcrm.i18n.locale import Locale
from callcrm.models import Role
from callcrm.models.crm.loyalty import Programme, ProgrammeKind
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.loyalty import form as programme_form
from callcrm.web.loyalty.form import Draft
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

MOST_LISTED = 200
SOME = 4  # purchases missing in an example


async def list_programmes(page: Page) -> Response:
    """The page: all programmes, and what can be made."""
    rows = await page.read(partial(programmes.find, limit=MOST_LISTED))
    shown = [(row, _examples(page.locale, parameters.parse(row.kind, row.parameters))[0]) for row in rows]
    done = page.request.query_params.get("done", "")
    return page.respond(
        "loyalty/settings/programmes.html", programmes=shown, kinds=list(ProgrammeKind), done=done
    )


def _examples(locale: Locale, of: Parameters) -> Sequence[str]:
    """The sentences that a programme makes: when it is there, before, and on the way."""
    if isinstance(of, EveryNth) or (isinstance(of, Gift) and of.n):
        on_the_way = min(SOME, (of.n or 0) - 1)
        return [example(locale, of, remaining) for remaining in dict.fromkeys((0, 1, on_the_way))]
    return [example(locale, of)] if not isinstance(of, Points) else [example(locale, of, n) for n in (0, 1)]


async def new(page: Page) -> Response:
    """The form of a new programme of the kind in the URL."""
    kind = _kind(page.request.query_params.get("kind", ""))
    return await _form(page, Draft(kind, {}, {}), None)


def _kind(value: str) -> ProgrammeKind:
    if value not in set(ProgrammeKind):
        raise NotFound("There is no such kind of programme.")
    return ProgrammeKind(value)


async def edit(page: Page) -> Response:
    """The form of a programme there is."""
    row = await page.read(partial(programmes.get, programme_id=page.id))
    stored = _stored(page.locale, row)
    return await _form(
        page, Draft(row.kind, dict(stored), {}), row, editing=Editing(str(row.version), stored)
    )


def _stored(locale: Locale, row: Programme) -> dict[str, str]:
    """The fields of a programme as the form has them."""
    fields = programme_form.as_typed(locale, row.name, row.parameters)
    empty = dict.fromkeys(programme_form.fields_of(row.kind), "")
    return {**empty, **fields, "active": "on" if row.active else ""}


async def _form(
    page: Page, draft: Draft, row: Programme | None, status: int = 200, editing: Editing | None = None
) -> Response:
    region = page.services.settings.default_region

    def load(session: Session) -> tuple[str, Tiers]:
        return _currency(session, region), business_tiers.get(session)

    currency, tiers = await page.read(load)
    read = programme_form.read(page.locale, draft.kind, draft.typed, currency) if draft.typed else draft
    return page.respond(
        "loyalty/settings/programme.html",
        status,
        draft=draft,
        programme=row,
        editing=editing or Editing(),
        currency=labels.currency(page.locale, currency)[1],
        examples=_examples(page.locale, read.parameters) if read.parameters else [],
        days=_days(page.locale, draft.typed.get("since", "")),
        tiers=_tier_choices(page.locale, tiers),
    )


def _currency(session: Session, region: str) -> str:
    return currencies.usual(session, None, region)


def _tier_choices(locale: Locale, tiers: Tiers) -> list[tuple[str, str]]:
    names = [(tier.code, tier.name) for tier in tier_verbs.shown(locale, tiers)]
    return [("", locale._("everybody")), *names]


def _days(locale: Locale, chosen: str) -> list[tuple[str, str]]:
    """From which day on purchases may count, as the options of a select."""
    today = locale.today()
    days = [(today.isoformat(), locale._("from today on"))]
    if chosen and chosen != today.isoformat():
        days.append((chosen, locale._("from %(day)s on", day=chosen)))
    return [("", locale._("all there are")), *days]


async def add(page: Page) -> Response:
    """Makes the programme."""
    form = await page.form()
    kind = _kind(str(form.get("kind", "")))
    draft = await _read(page, kind)
    if draft.parameters is None:
        return await _form(page, draft, None, 422)
    name, made = draft.typed["name"], draft.parameters
    by, now = page.user.user_id, page.now
    verb = partial(programmes.create, name=name, kind=kind, parameters=made, by=by, now=now)
    try:
        await page.write(verb)
    except Refused as fault:
        programme_form.refused(draft, error_pages.error_text(page.locale, fault), fault)
        return await _form(page, draft, None, status_of(fault))
    return page.redirect("/settings/programmes?done=made")


async def _read(page: Page, kind: str) -> Draft:
    typed = programme_form.typed(await page.form(), kind)
    currency = await page.read(partial(_currency, region=page.services.settings.default_region))
    return programme_form.read(page.locale, kind, typed, currency)


async def save(page: Page) -> Response:
    """Saves a programme; an older form is put together with what is stored."""
    form, editing = await page.form(), Editing.of_form(await page.form())
    row = await page.read(partial(programmes.get, programme_id=page.id))
    draft = await _read(page, row.kind)
    if draft.parameters is None:
        return await _form(page, draft, row, 422, editing)
    sent = {**draft.typed, "active": "on" if form.get("active") else ""}
    try:
        await page.write(partial(_save, page=page, sent=sent, editing=editing))
    except BothChanged as both:
        return await _form(page, Draft(row.kind, both.fields, {}), row, 409, both.editing)
    except Refused as fault:
        programme_form.refused(draft, error_pages.error_text(page.locale, fault), fault)
        return await _form(page, draft, row, status_of(fault), editing)
    return page.redirect("/settings/programmes?done=saved")


def _save(session: Session, page: Page, sent: dict[str, str], editing: Editing) -> Programme:
    row = programmes.lock(session, page.id)
    saved = editing.merge(sent, _stored(page.locale, row), str(row.version))
    currency = _currency(session, page.services.settings.default_region)
    draft = programme_form.read(page.locale, row.kind, saved, currency)
    if draft.parameters is None:
        raise Refused("This does not fit together with what somebody else changed meanwhile.")
    changes: dict[str, Any] = {
        "name": saved["name"],
        "parameters": draft.parameters,
        "active": saved["active"] == "on",
    }
    return programmes.update(session, page.id, changes)


async def refill(page: Page) -> Response:
    """The form of a new programme as it was sent."""
    form = await page.form()
    kind = _kind(str(form.get("kind", "")))
    return await _form(page, Draft(kind, programme_form.typed(form, kind), {}), None)


async def refill_edit(page: Page) -> Response:
    """The form of a programme as it was sent."""
    form = await page.form()
    row = await page.read(partial(programmes.get, programme_id=page.id))
    typed = programme_form.typed(form, row.kind) | {"active": str(form.get("active", ""))}
    return await _form(page, Draft(row.kind, typed, {}), row, editing=Editing.of_form(form))


async def examples(page: Page) -> Response:
    """The sentences that the form makes as it is typed."""
    draft = await _read(page, _kind(str((await page.form()).get("kind", ""))))
    shown = _examples(page.locale, draft.parameters) if draft.parameters else []
    return page.respond("loyalty/settings/_examples.html", examples=shown)


routes = of_module(
    "loyalty",
    [
        get("/settings/programmes", list_programmes, role=Role.SUPERVISOR),
        get("/settings/programmes/new", new, role=Role.SUPERVISOR),
        post("/settings/programmes", add, role=Role.SUPERVISOR, refill=refill),
        post("/settings/programmes/examples", examples, role=Role.SUPERVISOR),
        get("/settings/programmes/{id}", edit, role=Role.SUPERVISOR),
        post("/settings/programmes/{id}", save, role=Role.SUPERVISOR, refill=refill_edit),
    ],
)
