"""Burden and worth of customers, for supervisors: sorted by what they choose."""

from typing import cast

from sqlmodel import Session
from starlette.responses import Response

from callcrm.crm.conduct import burden
from callcrm.crm.conduct.burden import Burden, By
from callcrm.models import Customer, Role
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module


async def heaviest(page: Page) -> Response:
    """Those with the most calls, minutes, complaints or incidents of a period."""
    query = page.request.query_params
    by = cast("By", query.get("by") if query.get("by") in burden.RANKED else "incidents")
    days = next((days for days in burden.PERIODS if str(days) == query.get("days")), burden.PERIODS[1])

    def verb(session: Session) -> list[tuple[Customer, Burden]]:
        ids = burden.heaviest(session, page.reader, by, days)
        figures = burden.of_customers(session, page.reader, ids, days)
        customers = burden.customers_of(session, set(ids))
        return [(customers[key], figures[key]) for key in ids]

    sorts = {
        "incidents": page.locale._("incidents"),
        "calls": page.locale._("calls"),
        "minutes": page.locale._("minutes"),
        "complaints": page.locale._("complaints"),
    }
    rows = await page.read(verb)
    return page.respond(
        "conduct/burden.html", rows=rows, by=by, days=days, sorts=sorts, periods=burden.PERIODS
    )


routes = of_module("conduct", [get("/conduct/burden", heaviest, role=Role.SUPERVISOR)])
