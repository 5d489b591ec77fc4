"""The request as page handlers get it: the user, their language, and the services."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from callcrm.agents.sessions import SignedInUser
from callcrm.base.clock import Clock
from callcrm.base.text import storable
from callcrm.business import tiers as business_tiers
from callcrm.business.tiers import Tiers
from callcrm.crm.noun import Reader
from callcrm.crm.seams import Seams
from callcrm.edge.forms import read_form
from callcrm.edge.uploads import Upload, read_upload
from callcrm.i18n import labels
from callcrm.i18n.locale import LANGUAGES, Locale
from callcrm.services import Services
from callcrm.web.context import WebContext

T = TypeVar("T")


@dataclass
class Page:
    """One request for a page by a signed-in user; `seams` and `tiers` are without what is switched off.

    `hidden`: fields that are in no form. `kept`: a form of theirs that is shown again. `mark`: the
    Last-Event-ID from before anything was read. `upload_limit`: the most bytes of a file that may come along.
    """

    request: Request
    web: WebContext
    user: SignedInUser
    seams: Seams
    tiers: Tiers = business_tiers.NOBODY
    kept: FormData | None = None
    hidden: frozenset[str] = frozenset()
    upload_limit: int | None = None
    mark: str | None = field(init=False)
    _upload: Upload | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        # Before anything is read: what is announced meanwhile is told again rather than missed.
        self.mark = self.web.services.hub.last_event_id

    @property
    def services(self) -> Services:
        """The services of the app."""
        return self.web.services

    @property
    def clock(self) -> Clock:
        """The clock of the app."""
        return self.services.clock

    @cached_property
    def now(self) -> datetime:
        """The time of the request, the same each time it is read."""
        return self.services.clock.now()

    @property
    def locale(self) -> Locale:
        """The user's language."""
        return self.web.locales[self.user.language if self.user.language in LANGUAGES else "en"]

    @property
    def reader(self) -> Reader:
        """The user, their language and the time, for views."""
        return Reader(self.user.principal, self.locale, self.now, self.services.hours)

    @property
    def id(self) -> str:
        """The path's `id`."""
        return str(self.request.path_params["id"])

    def tier_name(self, code: str | None) -> str:
        """The name of a tier by its code; of a text that is no tier of ours, the text."""
        return labels.tier(self.locale, self.tiers.name(code))

    def tier_options(self) -> list[tuple[str, str]]:
        """The tiers to choose from, by code and name, the best first."""
        return [(tier.code, self.tier_name(tier.code)) for tier in self.tiers.items]

    def hides(self, field: str) -> bool:
        """Whether this field (TABLE.COLUMN) is left out of its form."""
        return field in self.hidden

    async def form(self) -> FormData:
        """The form that was sent, now or before, in text that can be stored: a NUL in it refuses no field."""
        sent = (self.kept if self.kept is not None else await read_form(self.request)).multi_items()
        return FormData(
            [(name, storable(value) if isinstance(value, str) else value) for name, value in sent]
        )

    async def upload(self) -> Upload:
        """The form with a file that was sent; read once. TooLarge for a file beyond the limit."""
        if self._upload is None:
            self._upload = await read_upload(self.request, self.upload_limit or 0)
        return self._upload

    def close(self) -> None:
        """Forgets the file that came along."""
        if self._upload is not None:
            self._upload.close()

    def of_form(self, request: Request, fields: list[tuple[str, str | UploadFile]]) -> "Page":
        """The page at whose address a form was sent, with its fields, to be shown again."""
        return Page(request, self.web, self.user, self.seams, self.tiers, FormData(fields), self.hidden)

    async def read(self, verb: Callable[[Session], T]) -> T:
        """The verb's result, read after the jobs of calls that ended before have run."""
        await self.services.backlog.caught_up()
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], T]) -> T:
        """The verb's result, once it is durable."""
        return await self.services.store.write(verb)

    def respond(self, name: str, status: int = 200, /, **context: object) -> Response:
        """A response with a rendered template: a page, or a part of one for htmx."""
        return HTMLResponse(self.render(name, **context), status)

    def render(self, name: str, /, **context: object) -> str:
        """The text of a template, rendered with what all templates share."""
        return self.web.templates[self.locale.language].page(name, {**self.common, **context})

    @property
    def common(self) -> Mapping[str, object]:
        """The context that every template has."""
        return {
            "page": self,
            "current_user": self.user,
            "now": self.now,
            "here": self.request.url.path,
            "tiers": self.tiers,
            "softphone": self.web.softphone.script,
            "resumed": self.kept is not None,
        }

    def redirect(self, path: str) -> Response:
        """A redirect to the path, to be requested by GET; as HX-Redirect for htmx."""
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


Handler = Callable[[Page], Awaitable[Response]]
