"""How the kinds of requests change over the months, and the requests behind each figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.calendars import MONTHS_FA, is_in_range
from callcrm.calls import search
from callcrm.calls.search import CallQuery
from callcrm.crm.contacts import contacts
from callcrm.crm.subjects import figures, subjects
from callcrm.crm.subjects.figures import Month, Row
from callcrm.i18n.locale import Locale
from callcrm.models import Call
from callcrm.models.crm.contact import Contact
from callcrm.views.calls import outcomes
from callcrm.views.people import customer_names
from callcrm.web.calls import periods
from callcrm.web.page import Page
from callcrm.web.routes import get

SPANS = (3, 6, 12)
USUAL = 6
MOST_BEHIND = 50


def month_name(locale: Locale, month: Month) -> str:
    """A month by name, with its year in January or Farvardin."""
    name = MONTHS_FA[month.month - 1] if locale.jalali else month.first.strftime("%B")
    return f"{name} {locale.digits(month.year)}" if month.month == 1 else name


async def table(page: Page) -> Response:
    """Months by subjects; each figure leads to the requests behind it."""
    chosen = page.request.query_params.get("months", "")
    span = int(chosen) if chosen in map(str, SPANS) else USUAL
    columns = figures.months(page.locale, span)

    def load(session: Session) -> tuple[list[Row], bool]:
        tree = subjects.tree(session)
        return figures.table(session, tree, columns), bool(tree.names)

    rows, any_subjects = await page.read(load)
    return page.respond(
        "subjects/figures.html",
        rows=rows,
        any_subjects=any_subjects,
        months=[(month, month_name(page.locale, month)) for month in columns],
        span=span,
        spans=SPANS,
    )


@dataclass(frozen=True, slots=True)
class Behind:
    """The requests behind a figure: the newest calls and contacts of a subject in a month."""

    name: str
    calls: Sequence[tuple[Call, str]]
    contacts: Sequence[Contact]
    customers: dict[str, str]


async def behind(page: Page) -> Response:
    """The calls and contacts of a subject in a month."""
    locale = page.locale
    month = figures.month_of(locale, _day(page.request.query_params.get("month", ""), locale))
    region = page.services.settings.default_region

    def load(session: Session) -> Behind:
        tree = subjects.tree(session)
        codes = tree.with_parts(page.id)
        wanted = CallQuery(subjects=codes, since=month.since, until=month.until)
        rows = search.calls(session, wanted, region=region, after=None, limit=MOST_BEHIND)
        since, until = month.since, month.until
        by_hand = contacts.find(session, subjects_of=codes, since=since, until=until, limit=MOST_BEHIND)
        of_calls = {row.customer_id for row in rows if row.customer_id}
        names = customer_names(session, of_calls | {row.customer_id for row in by_hand})
        calls = [(row, outcomes.outcome(locale, row)[0]) for row in rows]
        return Behind(tree.name(page.id), calls, by_hand, names)

    first, last = (periods.format_day(locale, day) for day in (month.first, figures.last_day(month)))
    return page.respond(
        "subjects/behind.html",
        code=page.id,
        shown=await page.read(load),
        month=month_name(locale, month),
        first=first,
        last=last,
        most=MOST_BEHIND,
    )


def _day(text: str, locale: Locale) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return locale.today()
    return day if is_in_range(day) else locale.today()


routes = [get("/subjects", table), get("/subjects/{id}", behind)]
