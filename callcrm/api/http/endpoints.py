"""An endpoint as data: the router and the OpenAPI document read the same table."""

from dataclasses import dataclass

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from callcrm.api.http import auth
from callcrm.api.http.context import Ask, Handler, Services
from callcrm.api.http.problems import Problem
from callcrm.models import Role


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path: who may, what it takes, what it answers."""

    method: str
    path: str
    handler: Handler
    summary: str
    answers: type[BaseModel] | str  # a model, or the media type of what is no JSON
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    role: Role = Role.AGENT
    once: bool = False  # takes an Idempotency-Key

    async def answer(self, request: Request) -> Response:
        """The handler's answer to one who may ask."""
        services: Services = request.app.state.services
        who = await auth.principal(request, services.store)
        auth.needs(who, self.role)
        return await self.handler(Ask(request, services, who))


class Resource:
    """All the methods of one path, as an ASGI application."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self.by_method = {endpoint.method: endpoint for endpoint in endpoints}
        self.allow = ", ".join(sorted({*self.by_method, *(["HEAD"] if "GET" in self.by_method else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        endpoint = self.by_method.get("GET" if request.method == "HEAD" else request.method)
        if endpoint is None:
            raise Problem(405, "This address does not take this method.", headers={"Allow": self.allow})
        response = await endpoint.answer(request)
        await response(scope, receive, send)
