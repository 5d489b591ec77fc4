"""The tiers among the settings, and one customer's, set by hand."""

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tier
from callcrm.crm.purchases import currencies
from callcrm.crm.tiers import preview, texts, tiers
from callcrm.crm.tiers.preview import Preview
from callcrm.customers import customers
from callcrm.i18n import labels
from callcrm.models import Role
from callcrm.web import error_pages
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post
from callcrm.web.tiers import drafts
from callcrm.web.tiers.drafts import Draft


async def show(page: Page) -> Response:
    """The page: the tiers, the best first; a form for supervisors."""
    present = await page.read(business_tiers.get)
    if not Role(page.user.role).at_least(Role.SUPERVISOR):
        rows = [(tier, texts.sentence(page.locale, tier)) for tier in present.items]
        return page.respond("tiers/read.html", rows=rows)
    editing = Editing(str(present.version), drafts.stored_fields(present.items))
    return _form(page, drafts.of_tiers(page.locale, present.items), editing)


def _form(
    page: Page,
    rows: Sequence[Draft],
    editing: Editing,
    status: int = 200,
    *,
    fault: str = "",
    moves: Preview | None = None,
    typed: Sequence[Tier] = (),
    sent: dict[str, str] | None = None,
) -> Response:
    part = page.request.headers.get("hx-request")
    both = [
        (name, *(drafts.described(page.locale, name, text) for text in ((sent or {}).get(name, ""), stored)))
        for name, stored in editing.both.items()
    ]
    return page.respond(
        "tiers/_form.html" if part else "tiers/tiers.html",
        status,
        rows=rows,
        editing=editing,
        both_texts=both,
        fault=fault,
        moves=moves,
        names={tier.code: labels.tier(page.locale, tier.name) for tier in typed},
        queues=[("", page.locale._("None")), *_queues(page)],
        sentences=_sentences(page, rows),
    )


def _queues(page: Page) -> list[tuple[str, str]]:
    return [(name, labels.queue(page.locale, name)) for name in page.services.runtime.flows.queues]


def _sentences(page: Page, rows: Sequence[Draft]) -> dict[str, str]:
    """By code, each tier that is complete in a sentence."""
    typed = [Draft(**{name: getattr(row, name) for name in ("code", *drafts.TYPED)}) for row in rows]
    complete = drafts.tiers_of(page.locale, typed, "USD")
    return {tier.code: texts.sentence(page.locale, tier) for tier in complete}


async def change(page: Page) -> Response:
    """Saves the tiers, shows what that would do, or adds, moves or removes one in the form."""
    form = await page.form()
    rows, step = drafts.of_form(form), str(form.get("do", "save"))
    if step not in ("save", "preview"):
        return _form(page, drafts.moved(rows, step), Editing.of_form(form))
    region = page.services.runtime.settings.default_region
    currency = await page.read(partial(currencies.usual, customer_id=None, region=region))
    typed = drafts.tiers_of(page.locale, rows, currency)
    if any(row.faults for row in rows):
        return _form(page, rows, Editing.of_form(form), 422)
    try:
        if step == "preview":
            moves = await preview.preview(page.services.store, tiers.checked(typed), page.now)
            return _form(page, rows, Editing.of_form(form), moves=moves, typed=typed)
        await page.write(partial(_save, page=page, editing=Editing.of_form(form), typed=typed))
    except BothChanged as both:
        return _form(page, rows, both.editing, 409, sent=both.fields)
    except Refused as refused:
        fault = error_pages.error_text(page.locale, refused)
        return _form(page, rows, Editing.of_form(form), 422, fault=fault)
    return page.redirect("/settings/tiers")


def _save(session: Session, page: Page, editing: Editing, typed: Sequence[Tier]) -> None:
    present = tiers.lock(session, page.now)
    sent, stored = drafts.stored_fields(typed), drafts.stored_fields(present.items)
    gone = dict.fromkeys({**editing.base, **stored, **sent}, "")
    editing.base = {**gone, **editing.base}
    saved = editing.merge({**gone, **sent}, {**gone, **stored}, str(present.version))
    tiers.replace(session, drafts.tiers_of_fields(saved), by=page.user.user_id, now=page.now)


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    form = await page.form()
    return _form(page, drafts.of_form(form), Editing.of_form(form))


async def set_by_hand(page: Page) -> Response:
    """Sets the customer's tier by hand, or leaves it to the rules again."""
    code = str((await page.form()).get("tier", "")) or None
    runtime = page.services.runtime
    verb = partial(
        customers.update,
        customer_id=page.id,
        changes={"tier": code},
        region=runtime.settings.default_region,
        own=runtime.own_numbers,
        now=page.now,
    )
    await page.write(verb)
    return page.redirect(f"/customers/{page.id}")


routes = of_module(
    "tiers",
    [
        get("/settings/tiers", show),
        post("/settings/tiers", change, role=Role.SUPERVISOR, refill=refill),
        post("/customers/{id}/tier", set_by_hand),
    ],
)
