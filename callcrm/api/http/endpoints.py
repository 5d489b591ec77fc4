"""Endpoints, declared by their handlers: router and OpenAPI document read the same signature."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, Unpack

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from callcrm.api.http import auth, parse
from callcrm.api.http.context import ApiContext, Services, json_response
from callcrm.api.http.problems import Problem
from callcrm.api.http.token_uses import token_uses
from callcrm.models import Role

CHANGING = ("PATCH", "PUT", "DELETE")
Handler = Callable[..., Awaitable[BaseModel | Response]]
Declared = TypeVar("Declared", bound=Handler)


class Options(TypedDict, total=False):
    """What a handler's signature does not say. With `body` set here, the handler parses the body itself."""

    status: int
    role: Role
    idempotent: bool  # takes an Idempotency-Key
    upload: type[BaseModel]  # the fields of multipart/form-data, which the handler reads
    once: bool  # answers 200 with what is there already
    body: type[BaseModel]
    answers: type[BaseModel] | str  # of a handler that returns a Response: its model, media type or ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path: the role it requires, what it takes and what it returns."""

    method: str
    path: str
    handler: Handler
    answers: type[BaseModel] | str
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    role: Role = Role.AGENT
    idempotent: bool = False
    once: bool = False
    upload: type[BaseModel] | None = None
    module: str | None = None

    @property
    def summary(self) -> str:
        """The handler's docstring."""
        return " ".join((inspect.getdoc(self.handler) or "").split())

    async def respond(self, request: Request) -> Response:
        """The handler's response; a Problem for a principal without the role."""
        services: Services = request.app.state.services
        principal, off = await auth.authenticate(request, services.store)
        token_uses(services).record(principal.token_id)
        if self.module in off:
            raise Problem(404, "This part of the product is switched off.")
        auth.require_role(principal, self.role)
        context = ApiContext(request, services, principal, services.seams.without(off))
        response = await self.handler(context, **await self._arguments(context))
        if isinstance(response, Response):
            return response
        return json_response(response, self.status, prefix=context.prefix)

    async def _arguments(self, context: ApiContext) -> dict[str, BaseModel]:
        """The handler's arguments, parsed in the order in which faults are reported: id, query, body."""
        if "{id}" in self.path:
            parse.ident(context.request)
        if self.method in CHANGING:
            _ = context.preconditions  # what is malformed is refused before anything is done
        wanted = self.handler.__annotations__
        arguments: dict[str, BaseModel] = {}
        if "query" in wanted:
            arguments["query"] = parse.query(context.request, wanted["query"])
        if "body" in wanted:
            arguments["body"] = await parse.body(context.request, wanted["body"])
        return arguments


class Endpoints(list[Endpoint]):
    """The endpoints of one file, each declared by a decorator of its handler. They are not there while the
    `module` of the product that they belong to is switched off.

    A handler takes the context and, if it names them, a `query` and a `body`: models that the request is
    validated against. It returns the model to respond with, or a Response.
    """

    def __init__(self, module: str | None = None) -> None:
        super().__init__()
        self._module = module

    def get(self, path: str, **options: Unpack[Options]) -> Callable[[Declared], Declared]:
        """Declares a handler of GET, and HEAD with it."""
        return self._declare("GET", path, options)

    def post(self, path: str, **options: Unpack[Options]) -> Callable[[Declared], Declared]:
        """Declares a handler of POST."""
        return self._declare("POST", path, options)

    def put(self, path: str, **options: Unpack[Options]) -> Callable[[Declared], Declared]:
        """Declares a handler of PUT."""
        return self._declare("PUT", path, options)

    def patch(self, path: str, **options: Unpack[Options]) -> Callable[[Declared], Declared]:
        """Declares a handler of PATCH."""
        return self._declare("PATCH", path, options)

    def delete(self, path: str, **options: Unpack[Options]) -> Callable[[Declared], Declared]:
        """Declares a handler of DELETE."""
        return self._declare("DELETE", path, options)

    def _declare(self, method: str, path: str, options: Options) -> Callable[[Declared], Declared]:
        def declare(handler: Declared) -> Declared:
            types = handler.__annotations__
            taken = {"answers": types["return"], "query": types.get("query"), "body": types.get("body")}
            declared: dict[str, Any] = {**taken, "module": self._module, **options}
            self.append(Endpoint(method, path, handler, **declared))
            return handler

        return declare


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
        response = await endpoint.respond(request)
        await response(scope, receive, send)
