"""A form that is sent when its session has ended, or its token is another session's, is kept for its user.

Whoever sends one is led to the login and from there back into the form (`session/resume.py`). It is kept for
whom its token was made alone, and only from a browser of ours, whose SameSite cookies do not come with what
another site sends. It changes nothing: the form has to be sent again, with the new token.
"""

import re
from functools import partial

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from callcrm.agents.browser import kept_forms
from callcrm.base.errors import Forbidden
from callcrm.base.text import storable
from callcrm.edge.cookies import cookie
from callcrm.web import security
from callcrm.web.context import WebContext

COOKIE, RESUME = "kept", "/resume"
SECRET = re.compile(r"[\w-]{43}", re.ASCII)
# Never kept, whatever form they are in.
SECRETS = re.compile(r"password|secret|^confirm|^(old|new|csrf)$", re.IGNORECASE)


class KeptForSomebodyElse(Forbidden):
    """The form is of a user who was signed in in this browser before; `secret` is what it is kept under."""

    def __init__(self, message: str, secret: str) -> None:
        super().__init__(message)
        self.secret = secret


async def keep(request: Request, web: WebContext, form: FormData, user_id: str | None) -> Response | None:
    """The way back into the form, which is kept; None for a form of nobody's. KeptForSomebodyElse if it is of
    another than `user_id`, who is signed in.
    """
    token = str(request.headers.get(security.HEADER) or form.get(security.FIELD, ""))
    texts = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    fields = [(name, storable(value)) for name, value in texts if not SECRETS.search(name)]
    if not SECRET.fullmatch(token):
        return None
    now, path = web.services.clock.now(), str(request.scope["path"])
    verb = partial(kept_forms.keep, token=token, path=path, fields=fields, now=now)
    made = await web.services.store.write(verb)
    if made is None:
        return None
    secret, owner = made
    if user_id not in (None, owner):
        raise KeptForSomebodyElse(
            "This form is of somebody who was signed in here before. It is kept for them.", secret
        )
    return _lead_back(request, web, secret, RESUME if user_id else f"/login?next={RESUME}")


def comes_from_browser_of_ours(request: Request, web: WebContext) -> bool:
    """Whether it comes from a page of ours, in a browser where somebody signed in."""
    settings = web.services.settings
    names = (security.cookie_name(settings), security.cookie_name(settings, "browser"))
    ours = any(SECRET.fullmatch(cookie(request, name)) for name in names)
    return ours and security.is_same_origin(request, settings)


def _lead_back(request: Request, web: WebContext, secret: str, path: str) -> Response:
    response: Response = RedirectResponse(path, status_code=303)
    if request.headers.get("hx-request"):
        response = Response(status_code=401, headers={"HX-Redirect": path})
    set_cookie(response, web, secret)
    return response


def set_cookie(response: Response, web: WebContext, secret: str) -> None:
    """Gives the browser the secret of the form that is kept for it; an empty one takes it away."""
    settings, seconds = web.services.settings, int(kept_forms.LIFETIME.total_seconds())
    security.set_cookie(response, settings, security.cookie_name(settings, COOKIE), secret, seconds=seconds)


def secret_of(request: Request, web: WebContext) -> str:
    """The secret of the form that is kept for this browser; "" without one."""
    secret = cookie(request, security.cookie_name(web.services.settings, COOKIE))
    return secret if SECRET.fullmatch(secret) else ""


async def forget(request: Request, web: WebContext, response: Response, user_id: str) -> None:
    """Deletes what was kept for this user, once they have sent the same form."""
    secret, path = secret_of(request, web), str(request.scope["path"])
    drop = partial(kept_forms.forget, secret=secret, user_id=user_id, path=path)
    if secret and await web.services.store.write(drop) > 0:
        set_cookie(response, web, "")
