"""The password entered again, for what a stolen session must not do by itself: give somebody a way in."""

from functools import partial

import structlog

from callcrm.agents import users
from callcrm.agents.access import password_reentry
from callcrm.agents.access.throttled import Throttled
from callcrm.base.errors import Refused, TooMany
from callcrm.web.page import Page
from callcrm.web.session.signed_out import text_of

FIELD = "confirm"
log = structlog.get_logger()


async def require_password(page: Page, field: str = FIELD) -> None:
    """Refused, about this field of the form, unless it holds the password of the page's own user; TooMany
    after some wrong ones, for a quarter of an hour, or up to an hour where they go on.
    """
    password = text_of(await page.form(), field)
    if not password:
        raise Refused("enter your own password for this", field=field)
    me = await page.read(partial(users.get_user, user_id=page.user.user_id))
    try:
        attempt = await page.write(partial(password_reentry.begin, user_id=me.id, now=page.now))
    except Throttled:
        raise TooMany("too many wrong passwords: try again later, in an hour at most", field=field) from None
    if not await page.web.passwords.verify(password, me.password_hash):
        log.warning("password not confirmed", user=me.id)
        raise Refused("your own password is another one", field=field)
    await page.write(partial(password_reentry.record_success, attempt=attempt))
