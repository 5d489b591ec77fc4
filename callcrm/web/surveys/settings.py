"""The setting of the survey: which question, how, and how often."""

from collections.abc import Mapping

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.business import surveys
from callcrm.business.surveys import SurveySettings
from callcrm.crm.surveys import texts
from callcrm.models import Role
from callcrm.models.crm.survey import SurveyChannel, SurveyKind
from callcrm.web import error_pages
from callcrm.web.call_forms import typed_fields
from callcrm.web.editing import BothChanged, Editing
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

FIELDS = ("kind", "channel", "active", "every_days")


async def settings_page(page: Page) -> Response:
    """The form."""
    stored = await page.read(surveys.get)
    saved = page.request.query_params.get("saved") == "1"
    return _form(page, _fields(stored), Editing(str(stored.version), _fields(stored)), saved=saved)


def _fields(setting: SurveySettings) -> dict[str, str]:
    return {
        "kind": setting.kind,
        "channel": setting.channel,
        "active": "on" if setting.active else "",
        "every_days": str(setting.every_days),
    }


def _form(
    page: Page,
    form: Mapping[str, str],
    editing: Editing,
    status: int = 200,
    faults: Mapping[str, str] = {},
    *,
    saved: bool = False,
) -> Response:
    kinds = [(str(kind), texts.kind(page.locale, kind)) for kind in SurveyKind]
    channels = [(str(channel), texts.channel(page.locale, channel)) for channel in SurveyChannel]
    return page.respond(
        "surveys/settings.html",
        status,
        form=form,
        editing=editing,
        faults=faults,
        saved=saved,
        kinds=kinds,
        channels=channels,
    )


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    form = await page.form()
    sent = typed_fields(form, FIELDS)
    return _form(page, sent, Editing.of_form(form))


async def save(page: Page) -> Response:
    """Changes the setting."""
    form = await page.form()
    sent, editing = typed_fields(form, FIELDS), Editing.of_form(form)

    def verb(session: Session) -> SurveySettings:
        stored = surveys.lock(session, page.now)
        merged = editing.merge(sent, _fields(stored), str(stored.version))
        return surveys.put(session, _wanted(merged), by=page.user.user_id, now=page.now)

    try:
        await page.write(verb)
    except BothChanged as both:
        return _form(page, both.fields, both.editing, 409)
    except Refused as fault:
        faults = {fault.field or "": error_pages.error_text(page.locale, fault)}
        return _form(page, sent, editing, 422, faults)
    return page.redirect("/settings/surveys?saved=1")


def _wanted(fields: Mapping[str, str]) -> SurveySettings:
    days = normalized(fields["every_days"])
    if fields["kind"] not in set(SurveyKind) or fields["channel"] not in set(SurveyChannel):
        raise Refused("Choose one of these.", field="kind")
    if not days.isascii() or not days.isdigit() or len(days) > 4:
        raise Refused("Choose from 1 to %(most)s days.", field="every_days", most=surveys.MOST_DAYS)
    return SurveySettings(
        SurveyKind(fields["kind"]), SurveyChannel(fields["channel"]), fields["active"] == "on", int(days)
    )


routes = of_module(
    "surveys",
    [
        get("/settings/surveys", settings_page, role=Role.SUPERVISOR),
        post("/settings/surveys", save, role=Role.SUPERVISOR, refill=refill),
    ],
)
