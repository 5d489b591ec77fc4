"""The pages' door broken in one place each, until the patch is undone."""

from typing import Any

import pytest
from starlette.responses import Response

from callcrm.agents import attempts, signins, signouts
from callcrm.agents.attempts import Gate
from callcrm.base.ids import new_id
from callcrm.desk import guard, me
from callcrm.desk.page import Page
from callcrm.desk.routes import RANK
from callcrm.models import Attempt, Role

Patch = pytest.MonkeyPatch


def logout_takes_the_cookie_alone(patch: Patch) -> None:
    """As sessions do that live in a signed cookie: whoever kept it is still in."""
    patch.setattr(signouts, "end", lambda *_, **__: None)


def login_keeps_the_session(patch: Patch) -> None:
    """The session that a browser brought along lives on."""
    patch.setattr(signouts, "end_by_secret", lambda *_: None)


def nothing_ends_all_sessions(patch: Patch) -> None:
    """A password, a role and being disabled end none."""
    patch.setattr(signouts, "end_all", lambda *_, **__: 0)


def nobody_is_idle(patch: Patch) -> None:
    """A screen left open stays open."""
    patch.setattr(signins, "IDLE", signins.LONGEST)


def any_token_will_do(patch: Patch) -> None:
    """Forms are taken whatever token they bring."""
    patch.setattr(guard, "proves", lambda *_: True)


def any_origin_will_do(patch: Patch) -> None:
    """Forms are taken wherever they come from."""
    patch.setattr(guard, "from_us", lambda *_: True)


def every_role_will_do(patch: Patch) -> None:
    """An agent may do what an administrator may."""
    patch.setitem(RANK, Role.AGENT, RANK[Role.ADMIN])


def looking_leaves_a_trace(patch: Patch) -> None:
    """A page writes whenever it is looked at."""
    shown = me._shown

    async def writing(page: Page, *how: Any) -> Response:
        await page.write(lambda session: session.add(Attempt(id=new_id("try"), who="x", at=page.now)))
        return await shown(page, *how)

    patch.setattr(me, "_shown", writing)


def attempts_are_counted_by_address(patch: Patch) -> None:
    """Whoever guesses at an address keeps its owner out."""
    patch.setattr(attempts, "gates", lambda email, *_: (Gate(email, attempts.OF_ADDRESS),))


def anywhere_is_ours(patch: Patch) -> None:
    """One is led on to wherever a link says."""
    patch.setattr(guard, "path_of_ours", lambda text: text or "/")
