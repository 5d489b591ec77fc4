"""One complaint: everything around it, and what is done with it."""

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Conflict, Refused
from callcrm.crm.complaints import complaints, policy, texts
from callcrm.crm.complaints.complaints import Changes
from callcrm.models.crm.complaint import Complaint, Remedy, Stage
from callcrm.views import complaints as views
from callcrm.web.call_forms import typed_fields
from callcrm.web.page import Page
from callcrm.web.promises import due_times
from callcrm.web.routes import get, of_module, post
from callcrm.web.security import PLAYER


async def show(page: Page) -> Response:
    """The page."""
    return await _show(page, {})


async def _show(page: Page, typed: dict[str, str]) -> Response:
    shown = await page.read(lambda session: views.complaint_page(session, page.reader, page.id))
    return page.respond(
        "complaints/page/complaint.html",
        shown=shown,
        typed=typed,
        texts=texts,
        remedies=[(remedy, texts.remedy(page.locale, remedy)) for remedy in Remedy],
        days=due_times.days(page.locale, page.now),
    )


async def refill(page: Page) -> Response:
    """The page, with what was typed for what was not done."""
    return await _show(page, {name: str(value) for name, value in (await page.form()).items()})


async def move(page: Page) -> Response:
    """The next step: its stage with what belongs to it."""
    form = await page.form()
    sent = typed_fields(form, ("was", "stage", "offer", "resolution", "cause"))
    stage, lesson = _stage(sent["stage"]), str(form.get("lesson", "")).strip()
    changes: Changes = {"stage": stage}
    if stage == Stage.OFFERED:
        changes["offer"] = _chosen(sent["offer"], Refused("Choose what is offered.", field="offer"))
    if stage in (Stage.OFFERED, Stage.CLOSED) and sent["resolution"].strip():
        changes["resolution"] = sent["resolution"]
    if stage == Stage.CLOSED:
        changes["root_cause"] = _chosen(sent["cause"], Refused("Choose the root cause.", field="cause"))
        changes["lesson"] = _chosen(lesson, Refused("Write what was learnt.", field="lesson"))
        changes["lesson_told"] = form.get("told") == "yes"

    def verb(session: Session, row: Complaint) -> None:
        if sent["was"] not in ("", row.stage):
            raise Conflict("Somebody else has moved this on meanwhile.")
        if row.owner_id is None:
            changes["owner_id"] = page.user.user_id  # whoever takes the first step has taken it on
        complaints.change(session, row, changes, page.reader)

    return await _changed(page, verb)


def _stage(value: str) -> Stage:
    if value not in set(Stage):
        raise Refused("There is no such stage.", field="stage")
    return Stage(value)


def _chosen(value: str, fault: Refused) -> str:
    if not value:
        raise fault
    return value


async def arrange(page: Page) -> Response:
    """Another handler, until when, and who it is about where that was not known."""
    form = await page.form()
    owner, was = str(form.get("owner", "")), str(form.get("was", ""))
    day, at, staff = (str(form.get(name, "")) for name in ("day", "at", "staff"))
    due: datetime | None = due_times.due_at(page.locale, "day", day, at, page.now) if day else None

    def verb(session: Session, row: Complaint) -> None:
        if was != (row.owner_id or "") and owner != (row.owner_id or ""):
            raise Conflict("Somebody else has given this to another meanwhile.")
        changes: Changes = {"owner_id": owner or None}
        if due is not None:
            changes["due_at"] = due
        if staff:
            changes["staff_id"] = staff
        complaints.change(session, row, changes, page.reader)

    return await _changed(page, verb)


async def learn(page: Page) -> Response:
    """Another lesson, or root cause, and whether others may be told."""
    form = await page.form()
    cause, lesson = str(form.get("cause", "")), str(form.get("lesson", "")).strip()
    changes: Changes = {
        "lesson": _chosen(lesson, Refused("Write what was learnt.", field="lesson")),
        "root_cause": _chosen(cause, Refused("Choose the root cause.", field="cause")),
        "lesson_told": form.get("told") == "yes",
    }

    def verb(session: Session, row: Complaint) -> None:
        complaints.change(session, row, changes, page.reader)

    return await _changed(page, verb)


async def _changed(page: Page, verb: Callable[[Session, Complaint], None]) -> Response:
    """Back to the page once the verb is done with the complaint, which is locked."""

    def both(session: Session) -> None:
        verb(session, complaints.lock(session, page.id, page.user.principal))

    await page.write(both)
    return page.redirect(f"/complaints/{page.id}")


routes = of_module(
    policy.NAME,
    [
        get("/complaints/{id}", show, policy=PLAYER),
        post("/complaints/{id}/stage", move, refill=refill),
        post("/complaints/{id}/arrange", arrange, refill=refill),
        post("/complaints/{id}/lesson", learn, refill=refill),
    ],
)
