"""What people decide about a call, its customer and its disposition, where two decide at once."""

from functools import partial

from starlette.responses import Response

from callcrm.models import Call
from callcrm.views.people import customer_names
from callcrm.web.editing import Editing
from callcrm.web.page import Page


async def choose_customer(page: Page, customer: str, editing: Editing) -> Response:
    """A page that has one of two customers chosen."""
    both = (customer, editing.both["customer"])

    customers = await page.read(partial(customer_names, ids=both))
    names = {key: customers.get(key) or page.locale._("It is nobody’s we know") for key in both}
    return page.respond(
        "calls/both/customer.html", 409, call_id=page.id, sent=customer, editing=editing, names=names
    )


def decisions(row: Call) -> dict[str, Editing]:
    """What people decide about a call, each with the version that is shown."""
    fields = {"customer": row.customer_id or "", "disposition": row.disposition or ""}
    return {name: Editing(str(row.version), {name: value}) for name, value in fields.items()}
