"""A complaint taken down in two clicks: the first brings the form, the second files it."""

import re
from collections.abc import Mapping

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.crm.complaints import complaints, policy, texts
from callcrm.crm.complaints.complaints import Opening
from callcrm.models.crm.complaint import About, Complaint
from callcrm.views import complaints as views
from callcrm.views.complaints import ComplaintRow, NewComplaint
from callcrm.web.call_forms import call_and_customer, typed_fields
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

FIELDS = ("call", "customer", "about", "product", "staff", "body", "at", "owner")
MOMENT = re.compile(r"(?:(\d{1,2})[:.٫])?(\d{1,3})(?:[:.٫](\d{1,2}))?")


async def form(page: Page) -> Response:
    """The form, beside a call or by itself; as a part for htmx."""
    return await _form(page, page.request.query_params, {})


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    typed = typed_fields(await page.form(), FIELDS)
    return await _form(page, typed, typed)


async def _form(page: Page, about: Mapping[str, str], typed: Mapping[str, str]) -> Response:
    def verb(session: Session) -> tuple[NewComplaint, str]:
        call, customer = call_and_customer(session, about)
        start = views.new_complaint(session, page.reader, call, customer)
        return start, views.note_of(session, call, page.user.user_id)

    start, note = await page.read(verb)
    return page.respond(
        "complaints/_new.html" if page.request.headers.get("hx-request") else "complaints/new.html",
        start=start,
        note=note,
        typed=typed,
        abouts=[(kind, texts.about(page.locale, kind)) for kind in About],
    )


async def take_down(page: Page) -> Response:
    """Files the complaint; whoever takes it down handles it until it is given to somebody."""
    typed = typed_fields(await page.form(), FIELDS)
    opening = _opening(typed, page.user.user_id)

    def verb(session: Session) -> ComplaintRow:
        by = page.user.principal
        row = complaints.open_complaint(session, opening, hours=page.reader.hours, by=by, now=page.now)
        return _row(session, page, row)

    row = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect(f"/complaints/{row.complaint.id}")
    return page.respond("complaints/_taken.html", row=row)


def _row(session: Session, page: Page, complaint: Complaint) -> ComplaintRow:
    return views.rows(session, page.reader, [complaint])[0]


def _opening(typed: Mapping[str, str], user_id: str) -> Opening:
    if typed["about"] not in set(About):
        raise Refused("Choose what it is about.", field="about")
    is_staff = typed["about"] == About.STAFF
    return Opening(
        about=typed["about"],
        body=typed["body"],
        customer_id=typed["customer"] or None,
        product=None if is_staff else typed["product"] or None,
        staff_id=typed["staff"] or None if is_staff else None,
        call_id=typed["call"] or None,
        second=seconds(typed["at"]),
        owner_id=user_id,
    )


def seconds(text: str) -> int | None:
    """The seconds in a place such as 1:02:03 or 0:42; None for an empty one. Refused for any other."""
    typed = normalized(text)
    if not typed:
        return None
    match = MOMENT.fullmatch(typed)
    if not match:
        raise Refused("A place in the recording is minutes and seconds, such as 0:42.", field="at")
    parts = [int(part) for part in re.findall(r"\d+", typed)]
    total = 0
    for part in parts:
        total = total * 60 + part
    return total


routes = of_module(
    policy.NAME,
    [get("/complaints/new", form), post("/complaints/new", take_down, refill=refill)],
)
