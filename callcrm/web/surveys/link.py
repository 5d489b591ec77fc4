"""The link that an agent passes on from a call, where callers are asked by a link."""

from functools import partial

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import CallcrmError, Refused
from callcrm.calls import search
from callcrm.crm.surveys import asking
from callcrm.models import Call
from callcrm.web import error_pages
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def offer(page: Page) -> Response:
    """The button that makes the link, or why there is none."""
    call_id = page.request.query_params.get("call", "")

    def verb(session: Session) -> tuple[Call, Refused | None]:
        call = search.call(session, call_id)
        return call, asking.why_no_link(session, call, page.now)

    call, why = await page.read(verb)
    return _shown(page, call=call, problem=error_pages.error_text(page.locale, why) if why else "")


def _shown(page: Page, status: int = 200, **shown: object) -> Response:
    part = page.request.headers.get("hx-request")
    context = {"url": "", "problem": "", "call": None, **shown}
    return page.respond("surveys/link/_link.html" if part else "surveys/link/link.html", status, **context)


async def make(page: Page) -> Response:
    """The link, to be copied."""
    call_id = str((await page.form()).get("call", ""))
    verb = partial(asking.link_for, runtime=page.services.runtime, call_id=call_id, now=page.now)
    try:
        url = await page.write(verb)
    except CallcrmError as fault:
        return _shown(page, 422, problem=error_pages.error_text(page.locale, fault))
    return _shown(page, url=url)


routes = of_module("surveys", [get("/surveys/link", offer), post("/surveys/link", make)])
