"""Who is calling: one of several who share a number, somebody new, or somebody we know by another number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlmodel import Session, col, func, select
from starlette.responses import Response

from callcrm.base.errors import Conflict, Refused
from callcrm.calls import search
from callcrm.customers import customers, identity, linking
from callcrm.customers.identity import BY_NUMBER
from callcrm.models import Call, Customer, CustomerPhone
from callcrm.web.page import Page
from callcrm.web.routes import get, post

MOST = 9  # as many as there are keys
FOUND = 6
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it may be, and what speaks for it: how often, and when last, a colleague chose them for a
    call from this number; whether it is their main one.
    """

    customer: Customer
    chosen: int
    last: datetime | None
    main: bool


def candidates(session: Session, phone: str) -> list[Candidate]:
    """Who shares this number, the likeliest first."""
    several = identity.candidates(session, phone)[:MOST]
    ids = [one.id for one in several]
    # Not phone = e164: a switchboard's calls are many more than its customers'.
    from_it = func.coalesce(col(Call.phone), "") == phone
    chosen = (
        select(Call.customer_id, func.count(), func.max(Call.started_at))
        .where(col(Call.customer_id).in_(ids), from_it, col(Call.customer_by) != BY_NUMBER)
        .group_by(col(Call.customer_id))
    )
    times = {who: (count, last) for who, count, last in session.exec(chosen)}
    held = select(CustomerPhone.customer_id).where(
        CustomerPhone.e164 == phone, CustomerPhone.position == 0, col(CustomerPhone.customer_id).in_(ids)
    )
    main = set(session.exec(held))
    never: tuple[int, datetime | None] = (0, None)
    return [Candidate(one, *times.get(one.id, never), main=one.id in main) for one in several]


def earlier(session: Session, phone: str, call_id: str) -> int:
    """How many other calls from this number are nobody's yet."""
    others = select(func.count()).where(
        col(Call.phone) == phone, col(Call.id) != call_id, func.coalesce(col(Call.customer_id), "") == ""
    )
    return session.exec(others).one()


def choose(session: Session, call_id: str, customer_id: str | None, by: str, now: datetime) -> Call:
    """The call is this customer's, or nobody's yet: somebody of ours says so."""
    call = search.call(session, call_id)
    linking.assign(session, call, customer_id, by, now)
    return call


@dataclass(frozen=True, slots=True)
class Writer:
    """How somebody's numbers are read here, and who writes them down."""

    region: str
    own: frozenset[str]
    by: str
    now: datetime


def meet(session: Session, call_id: str, name: str, language: str | None, writer: Writer) -> tuple[Call, int]:
    """The call with the new customer it is of, who gets this number; and how many earlier calls came too."""
    call = _with_number(session, call_id)
    customer = customers.create(
        session,
        {"name": name, "phones": [call.phone or ""], "language": language},
        region=writer.region,
        own=writer.own,
        now=writer.now,
    )
    return _theirs(session, call, customer.id, writer)


def recognise(session: Session, call_id: str, customer_id: str, writer: Writer) -> tuple[Call, int]:
    """The call with the customer it is of, who has this number too from now on; and the earlier calls."""
    call = _with_number(session, call_id)
    known = customers.phones_of(session, [customer_id])[customer_id]
    customers.update(
        session,
        customer_id,
        {"phones": [*known, call.phone or ""]},
        region=writer.region,
        own=writer.own,
        now=writer.now,
    )
    return _theirs(session, call, customer_id, writer)


def _with_number(session: Session, call_id: str) -> Call:
    call = search.call(session, call_id)
    if call.phone is None:
        raise Refused("Whoever keeps their number to themselves can't be known by it.")
    if call.customer_id is not None:
        raise Conflict("Somebody has said already whose call this is.")
    return call


def _theirs(session: Session, call: Call, customer_id: str, writer: Writer) -> tuple[Call, int]:
    session.refresh(call)
    if call.customer_id != customer_id:
        linking.assign(session, call, customer_id, writer.by, writer.now)
    linked = select(func.count()).where(
        col(Call.phone) == call.phone, col(Call.customer_id) == customer_id, col(Call.id) != call.id
    )
    return call, session.exec(linked).one()


async def asked(page: Page, call: Call) -> Response:
    """The question who it is, as far as the number leaves it open."""
    if call.phone is None:
        return page.show("desk/identify/_withheld.html", call=call)
    phone = call.phone
    several = await page.read(partial(candidates, phone=phone))
    if len(several) > 1:
        return page.show("desk/identify/_choose.html", call=call, candidates=several)
    return await _who_is_this(page, call)


async def _who_is_this(page: Page, call: Call) -> Response:
    count = await page.read(partial(earlier, phone=call.phone or "", call_id=call.id))
    return page.show(
        "desk/identify/_new_caller.html", call=call, earlier=count, languages_known=("en", "fa"), found=None
    )


async def somebody_else(page: Page) -> Response:
    """The question for a new name, of a caller who is none of those who share the number."""
    return await _who_is_this(page, await page.read(partial(search.call, ref=page.id)))


async def chosen(page: Page) -> Response:
    """One of those who share the number; or nobody, if that was a mistake."""
    customer = str((await page.form()).get("customer") or "") or None
    verb = partial(choose, call_id=page.id, customer_id=customer, by=page.user.user_id, now=page.now)
    await page.write(verb)
    return _done(page, "")


async def met(page: Page) -> Response:
    """Somebody new."""
    form = await page.form()
    name, language = str(form.get("name") or ""), str(form.get("language") or "") or None
    verb = partial(meet, call_id=page.id, name=name, language=language, writer=_writer(page))
    _, linked = await page.write(verb)
    return _done(page, _linked(page, name, linked))


async def recognised(page: Page) -> Response:
    """Somebody we know, by a number we did not."""
    customer = str((await page.form()).get("customer") or "")
    _, linked = await page.write(
        partial(recognise, call_id=page.id, customer_id=customer, writer=_writer(page))
    )
    found = await page.read(partial(customers.get, customer_id=customer))
    return _done(page, _linked(page, found.name, linked))


async def find(page: Page) -> Response:
    """Customers of this name or number, to say that it is one of them."""
    q = str((await page.form()).get("q") or "").strip()
    call = await page.read(partial(search.call, ref=page.id))
    region = page.services.settings.default_region
    found: Sequence[Customer] = ()
    if len(q) >= SHORTEST:
        found = await page.read(partial(customers.find, q=q, region=region, limit=FOUND))
    return page.show("desk/identify/_found.html", call=call, found=found, q=q)


def _writer(page: Page) -> Writer:
    services = page.services
    return Writer(services.settings.default_region, services.runtime.own_numbers, page.user.user_id, page.now)


def _linked(page: Page, name: str, linked: int) -> str:
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


def _done(page: Page, said: str) -> Response:
    """The stage has to be drawn anew; a toast says what else has changed."""
    if not page.request.headers.get("hx-request"):
        return page.go("/desk")
    response = page.show("desk/identify/_chosen.html", said=said)
    response.headers["HX-Trigger"] = "desk:again"
    return response


routes = [
    get("/desk/calls/{id}/else", somebody_else, acts=False),
    post("/desk/calls/{id}/customer", chosen),
    post("/desk/calls/{id}/new", met),
    post("/desk/calls/{id}/known", recognised),
    post("/desk/calls/{id}/find", find),
]
