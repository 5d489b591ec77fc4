"""What all REST endpoints share: authentication and injected faults, the form, and lists in pages."""

import base64
import binascii
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from callcrm.simulator.carrier import Carrier
from callcrm.simulator.leg import rfc2822
from callcrm.simulator.rest.errors import RestError, not_found
from callcrm.simulator.rest.faults import RestFaults, damage, response_instead

VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request to the API, for tests of what the app asks of its carrier."""

    at: datetime
    method: str
    path: str
    form: dict[str, str]
    status: int


@dataclass
class RestApi:
    """What the endpoints work on: the carrier, the faults still to come, and a log of requests."""

    carrier: Carrier
    faults: RestFaults = field(default_factory=RestFaults)
    log: list[LoggedRequest] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """The path of the account's resources."""
        return f"/{VERSION}/Accounts/{self.carrier.account_sid}"


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An authenticated request to the API."""

    api: RestApi
    http: Request
    form: FormData

    @property
    def query(self) -> dict[str, str]:
        """The query parameters by name, the last of each."""
        return dict(self.http.query_params)

    def optional(self, name: str) -> str | None:
        """A form parameter, or None if it is absent or empty."""
        value = self.form.get(name)
        return value if isinstance(value, str) and value else None

    def required(self, name: str, code: int) -> str:
        """A form parameter; RestError with this code if it is absent or empty."""
        value = self.optional(name)
        if value is None:
            raise RestError(400, code, f"{name} is required")
        return value

    def repeated(self, name: str) -> tuple[str, ...]:
        """The values of a form parameter that may come several times."""
        return tuple(str(value) for value in self.form.getlist(name))


Endpoint = Callable[[ApiRequest], Awaitable[Response]]


def endpoint_route(api: RestApi, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint behind authentication and faults. Each request is logged and holds virtual time still."""

    async def handle(request: Request) -> Response:
        with api.carrier.clock.hold():
            form = await request.form()
            try:
                _authenticate(api, request)
                response = await _respond(ApiRequest(api, request, form), endpoint)
            except RestError as error:
                response = error.response()
        response.headers["Twilio-Request-Id"] = "RQ" + secrets.token_hex(16)
        fields = {name: str(value) for name, value in form.items()}
        now = api.carrier.clock.now()
        api.log.append(LoggedRequest(now, request.method, request.url.path, fields, response.status_code))
        return response

    return handle


async def _respond(request: ApiRequest, endpoint: Endpoint) -> Response:
    fault = request.api.faults.take(request.http.method, request.http.url.path)
    if fault is None:
        return await endpoint(request)
    return response_instead(fault) or await damage(fault, await endpoint(request))


def _authenticate(api: RestApi, request: Request) -> None:
    account = api.carrier.state.account
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(credentials).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    if scheme.lower() != "basic" or (user, password) != (account.sid, account.token):
        raise RestError(401, 20003, "Authenticate")
    if request.path_params.get("account", account.sid) != account.sid:
        raise not_found()


def api_time(moment: datetime | None) -> str | None:
    """A time as the API writes it: RFC 2822, unlike newer products of the carrier."""
    return rfc2822(moment) if moment else None


def date_matches(query: dict[str, str], name: str, moment: datetime) -> bool:
    """Whether a time fits `name=DAY`, `name>=…` and `name<=…` of a query; a day counts whole."""
    # `StartTime>=2026-01-05` is split at the "=", so the parameter's name is `StartTime>`.
    day = query.get(name)
    after, before = query.get(f"{name}>"), query.get(f"{name}<")
    if day and moment.strftime("%Y-%m-%d") != day:
        return False
    if after and moment < _parse_time(after, last=False):
        return False
    return not (before and moment > _parse_time(before, last=True))


def _parse_time(text: str, *, last: bool) -> datetime:
    """A date or time of a query, in UTC; a date is its first or its last moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RestError(400, 20001, f"{text} is no date") from error
    if last and len(text) == len("2026-01-05"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def page_response(request: ApiRequest, name: str, rows: Sequence[dict[str, Any]]) -> Response:
    """One page of a list under its `name`, with the paths of its neighbours."""
    query = request.query
    page, size = _query_number(query, "Page", 0, 0), min(1000, _query_number(query, "PageSize", 50, 1))
    first, path = page * size, request.http.url.path

    def uri(number: int) -> str:
        return f"{path}?{urlencode(query | {'Page': str(number), 'PageSize': str(size)})}"

    items = list(rows[first : first + size])
    body = {
        name: items,
        "page": page,
        "page_size": size,
        "start": first,
        "end": first + max(0, len(items) - 1),
        "uri": uri(page),
        "first_page_uri": uri(0),
        "next_page_uri": uri(page + 1) if len(rows) > first + size else None,
        "previous_page_uri": uri(page - 1) if page else None,
    }
    return JSONResponse(body)


def _query_number(query: dict[str, str], name: str, default: int, least: int) -> int:
    value = query.get(name, "")
    return max(least, int(value)) if value.isascii() and value.isdigit() else default
