"""What people decide about a call: customer, disposition, subject, where two decide at once."""

from functools import partial

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.calls import customer_assignment, search
from callcrm.models import Call
from callcrm.views.people import customer_names
from callcrm.web.editing import Editing
from callcrm.web.page import Page


async def save_customer(page: Page) -> None:
    """Sets the call's customer to the one of the form, or with none to nobody; BothChanged where somebody
    else chose another meanwhile.
    """
    form = await page.form()
    customer, editing = _customer(form), Editing.of_form(form)

    def verb(session: Session) -> None:
        row = search.lock(session, page.id)
        saved = editing.merge({"customer": customer}, {"customer": row.customer_id or ""}, str(row.version))
        customer_assignment.assign(session, row, saved["customer"] or None, page.user.user_id, page.now)

    await page.write(verb)


def _customer(form: FormData) -> str:
    return str(form.get("customer", ""))


async def choose_customer(page: Page, editing: Editing) -> Response:
    """A page that has one of two customers chosen: the form's, and the one that is stored."""
    customer = _customer(await page.form())
    both = (customer, editing.both["customer"])
    customers = await page.read(partial(customer_names, ids=both))
    names = {key: customers.get(key) or page.locale._("It is nobody’s we know") for key in both}
    return page.respond(
        "calls/both/customer.html", 409, call_id=page.id, sent=customer, editing=editing, names=names
    )


def decisions(row: Call) -> dict[str, Editing]:
    """What people decide about a call, each with the version that is shown."""
    fields = {
        "customer": row.customer_id or "",
        "disposition": row.disposition or "",
        "subject": row.subject or "",
    }
    return {name: Editing(str(row.version), {name: value}) for name, value in fields.items()}
