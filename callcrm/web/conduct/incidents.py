"""Incidents: filed from a call or on the customer's page, looked at, taken back."""

from collections.abc import Mapping
from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.crm.conduct import incidents, texts
from callcrm.crm.conduct.incidents import Evidence
from callcrm.models.crm.conduct import Incident, IncidentKind
from callcrm.views.conduct import IncidentPage, incident_page
from callcrm.web.call_forms import call_and_customer, typed_fields
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

FIELDS = ("call", "customer", "second", "body")


async def form(page: Page) -> Response:
    """The form, beside a call or by itself; as a part for htmx."""
    return await _form(page, page.request.query_params, {})


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    typed = typed_fields(await page.form(), FIELDS)
    return await _form(page, typed, typed)


async def _form(page: Page, about: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    call, customer = await page.read(partial(call_and_customer, about=about))
    return page.respond(
        "conduct/incidents/_new.html"
        if page.request.headers.get("hx-request")
        else "conduct/incidents/new.html",
        call=call,
        customer=customer,
        second=about.get("second") or "",
        typed=typed,
        kinds=texts.kinds(page.locale),
    )


async def file(page: Page) -> Response:
    """Files it, and says so; with a way to take it back."""
    sent = await page.form()
    typed, kind = typed_fields(sent, FIELDS), str(sent.get("kind", ""))
    if kind not in set(IncidentKind):
        raise Refused("Say what it was.", field="kind")
    if not typed["call"] and not typed["customer"]:
        raise Refused("Say with whom it was.", field="customer")
    evidence = Evidence(typed["call"] or None, _second(typed["second"]), typed["body"])
    record = partial(
        incidents.file,
        customer_id=typed["customer"] or None,
        kind=IncidentKind(kind),
        evidence=evidence,
        by=page.user.user_id,
        now=page.now,
    )

    def verb(session: Session) -> IncidentPage:
        return incident_page(session, page.reader, record(session))

    shown = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/conduct/incidents/{shown.row.incident.id}")
    return page.respond("conduct/incidents/_filed.html", shown=shown)


def _second(text: str) -> float | None:
    try:
        return float(normalized(text).replace("٫", ".")) if text.strip() else None
    except ValueError:
        raise Refused("The second is a number.", field="second") from None


async def show(page: Page) -> Response:
    """One incident with its evidence, and what can be done."""

    def verb(session: Session) -> IncidentPage:
        return incident_page(session, page.reader, incidents.get(session, page.id))

    return page.respond("conduct/incidents/incident.html", shown=await page.read(verb))


async def withdraw(page: Page) -> Response:
    """Takes it back."""
    verb = partial(incidents.withdraw, incident_id=page.id, by=page.user.user_id, now=page.now)
    incident: Incident = await page.write(verb)
    if page.request.headers.get("hx-request"):
        return page.respond("conduct/incidents/_withdrawn.html")
    return page.redirect(f"/customers/{incident.customer_id}" if incident.customer_id else "/conduct")


routes = of_module(
    "conduct",
    [
        get("/conduct/incidents/new", form),
        post("/conduct/incidents/new", file, refill=refill),
        get("/conduct/incidents/{id}", show),
        post("/conduct/incidents/{id}/withdraw", withdraw),
    ],
)
