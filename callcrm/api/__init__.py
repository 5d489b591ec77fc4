"""The JSON edge: `/api/v1`."""

import json
import sys
from functools import cache
from itertools import groupby
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from callcrm.api.all_endpoints import ENDPOINTS
from callcrm.api.http.endpoints import Resource
from callcrm.api.http.openapi import PREFIX, document
from callcrm.api.http.problems import Problems


@cache
def whole_document() -> dict[str, Any]:
    """The OpenAPI document; built for whoever asks first, since few starts of a server see anybody ask."""
    return document(ENDPOINTS)


@cache
def _document_below(prefix: str) -> bytes:
    servers = [{"url": f"{prefix}{PREFIX}"}]
    return json.dumps(whole_document() | {"servers": servers}, ensure_ascii=False).encode()


async def openapi_document(request: Request) -> Response:
    """The OpenAPI document, for anybody; its server is below the path of our public URL."""
    prefix = request.app.state.services.runtime.settings.path_prefix
    return Response(_document_below(prefix), media_type="application/json")


def _resources() -> list[BaseRoute]:
    by_path = groupby(ENDPOINTS, key=lambda endpoint: endpoint.path)
    return [Route(path, Resource(list(endpoints))) for path, endpoints in by_path]


_router = Router([*_resources(), Route("/openapi.json", openapi_document)], redirect_slashes=False)
# Bodies are measured in parse.py, so that what is too large gets a problem document: any limit set
# around us would answer in plain text.
routes: list[BaseRoute] = [
    Mount(PREFIX, app=_router, middleware=[Middleware(Problems)], max_body_size=sys.maxsize)
]
