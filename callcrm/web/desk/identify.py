"""Identifying the caller: one of several who share the number, a new customer, or one with a new number."""

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.calls import customer_assignment, search
from callcrm.crm.noun import CallPart
from callcrm.customers import customers
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES
from callcrm.models import Call, Customer
from callcrm.views.calls.candidates import candidates, earlier
from callcrm.views.customers.card import call_parts
from callcrm.views.failing_parts import read_around
from callcrm.web.calls.decisions import decisions, save_customer
from callcrm.web.editing import BothChanged
from callcrm.web.page import Page
from callcrm.web.routes import get, post

MAX_RESULTS = 6
MIN_QUERY, MAX_QUERY = 2, 200


async def question(page: Page, call: Call) -> Response:
    """The form to identify the caller, for what is known of their number."""
    if call.phone is None:
        parts = await parts_of(page, call)
        return page.respond("desk/identify/_no_number.html", call=call, call_parts=parts)
    phone = call.phone
    several = await page.read(partial(candidates, phone=phone))
    if len(several) > 1:
        return page.respond(
            "desk/identify/_choose.html",
            call=call,
            candidates=several,
            editing=decisions(call)["customer"],
            call_parts=await parts_of(page, call),
        )
    return await _ask_for_name(page, call)


async def parts_of(page: Page, call: Call) -> list[tuple[str, object]]:
    """What nouns show beside a call, whoever calls, each with its template."""

    def load(session: Session, parts: Sequence[CallPart]) -> list[tuple[str, object]]:
        return call_parts(session, page.reader, call, parts)

    return await read_around(page.read, page.seams.call_parts, load)


async def _ask_for_name(
    page: Page, call: Call, template: str = "desk/identify/_unknown_number.html", **typed: str
) -> Response:
    count = await page.read(partial(earlier, phone=call.phone or "", call_id=call.id))
    return page.respond(
        template,
        call=call,
        earlier=count,
        languages_known=[(code, labels.language(page.locale, code)) for code in LANGUAGES],
        typed={"name": "", "language": call.language, "q": "", **typed},
        call_parts=await parts_of(page, call),
    )


async def refill(page: Page) -> Response:
    """A page with the form to identify the caller, as it was sent."""
    form = await page.form()
    typed = {name: str(form[name]) for name in ("name", "language", "q") if name in form}
    call = await page.read(partial(search.call, ref=page.id))
    return await _ask_for_name(page, call, "desk/identify/identify.html", **typed)


async def somebody_else(page: Page) -> Response:
    """The form for a caller who is none of those who share the number."""
    return await _ask_for_name(page, await page.read(partial(search.call, ref=page.id)))


async def choose_customer(page: Page) -> Response:
    """Sets the call's customer; with none named, clears it."""
    try:
        await save_customer(page)
    except BothChanged:
        return _done(
            page, page.locale._("Somebody else chose for this call meanwhile. Choose again to change it.")
        )
    return _done(page, "")


async def add_customer(page: Page) -> Response:
    """Creates a customer with the caller's number."""
    form = await page.form()
    name, language = str(form.get("name") or ""), str(form.get("language") or "") or None
    verb = partial(
        customer_assignment.add_customer, call_id=page.id, name=name, language=language, editor=_editor(page)
    )
    _, linked = await page.write(verb)
    return _done(page, _linked_message(page, name, linked))


async def add_number(page: Page) -> Response:
    """Adds the caller's number to an existing customer."""
    customer = str((await page.form()).get("customer") or "")
    _, linked = await page.write(
        partial(customer_assignment.add_number, call_id=page.id, customer_id=customer, editor=_editor(page))
    )
    row = await page.read(partial(customers.get, customer_id=customer))
    return _done(page, _linked_message(page, row.name, linked))


async def find(page: Page) -> Response:
    """Customers who match a name or number, to choose from."""
    q = str((await page.form()).get("q") or "").strip()[:MAX_QUERY]
    call = await page.read(partial(search.call, ref=page.id))
    region = page.services.settings.default_region
    matching: Sequence[Customer] = ()
    if len(q) >= MIN_QUERY:
        matching = await page.read(partial(customers.find, q=q, region=region, limit=MAX_RESULTS))
    return page.respond("desk/identify/_search_results.html", call=call, customers=matching, q=q)


def _editor(page: Page) -> customer_assignment.Editor:
    services = page.services
    return customer_assignment.Editor(
        services.settings.default_region, services.runtime.own_numbers, page.user.user_id, page.now
    )


def _linked_message(page: Page, name: str, linked: int) -> str:
    return (
        page.locale.ngettext(
            "%(n)s earlier call is now with %(name)s.",
            "%(n)s earlier calls are now with %(name)s.",
            linked,
            name=" ".join(name.split()),
        )
        if linked
        else ""
    )


def _done(page: Page, message: str) -> Response:
    """Has the page load the call panel again; shows the message as a toast."""
    if not page.request.headers.get("hx-request"):
        return page.redirect("/desk")
    response = page.respond("desk/identify/_identified.html", message=message)
    response.headers["HX-Trigger"] = "desk:again"
    return response


routes = [
    get("/desk/calls/{id}/else", somebody_else, keeps_session=False),
    post("/desk/calls/{id}/customer", choose_customer),
    post("/desk/calls/{id}/new", add_customer, refill=refill),
    post("/desk/calls/{id}/known", add_number),
    post("/desk/calls/{id}/find", find, refill=refill),
]
