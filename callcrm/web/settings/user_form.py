"""The fields of a user's form: as they are typed and stored, and what is wrong with them."""

import re
from collections.abc import Collection, Mapping

from babel import Locale
from starlette.datastructures import FormData

from callcrm.base.errors import Refused
from callcrm.base.phones import to_e164
from callcrm.base.text import one_line
from callcrm.models import Agent, User
from callcrm.web import error_pages
from callcrm.web.editing import Editing
from callcrm.web.page import Page
from callcrm.web.session.signed_out import text_of

LISTS = ("skills", "languages")


def fields_to_save(
    sent: FormData, form: Mapping[str, str], user: User, agent: Agent | None, region: str
) -> dict[str, str]:
    """The fields of the form as they are to be stored; BothChanged where two changed the same."""
    number = form["number"].strip()
    fields = {
        "name": one_line(form["name"]),
        "role": form["role"],
        "number": to_e164(number, region) or number,
    }
    if "skills" in sent and agent:
        fields |= {name: "\n".join(split(form[name])) for name in LISTS}
    return Editing.of_form(sent).merge(fields, stored_fields(user, agent), version(user, agent), LISTS)


def stored_fields(user: User, agent: Agent | None) -> dict[str, str]:
    """The fields of the form as they are stored."""
    fields = {"name": user.name, "role": user.role, "number": user.number or ""}
    able = {"skills": agent.skills, "languages": agent.languages} if agent else {}
    return {**fields, **{name: "\n".join(values) for name, values in able.items()}}


def version(user: User, agent: Agent | None) -> str:
    """The version of what the form is about."""
    return f"{user.version}.{agent.version if agent else 0}"


def split(text: str) -> list[str]:
    """The items of a list typed with commas, Latin or Persian, or one a line."""
    return [word.strip() for word in re.split("[,،\n]", text) if word.strip()]


def as_typed(fields: Mapping[str, str]) -> dict[str, str]:
    """Stored fields as the form has them."""
    return {name: ", ".join(split(text)) if name in LISTS else text for name, text in fields.items()}


def texts_of(form: FormData, *names: str) -> dict[str, str]:
    """These fields of a form as text."""
    return {name: text_of(form, name) for name in names}


def faults_by_field(page: Page, fault: Refused | None, fields: Collection[str]) -> dict[str, str]:
    """A refusal by field; under "" if it is about none of these."""
    if fault is None:
        return {}
    field = fault.field if fault.field in fields else None
    return {field or "": error_pages.error_text(page.locale, fault)}


def region_name(page: Page) -> str:
    """The country whose numbers are dialled without its code, in the reader's language."""
    code = page.services.settings.default_region
    return str(Locale.parse(page.locale.language).territories.get(code) or code)
