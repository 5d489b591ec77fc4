"""A page's handler and what it is handed: who asks, in which language, and the parts of the house."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcrm.agents.sessions import SignedInUser
from callcrm.base.clock import Clock
from callcrm.crm.noun import Reader
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.services import Services
from callcrm.web.context import WebContext

T = TypeVar("T")


@dataclass
class Page:
    """One request for a page, by somebody signed in."""

    request: Request
    web: WebContext
    user: SignedInUser
    mark: str | None = field(init=False)

    def __post_init__(self) -> None:
        # Before anything is read: what is announced meanwhile is told again rather than missed.
        self.mark = self.web.services.hub.last_event_id

    @property
    def services(self) -> Services:
        """The parts of the house."""
        return self.web.services

    @property
    def clock(self) -> Clock:
        """The house's clock."""
        return self.services.clock

    @cached_property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.services.clock.now()

    @property
    def locale(self) -> Locale:
        """The language of whoever asks."""
        return self.web.locales[self.user.language if self.user.language in LANGUAGES else "en"]

    @property
    def reader(self) -> Reader:
        """Who reads, in which language and at what time: what views are handed."""
        return Reader(self.user.principal, self.locale, self.now)

    @property
    def id(self) -> str:
        """The id in the path."""
        return str(self.request.path_params["id"])

    async def form(self) -> FormData:
        """What was sent."""
        return await self.request.form()

    async def read(self, verb: Callable[[Session], T]) -> T:
        """What the verb finds in the store, with what calls that ended before have caused."""
        await self.services.backlog.caught_up()
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], T]) -> T:
        """What the verb answers, once what it did is durable."""
        return await self.services.store.write(verb)

    def show(self, name: str, status: int = 200, /, **context: object) -> Response:
        """A template as the answer: a page, or a part to swap in."""
        return HTMLResponse(self.render(name, **context), status)

    def render(self, name: str, /, **context: object) -> str:
        """The text of a template."""
        return self.web.templates[self.locale.language].page(name, {**self.common, **context})

    @property
    def common(self) -> Mapping[str, object]:
        """What every template may use."""
        return {
            "page": self,
            "current_user": self.user,
            "now": self.now,
            "here": self.request.url.path,
            "softphone": self.web.softphone.script,
        }

    def redirect(self, path: str) -> Response:
        """Go there next, by GET."""
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


Handler = Callable[[Page], Awaitable[Response]]
