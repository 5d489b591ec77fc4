"""What supervisors have to decide, plans in force, and incidents."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.paging import Cursor, ListPage, list_page, page_request
from callcrm.crm.conduct import incidents, plans, steps
from callcrm.models.crm.conduct import Incident, StepState
from callcrm.views.conduct import IncidentRow, StepRow, incident_rows, step_rows
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module

PAGE_SIZE = 40


@dataclass(frozen=True, slots=True)
class Overview:
    """The page: what waits for a supervisor, what is to be looked at again, plans, and incidents."""

    waiting: Sequence[StepRow]
    due: Sequence[StepRow]
    plans: Sequence[StepRow]
    incidents: ListPage[IncidentRow]


async def overview(page: Page) -> Response:
    """Conduct at a glance."""
    paging = page_request(page.request.query_params)

    def verb(session: Session) -> Overview:
        reader = page.reader
        listed = list_page(
            incidents.around(session, key=paging.key, back=paging.back, limit=PAGE_SIZE + 1),
            PAGE_SIZE,
            paging,
            _cursor,
        )
        return Overview(
            waiting=step_rows(
                session, reader, steps.page(session, state=StepState.PROPOSED, limit=PAGE_SIZE)
            ),
            due=step_rows(session, reader, steps.due_reviews(session, page.now)),
            plans=step_rows(session, reader, plans.in_force(session, limit=2 * PAGE_SIZE)),
            incidents=ListPage(incident_rows(session, reader, listed.rows), listed.before, listed.after),
        )

    return page.respond("conduct/overview.html", shown=await page.read(verb))


def _cursor(row: Incident) -> Cursor:
    return Cursor(row.created_at, row.id)


routes = of_module("conduct", [get("/conduct", overview)])
