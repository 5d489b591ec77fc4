"""The form of a contact: on the customer's page, beside a call, and on a page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.calls import search
from callcrm.crm.contacts import contacts
from callcrm.crm.subjects import subjects
from callcrm.crm.subjects.subjects import Tree
from callcrm.customers import customers
from callcrm.i18n.locale import Locale
from callcrm.models import Customer, Direction, Promise
from callcrm.models.crm.contact import Contact, ContactKind
from callcrm.web import error_pages
from callcrm.web.calls import periods
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import get, of_module, post

FIELDS = ("kind", "direction", "body", "subject", "day", "time")
KEYS = {ContactKind.VISIT: "V", ContactKind.LETTER: "L", ContactKind.EMAIL: "E", ContactKind.CALL: "C"}


@dataclass(slots=True)
class Draft:
    """The values of the form. `slot` is the part of a page that it is in, "" on a page of its own."""

    customer: Customer
    values: dict[str, str]
    contact: Contact | None = None
    call: str = ""
    slot: str = ""
    keeps: str = ""
    editing: Editing = field(default_factory=Editing)
    faults: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen in the form."""

    tree: Tree
    promises: Sequence[Promise]


def of_form(form: FormData) -> dict[str, str]:
    """The values that were sent."""
    return {name: str(form.get(name, "")).replace("\r\n", "\n") for name in FIELDS}


def stored_fields(locale: Locale, contact: Contact) -> dict[str, str]:
    """The values of a contact."""
    local = locale.local(contact.at)
    return {
        "kind": contact.kind,
        "direction": contact.direction,
        "body": contact.body,
        "subject": contact.subject or "",
        "day": periods.format_day(locale, local.date()),
        "time": locale.time(contact.at),
    }


def fields(locale: Locale, values: Mapping[str, str], now: datetime) -> contacts.Fields:
    """The values as verbs take them; Refused for what is none."""
    if values["kind"] not in set(ContactKind):
        raise Refused("Choose what it was.", field="kind")
    theirs = values["direction"] != Direction.OUTBOUND
    return {
        "kind": values["kind"],
        "direction": Direction.INBOUND if theirs else Direction.OUTBOUND,
        "body": values["body"],
        "subject": values["subject"] or None,
        "at": _at(locale, values["day"], values["time"], now),
    }


def _at(locale: Locale, day: str, clock: str, now: datetime) -> datetime:
    """The moment of a day and an hour; noon where no hour is said, and now where no day is, or today."""
    today = periods.format_day(locale, locale.today())
    if not normalized(clock) and normalized(day) in ("", normalized(today)):
        return now
    day = day or today
    period = periods.parse_period(locale, {"when": periods.BETWEEN, "first": day, "last": day})
    match = due_times.CLOCK.fullmatch(normalized(clock or "12:00"))
    hour, minute = (int(match[1]), int(match[2])) if match else (24, 0)
    if period.fault or period.since is None:
        raise Refused("This is no day.", field="day")
    if hour > 23 or minute > 59:
        raise Refused("This is no time of day.", field="time")
    return period.since + timedelta(hours=hour, minutes=minute)


async def new(page: Page) -> Response:
    """The form for a contact with a customer, or whoever a call is with; else whom it was with."""
    query = page.request.query_params
    call_id, customer_id = query.get("call", ""), query.get("customer", "")

    def load(session: Session) -> Customer | None:
        key = search.call(session, call_id).customer_id if call_id else customer_id
        return customers.get(session, key) if key else None

    customer = await page.read(load)
    if customer is None:
        if page.request.headers.get("hx-request"):
            return page.respond("contacts/_nobody.html")
        return page.respond("contacts/whom.html", q="", people=None)
    slot = "slot" if page.request.headers.get("hx-request") else ""
    values = {**dict.fromkeys(FIELDS, ""), "kind": ContactKind.VISIT, "direction": Direction.INBOUND}
    return await _form(page, Draft(customer, values, call=call_id, slot=slot))


async def _form(page: Page, draft: Draft, status: int = 200) -> Response:
    def load(session: Session) -> Choices:
        promises = (
            () if draft.contact else contacts.open_promises(session, draft.customer.id, page.user.user_id)
        )
        return Choices(subjects.tree(session), promises)

    template = "contacts/_form.html" if draft.slot else "contacts/form.html"
    return page.respond(
        template,
        status,
        draft=draft,
        choices=await page.read(load),
        keys=KEYS,
        stored=stored_fields(page.locale, draft.contact) if draft.contact else dict.fromkeys(FIELDS, ""),
        today=periods.format_day(page.locale, page.locale.today()),
    )


async def log(page: Page) -> Response:
    """Writes the contact down."""
    draft = await _new_draft(page)
    by, now = page.user.user_id, page.now

    def verb(session: Session) -> Contact:
        values = fields(page.locale, draft.values, now)
        return contacts.log(session, page.id, values, by=by, now=now, keeps=draft.keeps or None)

    try:
        contact = await page.write(verb)
    except Refused as fault:
        return await _refused(page, draft, fault)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/customers/{page.id}?show=contact")
    return page.respond("contacts/_logged.html", contact=contact, kept=bool(draft.keeps))


async def _new_draft(page: Page) -> Draft:
    form = await page.form()
    customer = await page.read(lambda session: customers.get(session, page.id))
    call, slot, keeps = (str(form.get(name, "")) for name in ("call", "slot", "keeps"))
    return Draft(customer, of_form(form), call=call, slot=slot, keeps=keeps)


async def _refused(page: Page, draft: Draft, fault: Refused) -> Response:
    if fault.field is None:
        raise fault
    draft.faults = {fault.field: error_pages.error_text(page.locale, fault)}
    return await _form(page, draft, 422)


async def refill_log(page: Page) -> Response:
    """The form as it was sent, on a page of its own."""
    draft = await _new_draft(page)
    draft.slot = ""
    return await _form(page, draft)


async def show(page: Page) -> Response:
    """A contact, to be read and changed."""
    return await _form(page, await _draft(page))


async def _draft(page: Page) -> Draft:
    def load(session: Session) -> Draft:
        contact = contacts.get(session, page.id)
        stored = stored_fields(page.locale, contact)
        editing = Editing(str(contact.version), stored)
        return Draft(customers.get(session, contact.customer_id), stored, contact, editing=editing)

    return await page.read(load)


async def _sent_draft(page: Page) -> Draft:
    draft, form = await _draft(page), await page.form()
    draft.values, draft.editing = of_form(form), Editing.of_form(form)
    return draft


async def refill_save(page: Page) -> Response:
    """A contact as it was sent."""
    return await _form(page, await _sent_draft(page))


async def save(page: Page) -> Response:
    """The contact, changed."""
    draft = await _sent_draft(page)

    def verb(session: Session) -> Contact:
        contact = contacts.lock(session, page.id)
        stored = stored_fields(page.locale, contact)
        saved = draft.editing.merge(draft.values, stored, str(contact.version))
        values = fields(page.locale, saved, page.now)
        if (saved["day"], saved["time"]) == (stored["day"], stored["time"]):
            del values["at"]  # the form knows minutes alone
        return contacts.change(session, contact, values, page.now)

    try:
        contact = await page.write(verb)
    except BothChanged as both:
        draft.editing = both.editing
        return await _form(page, draft, 409)
    except Refused as fault:
        return await _refused(page, draft, fault)
    return page.redirect(f"/customers/{contact.customer_id}?show=contact")


routes = of_module(
    "contacts",
    [
        get("/contacts/new", new),
        post("/customers/{id}/contacts", log, refill=refill_log),
        get("/contacts/{id}", show),
        post("/contacts/{id}", save, refill=refill_save),
    ],
)
