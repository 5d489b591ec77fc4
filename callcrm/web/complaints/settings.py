"""What the business decides of complaints: how many business hours each stage has, and the root causes."""

from dataclasses import replace

from sqlmodel import Session
from starlette.responses import Response

from callcrm.base.errors import Conflict, Refused
from callcrm.base.text import one_line
from callcrm.base.typed_text import normalized
from callcrm.crm.complaints import policy, texts
from callcrm.crm.complaints.policy import Cause, Policy
from callcrm.models import Role
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def show(page: Page) -> Response:
    """The settings."""
    return _respond(page, await page.read(policy.get), {})


async def refill(page: Page) -> Response:
    """The settings, with what was typed."""
    form = await page.form()
    typed = {name: str(value) for name, value in form.items()}
    return _respond(page, await page.read(policy.get), typed)


def _respond(page: Page, present: Policy, typed: dict[str, str]) -> Response:
    return page.respond(
        "complaints/settings.html",
        present=present,
        typed=typed,
        stages=[(stage, texts.stage(page.locale, stage), hours) for stage, hours in present.hours.items()],
        causes=policy.causes(present, page.locale),
    )


async def save(page: Page) -> Response:
    """Other hours, other root causes. A cause whose name is as it was keeps its code."""
    form = await page.form()
    typed = {name: str(value) for name, value in form.items()}

    def verb(session: Session) -> None:
        present = policy.lock(session, page.now)
        if typed.get("version") not in (None, "", str(present.version)):
            raise Conflict("Somebody else has changed this meanwhile.")
        changed = replace(
            present,
            hours={stage: _hours(typed, stage) for stage in present.hours},
            due_hours=_hours(typed, "due"),
            causes=_causes(page, present, typed.get("causes", "")),
        )
        policy.put(session, changed, by=page.user.user_id, now=page.now)

    await page.write(verb)
    return page.redirect("/settings/complaints")


def _hours(typed: dict[str, str], name: str) -> int:
    text = normalized(typed.get(name, ""))
    if not text.isdecimal() or len(text) > 6:
        raise Refused("Business hours are a whole number.", field=name)
    return int(text)


def _causes(page: Page, present: Policy, text: str) -> list[Cause] | None:
    """The causes, a line each; None while they are as they come out of the box."""
    names = [name for line in text.splitlines() if (name := one_line(line))]
    codes = {cause.name: cause.code for cause in policy.causes(present, page.locale)}
    if present.causes is None and names == list(codes):
        return None
    taken, causes = set(codes.values()), []
    for number, name in enumerate(names):
        code = codes.get(name)
        while code is None or (name not in codes and code in taken):
            number += 1
            code = f"cause{number}"
        taken.add(code)
        causes.append(Cause(code, name))
    return causes


routes = of_module(
    policy.NAME,
    [
        get("/settings/complaints", show, role=Role.SUPERVISOR),
        post("/settings/complaints", save, role=Role.SUPERVISOR, refill=refill),
    ],
)
