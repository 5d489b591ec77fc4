"""The catalogue of page parts, each in every state, for developers."""

import re
from functools import cache

from starlette.responses import Response

from callcrm.base.errors import NotFound
from callcrm.web.assets import STATIC
from callcrm.web.editing import Editing
from callcrm.web.page import Page
from callcrm.web.parts import samples
from callcrm.web.routes import get
from callcrm.web.security import PLAYER

SPRITE = STATIC / "vendor" / "icons.svg"
SYMBOL = re.compile(r'<symbol id="i-([a-z-]+)"')


@cache
def icons() -> list[str]:
    """The names of the sprite's icons; empty in a checkout that was not set up."""
    return SYMBOL.findall(SPRITE.read_text(encoding="utf-8")) if SPRITE.exists() else []


async def parts(page: Page) -> Response:
    """The catalogue."""
    written, pinned = samples.notes(page.now)
    return page.respond(
        "parts/parts.html",
        icons=icons(),
        states=samples.PANELS,
        playbacks=samples.playbacks(page.now),
        candidates=samples.candidates(page.now),
        call=samples.call(page.now),
        written=written,
        pinned=pinned,
        editing=Editing("2", {}, both={"sample": "Mina Halloran"}),
        call_parts=(),
    )


async def desk(page: Page) -> Response:
    """The call panel in one state."""
    sample = samples.PANELS.get(page.request.path_params["state"])
    if sample is None:
        raise NotFound("There is nothing here.")
    return page.respond(
        "parts/desk_states.html",
        state=page.request.path_params["state"],
        states=samples.PANELS,
        panel=sample(page.now),
        path=["Sales"],
    )


routes = [get("/parts", parts, policy=PLAYER), get("/parts/desk/{state}", desk)]
