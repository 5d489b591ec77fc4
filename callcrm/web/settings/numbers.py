"""Settings of our numbers: their flows and hours, and the URLs to configure at the carrier."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from babel.dates import get_day_names
from starlette.responses import Response

from callcrm.carrier.urls import number_urls
from callcrm.config import Settings
from callcrm.edge.hosts import is_loopback
from callcrm.i18n.locale import Locale
from callcrm.ivr.flows.hours import DAY, Hours, Period
from callcrm.ivr.flows.model import Flow
from callcrm.models import Role
from callcrm.web.page import Page
from callcrm.web.routes import get

MAX_HOLIDAYS = 6  # holidays to come that are shown


@dataclass(frozen=True, slots=True)
class Day:
    """A weekday's opening hours in words."""

    name: str
    open: str
    today: bool


@dataclass(frozen=True, slots=True)
class AnsweringFlow:
    """A flow with the numbers it answers, and its hours in words."""

    flow: Flow
    numbers: list[str]
    rest: bool
    always: bool
    open_now: bool
    week: list[Day]
    holidays: list[str]


async def numbers(page: Page) -> Response:
    """The page; it is made from memory."""
    settings, flows = page.services.settings, page.services.runtime.flows
    answering = [_answering(page, flow) for flow in flows.flows.values() if flow.answers]
    return page.respond(
        "settings/numbers/numbers.html",
        answering_flows=sorted(answering, key=lambda answer: (answer.rest, answer.flow.name)),
        idle_flows=sorted(flow.name for flow in flows.flows.values() if not flow.answers),
        urls=number_urls(settings.public_url),
        operators=settings.operator_numbers,
        faults=list(
            _faults(page.locale, settings, [number for flow in answering for number in flow.flow.numbers])
        ),
        zone=settings.time_zone,
    )


def _answering(page: Page, flow: Flow) -> AnsweringFlow:
    locale, flows = page.locale, page.services.runtime.flows
    ours = [number for number in page.services.settings.numbers if flows.for_number(number) is flow]
    today = locale.today()
    coming = sorted(day for day in flow.hours.holidays if day >= today)[:MAX_HOLIDAYS]
    return AnsweringFlow(
        flow=flow,
        numbers=ours,
        rest=flow.default,
        always=all(day == ((0, DAY),) for day in flow.hours.week) and not coming,
        open_now=flow.hours.open_at(page.now),
        week=_week(locale, flow.hours, today),
        holidays=[locale.date_long(day) for day in coming],
    )


def _week(locale: Locale, hours: Hours, today: dt.date) -> list[Day]:
    names = get_day_names("wide", locale=locale.language)
    first = 5 if locale.jalali else 0
    order = [(first + number) % 7 for number in range(7)]
    return [Day(names[day], _spoken(locale, hours.week[day]), day == today.weekday()) for day in order]


def _spoken(locale: Locale, periods: tuple[Period, ...]) -> str:
    if not periods:
        return locale._("closed")
    if periods == ((0, DAY),):
        return locale._("all day")
    return " · ".join(f"{_clock(locale, start)}–{_clock(locale, end)}" for start, end in periods)


def _clock(locale: Locale, minute: int) -> str:
    return locale.digits(f"{minute // 60:02}:{minute % 60:02}")


def _faults(locale: Locale, settings: Settings, named: list[str]) -> Iterator[str]:
    """Faults of the configuration that `callcrm doctor` would report too."""
    url, ours = settings.public_url, is_loopback(settings.carrier_api_url)
    if is_loopback(url) and not ours:
        yield locale._("%(url)s can be called from this machine alone: set CALLCRM_PUBLIC_URL to where the carrier calls you.", url=url)  # fmt: skip  # noqa: E501
    elif not url.startswith("https://") and not ours:
        yield locale._("%(url)s is not https: calls can be read on the way.", url=url)
    if settings.signatures == "observe":
        yield locale._("Signatures that do not fit are only counted (CALLCRM_SIGNATURES=observe): anybody who knows the addresses can make up calls.")  # fmt: skip  # noqa: E501
    for number in settings.operator_numbers:
        if number in settings.numbers:
            yield locale._("The operator’s number %(number)s is one of ours: a call to it would come back here.", number=locale.tel(number))  # fmt: skip  # noqa: E501
    if not settings.numbers:
        yield locale._("CALLCRM_NUMBERS names no number of ours: no outgoing calls, and our own lines could be taken for customers.")  # fmt: skip  # noqa: E501
    for number in named:
        if number not in settings.numbers:
            yield locale._("A flow answers %(number)s, which CALLCRM_NUMBERS does not name.", number=locale.tel(number))  # fmt: skip  # noqa: E501


routes = [get("/settings/numbers", numbers, role=Role.SUPERVISOR)]
