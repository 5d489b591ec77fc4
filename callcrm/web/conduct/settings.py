"""Settings of conduct: the cool-down, and when a step is looked at again."""

from functools import partial

from starlette.responses import Response

from callcrm.base.errors import Refused
from callcrm.base.typed_text import normalized
from callcrm.crm.conduct import settings
from callcrm.models import Role
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def show(page: Page) -> Response:
    """The settings."""
    present = await page.read(settings.get)
    return page.respond(
        "conduct/settings.html",
        minutes=page.locale.digits(present.cool_down_minutes),
        days=page.locale.digits(present.review_days),
    )


async def refill(page: Page) -> Response:
    """The form as it was sent."""
    form = await page.form()
    typed = {name: str(form.get(name, "")) for name in ("minutes", "days")}
    return page.respond("conduct/settings.html", **typed)


async def save(page: Page) -> Response:
    """Saves them."""
    form = await page.form()
    minutes, days = (_number(str(form.get(name, "")), name) for name in ("minutes", "days"))
    verb = partial(settings.put, minutes=minutes, days=days, by=page.user.user_id, now=page.now)
    await page.write(verb)
    return page.redirect("/settings/conduct")


def _number(text: str, field: str) -> int:
    digits = normalized(text).strip()
    if not digits.isdecimal() or len(digits) > 4:
        raise Refused("This is no number.", field=field)
    return int(digits)


routes = of_module(
    "conduct",
    [
        get("/settings/conduct", show, role=Role.SUPERVISOR),
        post("/settings/conduct", save, role=Role.SUPERVISOR, refill=refill),
    ],
)
