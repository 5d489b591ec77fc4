"""Fields: which page uses each, how often it is filled in, and which the forms do without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.business import fields
from callcrm.crm.fields import FieldTable, hideable
from callcrm.models import Role
from callcrm.reports.field_usage import SAMPLE, FieldUsage, usage
from callcrm.web.page import Page
from callcrm.web.routes import get, post

STATES: Mapping[str, bool] = {"hidden": True, "shown": False}


@dataclass(frozen=True, slots=True)
class FieldsPage:
    """The fields by table, and which are in no form."""

    tables: Sequence[tuple[FieldTable, Sequence[FieldUsage]]]
    hidden: frozenset[str]

    @property
    def unused(self) -> Sequence[FieldUsage]:
        """Those that nobody filled in, and that a form could do without."""
        uses = (use for _, several in self.tables for use in several)
        return [use for use in uses if use.unused and use.field.hideable and use.name not in self.hidden]


async def show(page: Page) -> Response:
    """All fields of what is switched on."""
    shown = await page.read(lambda session: _read(page, session))
    return page.respond("settings/fields/fields.html", shown=shown, sample=SAMPLE)


def _read(page: Page, session: Session) -> FieldsPage:
    tables = page.seams.form_fields
    uses = usage(session, tables, page.now, page.user.user_id)
    by_table = [(table, [use for use in uses if use.table is table]) for table in tables]
    return FieldsPage(by_table, fields.hidden(session))


async def hide(page: Page) -> Response:
    """Takes a field out of its form, or brings it back."""
    state = str((await page.form()).get("state", ""))
    if page.id not in hideable(page.seams.form_fields) or state not in STATES:
        raise NotFound("There is no such field.")

    def verb(session: Session) -> FieldsPage:
        fields.hide(session, page.id, away=STATES[state], by=page.user.user_id, now=page.now)
        return _read(page, session)

    shown = await page.write(verb)
    if not page.request.headers.get("hx-request"):
        return page.redirect("/settings/fields")
    undo = "shown" if STATES[state] else "hidden"
    return page.respond(
        "settings/fields/_changed.html", shown=shown, sample=SAMPLE, name=page.id, state=state, undo=undo
    )


routes = [
    get("/settings/fields", show, role=Role.SUPERVISOR),
    post("/settings/fields/{id}", hide, role=Role.SUPERVISOR),
]
