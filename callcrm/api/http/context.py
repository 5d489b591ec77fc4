"""What a handler is given: the request, who makes it, and the parts of the house that serve it."""

from collections.abc import Awaitable, Callable
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

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)


class Services(click_to_call.Services, Protocol):
    """The parts of the house the API needs; the application keeps them at `app.state.services`."""

    @property
    def storage(self) -> Storage: ...

    @property
    def hub(self) -> Hub: ...

    @property
    def backlog(self) -> Backlog: ...

    @property
    def seams(self) -> Seams: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, with who makes it and what serves it."""

    request: Request
    services: Services
    who: Principal

    @property
    def id(self) -> str:
        """The id in the path."""
        return parse.ident(self.request)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.services.clock.now()

    async def body(self, model: type[Model]) -> Model:
        """The JSON body as this model."""
        return await parse.body(self.request, model)

    def query(self, model: type[Model]) -> Model:
        """The query string as this model."""
        return parse.query(self.request, model)

    async def read(self, verb: Callable[[Session], T]) -> T:
        """What the verb finds in the store, with what calls that ended before have caused."""
        await self.services.backlog.caught_up()
        return await self.services.store.read(verb)

    async def write(self, verb: Callable[[Session], T]) -> T:
        """What the verb answers, once what it did is durable."""
        return await self.services.store.write(verb)


Handler = Callable[[Ask], Awaitable[Response]]


def answer(said: BaseModel, status: int = 200, **how: Any) -> Response:
    """A JSON answer."""
    return Response(to_json(said, **how), status, media_type="application/json")


def to_json(said: BaseModel, **how: Any) -> str:
    """The text of a JSON answer."""
    return said.model_dump_json(by_alias=True, **how)
