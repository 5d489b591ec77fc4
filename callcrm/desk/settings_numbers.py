"""Settings: our numbers, what answers them and when, and what the carrier is to be told."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from babel.dates import get_day_names
from starlette.responses import Response

from callcrm.carrier.urls import number_urls
from callcrm.config import Settings
from callcrm.desk.page import Page
from callcrm.desk.routes import get
from callcrm.desk.words import Words
from callcrm.ivr.hours import DAY, Hours, Period
from callcrm.ivr.shape import Flow
from callcrm.models import Role

LOOPBACK = ("localhost", "127.0.0.1", "::1")
FEW = 6  # holidays to come that are shown


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the week as people read it."""

    name: str
    open: str
    today: bool


@dataclass(frozen=True, slots=True)
class Answering:
    """A flow and the numbers it answers; its hours in words."""

    flow: Flow
    numbers: list[str]
    rest: bool
    always: bool
    open_now: bool
    week: list[Day]
    holidays: list[str]


async def numbers(page: Page) -> Response:
    """The page; all of it is in memory."""
    settings, flows = page.services.settings, page.services.house.flows
    answering = [_answering(page, flow) for flow in flows.flows.values() if flow.answers]
    return page.show(
        "settings/numbers.html",
        answering=sorted(answering, key=lambda one: (one.rest, one.flow.name)),
        idle=sorted(flow.name for flow in flows.flows.values() if not flow.answers),
        urls=number_urls(settings.public_url),
        operators=settings.operator_numbers,
        faults=list(_faults(page.words, settings, [one for flow in answering for one in flow.flow.numbers])),
        zone=settings.time_zone,
    )


def _answering(page: Page, flow: Flow) -> Answering:
    words, flows = page.words, page.services.house.flows
    ours = [one for one in page.services.settings.numbers if flows.for_number(one) is flow]
    today = words.today()
    coming = sorted(day for day in flow.hours.holidays if day >= today)[:FEW]
    return Answering(
        flow=flow,
        numbers=ours,
        rest=flow.default,
        always=all(day == ((0, DAY),) for day in flow.hours.week) and not coming,
        open_now=flow.hours.open_at(page.now),
        week=_week(words, flow.hours, today),
        holidays=[words.date_long(day) for day in coming],
    )


def _week(words: Words, hours: Hours, today: dt.date) -> list[Day]:
    names = get_day_names("wide", locale=words.language)
    first = 5 if words.jalali else 0
    order = [(first + number) % 7 for number in range(7)]
    return [Day(names[day], _spoken(words, hours.week[day]), day == today.weekday()) for day in order]


def _spoken(words: Words, periods: tuple[Period, ...]) -> str:
    if not periods:
        return words._("closed")
    if periods == ((0, DAY),):
        return words._("all day")
    return " · ".join(f"{_clock(words, start)}–{_clock(words, end)}" for start, end in periods)


def _clock(words: Words, minute: int) -> str:
    return words.digits(f"{minute // 60:02}:{minute % 60:02}")


def _faults(words: Words, settings: Settings, named: list[str]) -> Iterator[str]:
    """What can be seen from here of what `callcrm doctor` would say."""
    url, host = settings.public_url, urlsplit(settings.public_url).hostname
    ours = urlsplit(settings.carrier_api_url).hostname in LOOPBACK
    if host in LOOPBACK and not ours:
        yield words._("%(url)s can be called from this machine alone: set CALLCRM_PUBLIC_URL to where the carrier calls you.", url=url)  # fmt: skip  # noqa: E501
    elif not url.startswith("https://") and not ours:
        yield words._("%(url)s is not https: calls can be read on the way.", url=url)
    if settings.signatures == "observe":
        yield words._("Signatures that do not fit are only counted (CALLCRM_SIGNATURES=observe): anybody who knows the addresses can make up calls.")  # fmt: skip  # noqa: E501
    for one in settings.operator_numbers:
        if one in settings.numbers:
            yield words._("The operator’s number %(number)s is one of ours: a call to it would come back here.", number=words.tel(one))  # fmt: skip  # noqa: E501
    if not settings.numbers:
        yield words._("CALLCRM_NUMBERS names no number of ours: no outgoing calls, and our own lines could be taken for customers.")  # fmt: skip  # noqa: E501
    for one in named:
        if one not in settings.numbers:
            yield words._("A flow answers %(number)s, which CALLCRM_NUMBERS does not name.", number=words.tel(one))  # fmt: skip  # noqa: E501


routes = [get("/settings/numbers", numbers, role=Role.SUPERVISOR)]
