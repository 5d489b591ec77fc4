"""The results of surveys."""

from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.business import surveys
from callcrm.crm.surveys import results
from callcrm.crm.surveys.responses import ResponseFilter
from callcrm.crm.surveys.results import Result
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """What the page shows."""

    kind: str
    total: Result


async def results_page(page: Page) -> Response:
    """Response rate and score; an agent's own alone."""

    def verb(session: Session) -> ResultsPage:
        kind = surveys.get(session).kind
        wanted = ResponseFilter(kind=kind)
        return ResultsPage(kind, results.total(session, page.user.principal, wanted))

    return page.respond("surveys/surveys.html", shown=await page.read(verb))


routes = of_module("surveys", [get("/surveys", results_page)])
