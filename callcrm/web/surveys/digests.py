"""The weekly digests: each user's own."""

from functools import partial

from starlette.responses import Response

from callcrm.crm.surveys import texts
from callcrm.crm.surveys.reports import digests
from callcrm.views import surveys as views
from callcrm.web.page import Page
from callcrm.web.routes import get, of_module, post


async def index(page: Page) -> Response:
    """The user's digests, the newest first."""
    rows = await page.read(partial(digests.page, user_id=page.user.user_id))
    return page.respond("surveys/weeks/digests.html", digests=rows, week_start=views.week_start)


async def digest(page: Page) -> Response:
    """A week's results."""
    verb = partial(views.digest_page, user=page.user.principal, digest_id=page.id)
    shown = await page.read(verb)
    names = views.group_names(page.reader, page.services.runtime.flows, shown.names, ())
    return page.respond(
        "surveys/weeks/digest.html", shown=shown, names=names, texts=texts, week_start=views.week_start
    )


async def seen(page: Page) -> Response:
    """The user has read it: it is no news any more."""
    await page.write(partial(digests.see, user_id=page.user.user_id, digest_id=page.id, now=page.now))
    return page.redirect("/surveys/weeks")


async def unseen(page: Page) -> Response:
    """How many digests are new, for a badge."""
    count = await page.read(partial(digests.count_unseen, user_id=page.user.user_id))
    return page.respond("surveys/weeks/_unseen.html", count=count)


routes = of_module(
    "surveys",
    [
        get("/surveys/weeks", index),
        get("/surveys/weeks/unseen", unseen, keeps_session=False),
        get("/surveys/weeks/{id}", digest),
        post("/surveys/weeks/{id}/seen", seen),
    ],
)
