"""The notes panel: one sheet for each call."""

from functools import partial
from typing import Any

from starlette.responses import Response

from callcrm.calls.disposition import CODES
from callcrm.crm.subjects import subjects
from callcrm.views.desk.note_sheets import note_sheets
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import get


async def context(page: Page) -> dict[str, Any]:
    """The context of the panel's template."""
    return {
        "sheets": await page.read(partial(note_sheets, user_id=page.user.user_id, now=page.now)),
        "codes": CODES,
        "subjects": await page.read(subjects.tree),
        "dues": due_times.choices(page.locale, page.now),
        "days": due_times.days(page.locale, page.now),
    }


async def notes_panel(page: Page) -> Response:
    """The panel as stored; text that is being typed is in the page alone."""
    return page.respond("desk/notes/_notes_panel.html", **await context(page))


routes = [get("/desk/notes-panel", notes_panel, keeps_session=False)]
