"""The pages' door broken in one place each, until the patch is undone."""

from typing import Any

import pytest
from starlette.responses import Response

from callcrm.agents import login_throttle, sessions
from callcrm.agents.login_throttle import ThrottleKey
from callcrm.base.ids import new_id
from callcrm.models import LoginAttempt, Role
from callcrm.web import security
from callcrm.web.page import Page
from callcrm.web.routes import RANK
from callcrm.web.session import account

Patch = pytest.MonkeyPatch


def logout_takes_the_cookie_alone(patch: Patch) -> None:
    """As sessions do that live in a signed cookie: whoever kept it is still in."""
    patch.setattr(sessions, "end_session", lambda *_, **__: None)


def login_keeps_the_session(patch: Patch) -> None:
    """The session that a browser brought along lives on."""
    patch.setattr(sessions, "end_by_secret", lambda *_: None)


def nothing_ends_all_sessions(patch: Patch) -> None:
    """A password, a role and being disabled end none."""
    patch.setattr(sessions, "end_all_sessions", lambda *_, **__: 0)


def nobody_is_idle(patch: Patch) -> None:
    """A screen left open stays open."""
    patch.setattr(sessions, "IDLE_TIMEOUT", sessions.MAX_AGE)


def any_token_will_do(patch: Patch) -> None:
    """Forms are taken whatever token they bring."""
    patch.setattr(security, "tokens_match", lambda *_: True)


def any_origin_will_do(patch: Patch) -> None:
    """Forms are taken wherever they come from."""
    patch.setattr(security, "is_same_origin", lambda *_: True)


def every_role_will_do(patch: Patch) -> None:
    """An agent may do what an administrator may."""
    patch.setitem(RANK, Role.AGENT, RANK[Role.ADMIN])


def looking_leaves_a_trace(patch: Patch) -> None:
    """A page writes whenever it is looked at."""
    shown = account._account_page

    async def writing(page: Page, *how: Any) -> Response:
        await page.write(
            lambda session: session.add(
                LoginAttempt(id=new_id("try", page.now), throttle_key="x", at=page.now)
            )
        )
        return await shown(page, *how)

    patch.setattr(account, "_account_page", writing)


def attempts_are_counted_by_address(patch: Patch) -> None:
    """Whoever guesses at an address keeps its owner out."""
    patch.setattr(
        login_throttle, "throttle_keys", lambda email, *_: (ThrottleKey(email, login_throttle.ADDRESS_LIMIT),)
    )


def anywhere_is_ours(patch: Patch) -> None:
    """One is led on to wherever a link says."""
    patch.setattr(security, "local_path", lambda text: text or "/")
