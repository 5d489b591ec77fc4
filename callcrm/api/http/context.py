"""What a handler is given: the request, who makes it, and the parts of the app that serve it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from callcrm.agents.principal import Principal
from callcrm.api.http import parse
from callcrm.calls.outgoing import click_to_call
from callcrm.crm.seams import Seams
from callcrm.jobs.backlog import Backlog
from callcrm.live.hub import Hub
from callcrm.recordings.storage import Storage

Value = TypeVar("Value")
Model = TypeVar("Model", bound=BaseModel)


class Services(click_to_call.Services, Protocol):
    """The parts of the app the API needs; they are kept at `app.state.services`."""

    @property
    def storage(self) -> Storage: ...

    @property
    def hub(self) -> Hub: ...

    @property
    def backlog(self) -> Backlog: ...

    @property
    def seams(self) -> Seams: ...


@dataclass(frozen=True, slots=True)
class ApiContext:
    """One request, with who makes it and what serves it."""

    request: Request
    services: Services
    principal: Principal

    @property
    def id(self) -> str:
        """The id in the path; NotFound for what can be none."""
        return parse.ident(self.request)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.services.clock.now()

    @property
    def actor(self) -> str:
        """Who is on record for what is changed: the token's user, or the token of nobody's program."""
        return self.principal.user_id or self.principal.token_id

    async def body(self, model: type[Model]) -> Model:
        """The JSON body, for handlers that look at something else first; all others name it as `body`."""
        return await parse.body(self.request, model)

    async def read(self, verb: Callable[[Session], Value]) -> Value:
        """What the verb finds in the store, with what calls that ended before have caused."""
        await self.services.backlog.caught_up()
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], Value]) -> Value:
        """What the verb returns, once what it did is durable."""
        return await self.services.store.write(verb)


def json_response(model: BaseModel, status: int = 200, **options: Any) -> Response:
    """The model as JSON; `options` as `model_dump_json` takes them."""
    return Response(to_json(model, **options), status, media_type="application/json")


def to_json(model: BaseModel, **options: Any) -> str:
    """The model as JSON text, its fields by their outer names."""
    return model.model_dump_json(by_alias=True, **options)
