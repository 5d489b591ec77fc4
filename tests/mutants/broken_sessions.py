"""Login, sessions and forms broken in one place each, until the patch is undone."""

from typing import Any

import pytest
from starlette.responses import Response

from callcrm.agents import sessions
from callcrm.agents.access import login_throttle
from callcrm.agents.access.login_throttle import ThrottleKey
from callcrm.base.ids import new_id
from callcrm.models import LoginAttempt, Role
from callcrm.web import security
from callcrm.web.page import Page
from callcrm.web.session import account

Patch = pytest.MonkeyPatch


def logout_clears_only_the_cookie(patch: Patch) -> None:
    """As with sessions that live in a signed cookie: whoever kept the cookie is still signed in."""
    patch.setattr(sessions, "end_session", lambda *_, **__: None)


def login_keeps_the_session(patch: Patch) -> None:
    """The session that the browser already had stays valid."""
    patch.setattr(sessions, "end_by_secret", lambda *_: None)


def nothing_ends_all_sessions(patch: Patch) -> None:
    """Sessions outlive a new password, a new role, and their user being disabled."""
    patch.setattr(sessions, "end_all_sessions", lambda *_, **__: 0)


def nobody_is_idle(patch: Patch) -> None:
    """An idle session does not end."""
    patch.setattr(sessions, "IDLE_TIMEOUT", sessions.MAX_AGE)


def any_token_will_do(patch: Patch) -> None:
    """Forms are accepted with any token."""
    patch.setattr(security, "tokens_match", lambda *_: True)


def any_origin_will_do(patch: Patch) -> None:
    """Forms are accepted from any origin."""
    patch.setattr(security, "is_same_origin", lambda *_: True)


def every_role_will_do(patch: Patch) -> None:
    """An agent may do what an administrator may."""
    patch.setattr(Role, "at_least", lambda *_: True)


def a_get_writes(patch: Patch) -> None:
    """A page writes to the store whenever it is loaded."""
    account_page = account._account_page

    async def writing(page: Page, *arguments: Any) -> Response:
        await page.write(
            lambda session: session.add(
                LoginAttempt(id=new_id("try", page.now), throttle_key="x", at=page.now)
            )
        )
        return await account_page(page, *arguments)

    patch.setattr(account, "_account_page", writing)


def attempts_are_counted_by_address(patch: Patch) -> None:
    """Whoever guesses at an e-mail address keeps its owner out."""
    patch.setattr(
        login_throttle, "throttle_keys", lambda email, *_: (ThrottleKey(email, login_throttle.ADDRESS_LIMIT),)
    )


def any_redirect_will_do(patch: Patch) -> None:
    """The login leads to wherever a link says."""
    patch.setattr(security, "local_path", lambda text: text or "/")
