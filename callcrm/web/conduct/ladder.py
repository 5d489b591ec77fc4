"""A customer's ladder: every step in words, what can be proposed, and what a supervisor decides."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.calls.outgoing import click_to_call
from callcrm.crm.conduct import ladder, plans, settings, steps, texts
from callcrm.crm.conduct.ladder import Plan, Wish
from callcrm.models import Role
from callcrm.models.crm.conduct import ConductStep, Step
from callcrm.views.conduct_ladder import ladder_page
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post

BETWEEN = re.compile(r"[,;،؛]")
DASHES = re.compile(r"[-–—]")
HOUR = re.compile(r"^(\d{1,2})(?::(\d{2}))?$")
NOTHING_TYPED: Mapping[str, str] = MappingProxyType({})
REVIEWS = (30, 90, 180, 365)  # days


async def show(page: Page) -> Response:
    """The ladder, and the forms."""
    return await _show(page, page.id, typed=page.request.query_params)


async def refill(page: Page) -> Response:
    """The ladder, with a step's or a plan's form as it was sent."""
    return await _show(page, page.id, typed=await _sent(page))


async def refill_ring(page: Page) -> Response:
    """The ladder, with the form of a call as it was sent."""
    return await _show(page, page.id, ring=await _sent(page))


async def refill_decision(page: Page) -> Response:
    """The ladder, with the reason that was written for a step."""
    row = await page.read(partial(steps.get, step_id=page.id))
    return await _show(page, row.customer_id, decision=(row.id, (await _sent(page)).get("reason", "")))


async def _sent(page: Page) -> dict[str, str]:
    return {name: str(value) for name, value in (await page.form()).items()}


async def _show(
    page: Page,
    customer_id: str,
    *,
    typed: Mapping[str, str] = NOTHING_TYPED,
    ring: Mapping[str, str] = NOTHING_TYPED,
    decision: tuple[str, str] = ("", ""),
) -> Response:
    shown = await page.read(partial(ladder_page, reader=page.reader, customer_id=customer_id))
    return page.respond(
        "conduct/ladder/ladder.html",
        shown=shown,
        customer=shown.customer,
        typed=typed,
        ring=ring,
        decision=decision,
        reviews=_reviews(page),
        channels=texts.channels(page.locale),
        days=[(day, texts.day(page.locale, day)) for day in texts.days_of_week(page.locale)],
        words=texts.written_warning(page.locale),
    )


def _reviews(page: Page) -> list[tuple[str, str]]:
    """When a step is looked at again, to choose from."""
    locale = page.locale

    def text(days: int) -> str:
        day = locale.date(page.now + timedelta(days=days))
        return locale._("In %(n)s days, %(day)s", n=locale.number(days), day=day)

    return [(str(days), text(days)) for days in REVIEWS]


async def take(page: Page) -> Response:
    """A warning or the end: in force at once by a supervisor, proposed by an agent."""
    form = await page.form()
    step = str(form.get("step", ""))
    if step not in (Step.WARNED, Step.ENDED):
        raise Refused("Choose a step.", field="step")
    text = str(form.get("text", "")) if step == Step.WARNED else ""
    wish = _wish(page, form, Step(step), text=text)
    return await _take(page, lambda session: wish)


async def take_plan(page: Page) -> Response:
    """A contact plan: in force at once by a supervisor, proposed by an agent."""
    form = await page.form()
    plan = Plan(
        agent_id=str(form.get("agent", "")),
        hours=_hours(form),
        channel=str(form.get("channel", "")) or None,
    )
    if plan.channel and plan.channel not in dict(texts.channels(page.locale)):
        raise Refused("Choose a way.", field="channel")

    def wish(session: Session) -> Wish:
        return _wish(page, form, Step.PLAN, plan=plans.checked(session, plan))

    return await _take(page, wish)


def _wish(page: Page, form: FormData, step: Step, **more: Any) -> Wish:
    return Wish(
        step=step,
        reason=str(form.get("reason", "")),
        incident_id=str(form.get("incident", "")) or None,
        review_at=_review(page, form),
        **more,
    )


def _review(page: Page, form: FormData) -> datetime:
    chosen = str(form.get("review", ""))
    days = next((days for days in REVIEWS if str(days) == chosen), None)
    if days is None:
        raise Refused("Choose when it is looked at again.", field="review")
    return page.now + timedelta(days=days)


def _hours(form: FormData) -> dict[str, list[str]] | None:
    """The periods of each day as they were typed, in a flow's form; None if every day is empty."""
    week = {day: _periods(str(form.get(day, ""))) for day in texts.WEEK}
    hours = {day: periods for day, periods in week.items() if periods}
    return hours or None


def _periods(text: str) -> list[str]:
    periods = [part.strip() for part in BETWEEN.split(normalized(text)) if part.strip()]
    return ["-".join(_clock(hour.strip()) for hour in DASHES.split(period)) for period in periods]


def _clock(text: str) -> str:
    """An hour as a flow has it: 9 is 09:00. What is none stays, and is refused with the rest."""
    match = HOUR.match(text)
    return f"{int(match[1]):02d}:{match[2] or '00'}" if match else text


async def _take(page: Page, wish: Callable[[Session], Wish]) -> Response:
    act = ladder.take if page.user.supervises else ladder.propose
    by, now = page.user.user_id, page.now
    await page.write(lambda session: act(session, page.id, wish(session), by=by, now=now))
    return page.redirect(f"/customers/{page.id}/conduct")


async def approve(page: Page) -> Response:
    """A proposed step comes into force."""
    return await _decide(page, ladder.approve)


async def refuse(page: Page) -> Response:
    """A proposed step is refused, for a reason."""
    return await _decide(page, ladder.refuse, reason=str((await page.form()).get("reason", "")))


async def lift(page: Page) -> Response:
    """A step is lifted, for a reason."""
    return await _decide(page, ladder.lift, reason=str((await page.form()).get("reason", "")))


async def review(page: Page) -> Response:
    """A step was looked at, and stays until it is looked at again."""

    def kept(session: Session, step_id: str, *, by: str, now: datetime) -> ConductStep:
        return ladder.review(session, step_id, now + settings.get(session).review, by=by, now=now)

    return await _decide(page, kept)


async def _decide(page: Page, act: Callable[..., ConductStep], **more: str) -> Response:
    row = await page.write(partial(act, step_id=page.id, by=page.user.user_id, now=page.now, **more))
    return page.redirect(f"/customers/{row.customer_id}/conduct")


async def have_rung(page: Page) -> Response:
    """A supervisor has another agent ring the customer all the same, for a reason."""
    form = await page.form()
    reason = str(form.get("reason", "")).strip()[: ladder.LONGEST_TEXT]
    if not reason:
        raise Refused("Say why.", field="reason")
    await click_to_call.place(
        page.services,
        to=str(form.get("to", "")),
        agent_id=str(form.get("agent", "")),
        by=page.user.user_id,
        override=reason,
    )
    return page.redirect(f"/customers/{page.id}/conduct")


routes = of_module(
    "conduct",
    [
        get("/customers/{id}/conduct", show),
        post("/customers/{id}/conduct", take, refill=refill),
        post("/customers/{id}/contact-plan", take_plan, refill=refill),
        post("/customers/{id}/conduct/ring", have_rung, role=Role.SUPERVISOR, refill=refill_ring),
        post("/conduct/steps/{id}/approve", approve, role=Role.SUPERVISOR),
        post("/conduct/steps/{id}/refuse", refuse, role=Role.SUPERVISOR, refill=refill_decision),
        post("/conduct/steps/{id}/lift", lift, role=Role.SUPERVISOR, refill=refill_decision),
        post("/conduct/steps/{id}/review", review, role=Role.SUPERVISOR),
    ],
)
