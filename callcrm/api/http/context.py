"""The context of a request, as handlers get it: who makes it, and the services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.agents.principal import Principal
from callcrm.api.http import parse
from callcrm.api.http.problems import Problem
from callcrm.base.objects import PREFIX
from callcrm.base.threads import Threads
from callcrm.calls.outgoing import click_to_call
from callcrm.config import Settings
from callcrm.crm.noun import Reader
from callcrm.crm.seams import Seams
from callcrm.edge.versions import Preconditions, etag_of
from callcrm.i18n.locale import Locale, preferred
from callcrm.ivr.flows.hours import Hours
from callcrm.jobs.backlog import Backlog
from callcrm.live.hub import Hub
from callcrm.models import Versioned
from callcrm.recordings.storage import Storage

Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)


class Services(click_to_call.Services, Protocol):
    """The services the API uses; at `app.state.services`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def threads(self) -> Threads: ...

    @property
    def storage(self) -> Storage: ...

    @property
    def hub(self) -> Hub: ...

    @property
    def backlog(self) -> Backlog: ...

    @property
    def seams(self) -> Seams: ...

    @property
    def locales(self) -> Mapping[str, Locale]: ...

    @property
    def hours(self) -> Hours: ...


@dataclass(frozen=True, slots=True)
class ApiContext:
    """One authenticated request, the services, and the seams without what is switched off."""

    request: Request
    services: Services
    principal: Principal
    seams: Seams

    @property
    def id(self) -> str:
        """The path's `id`; NotFound if it can't be one."""
        return parse.ident(self.request)

    @property
    def now(self) -> datetime:
        """The present time."""
        return self.services.clock.now()

    @property
    def reader(self) -> Reader:
        """Who reads, in their language: the user's, else the one that the request prefers."""
        language = self.principal.language or preferred(self.request.headers.get("accept-language", ""))
        return Reader(self.principal, self.services.locales[language], self.now, self.services.hours)

    @property
    def actor(self) -> str:
        """Who is recorded as having made a change: the token's user, or the token of a program."""
        return self.principal.user_id or self.principal.token_id

    @property
    def preconditions(self) -> Preconditions:
        """What the request makes its change depend on; a Problem 400 for headers that are malformed."""
        headers = self.request.headers
        try:
            return Preconditions.of(headers.getlist("if-match"), headers.getlist("if-none-match"))
        except ValueError as fault:
            raise Problem(400, str(fault)) from None

    def check_version(self, row: Versioned, present: Callable[[], BaseModel]) -> None:
        """Raises Stale if the change is based on another version of the row, which the verb has locked."""
        self.preconditions.check(row.version, present)

    @property
    def prefix(self) -> str:
        """The path of the public URL, which every path in an answer begins with."""
        return self.services.runtime.settings.path_prefix

    async def body(self, model: type[Model]) -> Model:
        """The JSON body as this model, for handlers that have to check something else first; all others
        declare a parameter `body`.
        """
        return await parse.body(self.request, model)

    async def read(self, verb: Callable[[Session], Value]) -> Value:
        """The verb's result, read after the jobs of calls that ended before have run."""
        await self.services.backlog.caught_up()
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], Value]) -> Value:
        """The verb's result, once it is durable."""
        return await self.services.store.write(verb)


def json_response(model: BaseModel, status: int = 200, *, prefix: str, **options: Any) -> Response:
    """The model as a JSON response, with an ETag if it has a version; `options` go to `model_dump_json`."""
    tag = etag_of(model)
    headers = {"ETag": tag} if tag else None
    return Response(
        to_json(model, prefix=prefix, **options), status, headers=headers, media_type="application/json"
    )


def to_json(model: BaseModel, *, prefix: str, **options: Any) -> str:
    """The model as JSON, by the aliases of its fields, with this prefix before paths of ours."""
    return model.model_dump_json(by_alias=True, context={PREFIX: prefix}, **options)
